"""Words to the pieces that a BERT model knows, as its uncased tokenizer cuts them (Devlin et al. 2019; Wu et al. 2016).

One difference to the reference is on purpose: "[CLS]" or "[MASK]" in what a person says are words, never control signs.
Pure; any thread.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

LONGEST_WORD = 100
"""Letters of a word beyond which it is unknown."""

MAX_CHARS = 8_000
"""As much of a text as is looked at; a model's window of 256 pieces holds less."""

_CJK = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPieces:
    """Cuts texts into numbers of pieces.

    Args:
        vocabulary: File with one piece a line, in the order of their numbers.
        window: Pieces that the model reads at once, its two control signs included.

    Raises:
        OSError: If the file cannot be read.
        KeyError: If it lacks a control sign.
    """

    def __init__(self, vocabulary: Path, window: int) -> None:
        lines = vocabulary.read_text("utf-8").split("\n")
        self._numbers = {piece: number for number, piece in enumerate(lines)}
        self._begin, self._end, self._unknown = (self._numbers[sign] for sign in ("[CLS]", "[SEP]", "[UNK]"))
        self._window = window
        self._word = lru_cache(maxsize=20_000)(self._cut)

    def numbers(self, text: str) -> list[int]:
        """Return the pieces of a text between the two control signs, cut off at the window."""
        found: list[int] = []
        for word in split_words(text[:MAX_CHARS]):
            found += self._word(word)
            if len(found) >= self._window:
                break
        return [self._begin, *found[: self._window - 2], self._end]

    def _cut(self, word: str) -> tuple[int, ...]:
        """Return the longest pieces from the left; a word with a part that no piece fits is unknown as a whole."""
        if len(word) > LONGEST_WORD:
            return (self._unknown,)
        pieces: list[int] = []
        start = 0
        while start < len(word):
            lead = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if lead + word[start:end] in self._numbers), None)
            if end is None:
                return (self._unknown,)
            pieces.append(self._numbers[lead + word[start:end]])
            start = end
        return tuple(pieces)


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
