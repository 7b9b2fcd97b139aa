"""What the words of a text mean where they stand, as few small numbers: what a memory would keep beside its vector.

The model that makes a memory's vector has, before it takes the mean, a state for every word. From these the mean of
all memories' words is taken off, and what is left is told in DIMENSION numbers of a byte each. Words that say little by
themselves are kept: leaving them out would halve the room and lose a quarter of what is gained.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from memory.embedder.bert import AT_ONCE, Bert
from memory.embedder.choice import how_to_install
from memory.embedder.weights import carried_model
from memory.embedder.wordpiece import WordPieces, split_words
from memory.errors import MemoryStoreError
from memory.retrieval.overlap import Floats

DIMENSION = 48
"""Numbers of a word. Held out: 32 cost a little, 64 and 128 gain nothing that matters."""

STEPS = 127 * 2
"""Steps of a number from 0 to 1; beyond a half, which hardly any number of a vector of length 1 is, they are cut."""

WINDOW = 256
"""Pieces of a text that the model reads."""

SPACE = Path(__file__).with_name("word_space.npy")
"""Where `Space.save` puts it; 384 x 49 numbers, 75 kB."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text.

    Args:
        spelled: In lower case, in order.
        states: Shape (words, numbers).
    """

    spelled: tuple[str, ...]
    states: Floats


@dataclass(frozen=True, slots=True)
class Space:
    """Where the states of words lie.

    Args:
        mean: Of all, shape (384,). `axes`: along which they differ most, shape (384, DIMENSION).
    """

    mean: Floats
    axes: Floats

    def small(self, states: Floats) -> Floats:
        """Return states as they would be read from the file: each of length 1 again after the rounding."""
        found = _of_length_1((states - self.mean) @ self.axes)
        return _of_length_1(np.clip(np.round(found * STEPS), -127, 127).astype(np.int8).astype(np.float32))

    def save(self, file: Path = SPACE) -> None:
        """Write it; the mean is the first column."""
        np.save(file, np.column_stack([self.mean, self.axes]).astype("<f4"), allow_pickle=False)


def fit_space(texts: Iterable[Words], dimension: int = DIMENSION) -> Space:
    """Return the space of the states of some texts: their mean and their principal axes."""
    states = np.concatenate([one.states for one in texts]).astype(np.float64)
    mean = states.mean(axis=0)
    _, axes = np.linalg.eigh((states - mean).T @ (states - mean))
    return Space(mean.astype(np.float32), np.ascontiguousarray(axes[:, ::-1][:, :dimension], dtype=np.float32))


class WordReader:
    """The carried model, asked for the states of words; every text is read once. One thread at a time.

    Args:
        folder: Of another model; None = the carried one.

    Raises:
        MemoryStoreError: If the model is not installed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or carried_model()
        if folder is None:
            raise MemoryStoreError("Training needs the embedding model", hint=how_to_install())
        self._bert = Bert(folder)
        self._pieces = WordPieces(folder / "vocab.txt", WINDOW)
        self._known: dict[tuple[str, str], Words] = {}

    def read(self, texts: Sequence[tuple[str, str]]) -> list[Words]:
        """Return the words of texts, in order.

        Args:
            texts: Who says it, "" = nobody, and the words. The model sees the name, the words returned lack it.
        """
        new = sorted({one for one in texts if one not in self._known}, key=lambda one: len(one[1]))
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            self._known.update(zip(some, self._read(some), strict=True))
        return [self._known[one] for one in texts]

    def _read(self, some: Sequence[tuple[str, str]]) -> list[Words]:
        whole = [f"{speaker}: {text}" if speaker else text for speaker, text in some]
        states = self._bert.states(whole)
        leads = [len(split_words(f"{speaker}:")) if speaker else 0 for speaker, _ in some]
        return [self._words(*one) for one in zip(whole, states, leads, strict=True)]

    def _words(self, text: str, states: Floats, lead: int) -> Words:
        """Return the words of one text; a word of several pieces has the mean of their states."""
        spelled: list[str] = []
        found: list[Floats] = []
        at = 1  # after the sign of the beginning
        for place, word in enumerate(split_words(text)):
            end = at + len(self._pieces.numbers(word)) - 2
            if end >= len(states):
                break
            if place >= lead and word[0].isalnum():
                spelled.append(word)
                found.append(states[at:end].mean(axis=0))
            at = end
        return Words(tuple(spelled), np.array(found, dtype=np.float32).reshape(len(found), states.shape[1]))


def _of_length_1(states: Floats) -> Floats:
    return states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-6)
