"""Report what the judge gains by a look at single words, on conversations that it was not trained on.

    python -m memory.training.look [--space FILE]

Prints the judge's report of `train` twice, as it is and with the columns of `near` beside its own, and once more on the
questions of `swap`, of which one detail was exchanged. Changes no weights; --space writes what words are told in.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from memory.retrieval.model import Linear
from memory.retrieval.overlap import Flags, Floats
from memory.training.data import ANSWERABLE, read_all, split
from memory.training.fit import fit_probability
from memory.training.meaning import CarriedModel
from memory.training.near import near_table
from memory.training.pools import Asked, ask_all, ask_probes, memories_of
from memory.training.report import Judged, report
from memory.training.swap import SWAPPED, swaps
from memory.training.train import FOLDS, JUDGE_PENALTY, Ordered, judged_rows, ordered, train_order
from memory.training.words import Space, WordReader, fit_space

Row = tuple[tuple[str, ...], Floats, Flags]
"""Names, table and which rows are evidence, of one probe."""

RATES = (0.05, 0.1, 0.15, 0.25)
"""Shares of questions without an answer for which something may come up, at which the ways are compared."""


def read_space(reader: WordReader) -> Space:
    """Return the space of the words of all training conversations."""
    told = [(memory.speaker, memory.text) for one in read_all() for memory in memories_of(one)]
    return fit_space(reader.read(told))


def plain(one: Asked, scores: Floats) -> Row:
    """Return what the judge sees of a probe now."""
    return judged_rows(one, scores)


def near(one: Asked, scores: Floats, space: Space, reader: WordReader) -> Row:
    """Return what it sees with the nearness of the words."""
    names, table, hits = judged_rows(one, scores)
    best = [int(place) for place in np.argsort(-scores, kind="stable")[: len(hits)]]
    return *near_table(one.look, best, (names, table), space, reader), hits


def held_out(found: Sequence[Ordered], rows: Sequence[Row], extra: Sequence[tuple[Ordered, Row]]) -> list[Judged]:
    """Return what judges that never saw a probe's conversation say of it; `extra` is judged and not trained on."""
    judged: list[Judged] = []
    for fold in range(FOLDS):
        away = {conversation.id for conversation in split(read_all(), fold, folds=FOLDS)[1]}
        model = _fit([row for (one, _), row in zip(found, rows, strict=True) if one.conversation not in away])
        for (one, scores), row in (*zip(found, rows, strict=True), *extra):
            if one.conversation in away:
                order = [int(place) for place in np.argsort(-scores, kind="stable")]
                judged.append(Judged(one, order, 1 / (1 + np.exp(-model.scores(row[0], row[1])))))
    return judged


def _fit(rows: Sequence[Row]) -> Linear:
    return fit_probability(
        rows[0][0],
        np.concatenate([table for _, table, _ in rows]),
        np.concatenate([h for *_, h in rows]),
        JUDGE_PENALTY,
    )


def at_equal_rates(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield precision and evidence recall of written questions where as much comes up for what has no answer."""
    swapped = [one for one in judged if one.asked.probe.id.endswith(SWAPPED)]
    written = [one for one in judged if not one.asked.echo and not one.asked.probe.id.endswith(SWAPPED)]
    answerable = [one for one in written if one.asked.probe.category in ANSWERABLE]
    groups = {
        "written, unanswerable": [one for one in written if one.asked.probe.category == "unanswerable"],
        "written, evidence elsewhere": [one for one in answerable if not one.asked.there],
        "one detail exchanged": swapped,
    }
    asked = [one for one in answerable if one.asked.there]
    yield "| anything comes up for | " + " | ".join(f"{rate:.0%}" for rate in RATES) + " |"
    yield "|---|" + "---|" * len(RATES)
    for name, some in groups.items():
        best = np.sort([one.likely.max() for one in some])[::-1]
        bars = [float(best[int(rate * len(best))]) + 1e-9 for rate in RATES]
        yield f"| {name} ({len(some)}) | " + " | ".join(_precision_recall(asked, bar) for bar in bars) + " |"


def _precision_recall(asked: Sequence[Judged], bar: float) -> str:
    brought = [one.brought(bar) for one in asked]
    right = [int(one.asked.evidence[some].sum()) for one, some in zip(asked, brought, strict=True)]
    share = np.mean([hits / one.asked.there for one, hits in zip(asked, right, strict=True)])
    return f"{100 * sum(right) / max(1, sum(map(len, brought))):.1f} / {100 * share:.1f}"


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the reports."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", type=Path, help="also write the space of the words to this file")
    args = parser.parse_args(arguments)
    embedder, reader = CarriedModel(), WordReader()
    space = read_space(reader)
    if args.space:
        space.save(args.space)
    asked = ask_all(read_all(), embedder)
    found, swapped = ordered(asked), exchanged(asked, embedder)
    ways = {
        "As it is": ([plain(*one) for one in found], [plain(*one) for one in swapped]),
        "With nearness": (
            [near(*one, space, reader) for one in found],
            [near(*one, space, reader) for one in swapped],
        ),
    }
    for title, (rows, others) in ways.items():
        judged = held_out(found, rows, list(zip(swapped, others, strict=True)))
        own = [one for one in judged if not one.asked.probe.id.endswith(SWAPPED)]
        lines = (f"# {title}", "", *at_equal_rates(judged), "", *report(own), "")
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
