"""From the states that a model has for every word to few small numbers: what is kept beside a memory's vector."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memory.embedder.bert import Bert
from memory.embedder.weights import broken
from memory.retrieval.overlap import Floats
from memory.retrieval.words import DIMENSION, MOST_WORDS, Reading, Small, of_length_1

STEPS = 127 * 2
"""Steps of a number from 0 to 1; beyond a half, which hardly any number of a vector of length 1 is, they are cut."""

SPACE = Path(__file__).with_name("word_space.npy")
"""The space of the carried model's words, made by `python -m memory.training.train`; 384 x 49 numbers, 75 kB."""


@dataclass(frozen=True, slots=True)
class Space:
    """Where the states of words lie.

    Args:
        mean: Of all, shape (dimension of the model,). `axes`: along which they differ most, shape (dimension of the
            model, DIMENSION).
    """

    mean: Floats
    axes: Floats

    @property
    def name(self) -> str:
        """What stands in a file of memories beside words that are told in it: another space has another name."""
        return hashlib.sha256(self._table().tobytes()).hexdigest()[:16]

    def small(self, states: Floats) -> Small:
        """Return what is kept of states, shape (words, model's dimension) -> (words, DIMENSION)."""
        found = of_length_1((states - self.mean) @ self.axes)
        return np.clip(np.round(found * STEPS), -127, 127).astype(np.int8)

    def save(self, file: Path = SPACE) -> None:
        """Write it; the mean is the first column."""
        np.save(file, self._table(), allow_pickle=False)

    def _table(self) -> Floats:
        return np.column_stack([self.mean, self.axes]).astype("<f4")


def load_space(file: Path = SPACE) -> Space:
    """Return the space that was written.

    Raises:
        MemoryStoreError: If the file holds none.
    """
    try:
        table = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as e:
        raise broken(file, str(e)) from e
    if table.ndim != 2 or table.shape[1] != 1 + DIMENSION or table.dtype != np.dtype("<f4"):
        raise broken(file, "it holds no space of words")
    return Space(table[:, 0], np.ascontiguousarray(table[:, 1:]))


def fit_space(states: Iterable[Floats], dimension: int = DIMENSION) -> Space:
    """Return the space of the states of some texts' words: their mean and their principal axes."""
    every = np.concatenate(list(states)).astype(np.float64)
    mean = every.mean(axis=0)
    _, axes = np.linalg.eigh((every - mean).T @ (every - mean))
    axes = axes[:, ::-1][:, :dimension]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dimension)])  # of the two directions always one
    return Space(mean.astype(np.float32), np.ascontiguousarray(axes, dtype=np.float32))


class WordReader:
    """A model that tells vectors and words in one pass. One thread at a time.

    Args:
        bert: The model.
        space: Of its words.

    Raises:
        MemoryStoreError: If the space is that of another model.
    """

    def __init__(self, bert: Bert, space: Space) -> None:
        if len(space.mean) != bert.dimension:
            raise broken(SPACE, f"it is for {len(space.mean)} numbers a word, the model has {bert.dimension}")
        self._bert = bert
        self._space = space

    def read(self, texts: Sequence[str]) -> Reading:
        """Return vectors and words of texts; the vectors are those of `Bert.embed`."""
        vectors = np.zeros((len(texts), self._bert.dimension), dtype=np.float32)
        words: list[Small] = [np.zeros((0, DIMENSION), dtype=np.int8)] * len(texts)
        for some, found, states in self._bert.passes(texts):
            vectors[some] = found
            for place, own in zip(some, states, strict=True):
                words[place] = self._space.small(word_states(self._bert, texts[place], own))
        return Reading(vectors, words)


def word_states(bert: Bert, text: str, states: Floats) -> Floats:
    """Return the states of the words of a text, shape (words, dimension); one of several pieces has their mean.

    Args:
        bert: The model. `text`: what it read.
        states: Of the pieces, both control signs included.
    """
    found: list[Floats] = []
    at = 1  # after the sign of the beginning
    for word, count in bert.pieces.counted(text):
        end = at + count
        if end >= len(states) or len(found) == MOST_WORDS:
            break
        if word[0].isalnum():
            found.append(states[at:end].mean(axis=0))
        at = end
    return np.array(found, dtype=np.float32).reshape(len(found), states.shape[1])
