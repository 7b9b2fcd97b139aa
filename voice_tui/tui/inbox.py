"""The hand-over from the session's reader thread to the UI thread: bounded, coalescing, one wake-up at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock

import msgspec

from voice_tui.events import AnswerHeard, AnyEvent, Progressed, Stats, TranscriptUpdated

CAPACITY = 1_000
"""Events that may wait. Beyond it the oldest partial transcript goes, else the oldest event; `Inbox.dropped` counts."""


class Inbox:
    """Events on their way to the screen.

    A screen needs the newest state, not every step to it. While the UI thread is busy, a `Stats` replaces the one that
    waits (peaks are kept: a short peak must not vanish), so does a `Progressed`, and a newer text of the turn that was
    put last replaces the older text. Everything else waits in order.

    Args:
        wake: Called from the putting thread when the first event comes after a `drain`; must not block.
        capacity: See `CAPACITY`.
    """

    def __init__(self, wake: Callable[[], object], capacity: int = CAPACITY) -> None:
        self._wake = wake
        self._capacity = capacity
        self._lock = Lock()
        self._waiting: deque[AnyEvent] = deque()
        self._stats: Stats | None = None
        self._woken = False
        self.dropped = 0

    def put(self, event: AnyEvent) -> None:
        """Take one event. Any thread; never blocks for longer than a copy."""
        with self._lock:
            self._store(event)
            wake, self._woken = not self._woken, True
        if wake:
            self._wake()

    def drain(self) -> list[AnyEvent]:
        """Return what waits, in order. UI thread.

        The newest `Stats` comes first: what it says of mute, mode and volume may be older than an event that waits.
        """
        with self._lock:
            events: list[AnyEvent] = [] if self._stats is None else [self._stats]
            events += self._waiting
            self._waiting.clear()
            self._stats = None
            self._woken = False
        return events

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        with self._lock:
            return not self._waiting and self._stats is None

    def _store(self, event: AnyEvent) -> None:
        if isinstance(event, Stats):
            self._stats = _merged(self._stats, event)
            return
        if self._waiting and _supersedes(event, self._waiting[-1]):
            self._waiting.pop()
        elif len(self._waiting) >= self._capacity:
            self._make_room()
        self._waiting.append(event)

    def _make_room(self) -> None:
        self.dropped += 1
        for index, event in enumerate(self._waiting):
            if isinstance(event, AnswerHeard) or (isinstance(event, TranscriptUpdated) and not event.final):
                del self._waiting[index]
                return
        self._waiting.popleft()


def _supersedes(new: AnyEvent, old: AnyEvent) -> bool:
    if isinstance(new, TranscriptUpdated) and isinstance(old, TranscriptUpdated):
        return new.turn == old.turn and new.role == old.role
    if isinstance(new, AnswerHeard) and isinstance(old, AnswerHeard):
        return new.turn == old.turn
    return isinstance(new, Progressed) and isinstance(old, Progressed)


def _merged(old: Stats | None, new: Stats) -> Stats:
    if old is None:
        return new
    return msgspec.structs.replace(
        new,
        input_peak=max(old.input_peak, new.input_peak),
        output_peak=max(old.output_peak, new.output_peak),
    )
