"""Recall by words and meaning in large stores: how long it takes, what it needs, and whether it disturbs an 80 ms loop.

    python benchmarks/memory_scale.py [--sizes 1000,10000,100000] [--queries 300]

Sentences, vectors and words are made up (384 numbers, one or two vectors a memory; 48 a word); a question's vector is
there at once, and what the embedder's process needs for it is timed apart where the model is installed. Every size has
a process of its own. Times are wall time with this thread's processor time in parentheses, in ms.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this folder's memory.py would hide the package
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")  # as in the session's process

from benchmarks.memory_store import Talk, milliseconds, timed  # noqa: E402
from memory.embedder.process import embedder_of  # noqa: E402
from memory.retrieval.meaning import Meaning  # noqa: E402
from memory.retrieval.words import DIMENSION as WORD  # noqa: E402
from memory.retrieval.words import Reading, spelled  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.types import Query  # noqa: E402

DIMENSION = 384
TICK = 0.08


class MadeUp:
    """Vectors and words that mean nothing, at once; meets `memory.retrieval.ports.Embeds`."""

    name = "made up"
    problem = ""
    space = "made up"

    def read(self, texts: Sequence[str], *, timeout: float, urgent: bool = False) -> Reading:
        del timeout, urgent
        found = np.stack([_made_up(text).normal(size=DIMENSION) for text in texts])
        words = [np.stack([_made_up(w).integers(-127, 128, WORD, dtype=np.int8) for w in spelled(t)]) for t in texts]
        return Reading((found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32), words)

    def warm(self) -> None:
        pass

    def close(self) -> None:
        pass


def _made_up(text: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(text.encode()))


class Ticker(threading.Thread):
    """An 80 ms loop that notes how late it wakes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.late: list[float] = []
        self.stop = threading.Event()

    def run(self) -> None:
        due = time.perf_counter() + TICK
        while not self.stop.wait(max(0.0, due - time.perf_counter())):
            self.late.append(time.perf_counter() - due)
            due += TICK

    def __enter__(self) -> Ticker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.join()


def rss() -> float:
    """Return this process's memory now, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def settled(store: SqliteMemory) -> Meaning:
    """Return the vectors once all are there."""
    assert store.meaning is not None
    assert store.meaning.wait(3_600)
    return store.meaning


def fill(file: Path, size: int) -> str:
    """Make a store; returns how fast."""
    made = Talk(1)
    with SqliteMemory(file, embedder=MadeUp()) as store:
        start = time.perf_counter()
        store.put([*made.memories(0, size)])
        put = size / (time.perf_counter() - start)
        start = time.perf_counter()
        settled(store)
        vectors = size / (time.perf_counter() - start)
    return f"{put:,.0f} | {vectors:,.0f}"


def measure(file: Path, size: int, queries: int) -> str:
    """Open the store and ask it."""
    base, start = rss(), time.perf_counter()
    store = SqliteMemory(file, embedder=MadeUp())
    opened = time.perf_counter() - start
    with Ticker() as ticker:
        settled(store)
        loaded = time.perf_counter() - start
    made = Talk(2)
    rng = random.Random(3)
    texts = [memory.text for memory in store.list(limit=500)]
    asked = [Query(made.question(rng.choice(texts)), asked_at=2e9) for _ in range(queries)]
    for query in asked[:5]:
        store.recall(query)
    times = [timed(lambda query=query: store.recall(query)) for query in asked]
    grown = rss()
    store.close()
    late = 1e3 * max(ticker.late, default=0.0)
    return f"{milliseconds(times)} | {opened:.2f} | {loaded:.2f} | {late:.1f} | {grown - base:.0f} | {grown:.0f}"


def embedding(queries: int) -> str:
    """Return what the vector of a question takes in the embedder's process."""
    embedder = embedder_of("auto", "")
    if embedder is None:
        return "The embedding model is not installed."
    start = time.perf_counter()
    embedder.read(["hello"], timeout=120)
    ready = time.perf_counter() - start
    times = [
        timed(lambda n=n: embedder.read([f"where did I leave the keys of house {n}"], timeout=10, urgent=True))
        for n in range(queries)
    ]
    embedder.close()
    return f"A question's vector: {milliseconds(times)} ms over the pipe; the process is ready after {ready:.2f} s."


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--one", nargs=2, metavar=("FILE", "SIZE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(measure(Path(args.one[0]), int(args.one[1]), args.queries))
        return
    print(
        "| memories | put in a second | given vectors a second | recall + judge p50 / p99 (CPU) | opened s "
        "| vectors loaded s | latest tick ms | grown MB | RSS MB |\n|---|---|---|---|---|---|---|---|---|"
    )
    for size in map(int, args.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "memory.db"
            filled = fill(file, size)
            command = [sys.executable, __file__, "--queries", str(args.queries), "--one", str(file), str(size)]
            row = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
            print(f"| {size:,} | {filled} | {row} |", flush=True)
    print(f"\n{embedding(args.queries)}")


if __name__ == "__main__":
    main()
