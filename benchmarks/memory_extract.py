"""What is kept of what people say: precision, recall and time of the extraction over its labelled utterances.

    python benchmarks/memory_extract.py [--repeats 5]

The utterances are our own (tests/memory/utterances.py). "harder" was written after the rules; before the rules were
mended by it, 19 of its 26 extractions were right.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from memory.extract import extract
from tests.memory.utterances import CASES, HARD_CASES

SAID_AT = 1_700_000_000.0


def first(utterance: str) -> tuple[str, str] | None:
    found = extract(utterance, said_at=SAID_AT)
    return ("explicit" if found[0].explicit else "suggest", found[0].text) if found else None


def row(name: str, cases: Sequence[tuple[str, ...]], sort: str) -> str:
    given = [(case, found) for case in cases if (found := first(case[1])) is not None and found[0] == sort]
    right = sum(case[0] == sort and case[2] in (found[1], "-") for case, found in given)
    wanted = sum(case[0] == sort for case in cases)
    return f"| {name} | {sort} | {len(cases)} | {right}/{len(given)} | {right}/{wanted} |"


def milliseconds(repeats: int) -> list[float]:
    spent: list[float] = []
    for _ in range(repeats):
        for case in CASES + HARD_CASES:
            began = time.process_time()
            extract(case[1], said_at=SAID_AT)
            spent.append(1000 * (time.process_time() - began))
    return sorted(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print("| utterances | sort | of | right of given (precision) | right of wanted (recall) |")
    print("|---|---|---|---|---|")
    for name, cases in (("table", CASES), ("harder", HARD_CASES)):
        for sort in ("explicit", "suggest"):
            print(row(name, cases, sort))
    milliseconds(1)
    spent = milliseconds(repeats)
    print(f"\nCPU ms a turn: median {statistics.median(spent):.2f}, p99 {spent[int(len(spent) * 0.99)]:.2f}, ", end="")
    print(f"most {spent[-1]:.2f} ({len(spent)} turns)")


if __name__ == "__main__":
    main()
