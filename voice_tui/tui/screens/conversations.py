"""Conversations that were kept: list, search, read, go on, rename, delete with undo, save."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from memory.types import Conversation, Transcript, Turn
from voice_tui.events import ResumeConversation
from voice_tui.tui.catalogue import BY_ID
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.state.talks import Talks, counted
from voice_tui.tui.state.text import one_line
from voice_tui.tui.talk_keeper import TalkDone, TalkKeeper, TalkOpened, TalksListed
from voice_tui.tui.typed import app_of
from voice_tui.tui.widgets.keybar import KeyBar
from voice_tui.tui.widgets.talks import (
    TalkList,
    TalkListResized,
    TalkSearch,
    TalkView,
    TalkWanted,
    empty_words,
    talk_content,
)

if TYPE_CHECKING:
    from voice_tui.tui.base import BaseApp

REFRESH_SECONDS = 1.0
"""How long after something was said the list is asked for again: the session writes it down in its own time."""


class ConversationsScreen(StandbyScreen[None]):
    """The list, and beside or below it the conversation under the cursor.

    Args:
        base: Shows dialogs, takes commands.
        keeper: Does the work.
        save: Asks where to save a conversation.
    """

    HELP_TITLE = "Conversations"
    AUTO_FOCUS = "#talk-list"
    # Textual declares these two as instance variables.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Back", id="dialog_cancel")]

    def __init__(self, base: BaseApp, keeper: TalkKeeper, save: Callable[[Transcript], None]) -> None:
        super().__init__()
        self._base = base
        self._keeper = keeper
        self._save_it = save
        self._state = base.state
        self._refreshing = False
        self._going_on = False
        """Enter came while list or conversation were still being read: go on with it when they are."""

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        self.break_at(app_of(self).size)
        with Container(id="talk-panes"):
            with Vertical(id="talks") as pane:
                pane.border_title = "Conversations"
                yield TalkSearch(placeholder="Search", id="talk-search", compact=True, select_on_focus=False)
                yield Static("", id="talk-empty", markup=False)
                yield TalkList(self._state, id="talk-list")
            yield TalkView(id="talk-view")
        yield KeyBar(self._state, id="keybar")

    def on_mount(self) -> None:
        """Nothing moves where nobody types."""
        self.query_one(TalkSearch).cursor_blink = False

    async def rehearse(self) -> None:
        """Its lines are as long as the list is wide, and that is known when it is known whether there are any."""

    def renew(self) -> None:
        """Ask for the list, when the screen is there: what answers takes the processor from what draws."""
        self._going_on = False
        self._state.talks = Talks(undo=self._state.talks.undo)
        self.call_after_refresh(self._ask)

    def rest(self) -> None:
        """Nothing is selected any more, so that no key and no command is about it; no words stay here."""
        self._state.talks = Talks(undo=self._state.talks.undo)
        with self.prevent(Input.Changed):
            self.query_one(TalkSearch).value = ""
        self.query_one("#talks").border_subtitle = ""
        self.query_one(TalkList).clear_options()
        self.query_one(TalkView).show(None, None)

    @on(TalkListResized)
    def _resized(self, event: TalkListResized) -> None:
        event.stop()
        self._fill()

    def draw(self, topics: Topic) -> None:
        """Ask for the list again a moment after something was said."""
        if Topic.TRANSCRIPT in topics and not self._refreshing:
            self._refreshing = True
            self.set_timer(REFRESH_SECONDS, self._ask)

    # ---------------------------------------------------------------- what the store answers

    def _ask(self) -> None:
        self._refreshing = False
        if not self.up:
            return
        self._taken(self._keeper.list(self._state.talks.query, self.post_message))

    @on(TalksListed)
    def _listed(self, event: TalksListed) -> None:
        talks = self._state.talks
        if self.up and event.query == talks.query:  # else the person has typed on
            self._state.talks = replace(talks, found=event.found, total=event.total, error=event.error, loaded=True)
            self._fill()
            if self._state.talks.opened is not None:  # another turn of it may be what was found
                self._show()

    @on(TalkOpened)
    def _opened(self, event: TalkOpened) -> None:
        talks, transcript = self._state.talks, event.transcript
        if transcript is not None and talks.selected and transcript.conversation.id == talks.selected.id:
            self._state.talks = replace(talks, opened=transcript)
            self._show()
            if self._going_on:
                self._going_on = False
                self._go_on(transcript.conversation)

    @on(TalkDone)
    def _done(self, event: TalkDone) -> None:
        talks = self._state.talks
        undo = () if event.undone else event.removed or talks.undo
        self._state.talks = replace(talks, undo=undo, said=event.done, opened=None)
        self._ask()

    # ---------------------------------------------------------------- drawing

    def _fill(self) -> None:
        """Draw the list; the cursor stays with its conversation."""
        talks = self._state.talks
        self.query_one("#talks").border_subtitle = counted(talks)
        empty = self.query_one("#talk-empty", Static)
        empty.display = not talks.found
        self.set_class(not talks.found, "-empty")
        empty.update(empty_words(talks, kept=self._state.settings.memory.conversations))
        options = self.query_one(TalkList)
        place, width = options.highlighted or 0, max(10, options.scrollable_content_region.width - 2)
        now, present = self._state.clock(), self._state.conversation_id
        with self.prevent(OptionList.OptionHighlighted):
            options.clear_options()
            if options.scrollable_content_region.width > 2:  # Textual cannot lay an option out in no cells
                options.add_options(Option(talk_content(found, now, present, width)) for found in talks.found)
                options.highlighted = _place_of(talks, place)
        self._select(options.highlighted)

    def _select(self, place: int | None) -> None:
        talks = self._state.talks
        found = talks.found[place] if place is not None and place < len(talks.found) else None
        chosen = found.conversation if found else None
        if chosen != talks.selected:
            self._state.talks = replace(talks, selected=chosen, opened=None)
            self.refresh_bindings()
        if chosen is not None and self._state.talks.opened is None:
            self._taken(self._keeper.open(chosen.id, self.post_message))
        elif chosen is None:
            self._show()

    def _show(self) -> None:
        talks = self._state.talks
        self.query_one(TalkView).show(talks.opened, _hit(talks))

    @on(OptionList.OptionHighlighted, "#talk-list")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._select(event.option_index)

    @on(OptionList.OptionSelected, "#talk-list")
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        """A click shows a conversation; only Enter goes on with it."""
        event.stop()
        self._select(event.option_index)

    @on(Input.Changed, "#talk-search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._state.talks.query:
            self._state.talks = replace(self._state.talks, query=event.value, said="")
            self._ask()

    # ---------------------------------------------------------------- what is wanted

    def on_key(self, event: events.Key) -> None:
        """Keep the wish to go on until it can be done; any other key takes it back."""
        talks = self._state.talks
        reading = not talks.loaded if talks.selected is None else talks.opened is None
        present = talks.selected is not None and talks.selected.id == self._state.conversation_id
        enter = event.key in self._base.key_of(BY_ID["talk_go_on"]).split(",")
        self._going_on = enter and reading and not present and not isinstance(self.focused, Input)
        if self._going_on:
            event.stop()

    def action_leave(self) -> None:
        """Back to where one came from."""
        self.dismiss(None)

    @on(TalkWanted)
    def _wanted(self, event: TalkWanted) -> None:
        talks = self._state.talks
        if event.want == "undo":
            if talks.undo:
                self._taken(self._keeper.restore(talks.undo, self.post_message))
        elif talks.selected is not None:
            {"go_on": self._go_on, "rename": self._rename, "delete": self._delete, "save": self._save}[event.want](
                talks.selected
            )

    def _go_on(self, chosen: Conversation) -> None:
        opened = self._state.talks.opened
        if chosen.id == self._state.conversation_id:
            self.dismiss(None)
        elif not self._state.health.ready:
            self._base.inform("The assistant is not ready yet", hint="Press Enter again in a moment.")
        elif opened is not None:  # else it is being read; a moment later the key works
            self._state.resuming = opened
            self._base.command(ResumeConversation(conversation=chosen.id))
            self.dismiss(None)

    def _rename(self, chosen: Conversation) -> None:
        from voice_tui.tui.screens.rename import RenameScreen

        def keep(title: str | None) -> None:
            if title is not None and title != (chosen.title if chosen.named else ""):
                self._taken(self._keeper.rename(chosen.id, title, self.post_message))

        hint = "Without a name it is called by its first words."
        screen = RenameScreen("Rename the conversation", one_line(chosen.title) if chosen.named else "", hint)
        self._base.push_screen(screen, keep)

    def _delete(self, chosen: Conversation) -> None:
        from voice_tui.tui.screens.confirm import ConfirmScreen

        def delete(sure: bool | None) -> None:
            if sure:
                self._taken(self._keeper.delete(chosen.id, self.post_message))

        question = "Delete what was said in this conversation? Memories stay."
        if chosen.id == self._state.conversation_id:
            question = "This conversation goes on now. Delete what was said in it until now? Memories stay."
        screen = ConfirmScreen("Delete the conversation", question, one_line(chosen.title))
        self._base.push_screen(screen, delete)

    def _save(self, chosen: Conversation) -> None:
        opened = self._state.talks.opened
        if opened is not None:
            self._save_it(opened)

    def _taken(self, taken: bool) -> None:
        if not taken:
            self._base.inform("The memory store is busy", hint="Try again in a moment.", severity="warning")


def _place_of(talks: Talks, before: int) -> int | None:
    """Return where the cursor stands: on the conversation it was on, else in the same place."""
    if not talks.found:
        return None
    chosen = talks.selected.id if talks.selected else ""
    same = (place for place, found in enumerate(talks.found) if found.conversation.id == chosen)
    return next(same, min(before, len(talks.found) - 1))


def _hit(talks: Talks) -> Turn | None:
    """Return the turn that the search found in the selected conversation."""
    chosen = talks.selected
    hits = (found.turn for found in talks.found if chosen is not None and found.conversation.id == chosen.id)
    return next(hits, None)
