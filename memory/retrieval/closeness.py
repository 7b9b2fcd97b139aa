"""From vectors to how close candidates and what was said around them are to a question. Pure functions; any thread."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from memory.retrieval.candidates import Candidate, Line
from memory.retrieval.overlap import Floats

SHORTEST = 1e-6
"""Length of a vector below which it is not divided by."""


def seqs_of(candidates: Sequence[Candidate]) -> tuple[list[int], list[int]]:
    """Return the rows of candidates, and the rows of the turns before them that are none."""
    own = {one.line.seq for one in candidates}
    around = {one.before.seq for one in candidates if one.before}
    return sorted(own), sorted(around - own)


def set_closeness(
    candidates: Sequence[Candidate], keys: Sequence[tuple[int, int]], found: Floats, vector: Floats
) -> int:
    """Set how close candidates and the turns before them are.

    Args:
        candidates: Are changed.
        keys: Row of the memory and part of each vector; part 0 is the whole.
        found: The vectors, shape (keys, dimension). `vector`: of the question, shape (dimension,).

    Returns:
        How many candidates have a vector.
    """
    closeness = found @ vector
    values: list[float] = closeness.tolist()
    whole: dict[int, int] = {}
    best: dict[int, float] = {}
    for row, (seq, part) in enumerate(keys):
        if part == 0:
            whole[seq] = row
        best[seq] = max(best.get(seq, -1.0), values[row])
    known = [one for one in candidates if one.line.seq in whole]
    for one in known:
        one.close, one.close_best = values[whole[one.line.seq]], best[one.line.seq]
        one.close_before = _at(one.before, whole, values)
        one.close_context = one.close
    _set_context([one for one in known if one.before and one.before.seq in whole], whole, found, closeness)
    return len(known)


def known_closeness(candidates: Sequence[Candidate]) -> dict[int, float]:
    """Return the closeness that `set_closeness` found, by row."""
    known = {one.before.seq: one.close_before for one in candidates if one.before}
    known |= {one.line.seq: one.close for one in candidates}
    return {seq: close for seq, close in known.items() if not math.isnan(close)}


def after_of(candidates: Sequence[Candidate], known: dict[int, float]) -> list[int]:
    """Return the rows of the turns after candidates whose closeness is not known."""
    return sorted({one.after.seq for one in candidates if one.after} - known.keys())


def set_after_closeness(candidates: Sequence[Candidate], known: dict[int, float]) -> None:
    """Set how close the turns after candidates are, of those that have a vector themselves."""
    for one in candidates:
        if one.after and not math.isnan(one.close):
            one.close_after = known.get(one.after.seq, math.nan)


def _at(line: Line | None, whole: dict[int, int], values: Sequence[float]) -> float:
    row = whole.get(line.seq) if line else None
    return math.nan if row is None else values[row]


def _set_context(candidates: Sequence[Candidate], whole: dict[int, int], found: Floats, closeness: Floats) -> None:
    """Set how close turns and those before them are, taken together: the cosine of the sum of their vectors."""
    own = [whole[one.line.seq] for one in candidates]
    before = [whole[one.before.seq] for one in candidates if one.before]
    lengths = np.linalg.norm(found[own] + found[before], axis=1)
    together = (closeness[own] + closeness[before]) / np.maximum(lengths, SHORTEST)
    for one, value in zip(candidates, together.tolist(), strict=True):
        one.close_context = value
