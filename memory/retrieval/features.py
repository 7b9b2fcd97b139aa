"""What a candidate and a question have in common, as numbers that a linear model can weigh.

Every feature is cheap (no model runs here) and means the same in a store of ten memories and in one of 100,000: words
are weighed by how rare they are, and beside a value stands its share of the best value among the candidates.
Pure functions; any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from memory.retrieval.candidates import Candidate
from memory.retrieval.cue import Cue
from memory.retrieval.overlap import Columns, Floats, Overlap, place, share, stacked
from memory.retrieval.passages import asks, shape

NEAR_DAYS = 10
"""Days that something may be told of before or after it was."""

TOP = 10
"""Candidates whose mean closeness is what a closeness is compared with."""

SAID = ("cover", "bm25", "bm25_share", "bm25_place", "cover_place", "context_share", "fused_place", "fused_share")
MEANT = ("close", "close_best", "close_context", "close_place", "close_best_place", "close_context_place")
"""Values that are weighed anew by how well the best candidate holds the question's words: where one holds nearly all,
words decide; where none does, meaning."""

SHARED = ("cover", "bm25", "best_sentence", "context", "fused")
"""Values that also appear as a share of the best and as a place in the order."""


def table(cue: Cue, candidates: Sequence[Candidate], *, vectors: bool) -> tuple[tuple[str, ...], Floats]:
    """Return what each candidate has in common with what is looked for.

    Args:
        cue: What is looked for.
        candidates: At least one.
        vectors: Whether the closeness in meaning is known.

    Returns:
        The names of the features, and their values, shape (candidates, features), float32.
    """
    about = _About(candidates)
    columns = _words(cue, about) | _persons(cue, about) | _shape(cue, about) | _times(cue, candidates)
    if vectors:
        columns |= _meaning(about)
    best = columns["cover"].max()
    columns |= {f"{name}_if_said": columns[name] * best for name in (*SAID, *(MEANT if vectors else ()))}
    return tuple(columns), stacked(columns)


class _About:
    """What several features go by, read from each candidate once."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates
        self.own = [c.line.own for c in candidates]
        self.before = [c.words_before for c in candidates]
        self.after = [c.words_after for c in candidates]
        self.people = _floats(c.people for c in candidates)
        self.shapes = [shape(c.line.text) for c in candidates]
        self.asks_before = _floats(c.before is not None and asks(c.before.text) for c in candidates)
        self.speakers = [c.line.speaker for c in candidates]
        self.first = _floats(s.first_person for s in self.shapes)
        self.second = _floats(s.second_person for s in self.shapes)


def _words(cue: Cue, about: _About) -> Columns:
    own, before, after = Overlap(cue, about.own, about.speakers), Overlap(cue, about.before), Overlap(cue, about.after)
    cover = own.cover(own.has | own.named)
    context = own.cover(own.has | own.named | before.has)
    columns: Columns = {
        "cover": cover,
        "own_cover": own.cover(own.has),
        "best_sentence": own.best_sentence(),
        "context": context,
        "wide": own.cover(own.has | own.named | before.has | after.has),
        "cover_sq": cover * cover,
        "bm25": own.bm25(),
        "bm25_before": before.bm25(),
        "bm25_after": after.bm25(),
        "rarest": own.rarest(),
        "matched": _floats(np.minimum(own.has.sum(axis=1), 5) / 5),
        "matched_weight": _floats(np.minimum(own.has @ own.weights, 20) / 20),
        "nothing": _floats(own.counts.sum(axis=1) == 0),
        "pairs": own.pairs(),
        "near_words": own.near_words(),
    }
    people, answers = about.people, about.asks_before
    columns |= {
        "context_people": people * (context - cover),
        "context_answer": answers * (context - cover),
        "before_people": people * columns["bm25_before"],
        "before_answer": answers * columns["bm25_before"],
        "after_people": people * columns["bm25_after"],
    }
    judged = columns | {"fused": columns["bm25"] + 0.3 * columns["bm25_before"]}
    return columns | _relative({name: judged[name] for name in SHARED})


def _relative(columns: Columns) -> Columns:
    return {f"{name}_share": share(values) for name, values in columns.items()} | {
        f"{name}_place": place(values) for name, values in columns.items()
    }


def _persons(cue: Cue, about: _About) -> Columns:
    is_named = {one: bool(one) and not cue.names.isdisjoint(one.split()) for one in set(about.speakers)}
    named = _floats(is_named[speaker] for speaker in about.speakers)
    other = (1 - named) * float(named.any())
    own = _floats(_is_own(cue, c) for c in about.candidates)
    user = _floats(c.line.role == "user" for c in about.candidates)
    first, second = about.first, about.second
    return {
        "named": named,
        "other_named": other,
        "named_first": named * first,
        "other_second": other * second,
        "mine_own": cue.mine * own,
        "mine_other": cue.mine * (1 - own),
        "mine_first": cue.mine * own * first,
        "yours_assistant": cue.yours * (1 - user),
        "assistant": 1 - user,
        "assistant_second": (1 - user) * second,
        "first": first,
        "second": second,
        "people": about.people,
    }


def _is_own(cue: Cue, candidate: Candidate) -> bool:
    """Whether "I" in the question is who said this."""
    if cue.speaker and candidate.line.speaker:
        return cue.speaker == candidate.line.speaker
    return candidate.line.role == "user"


def _shape(cue: Cue, about: _About) -> Columns:
    own = about.shapes
    length, content = _floats(p.length for p in own), _floats(p.content for p in own)
    asks, name = _floats(p.question for p in own), _floats(p.name for p in own)
    number, time = _floats(p.number for p in own), _floats(p.time for p in own)
    kind = {name: float(cue.kind == name) for name in ("when", "where", "who", "why", "quantity", "what")}
    return {
        "length": np.log1p(length) / 4,
        "content": np.log1p(content) / 4,
        "short": _floats(content < 3),
        "long": _floats(length > 40),
        "asks": asks,
        "only_asks": _floats(p.only_asks for p in own),
        "answers": about.asks_before * (1 - asks),
        "number": number,
        "time": time,
        "name": name,
        "when_time": kind["when"] * time,
        "when_no_time": kind["when"] * (1 - time),
        "quantity_number": kind["quantity"] * number,
        "quantity_none": kind["quantity"] * (1 - number),
        "where_place": kind["where"] * _floats(p.place for p in own),
        "where_name": kind["where"] * name,
        "who_name": kind["who"] * name,
        "why_reason": kind["why"] * _floats(p.reason for p in own),
        "what_name": kind["what"] * name,
    }


def _times(cue: Cue, candidates: Sequence[Candidate]) -> Columns:
    said = np.array([c.line.said_at for c in candidates], dtype=np.float64)
    span = cue.span
    away = np.array([span.distance(at) for at in said]) if span else np.full(len(said), np.nan)
    earliest, latest = said.min(), said.max()
    late = (said - earliest) / (latest - earliest) if latest > earliest else np.full(len(said), 0.5)
    return {
        "in_span": _floats(away == 0),
        "near_span": _floats((away > 0) & (away <= NEAR_DAYS)),
        "out_of_span": _floats(away > NEAR_DAYS),
        "late": late,
        "late_latest": late * float(cue.latest),
    }


def _meaning(about: _About) -> Columns:
    close = np.array(
        [(c.close, c.close_context, c.close_best, c.close_before, c.close_after) for c in about.candidates],
        dtype=np.float32,
    )
    text, context, best = (filled(column) for column in close[:, :3].T)
    before, after = np.nan_to_num(close[:, 3:]).T
    ranked: Columns = {"close": text, "close_context": context, "close_best": best}
    people, answers = about.people, about.asks_before
    return {
        **ranked,
        **_relative(ranked),
        **{f"{name}_lead": _lead(values) for name, values in ranked.items()},
        "close_before": before,
        "close_before_answers": before * answers,
        "close_before_people": before * people,
        "close_after": after,
        "close_after_people": after * people,
        "close_sq": np.square(np.maximum(best, 0)),
    }


def filled(values: Floats) -> Floats:
    """Return the values with the middle of all in place of those that are not known, such as of what is just said."""
    unknown = np.isnan(values)
    if not unknown.any():
        return values
    known = values[~unknown]
    return np.nan_to_num(values, nan=float(np.median(known)) if len(known) else 0.0)


def _lead(values: Floats) -> Floats:
    return values - np.sort(values)[-TOP:].mean()


def _floats(values: Iterable[object]) -> Floats:
    return np.array(list(values), dtype=np.float32)
