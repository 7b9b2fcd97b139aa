"""The assistant's side of the conversation: the answer under way, its voice, its end, its cut, and timers that ring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event as CancelFlag
from typing import Literal, cast

from voice_tui.engine.cascade.answer import Answer, Moments
from voice_tui.engine.cascade.outbox import Outbox
from voice_tui.engine.cascade.ports import (
    Action,
    Clip,
    Part,
    Recalled,
    Remembered,
    Responder,
    Text,
    Tts,
    UserTurn,
    Warned,
)
from voice_tui.engine.cascade.reply import Reply
from voice_tui.engine.cascade.timers import Timer, Timers
from voice_tui.engine.port import PastTurn
from voice_tui.events import (
    ConversationStarted,
    MemoryChanged,
    MemoryRecalled,
    Notice,
    TranscriptUpdated,
    TranscriptWithdrawn,
)
from voice_tui.frame import Pcm

Past = Callable[[], Sequence[PastTurn]]
"""What was said in this conversation, oldest first; asked when a new responder takes over."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What answers and speaks from the next answer on; None = as now.

    Args:
        past: What the new responder is told of the conversation.
    """

    responder: Responder | None
    tts: Tts | None
    past: Past


class Mouth:
    """Answers, one at a time. Session's main thread only.

    Args:
        responder: What answers. `tts`: the voice.
        out: Where events go.
        inline: See `Reply`.
        timers: What rings later; an engine that takes the place of another goes on with its timers.
    """

    def __init__(
        self, responder: Responder, tts: Tts, out: Outbox, *, inline: bool, timers: Timers | None = None
    ) -> None:
        self._responder = responder
        self._tts = tts
        self._out = out
        self._inline = inline
        self._timers = timers or Timers()
        self._next: Stages | None = None
        self._answer: Answer | None = None
        self._ringing: Timer | None = None  # what the answer under way announces
        self._last_reply: Reply | None = None
        self._tell: list[Callable[[], None]] = []

    @property
    def names(self) -> tuple[str, str]:
        """What answers and what speaks."""
        return self._responder.name, self._tts.name

    @property
    def idle(self) -> bool:
        """Whether nothing is being answered and no timer runs."""
        return self._answer is None and not self._timers.pending

    @property
    def answering(self) -> bool:
        """Whether an answer is under way, heard or not."""
        return self._answer is not None

    @property
    def sounding(self) -> bool:
        """Whether the person hears an answer, or would if it were not held."""
        return self._answer is not None and self._answer.sounding

    @property
    def joinable(self) -> bool:
        """Whether the answer is to something said and nothing of it sounded yet."""
        answer = self._answer
        return answer is not None and not answer.sounding and answer.user is not None and not answer.user.typed

    @property
    def asks(self) -> bool:
        """Whether the answer ends in a question, so that 'yes' is an answer and no nod."""
        return self._answer is not None and self._answer.text.rstrip().endswith("?")

    def replace(self, stages: Stages) -> None:
        """Have other stages from the next answer on; what is replaced is closed, on the thread of that answer."""
        waiting, self._next = self._next, stages
        if waiting is not None:
            self._next = Stages(stages.responder or waiting.responder, stages.tts or waiting.tts, stages.past)
            unused = [new for new, newer in ((waiting.responder, stages.responder), (waiting.tts, stages.tts)) if newer]
            self._tell += [stage.close for stage in unused if stage is not None]

    def take_over(self) -> bool:
        """Let the stages that wait take over, unless an answer is under way; returns whether they did."""
        stages = self._next
        if stages is None or self._answer is not None:
            return False
        self._next = None
        if stages.tts is not None:
            self._tell.append(self._tts.close)
            self._tts = stages.tts
        if stages.responder is not None:
            responder, past = stages.responder, stages.past()
            self._tell += [self._responder.close, lambda: responder.recount(past)]
            self._responder = responder
        return True

    def answer(self, user: UserTurn, moments: Moments) -> None:
        """Answer a turn."""
        user = replace(user, timers=self._timers.waiting(self._out.now))
        before, self._tell = self._tell, []
        reply = Reply(self._responder, self._tts, user, inline=self._inline, before=before)
        self._launch(reply, user, moments)

    def announce(self, part: Text | Clip) -> None:
        """Say something of the assistant's own accord."""
        now = self._out.now
        reply = Reply(_Announcer(part), self._tts, UserTurn(text="", now=now), inline=self._inline)
        self._launch(reply, None, Moments(turn_end=now, words=now))

    def hold(self) -> None:
        """Stop where the person hears it now; `release` goes on."""
        if self._answer is not None:
            self._answer.hold(self._out.pending)
            self._out.flush()

    def release(self) -> None:
        """Go on after `hold`."""
        if self._answer is not None:
            self._answer.release()

    def silence(self) -> None:
        """Stop the answer because the person wants quiet: a timer that rings is not said again."""
        self._ringing = None
        self.cut()

    def cut(self) -> None:
        """Stop the answer here; transcript and history keep what was heard of it. A timer that rang is said again."""
        answer = self._answer
        if answer is None:
            return
        answer.reply.cancel()
        heard = answer.heard(self._out.pending)
        self._out.flush()
        self._conclude(answer, heard, interrupted=True)

    def withdraw(self) -> bool:
        """The answer never happened; returns whether it was one to something said."""
        answer = self._answer
        if answer is None:
            return False
        answer.reply.cancel()
        self._out.flush()
        self._answer = None
        self._timers.cancel(answer.number)
        self._out.say(TranscriptWithdrawn(at=self._out.now, turn=answer.number))
        if self._ringing is not None:
            self._timers.back(self._ringing)
            self._ringing = None
        if answer.user is None:
            return False
        self._tell.append(self._responder.withdraw)
        return True

    def reset(self) -> None:
        """Begin a fresh conversation; timers go on, as an alarm of the kitchen would."""
        if self._answer is not None:
            self._answer.reply.cancel()
            self._out.flush()
            self._answer = None
        if self._ringing is not None:
            self._timers.back(self._ringing)
            self._ringing = None
        self._tell.append(self._responder.reset)
        self._timers.settle()

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """A conversation goes on: the responder learns what was said in it."""
        self._tell.append(lambda: self._responder.recount(turns))

    def advance(self, *, quiet: bool) -> Pcm | None:
        """Collect what was made of the answer and return what is to be played next.

        Args:
            quiet: Whether the user is silent, so that a timer may ring.
        """
        self._collect()
        if quiet and self._answer is None:
            due = self._timers.due(self._out.now)
            if due is not None:
                self.announce(Text(due.text))
                self._ringing = due
        pcm = self._take()
        answer = self._answer
        if answer is not None and answer.finished(self._out.pending):
            self._conclude(answer, answer.text.strip(), interrupted=False)
        elif answer is not None and (heard := answer.newly_heard(self._out.pending, self._out.now)) is not None:
            self._out.say(heard)  # should this process die now, nobody else knows
        return pcm

    def close(self) -> None:
        """Cancel and release."""
        if self._answer is not None:
            self._answer.reply.cancel()
        if self._last_reply is not None:
            self._last_reply.cancel()
            self._last_reply.join(0.5)
        for tell in self._tell:
            tell()
        if self._next is not None:
            for stage in (self._next.responder, self._next.tts):
                if stage is not None:
                    stage.close()
        self._responder.close()
        self._tts.close()

    def _launch(self, reply: Reply, user: UserTurn | None, moments: Moments) -> None:
        reply.start(self._last_reply)
        self._last_reply = reply
        self._answer = Answer(self._out.next_turn(), user, reply, moments)

    def _collect(self) -> None:
        answer = self._answer
        if answer is None:
            return
        news = answer.pump(self._out.now)
        for part in news.parts:
            self._take_part(part, answer)
        for error in news.errors:
            self._out.notice(error)
        if news.wrote:
            self._out.say(answer.transcript(self._out.now))

    def _take(self) -> Pcm | None:
        answer = self._answer
        if answer is None:
            return None
        began = not answer.sounding
        pcm = answer.take(self._out.pending, self._out.now)
        if pcm is not None:
            self._out.pending += len(pcm)
            measured = answer.moments.measured(answer.number, self._out.now) if began else None
            if measured is not None:
                self._out.say(measured)
        return pcm

    def _conclude(self, answer: Answer, text: str, *, interrupted: bool) -> None:
        ringing, self._ringing = self._ringing, None
        if ringing is not None and interrupted and not ringing.told(text):
            self._timers.again(ringing)
        self._answer = None
        now = self._out.now
        if text:
            self._out.say(
                TranscriptUpdated(
                    at=now, turn=answer.number, role="assistant", text=text, final=True, interrupted=interrupted
                )
            )
        else:
            self._out.say(TranscriptWithdrawn(at=now, turn=answer.number))
        if answer.user is not None:
            responder = self._responder
            self._tell.append(lambda: responder.spoken(text, interrupted))

    def _take_part(self, part: Part, answer: Answer) -> None:
        now = self._out.now
        if isinstance(part, Recalled):
            self._out.say(
                MemoryRecalled(
                    at=now,
                    query=part.query,
                    ids=part.ids,
                    texts=part.texts,
                    scores=part.scores,
                    strategy=part.strategy,
                    why=part.why,
                    tokens=part.tokens,
                )
            )
        elif isinstance(part, Remembered):
            action = cast('Literal["added", "updated", "corrected", "forgotten"]', part.action)
            self._out.say(MemoryChanged(at=now, action=action, id=part.id, text=part.text, also=part.also))
        elif isinstance(part, Warned):
            self._out.say(Notice(at=now, severity="warning", message=part.message, hint=part.hint))
        elif isinstance(part, Action):
            self._act(part, answer)

    def _act(self, action: Action, answer: Answer) -> None:
        if action.name == "volume":
            self._out.volume_change += action.value
        elif action.name == "set_volume":
            self._out.volume, self._out.volume_change = action.value, 0.0
        elif action.name == "timer":
            self._timers.add(self._out.now + action.value, action.text, set_by=answer.number)
        elif action.name == "stop":
            self._timers.drop_again()
        elif action.name == "cancel_timers":
            self._timers.clear()
        elif action.name == "new_conversation":
            self._out.say(ConversationStarted(at=self._out.now, conversation=""))


class _Announcer:
    """A responder that says what it was made with: a timer that is due, a recording to play."""

    name = "announcement"

    def __init__(self, part: Text | Clip) -> None:
        self._part = part

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        """Yield it."""
        yield self._part

    def spoken(self, text: str, interrupted: bool) -> None:
        """Keeps no history."""

    def withdraw(self) -> None:
        """Keeps no history."""

    def reset(self) -> None:
        """Keeps no history."""

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Keeps no history."""

    def close(self) -> None:
        """Holds nothing."""
