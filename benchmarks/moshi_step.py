"""One step of Moshi's language model: ours against moshi_mlx's `LmGen`, with the same weights and the same tokens.

    python benchmarks/moshi_step.py [--steps N] [--repeats N]

On MLX's CPU backend with random weights: what a graphics processor gains is another matter. Figures are CPU
milliseconds, since the clock on the wall counts whatever else runs; both sides are measured in turn, compiled graphs on
both (the first step, which compiles, is left out).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder's memory.py would hide the package

from voice_tui.engine.moshi.checkpoint.layout import MIMI_FILE, Config, config  # noqa: E402
from voice_tui.engine.moshi.checkpoint.write import write_checkpoint  # noqa: E402
from voice_tui.engine.moshi.generate.generator import Generator  # noqa: E402
from voice_tui.engine.moshi.generate.sample import Sampling  # noqa: E402
from voice_tui.engine.moshi.lib import mx  # noqa: E402
from voice_tui.engine.moshi.load.find import find  # noqa: E402
from voice_tui.engine.moshi.load.model import load_lm  # noqa: E402

models: Any = import_module("moshi_mlx.models")
upstream: Any = import_module("moshi_mlx.utils.sampling")

DEPTH = {"num_layers": 32, "depformer_num_layers": 6, "dim": 64, "num_heads": 2, "depformer_dim": 32}
SHAPES: dict[str, Config] = {
    "micro (64 wide, 8 + 6 layers)": config("tiny", **(DEPTH | {"num_layers": 8, "depformer_dim": 64}), card=256),
    "tiny (256 wide, 2 + 2 layers)": config("tiny"),
    "small (768 wide, 12 + 4 layers)": config("small"),
}
PROMPT = 150


def written(folder: Path, shape: Config) -> Path:
    write_checkpoint(folder, shape, dtype="float32", mimi=False)
    (folder / MIMI_FILE).touch()
    return folder


def ours(folder: Path) -> Generator:
    sampling = Sampling(temperature=0, text_temperature=0)
    return Generator(load_lm(find(str(folder))), sampling=sampling, seed=1, alignment="upstream")


def theirs(folder: Path, steps: int) -> Any:
    greedy = upstream.Sampler(temp=0)
    return models.LmGen(load_lm(find(str(folder))), steps, greedy, greedy)


def cpu_ms(run: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    result = run()
    return 1000 * (time.process_time() - begun), result


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def compare(shape: Config, steps: int, repeats: int) -> tuple[list[float], list[float], int]:
    """Mean CPU ms per step of each repeat, upstream's and ours, and how many steps gave equal text tokens."""
    with tempfile.TemporaryDirectory() as name:
        folder = written(Path(name), shape)
        mine, other = ours(folder), theirs(folder, steps * repeats + 8)
    users = np.random.default_rng(1).integers(0, shape["card"], (steps * repeats + 8, 8))
    equal, slow, fast = 0, [], []
    for number in range(8):
        other.step(mx.array(users[number])[None])[0].item(), mine.step(users[number])
    for repeat in range(repeats):
        part = users[8 + repeat * steps : 8 + (repeat + 1) * steps]
        milliseconds, said = cpu_ms(lambda part=part: [other.step(mx.array(user)[None])[0].item() for user in part])
        slow.append(milliseconds / steps)
        milliseconds, spoken = cpu_ms(lambda part=part: [mine.step(user).text for user in part])
        fast.append(milliseconds / steps)
        equal += sum(one == two for one, two in zip(said, spoken, strict=True))
    return slow, fast, equal


def evaluations(run: Callable[[], Any]) -> int:
    """How often a step makes MLX compute: calls of eval, and reads of a value."""
    count = 0
    real = mx.eval

    def counted(*arrays: Any) -> None:
        nonlocal count
        count += 1
        real(*arrays)

    mx.eval = counted
    try:
        run()
    finally:
        mx.eval = real
    return count


def host_ms(folder: Path, steps: int) -> list[float]:
    """CPU ms of the calling thread per step at the real depth: building the graph, without computing it."""
    generator = ours(folder)
    for _ in range(4):
        generator.step([0] * 8)
    times, real = [], mx.eval
    for _ in range(steps):
        waited = 0.0

        def timed(*arrays: Any) -> None:
            nonlocal waited
            begun = time.thread_time()
            real(*arrays)
            waited += time.thread_time() - begun

        mx.eval = timed
        begun = time.thread_time()
        generator.step([0] * 8)
        times.append(1000 * (time.thread_time() - begun - waited))
        mx.eval = real
    return times


def prompts(folder: Path) -> tuple[float, float, float, float]:
    """CPU ms of a prompt step by step, and in one pass; ms to restore a snapshot, and of the step after it."""
    codes, texts = [7] * 8, [3] * PROMPT
    stepped, prefilled = ours(folder), ours(folder)
    stepped.step(codes), prefilled.step(codes)

    def steps() -> None:
        for text in texts:
            stepped.step(codes, text=text, own=codes)

    slow, _ = cpu_ms(steps)
    fast, _ = cpu_ms(lambda: prefilled.prefill(texts, codes, codes))
    assert stepped.step(codes).text == prefilled.step(codes).text
    snapshot = prefilled.snapshot()
    prefilled.step(codes)
    begun = time.perf_counter()
    prefilled.restore(snapshot)
    restored = 1000 * (time.perf_counter() - begun)
    after, _ = cpu_ms(lambda: prefilled.step(codes))
    return slow, fast, restored, after


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    mx.enable_compile()
    print("| model, float32 | upstream, CPU ms per step | ours | ratio | equal text tokens |\n|---|---|---|---|---|")
    for name, shape in SHAPES.items():
        steps = args.steps if "small" not in name else max(4, args.steps // 6)
        slow, fast, equal = compare(shape, steps, args.repeats)
        ratio = statistics.median(slow) / statistics.median(fast)
        print(
            f"| {name} | {spread(slow)} | {spread(fast)} | {ratio:.2f} | {equal}/{steps * args.repeats} |", flush=True
        )
    with tempfile.TemporaryDirectory() as name:
        folder = written(Path(name), config("tiny", **DEPTH, card=256))
        generator = ours(folder)
        generator.step([0] * 8)
        print(f"\nEvaluations per step: {evaluations(lambda: generator.step([0] * 8))}")
        print(f"Python per step at 32 + 8x6 layers: {spread(host_ms(folder, args.steps))} ms")
    with tempfile.TemporaryDirectory() as name:
        slow, fast, restored, after = prompts(written(Path(name), config("tiny")))
        print(f"Prompt of {PROMPT} steps (tiny): stepped {slow:.0f} ms, in one pass {fast:.0f} ms: {slow / fast:.1f}x")
        print(f"Restoring a snapshot: {restored:.3f} ms; the step after it: {after:.1f} ms CPU")


if __name__ == "__main__":
    main()
