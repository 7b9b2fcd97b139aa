"""A step of Moshi on a graphics card: PyTorch and MLX, random weights, beside the least that reading them takes.

    python benchmarks/moshi_cuda.py [--size full] [--device gpu] [--steps 200]

Every back end that can be imported is measured, with random weights: PyTorch (the extra [cuda], then `pip install
--no-deps moshi==0.2.13`) as Kyutai's own `LMGen` steps it and as this engine does (`moshi.device = "cuda"`), in
bfloat16; MLX (the extra [mlx], and `mlx[cuda]` but for a Mac) as this engine does, in bfloat16 and with 4 bits. Each in
a process of its own, since all would hold the card's memory. The times are of the clock on the wall, every step waited
for, the context full; the ring of PyTorch's cache always costs as much. The limit is what the weights that a step reads
(all but the embeddings) would take at the bandwidth of a copy on the same card. Nothing else should compute there.

The full size takes 16 GB on the card. Without one: says what is missing, and ends well. `--size tiny --device cpu`
tries the command itself.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from voice_tui.engine.moshi.checkpoint.layout import GROUP_SIZE, Bits, Config, Size, config, lm_tensors
from voice_tui.errors import EngineError

COPIED: dict[str, int] = {"gpu": 1 << 30, "cpu": 1 << 26}
"""Bytes that are copied to measure the bandwidth."""

WARM = 8
"""Steps that are not counted: graphs are captured in them."""

KINDS: dict[str, tuple[str, Bits]] = {
    "lmgen-bf16": ("lmgen", 0),
    "pytorch-bf16": ("pytorch", 0),
    "mlx-bf16": ("mlx", 0),
    "mlx-q4": ("mlx", 4),
}


class Row(msgspec.Struct):
    """What was measured of a back end.

    Args:
        what: Back end, version, card. `read`: bytes of weights in a step. `bandwidth`: of a copy, bytes a second,
            read and written. `p50`, `p99`: of a step, ms. `note`: what a reader has to know.
    """

    what: str
    read: float
    bandwidth: float
    p50: float
    p99: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What is asked for."""

    size: Size
    device: str
    steps: int
    bits: Bits


class MissingError(Exception):
    """This back end cannot be measured here; says why."""


def read_bytes(shape: Config, bits: Bits) -> float:
    """Bytes of weights that a step reads: of an embedding a step takes one row."""
    each = bits / 8 + 4 / GROUP_SIZE[bits] if bits else 2
    total = 0.0
    for tensor in lm_tensors(shape):
        if "emb" in tensor.name:
            continue
        count = 1
        for length in tensor.shape:
            count *= length
        total += count * (each if tensor.quantised else 2)
    return total


def copied(copy: Callable[[], object], size: int) -> float:
    """Bytes a second that a copy of so many bytes reads and writes: the best of ten."""
    copy()
    best = float("inf")
    for _ in range(10):
        begun = time.perf_counter()
        copy()
        best = min(best, time.perf_counter() - begun)
    return 2 * size / best


def quantiles(ms: list[float]) -> tuple[float, float]:
    """p50 and p99."""
    return statistics.median(ms), sorted(ms)[min(len(ms) - 1, int(0.99 * len(ms)))]


# ---------------------------------------------------------------- Kyutai's own


def lmgen(task: Task) -> Row:
    """Kyutai's own `LMGen`."""
    if task.device == "cpu":
        os.environ["NO_TORCH_COMPILE"] = "1"
    backend = pytorch_backend(task)
    torch: Any = import_module("torch")
    lm: Any = import_module("moshi.models.lm")
    model = backend.random(config(task.size), 0, lambda loading: True)
    ms: list[float] = []
    user = torch.randint(0, 2048, (WARM + task.steps, 1, 8, 1), device=model.device)
    generator = lm.LMGen(model)
    with torch.no_grad(), generator.streaming(1):
        for codes in user:
            begun = time.perf_counter()
            generator.step(codes)
            torch_waits(task)
            ms.append(1000 * (time.perf_counter() - begun))
    what = f"LMGen, {backend.name}, torch {torch.__version__}, bf16"
    return Row(what, read_bytes(config(task.size), 0), torch_copies(task), *quantiles(ms[WARM:]))


def pytorch_backend(task: Task) -> Any:
    """This engine's back end."""
    try:
        backend: Any = import_module("voice_tui.engine.moshi.pytorch.backend")
        return backend.PyTorch("cuda" if task.device == "gpu" else "cpu")
    except EngineError as e:
        raise MissingError(e.message) from e


def torch_waits(task: Task) -> None:
    """Until the card is done."""
    if task.device == "gpu":
        import_module("torch").cuda.synchronize()


def torch_copies(task: Task) -> float:
    """Bandwidth of a copy."""
    torch: Any = import_module("torch")
    source = torch.zeros(COPIED[task.device], dtype=torch.uint8, device="cuda" if task.device == "gpu" else "cpu")

    def copy() -> None:
        source.clone()
        torch_waits(task)

    return copied(copy, source.numel())


# ---------------------------------------------------------------- this engine


def stepped(task: Task, backend: Any) -> tuple[tuple[float, float], str]:
    """p50 and p99 of this engine's generator, as the preflight measures it; and what a reader has to know."""
    preflight: Any = import_module("voice_tui.engine.moshi.preflight")
    subject = preflight.Subject(task.size, config(task.size), task.bits, None)
    effort = preflight.Effort(frames=1, steps=task.steps, seconds=600)
    found = preflight.measure(subject, 0, lambda progress: None, now=time.time(), backend=backend, effort=effort)
    partly = found.depths[-1] != found.layers
    note = f"extrapolated from {found.depths} of {found.layers} layers: too slow in full" if partly else ""
    return found.measured.step_ms, note


def pytorch(task: Task) -> Row:
    """This engine on PyTorch."""
    backend = pytorch_backend(task)
    (p50, p99), note = stepped(task, backend)
    what = f"ours, {backend.name}, torch {import_module('torch').__version__}, bf16"
    return Row(what, read_bytes(config(task.size), 0), torch_copies(task), p50, p99, note)


def mlx(task: Task) -> Row:
    """This engine on MLX."""
    try:
        mx: Any = import_module("mlx.core")
        backend: Any = import_module("voice_tui.engine.moshi.backend_mlx").Mlx(cpu=task.device == "cpu")
    except (ImportError, EngineError) as e:
        raise MissingError(f"MLX cannot be imported ({e})") from e
    if task.device == "gpu" and not backend.graphics:
        raise MissingError(f"MLX {mx.__version__} has no graphics card here: it needs mlx[cuda], or a Mac")
    (p50, p99), note = stepped(task, backend)
    source = mx.zeros(COPIED[task.device] // 4, mx.float32)
    mx.eval(source)

    def copy() -> None:
        mx.eval(source + 1.0)

    what = f"ours, MLX {mx.__version__}, {'q4' if task.bits else 'bf16'}, {mx.default_device()}"
    return Row(what, read_bytes(config(task.size), task.bits), copied(copy, source.nbytes), p50, p99, note)


# ---------------------------------------------------------------- the table


def beside(kind: str, args: argparse.Namespace) -> Row | str:
    """Measure in a process of its own; a sentence where it cannot be."""
    options = ["--size", args.size, "--device", args.device, "--steps", str(args.steps)]
    done = subprocess.run([sys.executable, __file__, "--only", kind, *options], capture_output=True, text=True)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode:
        return f"{kind}: failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    answer: dict[str, Any] = json.loads(last)
    return cast(str, answer["missing"]) if "missing" in answer else msgspec.convert(answer, Row)


def only(kind: str, task: Task) -> dict[str, Any]:
    """Measure one back end in this process."""
    try:
        row = {"lmgen": lmgen, "pytorch": pytorch, "mlx": mlx}[KINDS[kind][0]](task)
        return cast(dict[str, Any], msgspec.to_builtins(row))
    except MissingError as e:
        return {"missing": str(e)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=["tiny", "small", "full"], default="full")
    parser.add_argument("--device", choices=["gpu", "cpu"], default="gpu")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", choices=list(KINDS), help="measure this one here and print JSON")
    args = parser.parse_args()
    if args.only:
        print(json.dumps(only(args.only, Task(args.size, args.device, args.steps, KINDS[args.only][1]))))
        return
    found = [beside(kind, args) for kind in KINDS]
    rows = [row for row in found if isinstance(row, Row)]
    if rows:
        print("| back end | read per step | copy | limit | step p50 / p99 | p50 / limit |\n|---|---|---|---|---|---|")
    for row in rows:
        limit = 1000 * row.read / row.bandwidth
        times = f"{row.p50:.2f} / {row.p99:.2f} ms | {row.p50 / limit:.2f}"
        print(
            f"| {row.what} | {row.read / 1e9:.2f} GB | {row.bandwidth / 1e9:,.0f} GB/s | {limit:.2f} ms | {times} |"
            + (f" ({row.note})" if row.note else "")
        )
    missing = list(dict.fromkeys(row for row in found if isinstance(row, str)))
    if missing:
        print(("\n" if rows else "Nothing can be measured here. ") + ". ".join(missing) + ".")


if __name__ == "__main__":
    main()
