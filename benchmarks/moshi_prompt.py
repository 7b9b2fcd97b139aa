"""How long Moshi takes to take a prompt: step by step, in one pass, and from the disk.

python benchmarks/moshi_prompt.py [--tokens 150] [--runs 5]

Random float32 weights of the sizes "tiny" and "small". CPU milliseconds, since other programs run beside; median of the
runs (lowest-highest). The words said after it are compared.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder's memory.py would hide the package

from voice_tui.engine.moshi.backend_mlx import Mlx  # noqa: E402
from voice_tui.engine.moshi.checkpoint.layout import MIMI_FILE, Size, config  # noqa: E402
from voice_tui.engine.moshi.checkpoint.write import write_checkpoint  # noqa: E402
from voice_tui.engine.moshi.factory import make_generator  # noqa: E402
from voice_tui.engine.moshi.generate.generator import Generator  # noqa: E402
from voice_tui.engine.moshi.load.find import find  # noqa: E402
from voice_tui.engine.moshi.prompt_store import PromptStore  # noqa: E402
from voice_tui.engine.moshi.script import SILENCE, Prompt  # noqa: E402
from voice_tui.settings import MoshiSettings  # noqa: E402


def timed(work: Callable[[], object], before: Callable[[], object], runs: int) -> str:
    """Median and spread in CPU milliseconds; `before` is not counted."""
    taken: list[float] = []
    for _ in range(runs):
        before()
        begun = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - begun))
    return f"{statistics.median(taken):,.1f} ({min(taken):,.1f}–{max(taken):,.1f})"


def said(generator: Generator) -> list[int]:
    """The next words, greedily."""
    return [generator.step(SILENCE).text for _ in range(10)]


def measure(size: Size, tokens: int, runs: int) -> str:
    """Return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder), config(size), dtype="float32", mimi=False)
        (Path(folder) / MIMI_FILE).touch()
        checkpoint = find(folder)
        generator = make_generator(checkpoint, MoshiSettings(temperature=0, text_temperature=0))
        start = generator.start()
        store = PromptStore(Path(folder) / "prompts", checkpoint, "reference", Mlx().keeping)
        prompt = Prompt(tuple(4 + number % 500 for number in range(tokens)), SILENCE, SILENCE, tokens, 0)
        key = store.key(prompt)

        def clean() -> None:
            generator.restore(start)

        def step() -> None:
            for text in prompt.texts:
                generator.step(prompt.user, text=text, own=prompt.own)

        def one_pass() -> None:
            generator.prefill(prompt.texts, prompt.own, prompt.user)

        def from_disk() -> None:
            kept = store.get(key, start)
            assert kept is not None
            generator.restore(kept)

        stepped = timed(step, clean, runs)
        words = said(generator)
        passed = timed(one_pass, clean, runs)
        state = generator.snapshot()
        equal = said(generator) == words
        put = timed(lambda: store.put(key, state), clean, runs)
        loaded = timed(from_disk, clean, runs)
        equal = equal and said(generator) == words
        (file,) = (Path(folder) / "prompts").iterdir()
        kilobytes = file.stat().st_size / 1000
        return f"| {size} | {stepped} | {passed} | {put} | {loaded} | {kilobytes:,.0f} | {'yes' if equal else 'NO'} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=150)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print(f"CPU milliseconds for a prompt of {args.tokens} tokens\n")
    print("| model | step by step | one pass | written to disk | read from disk | kB | same words after |")
    print("|---|---|---|---|---|---|---|")
    for size in ("tiny", "small"):
        print(measure(size, args.tokens, args.runs), flush=True)


if __name__ == "__main__":
    main()
