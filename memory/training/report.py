"""How well the ranker and the judge do on conversations that they were not trained on, as markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from memory import judge
from memory.retrieval.overlap import Flags, Floats
from memory.training.data import ANSWERABLE
from memory.training.pools import VIEWS, Asked
from memory.training.swap import SWAPPED

RATES = (0.05, 0.1, 0.15, 0.25)
"""Shares of questions without an answer for which something may come up, at which the ways are compared."""

DEPTHS = (1, 3, 5, 15)
BARS = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)
BINS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """A probe with the judge's probabilities for its best candidates, best first by rank.

    Args:
        asked: It. `order`: which candidates those are, of all in the ranker's order.
        likely: Their probabilities, shape (judged,).
    """

    asked: Asked
    order: Sequence[int]
    likely: Floats

    @property
    def exchanged(self) -> bool:
        """Whether it is a question of `swap`."""
        return self.asked.probe.id.endswith(SWAPPED)

    def brought(self, point: float) -> list[int]:
        """Return which candidates are brought up when the bar for a question stands at a probability."""
        shown = judge.relevance(np.log(self.likely / (1 - self.likely)), point)
        bar = judge.bar_for(judge.BAR, question=self.asked.look.cue.question)
        above = [place for place in np.argsort(-shown, kind="stable") if shown[place] >= bar]
        return [self.order[place] for place in above[: judge.MOST]]


def recalls(judged: Iterable[Judged]) -> list[float]:
    """Return the share of evidence among the first DEPTHS candidates, in percent, mean over probes that have any."""
    rows = [
        [one.asked.evidence[list(one.order[:depth])].sum() / one.asked.there for depth in DEPTHS]
        for one in judged
        if one.asked.there
    ]
    return [100 * float(share) for share in np.mean(rows, axis=0)] if rows else []


def report(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield the report line by line; questions with a detail exchanged count only where they are named."""
    if any(one.exchanged for one in judged):
        yield from at_equal_rates(judged)
        yield ""
        judged = [one for one in judged if not one.exchanged]
    yield "| held out | probes | R@1 | R@3 | R@5 | R@15 |\n|---|---|---|---|---|---|"
    for name, some in _groups(judged):
        yield f"| {name} | {len(some)} | " + " | ".join(f"{share:.1f}" for share in recalls(some)) + " |"
    yield (
        "\n| bar p | precision | evidence recall | brought up a question | unanswerable: any | "
        "evidence elsewhere: any | small talk: any | statement with evidence: hit |\n|---|---|---|---|---|---|---|---|"
    )
    for bar in BARS:
        yield f"| {bar:.2f} | " + " | ".join(_trade_off(judged, bar)) + " |"
    yield "\n| p | judged | mean p | evidence |\n|---|---|---|---|"
    yield from reliability(
        np.concatenate([one.likely for one in judged]),
        np.concatenate([one.asked.evidence[list(one.order[: len(one.likely)])] for one in judged]),
    )


def at_equal_rates(judged: Sequence[Judged]) -> Iterator[str]:
    """Yield precision and evidence recall of written questions where as much comes up for what has no answer."""
    written = [one for one in judged if not one.asked.echo and not one.exchanged]
    answerable = [one for one in written if one.asked.probe.category in ANSWERABLE]
    groups = {
        "written, unanswerable": [one for one in written if one.asked.probe.category == "unanswerable"],
        "written, evidence elsewhere": [one for one in answerable if not one.asked.there],
        "one detail exchanged": [one for one in judged if one.exchanged],
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
    return f"{_percent(sum(right), sum(map(len, brought)))} / {100 * share:.1f}"


def _groups(judged: Sequence[Judged]) -> Iterator[tuple[str, list[Judged]]]:
    questions = [one for one in judged if one.asked.probe.category in ANSWERABLE and one.asked.there]
    for view in VIEWS:
        yield f"all questions, {view}", [one for one in questions if one.asked.view == view]
    for kind, letter in (("assistant", "a"), ("two people", "p")):
        chosen = [one for one in questions if one.asked.view == "mixed" and one.asked.conversation[0] == letter]
        yield f"{kind}, mixed", chosen
    for category in ANSWERABLE:
        yield (
            f"{category}, mixed",
            [o for o in questions if o.asked.view == "mixed" and o.asked.probe.category == category],
        )


def _trade_off(judged: Sequence[Judged], bar: float) -> list[str]:
    asked = [one for one in judged if one.asked.probe.category in ANSWERABLE and one.asked.there]
    brought = [one.brought(bar) for one in asked]
    right = sum(int(one.asked.evidence[some].sum()) for one, some in zip(asked, brought, strict=True))
    count = sum(map(len, brought))
    shares = [one.asked.evidence[some].sum() / one.asked.there for one, some in zip(asked, brought, strict=True)]

    def any_of(keep: Callable[[Asked], bool]) -> str:
        chosen = [one for one in judged if keep(one.asked)]
        return _percent(sum(bool(one.brought(bar)) for one in chosen), len(chosen))

    with_evidence = [one for one in judged if one.asked.probe.category == "statement" and one.asked.there]
    hits = sum(bool(one.asked.evidence[one.brought(bar)].any()) for one in with_evidence)
    return [
        _percent(right, count),
        _percent(float(np.sum(shares)), len(shares)),
        f"{count / max(1, len(asked)):.2f}",
        any_of(lambda a: a.probe.category == "unanswerable"),
        any_of(lambda a: a.probe.category in ANSWERABLE and not a.there),
        any_of(lambda a: a.probe.category == "statement" and not a.probe.evidence),
        _percent(hits, len(with_evidence)),
    ]


def reliability(likely: Floats, right: Flags) -> Iterator[str]:
    """Yield rows of a reliability table: what was promised and what came true, and the calibration error."""
    error = 0.0
    for low, high in pairwise(BINS):
        there = (likely >= low) & (likely < high)
        if there.any():
            promised, true = float(likely[there].mean()), float(right[there].mean())
            error += abs(promised - true) * float(there.mean())
            yield f"| {low:.2f}-{high:.2f} | {int(there.sum())} | {promised:.3f} | {true:.3f} |"
    yield f"\nExpected calibration error: {error:.4f}"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"
