"""Train the ranker, the judge and the sense of importance on the conversations of `data/`, and report.

    python -m memory.training.train [--check]

Writes `memory/retrieval/model.json`, and `memory/embedder/word_space.npy`, in which single words are told. Every figure
of the report is of held-out conversations: the data is parted into five folds of whole conversations, and what is
reported of a fold was trained on the four others. The weights that are written are trained on all. `--check` reports
and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence

import numpy as np

from memory import judge
from memory.embedder.words import Space
from memory.recall import CANDIDATES, COMPARED, first, seen
from memory.retrieval.model import FILE, Linear, Model, Weights, to_record
from memory.retrieval.near import order_table
from memory.retrieval.overlap import Flags, Floats
from memory.retrieval.passages import shape
from memory.training.data import Conversation, read_all, split
from memory.training.fit import fit_order, fit_probability
from memory.training.meaning import CarriedModel, space_of
from memory.training.pools import Asked, ask_all, ask_probes, memories_of
from memory.training.report import Judged, report
from memory.training.swap import swaps

FOLDS = 5
ORDER_PENALTY = 3e-3
JUDGE_PENALTY = 1e-4
IMPORTANCE_PENALTY = 1e-3

Ordered = tuple[Asked, Floats]
"""A probe, and what a ranker that never saw its conversation gave its candidates."""


Row = tuple[tuple[str, ...], Floats, Flags]
"""Names, table and which rows are evidence, of one probe."""


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


def judged_rows(one: Asked, scores: Floats, *, near: bool) -> Row:
    """Return what the judge sees of a probe's first candidates, with the nearness of single words or without."""
    best = first(scores, CANDIDATES)
    names, table = seen(one.look, scores, best, one.told if near else None)
    return names, table, one.evidence[best]


def compared_rows(one: Asked, scores: Floats) -> Row:
    """Return what judge and second ranker are told of the candidates whose words are compared, best first."""
    best = first(scores, COMPARED)
    names, table = seen(one.look, scores, best, one.told)
    return names, table, one.evidence[best]


def train_again(rows: Sequence[Row]) -> Linear:
    """Fit the second ranker on what `compared_rows` returned."""
    tables = [order_table((names, table)) for names, table, _ in rows]
    return fit_order(tables[0][0], [table for _, table in tables], [hits for *_, hits in rows], ORDER_PENALTY)


def train_judge(rows: Sequence[Row]) -> Linear:
    """Fit the judge on the orders of rankers that never saw the conversations."""
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


def train_way(
    found: Sequence[Ordered], extra: Sequence[Ordered] = (), *, near: bool = False
) -> tuple[Linear, list[Judged]]:
    """Fit the judge; returns it with what judges that never saw a probe's conversation say of the probe.

    Args:
        found: What it is trained on. `extra`: what is judged as well.
        near: Whether it compares single words; a second ranker orders then what it judged.
    """
    rows = [judged_rows(*pair, near=near) for pair in found]
    asked = [compared_rows(*pair) for pair in found if not pair[0].echo] if near else []
    judged: list[Judged] = []
    for fold in range(FOLDS):
        away = _held_out(fold)
        model = train_judge([row for (one, _), row in zip(found, rows, strict=True) if one.conversation not in away])
        written = [one for one, _ in found if not one.echo]
        again = [row for one, row in zip(written, asked, strict=False) if one.conversation not in away]
        ranker = train_again(again) if near else None
        judged += [_judged(model, ranker, *pair) for pair in (*found, *extra) if pair[0].conversation in away]
    return train_judge(rows), judged


def _judged(model: Linear, ranker: Linear | None, one: Asked, scores: Floats) -> Judged:
    order = first(scores, len(scores))
    if ranker is None:
        names, table, _ = judged_rows(one, scores, near=False)
    else:
        names, table, _ = compared_rows(one, scores)
        again = first(ranker.scores(*order_table((names, table))), COMPARED)
        order, table = [*(order[place] for place in again), *order[len(again) :]], table[again[:CANDIDATES]]
    return Judged(one, order, 1 / (1 + np.exp(-model.scores(names, table))))


def exchanged(found: Sequence[Asked], embedder: CarriedModel, seed: int = 3) -> list[Ordered]:
    """Return the questions of `swap`, asked of their conversations, in the order of rankers that never saw those."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    asked: list[Ordered] = []
    for fold in range(FOLDS):
        kept, away = split(read_all(), fold, folds=FOLDS)
        ids = {conversation.id for conversation in kept}
        ranker = train_order([one for one in found if one.conversation in ids])
        for conversation in away:
            probes = [swap.probe for swap in swaps(conversation, rng)]
            some = ask_probes(conversation, "alone", memories_of(conversation), probes, embedder)
            asked += [(one, ranker.scores(one.look.names, one.look.features)) for one in some]
    return asked


def train(conversations: Sequence[Conversation], space: Space) -> Model:
    """Fit all weights; prints a report on every way of recall."""
    by_words = ask_all(conversations, None)
    words, judged = train_way(ordered(by_words))
    _print("By words alone", judged)
    embedder = CarriedModel(space)
    asked = ask_all(conversations, embedder)
    found, swapped = ordered(asked), exchanged(asked, embedder)
    vectors, judged = train_way(found, swapped)
    _print("By words and meaning", judged)
    near, judged = train_way(found, swapped, near=True)
    _print("By words, meaning and nearness of single words", judged)
    return Model(
        words=Weights(train_order(by_words), words),
        vectors=Weights(train_order(asked), vectors),
        near=Weights(train_again([compared_rows(*pair) for pair in found if not pair[0].echo]), near),
        importance=train_importance(conversations),
    )


def _print(title: str, judged: Sequence[Judged]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in (f"# {title}", "", *report(judged), ""))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the report, and write the weights unless told not to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="report only")
    args = parser.parse_args(arguments)
    conversations = read_all()
    space = space_of(memory for conversation in conversations for memory in memories_of(conversation))
    model = train(conversations, space)
    made = {
        "by": "python -m memory.training.train",
        "conversations": len(conversations),
        "meaning": CarriedModel.name,
        "space": space.name,
    }
    if not args.check:
        space.save()
        FILE.write_text(json.dumps(to_record(model, made), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
