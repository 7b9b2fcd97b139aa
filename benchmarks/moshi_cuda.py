"""A step of Moshi on a graphics card: PyTorch and MLX, random weights, beside the least that reading them takes.

    python benchmarks/moshi_cuda.py [--size full] [--device gpu] [--steps 200]

Every back end that can be imported is measured: PyTorch (`pip install torch einops safetensors sentencepiece` and `pip
install --no-deps moshi==0.2.13`) as Kyutai's own `LMGen` steps it, in bfloat16; MLX (`pip install 'voice-tui[mlx]'
'mlx[cuda]'`, on a Mac without the last one) as this engine does, in bfloat16 and with 4 bits. Each in a process of its
own, since both would hold the card's memory. The times are of the clock on the wall, every step waited for, the context
full; the ring of PyTorch's cache always costs as much. The limit is what the weights that a step reads (all but the
embeddings) would take at the bandwidth of a copy on the same card. Nothing else should compute there.

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

KINDS: dict[str, tuple[str, Bits]] = {"pytorch-bf16": ("pytorch", 0), "mlx-bf16": ("mlx", 0), "mlx-q4": ("mlx", 4)}


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


# ---------------------------------------------------------------- PyTorch


def pytorch(task: Task) -> Row:
    """Kyutai's own `LMGen`."""
    if task.device == "cpu":
        os.environ["NO_TORCH_COMPILE"] = "1"
    try:
        torch: Any = import_module("torch")
        loaders: Any = import_module("moshi.models.loaders")
        lm: Any = import_module("moshi.models.lm")
    except ImportError as e:
        raise MissingError(f"PyTorch or its moshi cannot be imported ({e})") from e
    if task.device == "gpu" and not torch.cuda.is_available():
        raise MissingError(f"PyTorch {torch.__version__} sees no CUDA device")
    device = "cuda" if task.device == "gpu" else "cpu"

    def wait() -> None:
        if device == "cuda":
            torch.cuda.synchronize()

    model = loaders.get_moshi_lm(None, pytorch_config(config(task.size)), device=device, dtype=torch.bfloat16)
    ms: list[float] = []
    user = torch.randint(0, 2048, (WARM + task.steps, 1, 8, 1), device=device)
    generator = lm.LMGen(model)
    with torch.no_grad(), generator.streaming(1):
        for codes in user:
            begun = time.perf_counter()
            generator.step(codes)
            wait()
            ms.append(1000 * (time.perf_counter() - begun))
    source = torch.zeros(COPIED[task.device], dtype=torch.uint8, device=device)

    def copy() -> None:
        source.clone()
        wait()

    card = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    bandwidth = copied(copy, source.numel())
    return Row(
        f"PyTorch {torch.__version__}, bf16, {card}",
        read_bytes(config(task.size), 0),
        bandwidth,
        *quantiles(ms[WARM:]),
    )


def pytorch_config(shape: Config) -> Config:
    """The same shape for PyTorch: it takes the depformer's feed forward as it is, moshi_mlx reads 4 as 4.125."""
    strange = {"model_type", "mimi_name", "tokenizer_name"}
    wide = shape["depformer_dim_feedforward"]
    if wide == 4 * shape["depformer_dim"]:
        wide = int(4.125 * shape["depformer_dim"])
    return {key: value for key, value in shape.items() if key not in strange} | {"depformer_dim_feedforward": wide}


# ---------------------------------------------------------------- MLX


def mlx(task: Task) -> Row:
    """This engine's generator, as the preflight measures it."""
    try:
        mx: Any = import_module("mlx.core")
        if task.device == "cpu":
            mx.set_default_device(mx.cpu)
        preflight: Any = import_module("voice_tui.engine.moshi.preflight")
    except (ImportError, EngineError) as e:
        raise MissingError(f"MLX cannot be imported ({e})") from e
    if task.device == "gpu" and mx.default_device() == mx.Device(mx.cpu):
        raise MissingError(f"MLX {mx.__version__} has no graphics card here: it needs mlx[cuda], or a Mac")
    shape = config(task.size)
    subject = preflight.Subject(task.size, shape, task.bits, None)
    effort = preflight.Effort(frames=1, steps=task.steps, seconds=600)
    found = preflight.measure(subject, 0, lambda progress: None, now=time.time(), effort=effort)
    source = mx.zeros(COPIED[task.device] // 4, mx.float32)
    mx.eval(source)

    def copy() -> None:
        mx.eval(source + 1.0)

    partly = found.depths[-1] != found.layers
    return Row(
        f"MLX {mx.__version__}, {'q4' if task.bits else 'bf16'}, {mx.default_device()}",
        read_bytes(shape, task.bits),
        copied(copy, source.nbytes),
        *found.measured.step_ms,
        note=f"extrapolated from {found.depths} of {found.layers} layers: too slow in full" if partly else "",
    )


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
        return cast(dict[str, Any], msgspec.to_builtins((pytorch if kind.startswith("pytorch") else mlx)(task)))
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
