"""The beginning of a memory's words at the end of a text that was cut off: an answer that was interrupted.

"You told me that your sister is allergic to pea" ends so. Pure functions; any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memory.text import STOP_WORDS
from memory.traces import ALTERNATIVES, BLANK, EXACT_WORDS, SAME, WORD

FEWEST_TELLING = 2
"""Words that say something from which a beginning is one of this memory, and not of any other sentence."""

FEWEST_LETTERS = 3
"""Of a word that was cut in two, to count among them. `FEWEST_DIGITS`: of a number."""

FEWEST_DIGITS = 2

ENDS = (".", "!", "?", "…", ")", '"', "”", "’", "'")
"""What a whole answer ends with; one without was broken off, if only by a language model that died."""

MANY = 32
"""Memories from which each text is taken apart without a look whether that is worth it."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The words of a memory.

    Args:
        words: The first EXACT_WORDS, as `_plain` has them. `telling`: whether each says something.
        total: How many there are.
    """

    words: tuple[str, ...]
    telling: tuple[bool, ...]
    total: int

    def begins_at(self, said: Sequence[str], start: int, cut: str) -> bool:
        """Whether the words from `start` on are the beginning of the memory's.

        Args:
            said: As `_plain` has them.
            cut: The last of them as it was said, where it may be cut in two; "" = it is whole.
        """
        count = len(said) - start
        if count > self.total:
            return False
        whole = min(count - 1, len(self.words))
        if any(said[start + place] != self.words[place] for place in range(whole)):
            return False
        told = sum(self.telling[:whole])
        if whole < len(self.words):
            last = self.words[whole]
            if said[-1] != last and not (cut and _may_be(cut, last)):
                return False
            told += self.telling[whole] and (said[-1] == last or _counts(cut))
        return told >= FEWEST_TELLING


class Beginnings:
    """Finds beginnings of the words of memories; those with fewer than FEWEST_TELLING telling words are left out.

    Args:
        texts: The words of memories.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_first: dict[str, list[_Known]] = {}
        self._needed: set[str] = set()
        self._longest = 0
        for text in texts:
            known = _known(text)
            if sum(known.telling) >= FEWEST_TELLING:
                self._by_first.setdefault(known.words[0], []).append(known)
                self._needed.add(known.words[known.telling.index(True)].partition("'")[0])
                self._longest = max(self._longest, known.total)

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._by_first)

    def spot(self, text: str) -> tuple[int, int] | None:
        """Return where the beginning of a memory stands at the end of `text`; None = it does not end with one."""
        if not self._may_hold(text.lower()):
            return None
        spots = [found.span() for found in WORD.finditer(text)][-self._longest :]
        said = [_plain(text[start:end]) for start, end in spots]
        cut = _cut(text, *spots[-1]) if spots else ""
        for index, word in enumerate(said):
            if any(known.begins_at(said, index, cut) for known in self._by_first.get(word, ())):
                return spots[index][0], spots[-1][1]
        return None

    def blanked(self, text: str) -> str:
        """Return `text` without the beginning that stands at its end."""
        spot = self.spot(text)
        return text if spot is None else text[: spot[0]] + BLANK + text[spot[1] :]

    def _may_hold(self, text: str) -> bool:
        """Whether a first telling word is there, which is never cut; where many are known, looking on is quicker."""
        return len(self._needed) > MANY or any(word in text for word in self._needed)


def _known(text: str) -> _Known:
    words = [_plain(word) for word in WORD.findall(text)]
    first = tuple(words[:EXACT_WORDS])
    return _Known(first, tuple(map(_tells, first)), len(words))


def _plain(word: str) -> str:
    """Return a word so that what an answer turns round is equal: "my" and "your"."""
    word = word.lower().replace("’", "'")
    return SAME.get(word, word)


def _cut(text: str, start: int, end: int) -> str:
    """Return the last word of a text in lower case, "" where a mark after it ends the sentence."""
    return "" if text[end : end + 1] in (".", "!", "?") else text[start:end].lower()


def _tells(word: str) -> bool:
    return word not in ALTERNATIVES and word not in STOP_WORDS and word.removesuffix("'s") not in STOP_WORDS


def _may_be(cut: str, whole: str) -> bool:
    """Whether a word that may be cut in two is that word."""
    return any(one.startswith(cut) for one in ALTERNATIVES.get(whole, (whole,)))


def _counts(cut: str) -> bool:
    """Whether what is left of a telling word tells something."""
    return len(cut) >= (FEWEST_DIGITS if cut.isdigit() else FEWEST_LETTERS) and cut not in STOP_WORDS
