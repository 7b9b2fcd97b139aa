"""The memories that are looked at closely: those that share words with the question, and what was said around them."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from memory.file import rows
from memory.retrieval.cue import Cue
from memory.retrieval.passages import EMPTY, Passage, passage
from memory.text import match_any

LOOKED_UP = 60
"""Memories that the word index is asked for."""

AROUND = 30
"""Of the best of them, the turns just before and after are looked at as well: an answer rarely repeats the question."""

AROUND_CLOSE = 15
"""The same for the memories that are closest in meaning."""

POSTINGS = 5_000
"""Index entries that are ranked to pick candidates, rarest words first, which bounds the time of a recall.

Only beyond some thousand memories does this leave words out, and a memory that holds none of the rarer words of a
question hardly covers it. (100,000 memories: 38 ms for a word in half of them, 3 ms for 5,000 entries.)
"""

GAP_SECONDS = 1_800.0
"""Two memories of one conversation that were said further apart do not belong together."""

_COLUMNS = "memory.seq, memory.text, memory.role, memory.speaker, memory.said_at, memory.conversation"
_HITS = f"""
    select {_COLUMNS}
    from (
        select rowid as seq, bm25(memory_stem) as score from memory_stem where memory_stem match ?
        order by score, rowid limit ?
    ) as hit
    cross join memory using (seq) where +{rows.ACTIVE} order by hit.score, memory.said_at desc
"""  # noqa: S608  # constant names
_BY_SEQ = f"select {_COLUMNS} from memory where +{rows.ACTIVE} and seq in "  # noqa: S608
_BEFORE = f"""
    select one.seq, (
        select seq from memory where conversation = one.conversation and conversation <> '' and {rows.ACTIVE}
        and (said_at, seq) < (one.said_at, one.seq) order by said_at desc, seq desc limit 1
    ) from memory as one where one.seq in
"""  # noqa: S608
_AFTER = f"""
    select one.seq, (
        select seq from memory where conversation = one.conversation and conversation <> '' and {rows.ACTIVE}
        and (said_at, seq) > (one.said_at, one.seq) order by said_at, seq limit 1
    ) from memory as one where one.seq in
"""  # noqa: S608


class Line(NamedTuple):
    """A memory as far as recall looks at it; `speaker` in lower case; `own`: its words."""

    seq: int
    text: str
    role: str
    speaker: str
    said_at: float
    conversation: str
    own: Passage


@dataclass(slots=True)
class Candidate:
    """A memory that may bear on the question.

    Args:
        line: It.
        before: What was said just before it in its conversation, or None. `after`: just after it, see `set_after`.
        close: Cosine of the question and its text, NaN = no vector. `close_best`: the same of its best sentence.
        close_context: Of it with the turn before. `close_before`, `close_after`: of those turns alone.
    """

    line: Line
    before: Line | None = None
    after: Line | None = None
    close: float = math.nan
    close_best: float = math.nan
    close_context: float = math.nan
    close_before: float = math.nan
    close_after: float = math.nan

    @property
    def words_before(self) -> Passage:
        """The words of the turn before, none where there is none."""
        return self.before.own if self.before else EMPTY

    @property
    def words_after(self) -> Passage:
        """The words of the turn after, none where there is none."""
        return self.after.own if self.after else EMPTY

    @property
    def people(self) -> bool:
        """Whether it was said between two people, rather than between a person and the assistant."""
        around = [line for line in (self.before, self.after) if line]
        return all(line.role == "user" for line in (self.line, *around)) and any(
            line.speaker != self.line.speaker for line in around
        )


def gather(db: sqlite3.Connection, cue: Cue, close: Iterable[int] = ()) -> list[Candidate]:
    """Return the memories that share words with the question, their neighbours, and those that are close to it.

    Args:
        db: A reader's connection.
        cue: What is looked for.
        close: Rows of memories that are close in meaning.
    """
    found = _by_words(db, cue)
    seen = {line.seq for line in found}
    near = list(close)
    nearest = frozenset(near[:AROUND_CLOSE])
    found += _by_seq(db, [seq for seq in near if seq not in seen])
    candidates = {line.seq: Candidate(line) for line in found}
    lines = {line.seq: line for line in found}
    _set_before(db, list(candidates.values()), lines)
    looked_around = [
        one
        for place, one in enumerate(candidates.values())
        if (place < AROUND and one.line.seq in seen) or one.line.seq in nearest
    ]
    _set_after(db, looked_around, lines)
    for one in looked_around:
        for neighbour in (one.before, one.after):
            if neighbour and neighbour.seq not in candidates:
                candidates[neighbour.seq] = Candidate(neighbour)
    _set_before(db, list(candidates.values())[len(found) :], lines)
    return list(candidates.values())


def set_after(db: sqlite3.Connection, candidates: Sequence[Candidate]) -> None:
    """Give candidates the turn after them, which `gather` leaves to the few that are looked at closely."""
    lines = {line.seq: line for one in candidates for line in (one.line, one.before, one.after) if line}
    _set_after(db, [one for one in candidates if one.after is None], lines)


def _by_words(db: sqlite3.Connection, cue: Cue) -> list[Line]:
    chosen = _selective(cue.known)
    if not chosen:
        return []
    match = match_any([cue.spelled[one] for one in chosen])
    return [_line(row) for row in db.execute(_HITS, (match, LOOKED_UP))]


def _by_seq(db: sqlite3.Connection, seqs: Sequence[int]) -> list[Line]:
    if not seqs:
        return []
    return [_line(row) for row in db.execute(_BY_SEQ + _marks(seqs), tuple(seqs))]


def _selective(known: Mapping[str, int]) -> list[str]:
    """Return the rarest words that are known, as many as POSTINGS allows and at least one."""
    chosen: list[str] = []
    entries = 0
    for term in sorted((term for term, count in known.items() if count), key=lambda term: known[term]):
        entries += known[term]
        if chosen and entries > POSTINGS:
            break
        chosen.append(term)
    return chosen


def _set_before(db: sqlite3.Connection, candidates: Sequence[Candidate], lines: dict[int, Line]) -> None:
    for one, line in _beside(db, _BEFORE, candidates, lines):
        one.before = line


def _set_after(db: sqlite3.Connection, candidates: Sequence[Candidate], lines: dict[int, Line]) -> None:
    for one, line in _beside(db, _AFTER, candidates, lines):
        one.after = line


def _beside(
    db: sqlite3.Connection, query: str, candidates: Sequence[Candidate], lines: dict[int, Line]
) -> Iterator[tuple[Candidate, Line]]:
    """Yield the neighbours of candidates on one side; `lines`: those that were read, to which others are added."""
    asked = {one.line.seq: one for one in candidates if one.line.conversation}
    if not asked:
        return
    found: dict[int, int] = {one: beside for one, beside in db.execute(query + _marks(asked), tuple(asked)) if beside}
    lines |= {line.seq: line for line in _by_seq(db, sorted(set(found.values()) - lines.keys()))}
    for seq, beside in found.items():
        line = lines.get(beside)
        if line and abs(line.said_at - asked[seq].line.said_at) <= GAP_SECONDS:
            yield asked[seq], line


def _marks(values: Collection[object]) -> str:
    return f"({', '.join('?' * len(values))})"


def _line(row: Sequence[Any]) -> Line:
    seq, text, role, speaker, said_at, conversation = row
    return Line(seq, text, role, speaker.lower(), said_at, conversation, passage(text))
