"""All vectors of a store in memory, for an exact search.

100,000 vectors of 384 numbers take 154 MB and 6 ms; an index that only approximates is worth its trouble beyond that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from memory.retrieval.overlap import Floats

BLOCK = 4_096
"""Rows that are made room for at once, so that growing never copies what is there."""


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
            self._blocks[place // BLOCK][place % BLOCK] = vector
            self._seqs[place // BLOCK][place % BLOCK] = seq

    def keep(self, seqs: Iterable[int]) -> None:
        """Take out, overwritten, the vectors of all memories but these."""
        with self._lock:
            for seq in self._places.keys() - set(seqs):
                place = self._places.pop(seq)
                self._blocks[place // BLOCK][place % BLOCK] = 0
                self._seqs[place // BLOCK][place % BLOCK] = -1
                self._free.append(place)

    def nearest(self, vector: Floats, count: int) -> list[int]:
        """Return the rows of the memories whose vectors have the highest cosine with this one, best first."""
        with self._lock:
            if not self._places:
                return []
            used = len(self._places) + len(self._free)
            blocks = [block[: used - BLOCK * i] for i, block in enumerate(self._blocks)]
            scores = np.concatenate([block @ vector for block in blocks])
            seqs = np.concatenate(self._seqs)[:used]
        scores[seqs < 0] = -2
        count = min(count, len(scores))
        best = np.argpartition(-scores, count - 1)[:count]
        best = best[np.argsort(-scores[best], kind="stable")]
        return [int(seq) for seq in seqs[best] if seq >= 0]

    def _room(self) -> int:
        place = len(self._places) + len(self._free)
        if place >= len(self._blocks) * BLOCK:
            self._blocks.append(np.zeros((BLOCK, self.dimension), dtype=np.float32))
            self._seqs.append(np.full(BLOCK, -1, dtype=np.int64))
        return place
