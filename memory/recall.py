"""What bears on a question: candidates, their features, the ranker's order and the judge's relevance."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

import numpy as np

from memory import judge
from memory.file import rows
from memory.retrieval import model as recall_model
from memory.retrieval.candidates import Candidate, gather, set_after
from memory.retrieval.cue import Cue, Frequencies, cue_of
from memory.retrieval.features import filled, table
from memory.retrieval.model import Model
from memory.retrieval.near import near_table, order_table, read_for
from memory.retrieval.overlap import Floats, Overlap, share, spread
from memory.retrieval.passages import shape
from memory.retrieval.words import asked_words
from memory.types import Kind, Memory, Query, Recollection

if TYPE_CHECKING:
    from memory.retrieval.meaning import Meaning

LOOKED_AT = 80
"""Candidates whose features are worked out."""

NEAREST = 60
"""Memories that are taken for their meaning."""

COMPARED = 60
"""Candidates whose words are compared with the question's one by one, and which are ordered once more by that."""

CANDIDATES = 15
"""Candidates that are told."""

NOTHING_SHARED = -6.0
"""At most these log odds has a memory by words alone when neither it nor the turn before it has a word of the question:
where it is the only one that was found, its place among the others would speak for it."""

SECOND_MOST = judge.BAR - 0.01
"""Relevance at most of a candidate that only the second ranker put among the first: the judge learned from those that
the first ranker puts there."""

BEFORE_SHARE = 0.3
"""What the turn before counts when candidates are picked for a closer look."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for a question before it is weighed.

    Args:
        cue: What is looked for.
        candidates: At least one.
        names: Of the features. `features`: their values, shape (candidates, features).
        vectors: Whether the closeness in meaning is among them.
        asked: What the words of the question mean, see `words.asked_words`; None = nobody tells.
    """

    cue: Cue
    candidates: Sequence[Candidate]
    names: tuple[str, ...]
    features: Floats
    vectors: bool
    asked: Mapping[str, Floats] | None = None


class Recaller:
    """Recalls from one store; keeps word frequencies between calls. Any thread.

    Args:
        model: The weights; None = those of this package.
        zone: Of the days that a question names.
    """

    def __init__(self, model: Model | None = None, zone: tzinfo = UTC) -> None:
        self._model = model
        self._zone = zone
        self._frequencies = Frequencies()

    def look(self, db: sqlite3.Connection, query: Query, meaning: Meaning | None = None) -> Look | None:
        """Return the candidates and their features, None where nothing has anything to do with the question.

        Args:
            db: A reader's connection.
            query: As asked.
            meaning: The store's vectors; None = by words alone.
        """
        total = self._frequencies.total(db)
        cue = cue_of(query, total, lambda word: self._frequencies.count(db, word), self._zone)
        reading = meaning.read(cue.text, query.patience) if meaning else None
        vector = reading.vectors[0] if reading else None
        near = meaning.nearest(vector, NEAREST) if meaning and vector is not None else []
        gathered = _wanted(db, gather(db, cue, near), query.without)
        measured = vector is not None and meaning is not None and meaning.measure(db, vector, gathered)
        found = _closest(cue, gathered, measured=measured)
        if not found:
            return None
        set_after(db, found)
        if meaning and vector is not None and measured:
            meaning.measure_after(db, vector, gathered, found)
        names, features = table(cue, found, vectors=measured)
        asked = asked_words(cue.text, reading.words[0], cue.terms) if reading and reading.words else None
        return Look(cue, found, names, features, vectors=measured, asked=asked)

    def candidates(
        self, db: sqlite3.Connection, query: Query, limit: int = CANDIDATES, meaning: Meaning | None = None
    ) -> list[Recollection]:
        """Return the best candidates with their relevance, best first, whatever it is."""
        return self._judged(db, self.look(db, query, meaning), limit, meaning)

    def recall(
        self, db: sqlite3.Connection, query: Query, limit: int = judge.MOST, meaning: Meaning | None = None
    ) -> list[Recollection]:
        """Return what bears on the question, best first; empty where nothing does."""
        look = self.look(db, query, meaning)
        if look is None:
            return []
        found = self._judged(db, look, max(limit, CANDIDATES), meaning)
        return judge.choose(query, look.cue.question, found, limit)

    def _judged(
        self, db: sqlite3.Connection, look: Look | None, limit: int, meaning: Meaning | None
    ) -> list[Recollection]:
        if look is None or limit <= 0:
            return []
        model = self._model or recall_model.load()
        ranker = model.vectors.ranker if look.vectors else model.words.ranker
        scores = ranker.scores(look.names, look.features)
        compared = first(scores, max(limit, COMPARED))
        told = _told(db, look, compared, meaning)
        names, table = seen(look, scores, compared, told)
        weights = model.near if told is not None else model.vectors if look.vectors else model.words
        order = first(second_scores(model, names, table), limit) if told is not None else range(len(compared))[:limit]
        best = [compared[place] for place in order]
        cover = look.features[best, look.names.index("cover")]
        odds = weights.judge.scores(names, table)[order]
        if not look.vectors:
            shared = cover + look.features[best, look.names.index("context")]
            odds = np.where(shared > 0, odds, np.minimum(odds, NOTHING_SHARED))
        memories = _memories(db, [look.candidates[i].line.seq for i in best])
        there = [
            (place, memories[found.line.seq], found)
            for place, found in enumerate(look.candidates[i] for i in best)
            if found.line.seq in memories
        ]
        if not there:
            return []
        worth = judge.importance(
            model.importance, [one for _, one, _ in there], [shape(one.line.text) for *_, one in there]
        )
        point = judge.OPERATING_POINT if told is None else judge.NEAR_POINT
        late = np.array(order) >= CANDIDATES
        shown = np.where(late, np.minimum(judge.relevance(odds, point), SECOND_MOST), judge.relevance(odds, point))
        return [
            Recollection(
                memory=memory,
                relevance=float(shown[place]),
                importance=importance,
                coverage=float(cover[place]),
                why=_why(look.cue, found),
                by_meaning=look.vectors,
            )
            for (place, memory, found), importance in zip(there, worth, strict=True)
        ]


def _told(
    db: sqlite3.Connection, look: Look, best: Sequence[int], meaning: Meaning | None
) -> Mapping[int, bytes] | None:
    """Return the words of candidates and of the turns before them, None where any of them lacks them."""
    if meaning is None or look.asked is None or not look.vectors:
        return None
    seqs = read_for([look.candidates[place] for place in best])
    found = meaning.told(db, seqs)
    return found if len(found) == len(seqs) else None


def first(scores: Floats, count: int) -> list[int]:
    """Return the places of the highest scores, best first."""
    return [int(place) for place in np.argsort(-scores, kind="stable")[:count]]


def second_scores(model: Model, names: tuple[str, ...], table: Floats) -> Floats:
    """Return what the second ranker gives candidates, of what `seen` returned with their words."""
    return model.near.ranker.scores(*order_table((names, table)))


def seen(
    look: Look, scores: Floats, best: Sequence[int], told: Mapping[int, bytes] | None = None
) -> tuple[tuple[str, ...], Floats]:
    """Return what the judge weighs.

    Args:
        look: What was found.
        scores: What the ranker gave all candidates. `best`: which are judged, best first.
        told: The words of those and of the turns before them, by row; None = not compared.

    Returns:
        Names and values, shape (judged, features).
    """
    judged = judge.table(look.cue, look.names, look.features, scores, best)
    if told is None:
        return judged
    return near_table(look.cue, [look.candidates[place] for place in best], judged, look.asked or {}, told)


def _closest(cue: Cue, found: list[Candidate], *, measured: bool) -> list[Candidate]:
    """Return the candidates worth a closer look, best first."""
    if not found:
        return []
    own = Overlap(cue, [c.line.own for c in found], [c.line.speaker for c in found])
    before = Overlap(cue, [c.words_before for c in found])
    fused = own.bm25() + own.cover(own.named) + BEFORE_SHARE * before.bm25()
    if measured:
        best = filled(np.array([c.close_best for c in found]))
        context = filled(np.array([c.close_context for c in found]))
        fused = share(fused) + spread(best) + BEFORE_SHARE * spread(context)
    return [found[i] for i in np.argsort(-fused, kind="stable")[:LOOKED_AT]]


def _wanted(db: sqlite3.Connection, found: list[Candidate], without: frozenset[Kind]) -> list[Candidate]:
    """Leave out memories of some kinds."""
    if not without or not found:
        return found
    seqs, kinds = [one.line.seq for one in found], sorted(without)
    marks = [", ".join("?" * len(values)) for values in (seqs, kinds)]
    query = f"select seq from memory where seq in ({marks[0]}) and kind in ({marks[1]})"  # noqa: S608  # marks only
    out = {seq for (seq,) in db.execute(query, (*seqs, *kinds))}
    return [one for one in found if one.line.seq not in out]


def _memories(db: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, Memory]:
    marks = ", ".join("?" * len(seqs))
    query = f"select memory.seq, {rows.COLUMN_LIST} from memory where seq in ({marks})"  # noqa: S608  # constant names
    return {row[0]: rows.memory_from(row[1:]) for row in db.execute(query, tuple(seqs))}


def _why(cue: Cue, candidate: Candidate) -> str:
    """Return for a person what a memory and the question have in common."""
    said = [word for one, word in cue.spelled.items() if one in candidate.line.own.stems]
    around = [word for one, word in cue.spelled.items() if one in candidate.words_before.stems and word not in said]
    parts = [f"says {', '.join(said)}"] if said else []
    parts += [f"just after {', '.join(around)}"] if around else []
    parts += (
        [f"by {candidate.line.speaker.title()}"] if not cue.names.isdisjoint(candidate.line.speaker.split()) else []
    )
    return "; ".join(parts)
