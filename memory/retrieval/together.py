"""Whether the words of a question come near in one place of a memory, or here and there: whose sister is forty.

"How old is Emil's sister" finds every word in "Emil is forty, my sister bakes", and none of it belongs together. Here
all words of the question count, the small ones too: what a "what" or "how much" means where it stands tells what is
asked for. Pure functions; any thread; a third of a millisecond for 15 candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from memory.retrieval.cue import Cue
from memory.retrieval.overlap import Floats, name_stems
from memory.retrieval.words import DIMENSION, Asked, of_length_1

WIDE, CLOSE = 5, 2
"""Words to each side that are one place, for all words of a question and for two that follow each other."""

STRANGE = 0.35
"""A word of a memory to which none of the question comes nearer says something else: the answer, or another matter."""

MOST_STRANGE = 15

NAMES = (
    "place", "place_weighted", "apart", "apart_weighted",
    "pairs", "least_pair", "pairs_weighted", "least_pair_said", "any_pair",
    "asking_first", "asking", "asking_place", "asking_there",
    "back", "strange", "strange_count",
)  # fmt: skip

Places = npt.NDArray[np.int64]

_GAP = bytes(WIDE * DIMENSION)
"""Numbers that are near nothing, so that no place reaches from one memory into the next."""


def together(cue: Cue, asked: Asked, speakers: Sequence[str], told: Sequence[bytes]) -> Floats:
    """Return how well the words of a question come together in memories, shape (memories, NAMES), float32.

    Args:
        cue: What is looked for.
        asked: The words of the question.
        speakers: Who said the memories, lower case; a name that is asked for is everywhere in what its person said.
        told: The numbers of their words as they stand in the file.
    """
    found = np.zeros((len(told), len(NAMES)), dtype=np.float32)
    rows = [row for row, value in enumerate(told) if value]
    if rows and len(asked.states):
        lengths = np.array([len(told[row]) // DIMENSION for row in rows])
        numbers = np.frombuffer(b"".join([told[row] + _GAP for row in rows]), dtype=np.int8).reshape(-1, DIMENSION)
        near = asked.states @ of_length_1(numbers.astype(np.float32)).T
        starts = np.cumsum([0, *(lengths + WIDE)])[:-1]
        nearest = near.max(axis=0)
        _name(near, asked, [speakers[row] for row in rows], starts, lengths)
        weights = np.array([cue.terms.get(one, 0.0) for one in asked.stems], dtype=np.float32)
        columns = [*_together(near, weights, asked.asking, starts, lengths), *_back(nearest, starts, lengths)]
        found[rows] = np.stack(columns, axis=1)
    return found


def _name(near: Floats, asked: Asked, speakers: Sequence[str], starts: Places, lengths: Places) -> None:
    """Set to 1 what is near to the name of the person who says it."""
    for speaker, start, length in zip(speakers, starts, lengths, strict=True):
        names = name_stems(speaker)
        for place, stem in enumerate(asked.stems if names else ()):
            if stem in names:
                near[place, start : start + length] = 1.0


def _back(nearest: Floats, starts: Places, lengths: Places) -> list[Floats]:
    """Return how near the words of the memories come to the question, and how many do not."""
    strange = np.add.reduceat(nearest < STRANGE, starts, dtype=np.int64) - WIDE
    return [
        np.add.reduceat(nearest, starts) / lengths,
        strange / lengths,
        np.minimum(strange, MOST_STRANGE) / MOST_STRANGE,
    ]


def _together(near: Floats, weights: Floats, asking: int, starts: Places, lengths: Places) -> list[Floats]:
    """Return what comes together; `near`: shape (words of the question, words of all memories and gaps)."""
    counts = np.stack([lengths, np.full(len(lengths), WIDE)], axis=1).ravel()
    inside = np.repeat(np.tile([True, False], len(lengths)), counts)
    close = _around(near, CLOSE) * inside
    wide = _around(close, WIDE - CLOSE, step=WIDE - CLOSE) * inside
    best = np.maximum.reduceat(near, starts, axis=1)
    total = max(float(weights.sum()), 1e-3)
    place, weighted = wide.mean(axis=0), weights @ wide / total
    place_best, weighted_best = (np.maximum.reduceat(one, starts) for one in (place, weighted))
    return [
        place_best,
        weighted_best,
        best.mean(axis=0) - place_best,
        weights @ best / total - weighted_best,
        *_pairs(close, weights, starts),
        *_asking(near, wide, close, weighted, weights, asking, starts),
    ]


def _around(near: Floats, reach: int, step: int = 1) -> Floats:
    """Return for each place the highest within `reach` words to each side, of every `step`th."""
    found = near.copy()
    for by in range(step, reach + 1, step):
        np.maximum(found[:, by:], near[:, :-by], out=found[:, by:])
        np.maximum(found[:, :-by], near[:, by:], out=found[:, :-by])
    return found


def _pairs(close: Floats, weights: Floats, starts: Places) -> list[Floats]:
    """Return how near words that follow each other come to what stands together."""
    none = np.zeros(len(starts), dtype=np.float32)
    said = np.flatnonzero(weights)
    every = _least_of_two(close[:-1], close[1:], starts)
    pairs = _least_of_two(close[said[:-1]], close[said[1:]], starts)
    share = np.array([weights[a] + weights[b] for a, b in pairwise(said)], dtype=np.float32)
    return [
        every.mean(axis=0) if len(every) else none,
        every.min(axis=0) if len(every) else none,
        share @ pairs / share.sum() if len(pairs) else none,
        pairs.min(axis=0) if len(pairs) else none,
        np.full(len(starts), float(len(pairs) > 0), dtype=np.float32),
    ]


def _least_of_two(one: Floats, other: Floats, starts: Places) -> Floats:
    return np.maximum.reduceat(np.minimum(one, other), starts, axis=1)


def _asking(
    near: Floats, wide: Floats, close: Floats, weighted: Floats, weights: Floats, asking: int, starts: Places
) -> list[Floats]:
    """Return how near the question word comes, by itself and where the rest does."""
    said = np.flatnonzero(weights)
    if asking < 0 or not len(said):
        return [np.zeros(len(starts), dtype=np.float32)] * 4
    after = said[said > asking]
    first = wide[after[0] if len(after) else said[0]]
    ends = [*starts[1:], near.shape[1]]
    best = [start + int(weighted[start:end].argmax()) for start, end in zip(starts, ends, strict=True)]
    return [
        np.maximum.reduceat(np.minimum(wide[asking], first), starts),
        np.maximum.reduceat(near[asking], starts),
        np.maximum.reduceat(np.minimum(wide[asking], weighted), starts),
        close[asking, best],
    ]
