"""Streamed text to sentences: cut as early as it is safe to, so that the voice can start while the rest is written.

A cut is decided from the text itself and never from how it arrived: any chunking of a text gives the same sentences.
That holds because every candidate is judged in order, on at most `LOOKAHEAD` characters after it, and one that cannot
be judged yet stops the search until more has come.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from voice_tui.engine.cascade.speakable import Speaker

LOOKAHEAD = 32
"""Characters after a mark that may be needed to judge it."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TITLES = _words(
    "mr mrs ms mx dr prof st gen col sgt capt lt maj adm rev hon gov sen rep pres mt ft vs approx ca cf al messrs mme"
    " mlle e.g i.e a.k.a viz resp incl excl"
)
"""Abbreviations that another word always follows."""

_BEFORE_NUMBER = _words("no nos nr fig figs vol p pp ch sec art eq ref ver v op")
"""Abbreviations before a number, whole words otherwise ("No. 5", but "No. I will not")."""

_ENDING = _words(
    "etc inc ltd co corp llc jr sr ph.d m.d b.a m.a a.m p.m am pm esq dept est min hr hrs ave blvd rd sq tel ext"
    " jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun"
)
"""Abbreviations that may also end a sentence: what comes next decides."""

_STARTERS = _words(
    "a an the i i'm i'll i've it it's its he she they we you you're your my his her our their this that that's these"
    " those there there's here in on at if when while but and or so then as for from with after before however also"
    " what which who where why how is are was were do does did can could would will no yes not please let to by one"
    " some many most both"
)
"""Words that begin a sentence rather than follow initials ("the U.S. It is", but "the U.S. Army")."""

_MARK = re.compile(r"\n|[.!?…]+|[。！？]+|[,;:—–]")
_CLOSERS = re.compile(r"[\"'”’»)\]}」』*_`~]*")
_WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘«*_`]*$")
_NEXT = re.compile(r"\s+(?P<skip>[\"'“‘«(\[*_`]*)(?P<word>[^\W\d_][\w'’]*|\d+|)")
_INITIALISM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_LIST_MARKER = re.compile(r"(?:\d{1,3}|[^\W\d_])")
_CLAUSE_END = re.compile(r"[,;:.!?—–](?=\s)")


_Test = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of the answer.

    Args:
        text: Exactly as it was written, white space included: the texts of all sentences join to the whole.
        speech: What a voice is to say: without markup; "" when there is nothing to say.
    """

    text: str
    speech: str


class SentenceSplitter:
    """Cuts streamed text into sentences without losing a character. One thread.

    It keeps at most `max_chars` + LOOKAHEAD characters, and no sentence is longer than that.

    Args:
        min_chars: Shorter sentences are joined with the next (but not the first one, and not over a line break).
        max_chars: Longer ones are cut at a clause, else between words, else anywhere.
        first_clause: Until something was said, a clause of at least this many characters counts as a sentence.
    """

    def __init__(self, *, min_chars: int = 12, max_chars: int = 240, first_clause: int = 40) -> None:
        self._min = min_chars
        self._max = max_chars
        self._first_clause = first_clause
        self.reset()

    def reset(self) -> None:
        """Forget what was pushed; the next sentence is a first one again."""
        self._text = ""
        self._spoken = False
        self._speaker = Speaker()

    def push(self, piece: str) -> list[Sentence]:
        """Take the next piece of the text, any length, and return the sentences it completes."""
        sentences: list[Sentence] = []
        step = self._max
        for start in range(0, len(piece), step):  # a giant piece is never held whole
            self._text += piece[start : start + step]
            sentences += self._cut(final=False)
        return sentences

    def flush(self) -> list[Sentence]:
        """Return what is left: the text is over. The next piece begins another text."""
        sentences = self._cut(final=True)
        self._speaker = Speaker()
        return sentences

    def _cut(self, *, final: bool) -> list[Sentence]:
        sentences: list[Sentence] = []
        while (end := self._end(final)) is not None:
            text, self._text = self._text[:end], self._text[end:]
            sentence = Sentence(text, self._speaker.say(text))
            self._spoken = self._spoken or bool(sentence.speech)
            sentences.append(sentence)
        return sentences

    def _end(self, final: bool) -> int | None:
        """Return where the first sentence of the buffer ends, or None when more text is needed to tell."""
        view = self._text[: self._max + LOOKAHEAD]
        closed = len(view) == self._max + LOOKAHEAD or final  # nothing more to wait for
        for mark in _MARK.finditer(view, 0, self._max):
            verdict = self._judge(view, mark, closed)
            if verdict is None:
                return None
            if verdict:
                return verdict
        if final and len(view) <= self._max:
            return len(view) or None
        return self._forced(view) if closed else None

    def _judge(self, view: str, mark: re.Match[str], closed: bool) -> int | None:
        """Return the end of the sentence that this mark ends, 0 when it ends none, None when more is needed."""
        if mark.group() == "\n":
            return mark.start() if view[: mark.start()].strip() else 0
        if mark.group()[0] in ",;:—–":
            return self._judge_clause(view, mark.end(), closed)
        end = _end_of_run(view, mark)
        if end == len(view):
            return end if closed else None
        if not view[end].isspace() and mark.group()[0] not in "。！？":
            return 0
        if self._spoken and len(view[:end].strip()) < self._min:
            return 0
        verdict = _ends_sentence(view, mark, end, closed)
        return None if verdict is None else end * verdict

    def _judge_clause(self, view: str, end: int, closed: bool) -> int | None:
        if self._spoken or len(view[:end].strip()) < self._first_clause:
            return 0
        if end == len(view):
            return 0 if closed else None
        return end if view[end].isspace() else 0

    def _forced(self, view: str) -> int:
        """Return where to cut a sentence that is too long: after a clause, else before a space, else anywhere."""
        clauses = [found.end() for found in _CLAUSE_END.finditer(view, self._max // 3, self._max)]
        if clauses:
            return clauses[-1]
        spaces = [found.start() for found in re.finditer(r"\s", view[: self._max]) if view[: found.start()].strip()]
        return spaces[-1] if spaces else min(self._max, len(view))


class SentenceBuffer:
    """A `SentenceSplitter` for a voice: gives only what is to be said. Arguments as there. One thread."""

    def __init__(self, *, min_chars: int = 12, max_chars: int = 240, first_clause: int = 40) -> None:
        self._splitter = SentenceSplitter(min_chars=min_chars, max_chars=max_chars, first_clause=first_clause)

    def push(self, piece: str) -> list[str]:
        """Take the next piece of an answer and return the sentences to say now."""
        return [sentence.speech for sentence in self._splitter.push(piece) if sentence.speech]

    def flush(self) -> list[str]:
        """Return what is left to say."""
        return [sentence.speech for sentence in self._splitter.flush() if sentence.speech]


def _end_of_run(view: str, mark: re.Match[str]) -> int:
    """Return the position after a terminator and the quotes and brackets that close with it."""
    end = mark.end()
    while end < len(view) and view[end] in ".!?…。！？":  # a run that goes on behind the searched part
        end += 1
    closers = _CLOSERS.match(view, end)
    return closers.end() if closers else end


def _ends_sentence(view: str, mark: re.Match[str], end: int, closed: bool) -> bool | None:
    """Whether the terminator ends a sentence; None when the next word must be known first."""
    run = view[mark.start() : end].rstrip("\"'”’»)]}」』*_`~")
    bare = len(run) == end - mark.start()
    if any(char in run for char in "!?。！？"):
        return True if bare else _next_is_new(view, end, closed)
    if run != ".":
        return _next_is_new(view, end, closed)
    return _period_ends(view, mark.start(), end, closed) if bare else _next_is_new(view, end, closed)


def _period_ends(view: str, period: int, end: int, closed: bool) -> bool | None:
    found = _WORD_BEFORE.search(view[:period])
    raw = found.group() if found else ""
    word = raw.lower()
    if _LIST_MARKER.fullmatch(word) and view[:period].strip(" \t\r\n#>*_-(") == raw and raw != "I":
        return False
    if word in _TITLES:
        return False
    if word in _BEFORE_NUMBER:
        return _next_is(view, end, closed, lambda next_word: not next_word[:1].isdigit())
    if word in _ENDING:
        return _next_is(view, end, closed, lambda next_word: not (next_word[:1].isdigit() or next_word[:1].islower()))
    if (len(raw) == 1 and raw.isalpha() and raw != "I") or _INITIALISM.fullmatch(word):
        return _next_is(view, end, closed, lambda next_word: next_word[:1].isupper() and next_word.lower() in _STARTERS)
    return True


def _next_is_new(view: str, end: int, closed: bool) -> bool | None:
    return _next_is(view, end, closed, lambda next_word: not next_word[:1].islower())


def _next_is(view: str, end: int, closed: bool, holds: _Test) -> bool | None:
    """Apply a test to the whole next word; None while it is not complete, True when the text is over."""
    found = _NEXT.match(view, end)
    if found is None or found.end() == len(view):
        if not closed:
            return None
        return found is None or not found["word"] or holds(found["word"])
    return holds(found["word"].replace("’", "'"))
