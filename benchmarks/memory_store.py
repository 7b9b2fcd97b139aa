"""How fast and how safe the memory store is, as a markdown table.

    python benchmarks/memory_store.py [--sizes 1000 10000 100000] [--kills 0] [--folder DIR]

Inserts one by one are durable commits (one fsync each). The memories are generated sentences, half stop words and half
words with the frequencies of speech (Zipf-Mandelbrot, the commonest in 5 % of them); a question names a speaker and
three words of a memory that is there. Nothing needs to be downloaded. Times are wall time; in brackets the processor
time of the calling thread, which is what is left of them on a machine with nothing else to do.
`--kills N` kills a writing process N times with SIGKILL and counts acknowledged memories that are missing afterwards.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from memory.file import connection  # noqa: E402  # the checkout's own, whatever is installed
from memory.file.health import check  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.text import STOP_WORDS  # noqa: E402
from memory.types import Memory, NewMemory  # noqa: E402

STOPS = sorted(STOP_WORDS)
SPEAKERS = ("Ken", "Anna", "")


class Talk:
    """Sentences of 6-20 words, about half of them stop words, the rest of 20,000 with the frequencies of speech."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = random.Random(seed)
        letters = "bcdfghklmnprstvw", "aeiou"
        syllables = ["".join(pair) for pair in itertools.product(*letters)]
        self.words = ["".join(self.rng.choices(syllables, k=self.rng.randint(1, 4))) for _ in range(20_000)]
        self.weights = list(itertools.accumulate(1 / (rank + 20) for rank in range(len(self.words))))

    def sentence(self) -> str:
        content = self.rng.choices(self.words, cum_weights=self.weights, k=self.rng.randint(3, 10))
        return " ".join(word for pair in zip(self.rng.choices(STOPS, k=10), content, strict=False) for word in pair)

    def memories(self, first: int, count: int) -> Iterator[tuple[Memory, None]]:
        for number in range(first, first + count):
            text = f"{self.sentence()} the {number}"
            yield Memory(id=f"{number:032x}", text=text, speaker=self.rng.choice(SPEAKERS), said_at=1e9 + number), None

    def question(self, text: str) -> str:
        content = text.split()[1::2]
        return f"what did {self.rng.choice(SPEAKERS)} say about {' '.join(self.rng.sample(content, 3))}?"


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and this thread's processor time in seconds."""
    wall, cpu = time.perf_counter(), time.thread_time()
    work()
    return time.perf_counter() - wall, time.thread_time() - cpu


def milliseconds(values: list[tuple[float, float]]) -> str:
    wall, cpu = ([value[column] for value in values] for column in (0, 1))
    p50, p99, cpu50, cpu99 = (1e3 * percentile(v, p) for v in (wall, cpu) for p in (0.5, 0.99))
    return f"{p50:.2f} / {p99:.2f} ({cpu50:.2f} / {cpu99:.2f})"


def one_by_one(folder: Path, synchronous: str, count: int) -> str:
    """Inserts per second, each durable before the next."""
    connection.SYNCHRONOUS = synchronous
    talk = Talk()
    texts = [talk.sentence() for _ in range(count)]
    with SqliteMemory(folder / f"single-{synchronous}.db") as store:
        spent = [timed(lambda text=text: store.add(NewMemory(text))) for text in texts]
    connection.SYNCHRONOUS = "full"
    return f"| {synchronous} | {count / sum(wall for wall, _ in spent):,.0f} | {milliseconds(spent)} |"


def one_size(folder: Path, size: int, have: int, queries: int) -> str:
    """Batched inserts up to `size`, then everything a conversation asks of the store."""
    path, talk = folder / "grown.db", Talk(seed=size)
    with SqliteMemory(path) as store:
        batch = list(talk.memories(have, size - have))
        filling, _ = timed(lambda: store.put(batch))
    opening = [timed(lambda: SqliteMemory(path).close()) for _ in range(5)]
    samples = [talk.rng.choice(batch)[0] for _ in range(queries)]
    questions = [talk.question(memory.text) for memory in samples]
    typed = [memory.text[: talk.rng.randint(1, 12)] for memory in samples]
    with SqliteMemory(path) as store:
        recalls = [timed(lambda question=question: store.recall(question)) for question in questions]
        found = sum(any(r.memory.id == m.id for r in store.recall(q)) for q, m in zip(questions, samples, strict=True))
        searches = [timed(lambda text=text: store.search(text)) for text in typed]
        forgets = [timed(lambda memory=memory: store.forget([memory.id])) for memory in samples[:10]]
    return (
        f"| {size:,} | {(size - have) / filling:,.0f} | {1e3 * min(wall for wall, _ in opening):.1f} | "
        f"{milliseconds(recalls)} | "
        f"{100 * found / queries:.0f} % | {milliseconds(searches)} | {milliseconds(forgets)} | "
        f"{path.stat().st_size / 1e6:.1f} |"
    )


def kills(folder: Path, rounds: int) -> str:
    """Kill a writing process again and again; every acknowledged memory must be there."""
    path, rng = folder / "killed.db", random.Random(7)
    there: set[str] = set()
    acknowledged = lost = 0
    opening: list[float] = []
    for number in range(rounds):
        command = [sys.executable, "-m", "tests.memory.child", "write", str(path), f"round {number}", "0"]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(rng.randrange(2, 80))]
        time.sleep(rng.random() * 0.01)  # the kill falls anywhere within a write
        os.kill(child.pid, signal.SIGKILL)
        said += child.stdout.readlines()
        child.wait()
        for deed, _, memory_id in (line.rstrip().partition(" ") for line in said if line.endswith("\n")):
            if deed == "added":
                there.add(memory_id)
            elif deed == "forgotten":
                there.discard(memory_id)
            acknowledged += deed != "ready"
        began = time.perf_counter()
        with SqliteMemory(path) as store:
            opening.append(time.perf_counter() - began)
            found = {memory.id for memory in store.everything()}
        # one forgetting may have been under way, unacknowledged
        lost += max(0, len(there - found) - 1)
        there = found
    verdict = "sound" if check(path).ok else "DAMAGED"
    return f"| {rounds} | {acknowledged:,} | {lost} | {1e3 * max(opening):.0f} | {verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--singles", type=int, default=2_000, help="inserts one by one")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--folder", help="where to write; default a temporary folder, which may lie in RAM")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        print("| synchronous | one by one, inserts/s | p50 / p99 ms |\n|---|---|---|")
        for synchronous in ("full", "normal"):
            print(one_by_one(folder, synchronous, args.singles), flush=True)
        print("\n| memories | batched, inserts/s | open ms | recall p50 / p99 ms | source in the top 3 | ", end="")
        print("search as typed p50 / p99 ms | forget p50 / p99 ms | file MB |\n|---|---|---|---|---|---|---|---|")
        for have, size in zip([0, *args.sizes], args.sizes, strict=False):
            print(one_size(folder, size, have, args.queries), flush=True)
        if args.kills:
            print("\n| kill -9 | acknowledged changes | lost | slowest open ms | file |\n|---|---|---|---|---|")
            print(kills(folder, args.kills), flush=True)


if __name__ == "__main__":
    main()
