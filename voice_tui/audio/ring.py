"""A ring of float32 samples between exactly one writer thread and exactly one reader thread, without a lock.

Overflow policy: `write` never waits and never fails; what is older than the capacity is lost to the reader, in whole
units (a frame for capture, a sample for playout), and counted in `lost`.

How it stays right without a lock: both sides count samples for ever and each count has one owner (`written`: the
writer, `position`: the reader), so the fill is their difference. The buffer is longer than the capacity by `_RESERVE`,
the most that a writer can have half written at any moment; a reader that was lapped while it copied sees that and reads
again.
"""

from __future__ import annotations

import numpy as np

from voice_tui.frame import Pcm

_RESERVE = 4096


class Ring:
    """A bounded ring of samples; see the module for threads and overflow.

    Args:
        capacity: Most samples that wait for the reader.
        unit: Lost samples are a multiple of this, at most `capacity`.
    """

    def __init__(self, capacity: int, *, unit: int = 1) -> None:
        if not 1 <= unit <= capacity:
            raise ValueError(f"unit {unit} must be in 1..{capacity}")
        self._capacity = capacity
        self._unit = unit
        self._buffer = np.zeros(capacity + _RESERVE, dtype=np.float32)
        self._written = 0
        self._position = 0
        self._lost = 0

    @property
    def written(self) -> int:
        """Samples ever written. Any thread."""
        return self._written

    @property
    def position(self) -> int:
        """Samples ever read, dropped or lost. Any thread."""
        return self._position

    @property
    def lost(self) -> int:
        """Samples lost to overflow, as far as the reader has noticed. Any thread."""
        return self._lost

    @property
    def fill(self) -> int:
        """Samples that can be read now. Any thread; the other side may have moved on when it is used."""
        position = self._position
        return max(0, self._written - position - self._overflow(position))

    def write(self, pcm: Pcm) -> None:
        """Append samples, any number. Writer's thread only; copies and returns."""
        for start in range(0, len(pcm), _RESERVE):
            piece = pcm[start : start + _RESERVE]
            self._store(piece)
            self._written += len(piece)

    def read(self, out: Pcm) -> int:
        """Copy the oldest samples into `out`, as many as there are and fit; returns how many. Reader's thread only."""
        while True:
            self._skip_lost()
            position = self._position
            count = min(len(out), self._written - position)
            self._load(position, out[:count])
            if self._written - position <= self._capacity:  # else the writer lapped us while we copied
                self._position = position + count
                return count

    def drop(self, samples: int) -> int:
        """Throw away up to `samples` of the oldest; returns how many. Reader's thread only."""
        self._skip_lost()
        count = min(samples, self._written - self._position)
        self._position += count
        return count

    def _overflow(self, position: int) -> int:
        excess = self._written - position - self._capacity
        return -(-excess // self._unit) * self._unit if excess > 0 else 0

    def _skip_lost(self) -> None:
        lost = self._overflow(self._position)
        self._lost += lost
        self._position += lost

    def _store(self, piece: Pcm) -> None:
        start = self._written % len(self._buffer)
        first = min(len(piece), len(self._buffer) - start)
        self._buffer[start : start + first] = piece[:first]
        self._buffer[: len(piece) - first] = piece[first:]

    def _load(self, position: int, out: Pcm) -> None:
        start = position % len(self._buffer)
        first = min(len(out), len(self._buffer) - start)
        out[:first] = self._buffer[start : start + first]
        out[first:] = self._buffer[: len(out) - first]
