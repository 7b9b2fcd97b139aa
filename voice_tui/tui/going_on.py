"""After a session has died: its conversation goes on in the fresh one, and what it did not deal with is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice_tui.events import AnyEvent, ConversationStarted, ResumeConversation, SendText, SessionFailed
from voice_tui.tui.talk_keeper import TalkKeeper
from voice_tui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from voice_tui.tui.base import BaseApp


class GoingOn:
    """Sends what is typed, and brings it over the end of a session. UI thread only.

    Args:
        app: Shows and sends.
        keeper: Does the work on conversations; None = none are kept.
    """

    def __init__(self, app: BaseApp, keeper: TalkKeeper | None) -> None:
        self._app = app
        self._keeper = keeper

    def submitted(self, prompt: Prompt, value: str) -> None:
        """Enter was pressed: send it, or leave it in the line while nobody takes it."""
        text, state = value.strip(), self._app.state
        if not text:
            return
        if state.health.ready and not state.handover.starting:
            self._send(text)
            prompt.accepted(text)
        else:
            prompt.refused(value)
            hint = "Your words stay here; press Enter again in a moment."
            self._app.inform("The assistant is not ready yet", hint=hint)

    def after(self, event: AnyEvent) -> None:
        """The state has taken `event`: do what follows from the end, or the beginning, of a session."""
        state = self._app.state
        if self._keeper is not None:
            if (cut_off := state.handover.take_cut_off()) is not None:
                self._keeper.add(cut_off.conversation, cut_off.turn)
            if (gone := state.handover.take_gone_with()) is not None:
                for conversation in gone.conversations:
                    self._keeper.take_back(conversation, gone.texts)
        if isinstance(event, ConversationStarted):
            if state.handover.take_restarted():
                self._go_on()
        elif isinstance(event, SessionFailed) or any(one.again for one in state.sent.lost):
            self._put_back()

    def _go_on(self) -> None:
        """The same conversation first, then what was not dealt with in it; not twice, nor over a new sentence."""
        state = self._app.state
        if state.handover.awaited:
            self._resume(state.handover.awaited)
        if _prompt(self._app).value:
            self._put_back()
        for one in state.take_lost():
            self._send(one.text, again=True)

    def _resume(self, conversation: str) -> None:
        """Once all that was said in it is kept."""
        session, resume = self._app.session, ResumeConversation(conversation=conversation)

        def act() -> None:
            session.send(resume)

        if self._keeper is None or not self._keeper.if_there(conversation, act, self._app.post_message):
            act()

    def _send(self, text: str, *, again: bool = False) -> None:
        """Behind the wish to go on with a conversation, which may wait for the store."""
        state, session, command = self._app.state, self._app.session, SendText(text=text)
        state.sent.add(text, state.clock(), again=again)
        if not state.handover.awaited or self._keeper is None or not self._keeper.then(lambda: session.send(command)):
            self._app.command(command)

    def _put_back(self) -> None:
        """Into the line, before what was typed since; it is for the person to say whether it still counts."""
        lost = self._app.state.take_lost()
        if not lost:
            return
        prompt = _prompt(self._app)
        words = " ".join(one.text for one in lost)
        prompt.refused(f"{words} " if prompt.value else words)
        self._app.inform(
            "The session ended before it dealt with your words",
            hint="They stand in the input line again; Enter sends them.",
            severity="warning",
        )


def _prompt(app: BaseApp) -> Prompt:
    return app.screen_stack[0].query_one(Prompt)
