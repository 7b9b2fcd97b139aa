"""How late an 80 ms loop wakes beside the work of the memory, in the same process, as a session has it.

    python benchmarks/memory_beside.py [--size 100000] [--seconds 15]

An idle phase comes before every other, so that the load of the machine falls on both. "later than 5 ms" counts ticks of
all. Re-embedding needs the embedding model; without it that row says so.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this folder's memory.py would hide the package
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")  # as in the session's process

from benchmarks.memory_scale import MadeUp, Ticker, settled  # noqa: E402
from benchmarks.memory_store import Talk, percentile  # noqa: E402
from memory.embedder.process import embedder_of  # noqa: E402
from memory.retrieval import vectors  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.types import Query  # noqa: E402

AT_ONCE = 5_000
"""Memories that get their vectors in one transaction while the store is made."""


def make(file: Path, size: int) -> None:
    """Write a store of made up memories with their vectors."""
    made, embedder = Talk(1), MadeUp()
    with SqliteMemory(file) as store:
        store.put([*made.memories(0, size)])
        table = store.write(lambda db: vectors.make(db, embedder.name, 384, 0.0, embedder.space))
        while True:
            with store.reading() as db:
                some = vectors.without(db, table, 1 << 62, AT_ONCE)
            if not some:
                return
            found = [embedder.read(one.parts, timeout=1.0) for one in some]

            def write(db, some=some, found=found):  # noqa: ANN001, ANN202
                for one, value in zip(some, found, strict=True):
                    vectors.write(db, table, one, value.vectors)
                    vectors.write_words(db, table, one, value.words[0])

            store.write(write)


def phase(name: str, work: Callable[[], object]) -> None:
    """Print how late the loop woke while `work` ran on this thread."""
    with Ticker() as ticker:
        began = time.perf_counter()
        said = work()
        spent = time.perf_counter() - began
    late = [1e3 * one for one in ticker.late] or [0.0]
    over = sum(one > 5 for one in late)
    print(
        f"| {name}{f' ({said})' if said else ''} | {spent:.1f} | {len(late)} | {percentile(late, 0.5):.2f} "
        f"| {percentile(late, 0.99):.1f} | {max(late):.1f} | {over} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=15.0)
    args = parser.parse_args()
    print(
        "| beside | seconds | ticks | late p50 ms | p99 ms | most ms | later than 5 ms |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "memory.db"
        make(file, args.size)
        measure(file, args.size, args.seconds)


def measure(file: Path, size: int, seconds: float) -> None:
    """Open the store, ask it, fill it, give it another model; an idle phase before each."""
    idle: Callable[[], object] = lambda: time.sleep(seconds)  # noqa: E731
    phase("nothing", idle)
    opened: list[SqliteMemory] = []

    def open_it() -> None:
        opened.append(SqliteMemory(file, embedder=MadeUp()))
        settled(opened[0])

    phase(f"opening {size:,}, loading their vectors", open_it)
    store = opened[0]
    made, rng = Talk(2), random.Random(3)
    texts = [memory.text for memory in store.list(limit=500)]

    def ask() -> None:
        for _ in range(200):
            store.recall(Query(made.question(rng.choice(texts)), asked_at=2e9))

    phase("nothing", idle)
    phase("200 questions, one after the other", ask)
    phase("nothing", idle)
    phase("importing 10,000", lambda: store.put([*made.memories(size, 10_000)]) and None)
    store.close()
    embedder = embedder_of("auto", "")
    if embedder is None:
        print("| re-embedding: the model is not installed | | | | | | |")
        return
    phase("nothing", idle)

    def embed() -> str:
        with SqliteMemory(file, embedder=embedder) as other:
            assert other.meaning is not None
            other.meaning.wait(2 * seconds)
            return f"{other.meaning.progress().done:,} done, from the start of its process"

    phase("giving them vectors of another model", embed)


if __name__ == "__main__":
    main()
