"""Which of the memories that recall brought up bear on what was said, and how much each is worth.

Inside stands a calibrated probability p that a memory is evidence for what was said: of memories judged 0.3, three in
ten are. What is shown, and compared with the configured bar, is the *relevance*

    relevance = sigmoid(logit(p) + logit(BAR) - logit(point))

which rises with p and shows BAR, 0.7, at p = point: OPERATING_POINT, or NEAR_POINT where the words of question and
memories were compared one by one. A calibrated 0.7 as the bar would leave four of five
questions that can be answered without help, because a good memory is rarely certain among many that are nearly as good.

An utterance that is no question has a higher bar: a quarter of what is left to 1 is left (0.7 becomes 0.925).
Pure functions; any thread; less than a millisecond for 15 candidates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from memory.retrieval.cue import Cue
from memory.retrieval.model import Linear
from memory.retrieval.overlap import Columns, Floats, place, stacked
from memory.retrieval.passages import Shape
from memory.types import Memory, Query, Recollection

OPERATING_POINT = 0.24
"""The probability that is shown as BAR; where it stands was chosen on held-out conversations of the training data."""

NEAR_POINT = 0.26
"""The same where single words were compared: held out, it finds as much evidence there as the other does without them,
and what was never said brings less up."""

STATEMENT = 0.25
"""Share of what a bar leaves to 1 that it leaves where nothing is asked. With a half, held out, 1.4 % of small talk
and 2.8 % of what strangers said would bring something up, so 0.9 and 0.3 %; the evidence of statements is hardly found
either way (1.6 and 0 %)."""

BAR = 0.7
"""The relevance from which a memory is brought up, unless configured otherwise."""

MOST = 3
"""Memories that are brought up at once."""

ASKED = ("cover", "best_sentence", "context", "rarest", "score", "lead")
"""Features whose meaning differs for a question and for a statement, and for one that stands out and one of many."""

FIELD = ("cover", "best_sentence", "context", "rarest", "matched_weight", "close", "close_best", "close_context")
"""Features of which the best of all candidates counts as well."""


def table(
    cue: Cue, names: Sequence[str], features: Floats, scores: Floats, best: Sequence[int]
) -> tuple[tuple[str, ...], Floats]:
    """Return what the judge weighs.

    Args:
        cue: What is looked for.
        names: Of the features of recall. `features`: their values, of all candidates.
        scores: What the ranker gave all. `best`: which are to be judged, best first.

    Returns:
        Names and values, shape (candidates to judge, features).
    """
    columns: Columns = dict(zip(names, features[best].T, strict=True))
    chosen, top = scores[best], float(scores.max())
    first = int(scores.argmax())
    second = float(np.max(np.delete(scores, first), initial=top - 10))
    rival = np.array([second if i == first else top for i in best])
    columns |= {
        "score": chosen,
        "lead": chosen - rival,
        "share": np.exp(chosen - top) / np.exp(scores - top).sum(),
        "score_place": place(chosen),
        "from_best": chosen - top,
        **_said(cue, len(chosen)),
        **_field(names, features, len(chosen)),
    }
    columns |= {f"share_{name}": columns["share"] * columns[name] for name in ASKED if name in columns}
    statement = 0.0 if cue.question else 1.0
    columns |= {f"statement_{name}": columns[name] * statement for name in ASKED}
    return tuple(columns), stacked(columns)


def _field(names: Sequence[str], features: Floats, count: int) -> Columns:
    """Return how good the best of all candidates are: where none holds the words or comes near, nothing was said."""
    columns: Columns = {}
    for name in (name for name in FIELD if name in names):
        values = np.sort(features[:, list(names).index(name)])[::-1]
        columns[f"top_{name}"] = np.full(count, values[0], dtype=np.float32)
        columns[f"tenth_{name}"] = np.full(count, values[:10].mean(), dtype=np.float32)
    return columns


def _said(cue: Cue, count: int) -> Columns:
    total = sum(cue.terms.values()) or 1.0
    unheard = sum(weight for term, weight in cue.terms.items() if not cue.known[term])
    values = {
        "statement": float(not cue.question),
        "terms": min(len(cue.terms), 12) / 12,
        "weight": min(total, 60.0) / 60,
        "unheard": unheard / total,
        "unheard_any": float(unheard > 0),
        "unheard_weight": min(unheard, 20.0) / 20,
        "no_kind": float(cue.kind == "none"),
        "yesno": float(cue.kind == "yesno"),
        "says_i": float(cue.mine),
        "says_you": float(cue.yours),
    }
    return {name: np.full(count, value, dtype=np.float32) for name, value in values.items()}


def relevance(log_odds: Floats, point: float = OPERATING_POINT) -> Floats:
    """Return what is shown for the log odds of the judge; `point`: the probability that is shown as BAR."""
    return 1 / (1 + np.exp(-(np.asarray(log_odds, dtype=np.float64) + _shift(point))))


def probability(shown: float, point: float = OPERATING_POINT) -> float:
    """Return the calibrated probability behind a relevance."""
    if not 0.0 < shown < 1.0:
        return min(1.0, max(0.0, shown))
    return 1 / (1 + math.exp(_shift(point) - math.log(shown / (1 - shown))))


def _shift(point: float) -> float:
    return math.log(BAR / (1 - BAR)) - math.log(point / (1 - point))


def bar_for(bar: float, *, question: bool) -> float:
    """Return the relevance that is asked of a memory; for what is no question it is nearer to 1."""
    return bar if question else 1 - (1 - bar) * STATEMENT


def choose(query: Query, question: bool, found: Sequence[Recollection], limit: int = MOST) -> list[Recollection]:
    """Return what is to be brought up, best first: above the bar, and not a second time unless asked.

    Args:
        query: With the bar, and what this conversation has had.
        question: Whether it asks something.
        found: Candidates with their relevance.
        limit: How many at most.
    """
    bar = bar_for(query.bar, question=question)
    told: frozenset[str] = frozenset() if question else query.told
    worth = [one for one in found if one.relevance >= bar and one.memory.id not in told]
    return sorted(worth, key=lambda one: one.relevance, reverse=True)[: max(0, limit)]


def importance_table(own: Shape) -> tuple[tuple[str, ...], Floats]:
    """Return what the importance of a memory is told by, from its words alone; shape (1, features)."""
    values = {
        "length": math.log1p(own.length) / 4,
        "content": math.log1p(own.content) / 4,
        "short": float(own.content < 3),
        "asks": float(own.question),
        "only_asks": float(own.only_asks),
        "number": float(own.number),
        "time": float(own.time),
        "name": float(own.name),
        "place": float(own.place),
        "reason": float(own.reason),
        "first": float(own.first_person),
        "second": float(own.second_person),
    }
    return tuple(values), np.array([list(values.values())], dtype=np.float32)


def importance(model: Linear, memories: Sequence[Memory], own: Sequence[Shape]) -> list[float]:
    """Return how likely memories are worth knowing, 0-1: what their words say, and what the person said of them.

    What is pinned is worth 1. A memory whose own importance was set away from the middle keeps half of that.

    Args:
        model: Log odds by the words.
        memories: At least one. `own`: the shape of each.
    """
    tables = [importance_table(one) for one in own]
    odds = model.scores(tables[0][0], np.concatenate([values for _, values in tables]))
    return [_worth(memory, 1 / (1 + math.exp(-odd))) for memory, odd in zip(memories, odds.tolist(), strict=True)]


def _worth(memory: Memory, told: float) -> float:
    if memory.pinned:
        return 1.0
    return told if memory.importance == 0.5 else (told + memory.importance) / 2  # the default
