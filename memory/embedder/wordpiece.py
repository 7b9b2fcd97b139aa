"""Words to the pieces that a BERT model knows, as its uncased tokenizer cuts them (Devlin et al. 2019; Wu et al. 2016).

One difference to the reference is on purpose: "[CLS]" or "[MASK]" in what a person says are words, never control signs.
Pure; any thread.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from memory.retrieval.words import MAX_CHARS, split_words

LONGEST_WORD = 100
"""Letters of a word beyond which it is unknown."""


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

    def counted(self, text: str) -> list[tuple[str, int]]:
        """Return the words of a text, each with how many pieces it has, whatever the window holds."""
        return [(word, len(self._word(word))) for word in split_words(text[:MAX_CHARS])]

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
