"""The words of a text one by one: how they are spelled, and what each means where it stands, as few small numbers.

The model that makes a memory's vector has, before it takes the mean, a state for every word. From these the mean of all
words is taken off, and what is left is told in DIMENSION numbers of a byte each (see `memory.embedder.words`). Words
that say little by themselves are kept: leaving them out would halve the room and lose a quarter of what is gained.
Pure functions; any thread.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from memory.retrieval.overlap import Floats
from memory.retrieval.stem import stem

DIMENSION = 48
"""Numbers of a word. Held out: 32 cost a little, 64 and 128 gain nothing that matters."""

MOST_WORDS = 96
"""Words of a text that are told, 4.6 kB; of a longer one the first."""

MAX_CHARS = 8_000
"""As much of a text as is looked at; a model's window of 256 pieces holds less."""

SHORTEST = 1e-6
"""Length of a word's numbers below which they are not divided by."""

Small = npt.NDArray[np.int8]
"""The numbers of the words of a text, shape (words, DIMENSION)."""

_CJK = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model makes of some texts.

    Args:
        vectors: Of the texts, shape (texts, dimension), each of length 1.
        words: For each text the numbers of its first MOST_WORDS words as `spelled` tells them, fewer where the
            model's window ends before; empty where the model tells no words.
    """

    vectors: Floats
    words: Sequence[Small] = ()


def lead(speaker: str) -> str:
    """Return what a model reads before the words of a speaker; "" = nobody."""
    return f"{speaker}: " if speaker else ""


def without_lead(words: Small, speaker: str) -> Small:
    """Return the numbers of what was said without those of the speaker's name."""
    return words[len(spelled(lead(speaker))) :]


def spelled(text: str) -> list[str]:
    """Return the words whose meaning is told, in order: all but signs."""
    return [word for word in split_words(text[:MAX_CHARS]) if word[0].isalnum()]


def asked_words(text: str, words: Small, terms: Container[str]) -> dict[str, Floats]:
    """Return what the words of a question mean that are looked for, by stem; each of length 1.

    Args:
        text: The question as the model read it. `words`: their numbers.
        terms: The stems that are looked for.
    """
    found: dict[str, Floats] = {}
    for word, state in zip(spelled(text), of_length_1(words.astype(np.float32)), strict=False):  # the first are told
        one = stem(word)
        if one in terms and one not in found:
            found[one] = state
    return found


def nearest(question: Floats, told: Sequence[bytes]) -> Floats:
    """Return for each text and each word of the question the cosine of the nearest word, shape (texts, words).

    Args:
        question: Shape (words, DIMENSION), each of length 1.
        told: For each text the numbers of its words as they stand in the file; without any, nothing is near: 0.
    """
    found = np.zeros((len(told), len(question)), dtype=np.float32)
    rows = [row for row, value in enumerate(told) if value]
    if rows:
        numbers = np.frombuffer(b"".join(told), dtype=np.int8).reshape(-1, DIMENSION)
        starts = np.cumsum([0, *(len(told[row]) // DIMENSION for row in rows)])[:-1]
        cosines = of_length_1(numbers.astype(np.float32)) @ question.T
        found[rows] = np.maximum.reduceat(cosines, starts, axis=0)
    return found


def of_length_1(states: Floats) -> Floats:
    """Return rows of length 1."""
    return states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), np.float32(SHORTEST))


def split_words(text: str) -> list[str]:
    """Return the words of a text in lower case without accents; every sign of punctuation is one of its own."""
    if text.isascii():
        spaced = "".join(_ASCII.get(sign, sign) for sign in text)
        return spaced.lower().split()
    plain = unicodedata.normalize("NFD", "".join(map(_spaced, text)).lower())
    return "".join(_spaced(sign) for sign in plain if unicodedata.category(sign) != "Mn").split()


def _spaced(sign: str) -> str:
    """Return a sign as it counts: with spaces around it where it stands alone, "" where it is none."""
    code, category = ord(sign), unicodedata.category(sign)
    if sign in "\t\n\r" or category == "Zs":
        return " "
    if code in (0, 0xFFFD) or category[0] == "C":
        return ""
    if category[0] == "P" or 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return f" {sign} "
    return f" {sign} " if any(low <= code <= high for low, high in _CJK) else sign


_ASCII = {chr(code): spaced for code in range(128) if (spaced := _spaced(chr(code))) != chr(code)}
