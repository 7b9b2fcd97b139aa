"""How long forgetting takes where much is kept: one memory at a time, of many, with many answers that were interrupted.

    nice -n 10 python benchmarks/memory_forget.py --memories 100000 --turns 10000

Made-up words. Prints a Markdown table, median and range: of looking for the beginning of the words in interrupted
answers, which is a part of forgetting, measured beside it; and of the whole.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # benchmarks/memory.py is not the package

from memory.beginnings import Beginnings  # noqa: E402
from memory.conversations import Conversations  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.types import Memory, Turn  # noqa: E402

FIRST = ("kar", "lom", "ber", "tis", "van", "qui", "mar", "sel", "dun", "fal")
LAST = ("ta", "no", "ri", "mel", "sto", "gan", "wick", "ley", "port", "ham", "ber", "den")
WORDS = [first + last for first, last in itertools.product(FIRST, LAST)]
TURNS_EACH = 100
SHARES = (0.0, 0.2, 1.0)


def made(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def filled(store: SqliteMemory, rng: random.Random, memories: int, turns: int, share: float) -> list[str]:
    """Put memories and conversations in; every other turn is an answer, `share` of these were interrupted."""
    ids = [f"m{number:07d}" for number in range(memories)]
    store.put([(Memory(id=one, text=f"my {made(rng, 8)} {one}"), None) for one in ids])
    talks = Conversations(store)
    for talk in range(turns // TURNS_EACH):
        talks.append(f"c{talk}", [_turn(rng, number, share) for number in range(1, TURNS_EACH + 1)])
    return ids


def _turn(rng: random.Random, number: int, share: float) -> Turn:
    text = f"You told me: your {made(rng, 30)}."
    if number % 2:
        return Turn(number, "user", text)
    return Turn(number, "assistant", text, interrupted=rng.random() < share)


def looking(store: SqliteMemory, memory: Memory) -> float:
    """Return how long it takes to read the interrupted answers and compare them, in milliseconds."""
    began = time.perf_counter()
    beginnings = Beginnings([memory.text])
    with store.reading() as db:
        cut_off = db.execute("select text from turn where role = 'assistant' and interrupted = 1").fetchall()
    for (text,) in cut_off:
        beginnings.spot(text)
    return 1e3 * (time.perf_counter() - began)


def measured(share: float, memories: int, turns: int, times: int) -> str:
    rng = random.Random(7)
    with tempfile.TemporaryDirectory() as folder, SqliteMemory(Path(folder) / "memory.db") as store:
        ids = filled(store, rng, memories, turns, share)
        whole: list[float] = []
        part: list[float] = []
        for one in rng.sample(ids, times):
            memory = store.get(one)
            assert memory is not None
            part.append(looking(store, memory))
            began = time.perf_counter()
            store.forget([one])
            whole.append(1e3 * (time.perf_counter() - began))
    return f"| {memories:,} | {turns:,} | {share:.0%} | {_spread(part)} | {_spread(whole)} |"


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=30)
    args = parser.parse_args()
    print("| memories | turns | answers interrupted | looking for beginnings, ms | forgetting one, ms |")
    print("|---|---|---|---|---|")
    for share in SHARES:
        print(measured(share, args.memories, args.turns, args.times), flush=True)


if __name__ == "__main__":
    main()
