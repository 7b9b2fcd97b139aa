"""All vectors of a store in memory, for a search that looks at every one.

100,000 vectors of 384 numbers are 154 MB, and reading them takes 6 ms where nothing else reads and 17 where others do.
So in a large store every vector is first looked at along the FIRST directions in which they differ the most ("principal
components", Pearson 1901), a quarter of the reading, and only the CLOSER that do best there are compared in full.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from memory.retrieval.overlap import Floats

BLOCK = 4_096
"""Rows that are made room for at once, so that growing never copies what is there."""

LARGE = 16_384
"""Vectors from which a first look is taken; fewer are compared in full, which takes a millisecond."""

FIRST = 96
"""Numbers of the first look."""

CLOSER = 4_096
"""Vectors that are compared in full after it."""

SAMPLE = 4_096
"""Vectors by which the directions are found."""


class Matrix:
    """Vectors by the row of their memory. Any thread; a search keeps a change waiting and the other way round.

    Args:
        dimension: Numbers of a vector.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._blocks: list[Floats] = []
        self._seqs: list[npt.NDArray[np.int64]] = []
        self._places: dict[int, int] = {}
        self._free: list[int] = []
        self._axes: Floats | None = None
        self._short: list[Floats] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    def put(self, seq: int, vector: Floats) -> None:
        """Put a vector in, in place of that memory's older one."""
        with self._lock:
            place = self._places.get(seq)
            if place is None:
                place = self._free.pop() if self._free else self._room()
                self._places[seq] = place
            self._set(place, seq, vector)

    def keep(self, seqs: Iterable[int]) -> None:
        """Take out, overwritten, the vectors of all memories but these."""
        with self._lock:
            nothing = np.zeros(self.dimension, dtype=np.float32)
            for seq in self._places.keys() - set(seqs):
                place = self._places.pop(seq)
                self._set(place, -1, nothing)
                self._free.append(place)

    def shorten(self) -> None:
        """Where there are many vectors, make what the first look goes by, once; for the thread that puts them in."""
        if self.dimension <= FIRST or len(self) < LARGE or self._axes is not None:
            return
        axes = self._directions()
        with self._lock:
            self._axes = axes
        for place in range(len(self._blocks)):
            with self._lock:  # for a few milliseconds each
                self._short.append(self._blocks[place] @ axes)

    def nearest(self, vector: Floats, count: int) -> list[int]:
        """Return the rows of the memories whose vectors have the highest cosine with this one, best first."""
        with self._lock:
            if not self._places:
                return []
            seqs = np.concatenate(self._seqs)[: len(self._places) + len(self._free)]
            if len(seqs) < LARGE or len(self._short) < len(self._blocks):
                places, scores = np.arange(len(seqs)), _products(self._blocks, vector)[: len(seqs)]
            else:
                places, scores = self._closer(seqs, vector, max(count, CLOSER))
        scores[seqs[places] < 0] = -2
        best = _highest(scores, count)
        best = best[np.argsort(-scores[best], kind="stable")]
        return [int(seq) for seq in seqs[places[best]] if seq >= 0]

    def _closer(self, seqs: npt.NDArray[np.int64], vector: Floats, count: int) -> tuple[npt.NDArray[np.intp], Floats]:
        """Return the places of the vectors that do best at the first look, and their cosines."""
        assert self._axes is not None
        likely = _products(self._short, vector @ self._axes)[: len(seqs)]
        likely[seqs < 0] = -np.inf
        places = np.sort(_highest(likely, count))
        bounds = np.searchsorted(places, BLOCK * np.arange(len(self._blocks) + 1))
        some = [places[low:high] - BLOCK * i for i, (low, high) in enumerate(pairwise(bounds))]
        return places, _products([block[own] for block, own in zip(self._blocks, some, strict=True)], vector)

    def _directions(self) -> Floats:
        """Return the directions in which the vectors differ the most from 0, shape (dimension, FIRST)."""
        with self._lock:
            step = max(1, len(self._blocks) * BLOCK // SAMPLE)
            sample = np.concatenate([block[::step] for block in self._blocks])
        _, axes = np.linalg.eigh(sample.T @ sample)  # the largest come last
        return np.ascontiguousarray(axes[:, -FIRST:])

    def _set(self, place: int, seq: int, vector: Floats) -> None:
        block, row = divmod(place, BLOCK)
        self._blocks[block][row] = vector
        self._seqs[block][row] = seq
        if self._axes is not None and block < len(self._short):
            self._short[block][row] = vector @ self._axes

    def _room(self) -> int:
        place = len(self._places) + len(self._free)
        if place >= len(self._blocks) * BLOCK:
            if self._axes is not None and len(self._short) == len(self._blocks):
                self._short.append(np.zeros((BLOCK, FIRST), dtype=np.float32))
            self._blocks.append(np.zeros((BLOCK, self.dimension), dtype=np.float32))
            self._seqs.append(np.full(BLOCK, -1, dtype=np.int64))
        return place


def _products(blocks: Iterable[Floats], vector: Floats) -> Floats:
    return np.concatenate([block @ vector for block in blocks])


def _highest(scores: Floats, count: int) -> npt.NDArray[np.intp]:
    """Return the places of the highest, in no order."""
    count = min(count, len(scores))
    return np.argpartition(-scores, count - 1)[:count]
