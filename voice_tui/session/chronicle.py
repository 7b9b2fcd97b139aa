"""What was said, on its way into the store: a bounded queue and a thread of its own, so that the loop never waits."""

from __future__ import annotations

import itertools
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory.beginnings import ENDS, Beginnings
from memory.errors import MemoryStoreError
from memory.port import ConversationPort
from memory.traces import BLANK, forgotten_words
from memory.types import Turn
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    MemoryChanged,
    Notice,
    SessionStopped,
    TranscriptUpdated,
    TranscriptWithdrawn,
)

log = logging.getLogger(__name__)

QUEUE_SIZE = 4096
"""Turns that may wait for a slow or failing disk. Full: the oldest is given up and counted in `Chronicle.lost`."""

FORGOTTEN = 50
"""Memories that were forgotten in this session and whose words stay out of later turns; the oldest go."""


@dataclass(slots=True)
class _Talk:
    """A conversation under way.

    Args:
        id: Its id. `began`: seconds since 1970.
        before: Highest turn number of the session before it.
        offset: Added to the session's turn numbers, which go on over conversations and begin again in a fresh process;
            None until the store was asked how many turns there are.
    """

    id: str
    began: float
    before: int
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    talk: _Talk
    event: TranscriptUpdated
    at: float


@dataclass(frozen=True, slots=True)
class _Withdrawn:
    talk: _Talk
    turn: int


@dataclass(frozen=True, slots=True)
class _Ended:
    talk: _Talk
    at: float


@dataclass(frozen=True, slots=True)
class _Gone:
    """What finds the words of a forgotten memory in a turn: all of them, or their beginning where it was cut off."""

    whole: re.Pattern[str]
    begun: Beginnings

    def taken_out(self, text: str, *, cut_off: bool) -> str:
        """Return a turn without the words."""
        text = self.whole.sub(BLANK, text)
        return self.begun.blanked(text) if cut_off else text


_Item = _Said | _Withdrawn | _Ended


class Chronicle:
    """Keeps the final turns of a session's conversations.

    What cannot be written waits and is tried again with the next turn; the person is told once, until it works again.

    Args:
        store: Where to. `tell`: takes the notices, on the chronicle's thread.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        store: ConversationPort,
        tell: Callable[[Notice], None],
        *,
        clock: Callable[[], float] = time.time,
        size: int = QUEUE_SIZE,
    ) -> None:
        self.lost = 0
        self._store = store
        self._tell = tell
        self._clock = clock
        self._waiting: deque[_Item] = deque()
        self._size = size
        self._changed = threading.Condition()
        self._closing = False
        self._news = False
        self._told = False
        self._talk: _Talk | None = None
        self._finals: set[int] = set()
        self._gone: deque[_Gone] = deque(maxlen=FORGOTTEN)
        self._top = 0
        self._thread = threading.Thread(target=self._run, name="chronicle", daemon=True)
        self._thread.start()

    def note(self, event: AnyEvent) -> None:
        """Take an event; the session's main thread, returns at once."""
        if isinstance(event, TranscriptUpdated):
            if event.final and self._talk is not None:
                self._finals.add(event.turn)
                self._top = max(self._top, event.turn)
                self._put(_Said(self._talk, event, self._clock()))
        elif isinstance(event, TranscriptWithdrawn):
            if event.turn in self._finals and self._talk is not None:
                self._finals.remove(event.turn)
                self._put(_Withdrawn(self._talk, event.turn))
        elif isinstance(event, ConversationStarted):
            self._end()
            self._talk = _Talk(event.conversation, self._clock(), self._top)
            self._finals.clear()
        elif isinstance(event, MemoryChanged):
            self._changed_memory(event)
        elif isinstance(event, SessionStopped):
            self._end()

    def _changed_memory(self, event: MemoryChanged) -> None:
        """What was forgotten is not written down again by the answer that says so."""
        if event.action == "forgotten":
            pattern = forgotten_words(event.text)
            if pattern is not None:
                self._gone.append(_Gone(pattern, Beginnings([event.text])))
        else:
            self._gone = deque((gone for gone in self._gone if not gone.whole.search(event.text)), maxlen=FORGOTTEN)

    def close(self, timeout: float) -> None:
        """Write what waits and stop, within `timeout` seconds. Safe to call twice."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)

    def _end(self) -> None:
        if self._talk is not None and self._finals:
            self._put(_Ended(self._talk, self._clock()))

    def _put(self, item: _Item) -> None:
        with self._changed:
            if len(self._waiting) >= self._size:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(item)
            self._news = True
            self._changed.notify()

    # --- the chronicle's thread ---

    def _run(self) -> None:
        try:
            self._work()
        except Exception as e:  # top of the thread
            log.exception("the chronicle ended")
            self._tell(
                Notice(severity="error", message=f"This conversation is not kept: {e}", hint="The log has the details")
            )

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._closing or self._news):
                    self._changed.wait()
                closing, self._news = self._closing, False
            self._save()
            if closing:
                return

    def _save(self) -> None:
        """Write what waits, in order, as far as the disk takes it."""
        while run := self._next():
            try:
                self._write(run)
            except MemoryStoreError as e:
                self._complain(e)
                return
            self._told = False
            self._done(run)

    def _next(self) -> list[_Item]:
        """Return what can be written at once: turns of one conversation that follow each other, or one other thing."""
        with self._changed:
            if not self._waiting:
                return []
            first = self._waiting[0]
            if not isinstance(first, _Said):
                return [first]
            return list(
                itertools.takewhile(lambda item: isinstance(item, _Said) and item.talk is first.talk, self._waiting)
            )

    def _done(self, run: list[_Item]) -> None:
        """Take out what was written; some of it may have been given up meanwhile."""
        with self._changed:
            for item in run:
                if self._waiting and self._waiting[0] is item:
                    self._waiting.popleft()

    def _write(self, run: list[_Item]) -> None:
        first = run[0]
        offset = self._offset(first.talk)
        if isinstance(first, _Said):
            turns = [_turn(item, offset, tuple(self._gone)) for item in run if isinstance(item, _Said)]
            self._store.append(first.talk.id, turns, started_at=first.talk.began)
        elif isinstance(first, _Withdrawn):
            self._store.withdraw(first.talk.id, first.turn + offset)
        else:
            self._store.finish(first.talk.id, first.at)

    def _offset(self, talk: _Talk) -> int:
        if talk.offset is None:
            last = self._store.latest(talk.id, 1)
            talk.offset = (last[0].number if last else 0) - talk.before
        return talk.offset

    def _complain(self, error: MemoryStoreError) -> None:
        log.warning("the conversation is not kept: %s", error.message)
        if not self._told:
            self._told = True
            self._tell(
                Notice(severity="warning", message=f"This conversation is not kept: {error.message}", hint=error.hint)
            )


def _turn(said: _Said, offset: int, gone: Sequence[_Gone]) -> Turn:
    event = said.event
    text = event.text
    for one in gone:
        broken_off = event.interrupted or not text.endswith(ENDS)
        text = one.taken_out(text, cut_off=event.role == "assistant" and broken_off)
    return Turn(
        number=event.turn + offset,
        role=event.role,
        text=text,
        at=event.at,
        said_at=said.at,
        interrupted=event.interrupted,
        typed=event.typed,
        confidence=event.confidence,
    )
