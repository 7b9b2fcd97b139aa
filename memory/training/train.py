"""Train the ranker, the judge and the sense of importance on the conversations of `data/`, and report.

    python -m memory.training.train [--check]

Writes `memory/retrieval/model.json`. Every figure of the report is of held-out conversations: the data is parted
into five folds of whole conversations, and what is reported of a fold was trained on the four others. The weights that
are written are trained on all. `--check` reports and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import numpy as np

from memory import judge
from memory.retrieval.model import FILE, Linear, Model, Weights, to_record
from memory.retrieval.overlap import Flags, Floats
from memory.retrieval.passages import shape
from memory.training.data import Conversation, read_all, split
from memory.training.fit import fit_order, fit_probability
from memory.training.meaning import CarriedModel
from memory.training.pools import Asked, ask_all, memories_of
from memory.training.report import Judged, report

FOLDS = 5
ORDER_PENALTY = 3e-3
JUDGE_PENALTY = 1e-4
IMPORTANCE_PENALTY = 1e-3

Ordered = tuple[Asked, Floats]
"""A probe, and what a ranker that never saw its conversation gave its candidates."""


def train_order(asked: Sequence[Asked]) -> Linear:
    """Fit the ranker."""
    return fit_order(
        asked[0].look.names, [one.look.features for one in asked], [one.evidence for one in asked], ORDER_PENALTY
    )


def ordered(asked: Sequence[Asked]) -> list[Ordered]:
    """Return every probe with the scores of a ranker that was trained without its conversation."""
    found: list[Ordered] = []
    ids = {one.conversation for one in asked}
    for fold in range(FOLDS):
        held_out = _held_out(fold) & ids
        ranker = train_order([one for one in asked if one.conversation not in held_out])
        found += [
            (one, ranker.scores(one.look.names, one.look.features)) for one in asked if one.conversation in held_out
        ]
    return found


def _held_out(fold: int) -> set[str]:
    return {conversation.id for conversation in split(read_all(), fold, folds=FOLDS)[1]}


def judged_rows(one: Asked, scores: Floats, count: int = 15) -> tuple[tuple[str, ...], Floats, Flags]:
    """Return what the judge sees of a probe: names, table, and which rows are evidence, best first."""
    best = [int(place) for place in np.argsort(-scores, kind="stable")[:count]]
    look = one.look
    names, table = judge.table(look.cue, look.names, look.features, scores, best)
    return names, table, one.evidence[best]


def train_judge(found: Sequence[Ordered]) -> Linear:
    """Fit the judge on the orders of rankers that never saw the conversations."""
    rows = [judged_rows(one, scores) for one, scores in found]
    return fit_probability(
        rows[0][0],
        np.concatenate([table for _, table, _ in rows]),
        np.concatenate([hits for *_, hits in rows]),
        JUDGE_PENALTY,
    )


def train_importance(conversations: Sequence[Conversation]) -> Linear:
    """Fit how likely a turn is ever evidence for anything, from its words alone."""
    told = [(memory, conversation) for conversation in conversations for memory in memories_of(conversation)]
    rows = [judge.importance_table(shape(memory.text)) for memory, _ in told]
    wanted = {f"{c.id}/{turn}" for c in conversations for probe in c.probes for turn in probe.evidence}
    hits = np.array([memory.id in wanted for memory, _ in told])
    return fit_probability(rows[0][0], np.concatenate([table for _, table in rows]), hits, IMPORTANCE_PENALTY)


def train_way(asked: Sequence[Asked]) -> tuple[Weights, list[Judged]]:
    """Fit ranker and judge; returns them with what judges and rankers that never saw a probe say of it."""
    found = ordered(asked)
    judged: list[Judged] = []
    for fold in range(FOLDS):
        held_out = _held_out(fold)
        model = train_judge([pair for pair in found if pair[0].conversation not in held_out])
        judged += [_judged(model, *pair) for pair in found if pair[0].conversation in held_out]
    return Weights(train_order(asked), train_judge(found)), judged


def _train(conversations: Sequence[Conversation], embedder: CarriedModel | None, title: str) -> Weights:
    asked = ask_all(conversations, embedder)
    weights, judged = train_way(asked)
    sys.stdout.writelines(f"{line}\n" for line in (f"# {title}: {len(asked)} probes", "", *report(judged), ""))
    return weights


def _judged(model: Linear, one: Asked, scores: Floats) -> Judged:
    names, table, _ = judged_rows(one, scores)
    order = [int(place) for place in np.argsort(-scores, kind="stable")]
    return Judged(one, order, 1 / (1 + np.exp(-model.scores(names, table))))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the report, and write the weights unless told not to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="report only")
    args = parser.parse_args(arguments)
    conversations = read_all()
    words = _train(conversations, None, "By words alone")
    vectors = _train(conversations, CarriedModel(), "By words and meaning")
    model = Model(words, vectors, train_importance(conversations))
    made = {"by": "python -m memory.training.train", "conversations": len(conversations), "meaning": CarriedModel.name}
    if not args.check:
        FILE.write_text(json.dumps(to_record(model, made), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
