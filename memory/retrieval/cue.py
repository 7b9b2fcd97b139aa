"""From what is asked to what is looked for: words and their weights, persons, times."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo

from memory.retrieval.passages import (
    asked_for,
    content_words_of,
    first_person,
    is_question,
    leans_on_before,
    second_person,
)
from memory.retrieval.stem import stem
from memory.retrieval.times import Span, span_of
from memory.text import MAX_QUERY_CHARS, MAX_TERMS, quoted, words
from memory.types import Query

PRIOR = 200
"""Memories that are imagined besides those there are, so that in a small store a word known once is not "common"."""

BEFORE_WEIGHT = 0.5
"""Weight of a word that only the turn before the question has."""

NEWEST_WORDS = frozenset({"now", "latest", "currently", "current", "last", "recent", "recently", "newest", "these"})

_COUNTED = 20_000
"""Words whose frequency is kept; the one that was not asked for longest goes first."""

_STALE = 1.05
"""Growth of a store after which the frequencies are counted anew."""

Count = Callable[[str], int]
"""A word as asked to the number of memories that hold it."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What is looked for.

    Args:
        text: What the embedder is to see: the question, with the turn before where it leans on it.
        terms: Stems and their weights, those of the question before those of the turn before.
        spelled: The same stems and a word as it was said. `known`: and how many memories hold it.
        order: The stems of the question itself.
        names: All words in lower case, to see who is named.
        kind: What is asked for, see `recall_words.asked_for`.
        question: Whether it asks something at all.
        mine: It speaks of "I". `yours`: of "you".
        speaker: Who says it, lower case; "" = the user.
        span: The stretch of time it names, if any.
        latest: It asks for how things are now.
    """

    text: str
    terms: Mapping[str, float]
    spelled: Mapping[str, str]
    known: Mapping[str, int]
    order: tuple[str, ...]
    names: frozenset[str]
    kind: str
    question: bool
    mine: bool
    yours: bool
    speaker: str
    span: Span | None
    latest: bool


def cue_of(query: Query, total: int, count: Count, zone: tzinfo = UTC) -> Cue:
    """Return what a query looks for.

    Args:
        query: As asked.
        total: Memories in the store.
        count: How many of them hold a word.
        zone: Of the days that the query names.
    """
    text, before = query.text[:MAX_QUERY_CHARS], query.before[:MAX_QUERY_CHARS]
    spoken = words(text)
    own = content_words_of(spoken)
    leaning = bool(before) and leans_on_before(spoken)
    earlier = content_words_of(words(before)) if leaning else {}
    spelled = dict(list((own | {s: word for s, word in earlier.items() if s not in own}).items())[:MAX_TERMS])
    known = {one: count(word) for one, word in spelled.items()}
    return Cue(
        text=f"{before} {text}" if leaning else text,
        terms={one: _weight(known[one], total) * (1 if one in own else BEFORE_WEIGHT) for one in spelled},
        spelled=spelled,
        known=known,
        order=tuple(own),
        names=frozenset(word.removesuffix("'s") for word in (*spoken, *(words(before) if leaning else ()))),
        kind=asked_for(spoken),
        question=query.asked or is_question(text, spoken),
        mine=first_person(spoken),
        yours=second_person(spoken),
        speaker=query.speaker.lower(),
        span=span_of(text, query.asked_at, zone),
        latest=not NEWEST_WORDS.isdisjoint(spoken),
    )


def _weight(known: int, total: int) -> float:
    """Return the inverse document frequency; a word never heard is as rare as one can be."""
    held = max(1, known)
    return math.log(1 + (PRIOR + total - held + 0.5) / (held + 0.5))


class Frequencies:
    """How many memories hold a word, counted once and kept until the store has grown by a twentieth. Any thread."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def total(self, db: sqlite3.Connection) -> int:
        """Return how many memories there are (rows ever made, which is near enough), and drop what is stale."""
        total = db.execute("select max(seq) from memory").fetchone()[0] or 0
        with self._lock:
            if not self._total <= total <= self._total * _STALE:
                self._counts.clear()
                self._total = total
        return total

    def count(self, db: sqlite3.Connection, word: str) -> int:
        """Return how many memories hold a word (its stem)."""
        key = stem(word)
        with self._lock:
            if key in self._counts:
                self._counts.move_to_end(key)
                return self._counts[key]
        query = "select count(*) from memory_stem where memory_stem match ?"
        found: int = db.execute(query, (quoted(word),)).fetchone()[0]
        if found:  # a word that is new in the store must be found at once
            with self._lock:
                self._counts[key] = found
                while len(self._counts) > _COUNTED:
                    self._counts.popitem(last=False)
        return found
