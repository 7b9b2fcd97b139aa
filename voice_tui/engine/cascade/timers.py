"""Timers that were asked for, on the session clock."""

from __future__ import annotations

import heapq

MAX_TIMERS = 20
"""More are refused by dropping the latest due; nobody keeps 20 kitchen timers in mind."""


class Timers:
    """A few things to say later. Session's main thread only."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, str]] = []

    def add(self, due: float, text: str, *, set_by: int) -> None:
        """Say `text` at session time `due`, seconds; `set_by` is the turn that asked for it."""
        heapq.heappush(self._heap, (due, set_by, text))
        if len(self._heap) > MAX_TIMERS:
            self._heap.remove(max(self._heap))
            heapq.heapify(self._heap)

    def due(self, now: float) -> str:
        """Return what is to be said now and take it out; "" for nothing."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return ""

    def cancel(self, set_by: int) -> None:
        """Take back what one turn asked for."""
        self._heap = [timer for timer in self._heap if timer[1] != set_by]
        heapq.heapify(self._heap)

    def clear(self) -> None:
        """Cancel all."""
        self._heap.clear()

    def settle(self) -> None:
        """Keep them whatever happens to the turns that asked for them: another engine numbers its turns anew."""
        self._heap = [(due, 0, text) for due, _, text in self._heap]
        heapq.heapify(self._heap)

    @property
    def pending(self) -> bool:
        """Whether any is set."""
        return bool(self._heap)
