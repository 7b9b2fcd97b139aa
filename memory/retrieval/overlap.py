"""Words that a question and a memory share, weighed. Pure functions; any thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from memory.retrieval.cue import Cue
from memory.retrieval.passages import MIN_LETTERS, Passage, by_sentence
from memory.retrieval.stem import stem

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]
Columns = dict[str, Floats]
"""Name of a feature to its values, one for each candidate."""

K1, B = 1.2, 0.6
"""Of BM25 (Robertson and Zaragoza, "The probabilistic relevance framework", 2009, equation 3.15)."""

USUAL_LENGTH = 18.0
"""Words of a usual memory, the mean length in BM25; a constant, so that a value means the same in every store."""

NEAR_PLACES = 3
"""Words apart that two words of a question may stand in a memory to count as a pair."""

LETTERS_APART = 3
"""Words whose lengths differ by more are not alike."""

ALIKE = 0.5
"""From here two words are taken for nearly the same, by Dice's coefficient of their letter pairs."""


class Overlap:
    """Which words of a question stand in which passages.

    Args:
        cue: What is looked for.
        passages: The words looked through.
        speakers: Who said them, lower case; their names count as words, unless none are given.

    Attributes:
        counts: How often each word occurs, shape (passages, words). `has`: whether. `named`: in the speaker's name.
        weights: Of the words, shape (words,).
    """

    def __init__(self, cue: Cue, passages: Sequence[Passage], speakers: Sequence[str] = ()) -> None:
        shape = len(passages), len(cue.terms)
        self._cue = cue
        self._passages = passages
        self.weights: Floats = np.array(list(cue.terms.values()), dtype=np.float32)
        self._total = float(self.weights.sum()) or 1.0
        none = (0,) * len(cue.terms)
        counts = [list(map(p.stems.get, cue.terms, none)) for p in passages]
        self.counts: Floats = np.array(counts, dtype=np.float32).reshape(shape)
        self.has: Flags = self.counts > 0
        names = {one: [term in name_stems(one) for term in cue.terms] for one in set(speakers)}
        named = [names[speaker] for speaker in speakers]
        self.named: Flags = np.array(named or np.zeros(shape), dtype=bool).reshape(shape)

    def cover(self, has: Flags) -> Floats:
        """Return the share of the question's weight that is there."""
        return has @ self.weights / self._total

    def bm25(self) -> Floats:
        """Return BM25 as a share of the most it could be."""
        lengths = np.array([len(p.order) for p in self._passages], dtype=np.float32)
        damped = K1 * (1 - B + B * lengths / USUAL_LENGTH)
        return (self.counts / (self.counts + damped[:, None])) @ self.weights / self._total

    def rarest(self) -> Floats:
        """Return the weight of the rarest word that is there, as a share of the rarest that is asked."""
        top = float(self.weights.max(initial=0.0)) or 1.0
        return (self.has * self.weights).max(axis=1, initial=0.0) / top

    def best_sentence(self) -> Floats:
        """Return the largest share of the question's weight that one sentence holds."""
        best = np.zeros(len(self._passages), dtype=np.float32)
        terms = self._cue.terms.items()
        for row in _rows(self.has.sum(axis=1) > 0):
            own = self._passages[row]
            there = [(term, weight) for term, weight in terms if term in own.stems]
            parts = by_sentence(own) if len(there) > 1 else [own.order]
            best[row] = max(sum(weight for term, weight in there if term in part) for part in parts)
        return best / self._total

    def pairs(self) -> Floats:
        """Return the share of neighbouring words of the question that stand near each other in the memory."""
        shares = np.zeros(len(self._passages), dtype=np.float32)
        for row in _rows(self.has.sum(axis=1) > 1):
            shares[row] = _pairs(self._cue, self._passages[row])
        return shares

    def near_words(self) -> Floats:
        """Return the share of the question's weight that only nearly occurs: slips of recognition, other endings."""
        found = np.zeros(len(self._passages), dtype=np.float64)
        stems = {one for one in set[str]().union(*(p.stems for p in self._passages)) if len(one) >= MIN_LETTERS}
        for column, (term, weight) in enumerate(self._cue.terms.items()):
            near = _nearly(term, stems) if len(term) >= MIN_LETTERS else {}
            for row in _rows(~self.has[:, column]) if near else ():
                own = near.keys() & self._passages[row].stems.keys()
                if own:
                    found[row] += max(near[one] for one in own) * weight
        return (found / (sum(self._cue.terms.values()) or 1.0)).astype(np.float32)


@lru_cache(maxsize=4_096)
def name_stems(name: str) -> frozenset[str]:
    """Return the stems of a name in lower case."""
    return frozenset(stem(part) for part in name.split())


def _rows(flags: Flags) -> list[int]:
    return np.flatnonzero(flags).tolist()


def _pairs(cue: Cue, own: Passage) -> float:
    places: dict[str, list[int]] = {}
    for at, one in enumerate(own.order):
        if one in cue.terms:
            places.setdefault(one, []).append(at)
    hits = sum(
        any(abs(a - b) <= NEAR_PLACES for a in places[one] for b in places[two])
        for one, two in zip(cue.order, cue.order[1:], strict=False)
        if one in places and two in places
    )
    return hits / max(1, len(cue.order) - 1)


def _nearly(term: str, stems: Iterable[str]) -> dict[str, float]:
    """Return the stems that are nearly a term, and how nearly."""
    low, high = len(term) - LETTERS_APART, len(term) + LETTERS_APART
    own = letter_pairs(term)
    found: dict[str, float] = {}
    for other in stems:
        if low <= len(other) <= high and not own.isdisjoint(pairs := letter_pairs(other)):
            likeness = 2 * len(own & pairs) / (len(own) + len(pairs))
            if likeness >= ALIKE:
                found[other] = likeness
    return found


@lru_cache(maxsize=20_000)  # more would cost the garbage collector, see `recall_words.KEPT`
def letter_pairs(word: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters of a stem, by which two are alike.

    Twice what two stems share, of what both have, is Dice's coefficient (Adamson and Boreham 1974).
    """
    padded = f"^{word}"
    return frozenset(padded[i : i + 2] for i in range(len(padded) - 1))


def share(values: Floats) -> Floats:
    """Return each value as a share of the best; zeros where there is none above 0."""
    top = float(values.max(initial=0.0))
    return values / top if top > 0 else np.zeros_like(values)


def spread(values: Floats) -> Floats:
    """Return where each value stands between the lowest, 0, and the highest, 1; zeros where all are equal."""
    low, high = float(values.min(initial=np.inf)), float(values.max(initial=-np.inf))
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def place(values: Floats) -> Floats:
    """Return 1 for the best value, 1/2 for the second, …; equal values share the better place."""
    return 1.0 / (1.0 + np.searchsorted(np.sort(-values), -values, side="left"))


def stacked(columns: Columns) -> Floats:
    """Return columns side by side, shape (values, columns), float32."""
    found = np.empty((len(next(iter(columns.values()))), len(columns)), dtype=np.float32)
    for place_of, values in enumerate(columns.values()):
        found[:, place_of] = values
    return found
