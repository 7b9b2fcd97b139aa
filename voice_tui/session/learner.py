"""What the user says on its way into the memory: a bounded queue and a thread of its own, so that the loop never waits.

A turn is looked at when its answer is over (or the next turn begins), because until then it may be withdrawn, and
because the notebook may have kept something of it already: then only where that came from is noted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from memory.conversations import Conversations
from memory.errors import MemoryStoreError
from memory.learn import Heard, learn, sum_up
from memory.store import SqliteMemory
from memory.traces import words_of
from voice_tui.engine.cascade.responder.adviser import Adviser
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    MemoryChanged,
    SessionStopped,
    TranscriptUpdated,
    TranscriptWithdrawn,
)

log = logging.getLogger(__name__)

QUEUE_SIZE = 256
"""Events that may wait for a slow disk. Full: the newest is left out and counted in `Learner.lost`."""

REMEMBERED_TURNS = 20
"""Turns whose memories can still be taken back when a turn is withdrawn."""


@dataclass(slots=True)
class _Turn:
    """The user's turn that waits for its answer.

    Args:
        event: As it came. `said_at`: when, seconds since 1970.
        kept: Ids of memories that the notebook made of it.
    """

    event: TranscriptUpdated
    said_at: float
    kept: list[str] = field(default_factory=list[str])


class Learner:
    """Keeps and suggests what is worth it of a session's turns.

    Args:
        store: Where to. `tell`: takes a `MemoryChanged` for each change, on the learner's thread.
        suggest: Whether anything is inferred. `summaries`: whether conversations that are over are summed up.
        scrub: Takes the words of forgotten memories out of logs and recordings.
        adviser: The language model, which may notice what the rules do not; None = there is none.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        store: SqliteMemory,
        tell: Callable[[AnyEvent], None],
        *,
        suggest: bool,
        summaries: bool,
        adviser: Adviser | None = None,
        scrub: Callable[[Sequence[str]], object] = len,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.lost = 0
        self._store = store
        self._tell = tell
        self._suggest = suggest
        self._summaries = summaries
        self._adviser = adviser
        self._scrub = scrub
        self._clock = clock
        self._events: queue.Queue[tuple[AnyEvent, float] | None] = queue.Queue(QUEUE_SIZE)
        self._conversation = ""
        self._offset = 0
        self._top = 0
        self._waiting: _Turn | None = None
        self._recent: list[str] = []
        self._gone: list[str] = []
        self._made: OrderedDict[int, list[str]] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="learner", daemon=True)
        self._thread.start()

    def note(self, event: AnyEvent) -> None:
        """Take an event; the session's main thread, returns at once."""
        if isinstance(event, TranscriptUpdated) and event.role == "user" and self._adviser is not None:
            self._adviser.give_way()
        if isinstance(event, TranscriptUpdated) and not event.final:
            return
        if isinstance(event, _KNOWN):
            try:
                self._events.put_nowait((event, self._clock()))
            except queue.Full:
                self.lost += 1

    def advise_by(self, adviser: Adviser | None) -> None:
        """Ask another language model from now on, or none; the one before is closed. Any thread, at once."""
        before, self._adviser = self._adviser, adviser
        if before is not None:
            threading.Thread(target=before.close, name="retiring", daemon=True).start()

    def close(self, timeout: float) -> None:
        """Finish what waits and stop, within `timeout` seconds; the language model is not waited for. Safe to call
        twice."""
        self.advise_by(None)
        try:
            self._events.put(None, timeout=timeout)
        except queue.Full:  # the disk hangs; the thread is a daemon
            return
        self._thread.join(timeout)

    # --- the learner's thread ---

    def _run(self) -> None:
        while (item := self._events.get()) is not None:
            try:
                self._take(*item)
            except MemoryStoreError as e:
                log.warning("nothing was learnt of a turn: %s", e.message)
            except Exception:  # top of the thread; one odd turn must not end it
                log.exception("nothing was learnt of a turn")

    def _take(self, event: AnyEvent, at: float) -> None:
        match event:
            case TranscriptUpdated():
                self._top = max(self._top, event.turn)
                self._finish()
                if event.role == "user":
                    self._waiting = _Turn(event, at)
            case TranscriptWithdrawn():
                self._withdraw(event.turn)
            case MemoryChanged():
                self._noticed(event)
            case ConversationStarted():
                self._finish()
                self._begin(event)
            case _:
                self._finish()

    def _begin(self, event: ConversationStarted) -> None:
        self._conversation = event.conversation
        earlier = Conversations(self._store).latest(event.conversation, 1) if event.resumed else []
        self._offset = (earlier[0].number if earlier else 0) - self._top
        self._recent = []
        self._made.clear()
        if expired := self._store.expire():
            self._scrub(words_of(expired))
        if self._summaries:
            for memory in sum_up(self._store, but=event.conversation):
                log.info("conversation %s was summed up", memory.conversation)

    def _noticed(self, event: MemoryChanged) -> None:
        """The notebook did something of its own with this turn."""
        if event.action == "forgotten":
            self._gone += (event.text, *event.also)
        turn = self._waiting
        if turn is None:
            return
        turn.kept.append(event.id)
        if event.action in ("added", "corrected"):
            self._store.annotate(event.id, self._conversation, turn.event.turn + self._offset)

    def _finish(self) -> None:
        """The answer to the user's turn is over: it stands."""
        turn, self._waiting = self._waiting, None
        if self._gone:
            self._store.blank(self._gone)
            self._scrub(self._gone)
            self._gone = self._gone if turn is not None else []  # once more after the answer that named it
        if turn is None:
            return
        if turn.kept:
            self._recent = turn.kept
            return
        event = turn.event
        heard = Heard(
            event.text,
            confidence=None if event.typed else event.confidence,
            conversation=self._conversation,
            turn=event.turn + self._offset,
            said_at=turn.said_at,
            recent=self._recent[::-1],
        )
        adviser = self._adviser
        learned = learn(self._store, heard, suggest=self._suggest, ask=adviser.ask if adviser is not None else None)
        self._recent = [one.memory.id for one in learned]
        self._made[event.turn] = self._recent
        while len(self._made) > REMEMBERED_TURNS:
            self._made.popitem(last=False)
        for one in learned:
            self._tell(MemoryChanged(at=event.at, action=one.action, id=one.memory.id, text=one.memory.text))

    def _withdraw(self, turn: int) -> None:
        """That turn never happened: what was learnt of it goes."""
        if self._waiting is not None and self._waiting.event.turn == turn:
            self._waiting = None
        for memory in self._store.take_back(self._made.pop(turn, [])):
            self._tell(MemoryChanged(action="forgotten", id=memory.id, text=memory.text))


_KNOWN = (TranscriptUpdated, TranscriptWithdrawn, MemoryChanged, ConversationStarted, SessionStopped)
