"""Timers that were asked for, on the session clock."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

from voice_tui.engine.cascade.ports import Waiting

MAX_TIMERS = 20
"""More are refused by dropping the latest due; nobody keeps 20 kitchen timers in mind."""


@dataclass(frozen=True, slots=True, order=True)
class Timer:
    """Something to say later.

    Args:
        due: Session time, seconds.
        set_by: The turn that asked for it; 0 = one of another engine.
        text: What is said.
        again: Whether it was begun before and cut off: it is not said a third time.
    """

    due: float
    set_by: int
    text: str
    again: bool = False

    def told(self, heard: str) -> bool:
        """Whether what was heard is all that it says."""
        return heard.split() == self.text.split()


class Timers:
    """A few things to say later. Session's main thread only."""

    def __init__(self) -> None:
        self._heap: list[Timer] = []

    def add(self, due: float, text: str, *, set_by: int) -> None:
        """Say `text` at session time `due`, seconds; `set_by` is the turn that asked for it."""
        self._put(Timer(due, set_by, text))

    def due(self, now: float) -> Timer | None:
        """Return what is to be said now and take it out; None for nothing."""
        if self._heap and self._heap[0].due <= now:
            return heapq.heappop(self._heap)
        return None

    def back(self, timer: Timer) -> None:
        """Put in one that nothing of was heard."""
        self._put(timer)

    def again(self, timer: Timer) -> None:
        """Put in one that was cut off while it rang, unless that was the second time."""
        if not timer.again:
            self._put(replace(timer, again=True, set_by=0))  # it rang: what asked for it cannot be withdrawn any more

    def drop_again(self) -> None:
        """Let go what was cut off: the person wants quiet, and knows of it."""
        self._keep([timer for timer in self._heap if not timer.again])

    def cancel(self, set_by: int) -> None:
        """Take back what one turn asked for."""
        self._keep([timer for timer in self._heap if timer.set_by != set_by])

    def clear(self) -> None:
        """Cancel all."""
        self._heap.clear()

    def settle(self) -> None:
        """Keep them whatever happens to the turns that asked for them: another engine numbers its turns anew."""
        self._keep([replace(timer, set_by=0) for timer in self._heap])

    def waiting(self, now: float) -> tuple[Waiting, ...]:
        """Return what is set, the next one first."""
        return tuple(Waiting(timer.due - now, timer.text) for timer in sorted(self._heap))

    @property
    def pending(self) -> bool:
        """Whether any is set."""
        return bool(self._heap)

    def _put(self, timer: Timer) -> None:
        heapq.heappush(self._heap, timer)
        if len(self._heap) > MAX_TIMERS:
            self._heap.remove(max(self._heap))
            heapq.heapify(self._heap)

    def _keep(self, timers: list[Timer]) -> None:
        self._heap = timers
        heapq.heapify(self._heap)
