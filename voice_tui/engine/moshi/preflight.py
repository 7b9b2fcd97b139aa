"""Measures what a frame costs on this machine, with the real shapes, before anything is downloaded.

Weights are random where the model is not here: time does not depend on their values. The context is full, as after four
minutes of talk. A model that does not fit, or is far too slow, is measured with few layers: every layer costs the same,
so the rest is extrapolated. Nothing else should compute meanwhile.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voice_tui.engine.moshi.backend import Backend
from voice_tui.engine.moshi.checkpoint.layout import Bits, Config, config
from voice_tui.engine.moshi.checkpoint.write import lm_bytes, write_mimi
from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.codec.port import CODEBOOKS
from voice_tui.engine.moshi.generate.port import Sampling
from voice_tui.engine.moshi.load.find import Checkpoint, find
from voice_tui.engine.moshi.load.watch import Loading
from voice_tui.errors import EngineError, ModelNotFoundError
from voice_tui.frame import FRAME_SAMPLES
from voice_tui.models.catalogue import MODELS
from voice_tui.models.fit import FRAME_MS, STEP_BYTES, Measured
from voice_tui.models.progress import Progress, amount

Report = Callable[[Progress], None]

FEW = (1, 3)
"""Layers that are measured to extrapolate from."""

SLOW_MS = 5 * FRAME_MS
"""An extrapolated step above this is not measured in full: the answer is no either way."""

SMALL_BYTES = 500_000_000
"""A model up to this size is measured in full at once."""


WARM_MS = 1000.0
"""A first step above this counts: what it warms is little beside it."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long is measured.

    Args:
        frames: Of the codec. `steps`: of the model at most; at least one. `seconds`: of steps at one depth.
    """

    frames: int = 40
    steps: int = 60
    seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured.

    Args:
        config: Shape of the model. `bits`: of its quantisation.
        checkpoint: Its files; None = they are not here.
    """

    name: str
    config: Config
    bits: Bits
    checkpoint: Checkpoint | None


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it.

    Args:
        measured: Times. `layers`: of the model; `depths`: with how many of them it was measured.
        real: Whether its own weights were used.
    """

    measured: Measured
    layers: int
    depths: tuple[int, ...]
    real: bool


def subject_of(name: str) -> Subject:
    """Return what is known of a model: by its files, or where they are not here by its name.

    Raises:
        EngineError: Its config.json cannot be used.
        ModelNotFoundError: It is no model of the hub, and there is no such folder.
    """
    try:
        found = find(name)
    except ModelNotFoundError:
        if name not in (model.name for model in MODELS):
            raise
        return Subject(name, config("full"), _bits(name), None)
    return Subject(name, found.config, _bits(f"q{found.bits}"), found)


def _bits(name: str) -> Bits:
    return 4 if name.endswith("q4") else 8 if name.endswith("q8") else 0


def measure(
    subject: Subject, free: int, report: Report, *, now: float, backend: Backend, effort: Effort | None = None
) -> Found:
    """Measure encode, step and decode. The thread that may touch MLX; half a minute, more on a slow machine.

    Args:
        subject: See `subject_of`. `free`: bytes of memory to be had, 0 = not known. `report`: told how far it is.
        now: Seconds since 1970. `backend`: what computes. `effort`: how long.

    Raises:
        EngineError: Not even a few layers fit into memory, or a library is missing.
    """
    effort = effort or Effort()
    free = backend.room or free
    _check_memory(subject, free)
    encode, decode = _codec_times(subject, effort, report)
    steps, depths, real = _step_times(subject, free, backend, effort, report)
    measured = Measured(steps, _quantiles(encode), _quantiles(decode), depths[-1] != _layers(subject.config), now)
    return Found(measured, _layers(subject.config), depths, real)


def _quantiles(ms: list[float]) -> tuple[float, float]:
    """p50 and p99."""
    return statistics.median(ms), float(np.percentile(ms, 99))


def _layers(shape: Config) -> int:
    return int(shape["num_layers"])


# ---------------------------------------------------------------- the codec


def _codec_times(subject: Subject, effort: Effort, report: Report) -> tuple[list[float], list[float]]:
    with _mimi(subject, report) as weights:
        codec = MimiCodec(weights, inline=True)
    random = np.random.default_rng(1)
    encode: list[float] = []
    decode: list[float] = []
    for count in range(effort.frames + 2):
        frame = (0.1 * random.standard_normal(FRAME_SAMPLES)).astype(np.float32)
        begun = time.perf_counter()
        codes = codec.encode(frame)
        between = time.perf_counter()
        codec.decode(codes)
        codec.decoded()
        if count >= 2:  # the first ones warm it
            encode.append(1000 * (between - begun))
            decode.append(1000 * (time.perf_counter() - between))
            report(Progress("measuring the codec", count - 1, effort.frames, unit="frames"))
    codec.close()
    return encode, decode


@contextmanager
def _mimi(subject: Subject, report: Report) -> Generator[Path]:
    """The codec's file: its own, or a random one that is deleted once it is loaded."""
    if subject.checkpoint is not None and subject.checkpoint.mimi.stat().st_size:
        yield subject.checkpoint.mimi
        return
    with tempfile.TemporaryDirectory(prefix="voice-tui-") as folder:
        yield write_mimi(Path(folder), wrote=lambda _, size: report(Progress("making a codec", size, 384_644_884)))


# ---------------------------------------------------------------- the model


def _step_times(
    subject: Subject, free: int, backend: Backend, effort: Effort, report: Report
) -> tuple[tuple[float, float], tuple[int, ...], bool]:
    """p50 and p99 of a step; the numbers of layers that were measured; whether with its own weights."""
    layers = _layers(subject.config)
    fits = not free or _memory(subject, layers) <= free
    own = subject.checkpoint is not None

    def steps_at(depth: int) -> tuple[float, float]:
        return _quantiles(_steps_at(subject, depth, backend, effort, report))

    if layers <= FEW[-1] or (fits and lm_bytes(subject.config, subject.bits) <= SMALL_BYTES):
        return steps_at(layers), (layers,), own
    few = [steps_at(depth) for depth in FEW]
    whole = extrapolated(few[0], few[1], layers)
    if not fits or whole[0] > SLOW_MS:
        return whole, FEW, False
    return steps_at(layers), (layers,), own


def extrapolated(one: tuple[float, float], few: tuple[float, float], layers: int) -> tuple[float, float]:
    """Return p50 and p99 of all layers: p50 grows by the same for every layer, p99 stays as far above it in relation.

    Args:
        one, few: p50 and p99 with `FEW` layers.
    """
    each = max(0.0, few[0] - one[0]) / (FEW[1] - FEW[0])
    p50 = few[0] + each * (layers - FEW[1])
    return p50, p50 * few[1] / few[0]


def _check_memory(subject: Subject, free: int) -> None:
    """Refuse what cannot be measured even in part."""
    layers = _layers(subject.config)
    needed = _memory(subject, min(layers, FEW[-1]))
    if free and needed > free:
        part = f"{FEW[-1]} of {layers} layers" if layers > FEW[-1] else "its layers"
        raise EngineError(
            f"There is no room to measure {subject.name}: {part} take {amount(needed)}, {amount(free)} are free",
            hint="Close other programs, or measure a smaller model: voice-tui models list",
        )


def _memory(subject: Subject, layers: int) -> int:
    """Bytes that so many layers take, with a full context and a tenth to spare."""
    shape = subject.config | {"num_layers": layers}
    context = STEP_BYTES * int(shape["context"]) * layers // 32 * int(shape["dim"]) // 4096
    return int(1.1 * (lm_bytes(shape, subject.bits) + context))


def _steps_at(subject: Subject, layers: int, backend: Backend, effort: Effort, report: Report) -> list[float]:
    """Milliseconds of steps of a model with so many layers."""
    at_all = _layers(subject.config)
    phase = f"measuring {'all' if layers == at_all else layers} of {at_all} layers"
    generator = backend.generator(_model(subject, layers, backend, report), Sampling(), 1, "reference")
    generator.restore(generator.filled())
    random = np.random.default_rng(1)
    codes = random.integers(0, min(64, int(subject.config["card"])), (effort.steps + 2, CODEBOOKS))
    taken: list[float] = []
    started = time.perf_counter()
    for count, user in enumerate(codes):
        begun = time.perf_counter()
        generator.step(user.astype(np.int32))
        ms = 1000 * (time.perf_counter() - begun)
        if count >= 1 or ms > WARM_MS:  # the first one warms it
            taken.append(ms)
        report(Progress(phase, len(taken), effort.steps, unit="steps"))
        if len(taken) >= effort.steps or (taken and time.perf_counter() - started > effort.seconds):
            break
    del generator
    backend.release()
    return taken


def _model(subject: Subject, layers: int, backend: Backend, report: Report) -> Any:
    """The model itself where it is here and asked for whole, else one with random weights."""
    if subject.checkpoint is not None and layers == _layers(subject.config):
        return backend.load(subject.checkpoint, lambda loading: _noted(loading, report, "loading the model"))
    shape = subject.config | {"num_layers": layers}
    return backend.random(shape, subject.bits, lambda loading: _noted(loading, report, f"making {layers} layers"))


def _noted(loading: Loading, report: Report, phase: str) -> bool:
    report(Progress(phase, loading.done, loading.total))
    return True
