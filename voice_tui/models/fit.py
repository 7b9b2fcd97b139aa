"""Whether a model fits this machine: estimated from sizes, or measured by `voice-tui preflight`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from voice_tui.models.machine import CONTEXT_STEPS, Machine
from voice_tui.models.progress import amount
from voice_tui.paths import state_dir

FRAME_MS = 80.0
"""A frame has to be done before the next one comes."""

CODEC_BYTES = 4 * 365_000_000 + 450_000_000
"""Three instances of the codec, a fourth while one is changed for the next, and what they grow until then, as measured
(benchmarks/moshi_codec.py)."""

STEP_BYTES = 512 * 1024
"""What the cache of Moshi 7B holds for every step, in bfloat16."""

CARD_BYTES = 1_000_000_000
"""What PyTorch takes of a card besides weights and cache: supposed, nobody has measured it yet."""

PROGRAM_BYTES = 500_000_000
"""The program with its libraries, about."""

SHARED_PART = 0.75
"""Part of Apple's shared memory that one program may have on the graphics processor, about."""

Verdict = Literal["yes", "no", "unknown"]


class Measured(msgspec.Struct, frozen=True):
    """What the preflight found for one model.

    Args:
        step_ms, encode_ms, decode_ms: p50 and p99.
        extrapolated: Whether the step was measured on fewer layers.
        at: Seconds since 1970.
    """

    step_ms: tuple[float, float]
    encode_ms: tuple[float, float]
    decode_ms: tuple[float, float]
    extrapolated: bool
    at: float

    @property
    def frame_ms(self) -> tuple[float, float]:
        """p50 and p99 of a frame: encode and step come one after the other, decode runs beside."""
        p50, p99 = (self.encode_ms[i] + self.step_ms[i] for i in (0, 1))
        return max(p50, self.decode_ms[0]), max(p99, self.decode_ms[1])

    @property
    def in_time(self) -> bool:
        """Whether 99 of 100 frames are done in time."""
        return self.frame_ms[1] < FRAME_MS


class _File(msgspec.Struct, frozen=True):
    """What was measured, for one machine."""

    machine: str
    models: dict[str, Measured] = {}


class Fit(msgspec.Struct, frozen=True):
    """The answer.

    Args:
        verdict: Whether it can converse here. `words`: the answer with its reason, short.
        measured: By the preflight; else estimated from sizes.
    """

    verdict: Verdict
    words: str
    measured: bool = False


def needed(weights: int) -> int:
    """Return the memory that a model takes: its weights (bytes), the whole cache, codec, program."""
    return weights + CONTEXT_STEPS * STEP_BYTES + CODEC_BYTES + PROGRAM_BYTES


def needed_on_card(weights: int) -> int:
    """Return the memory that a model takes on an NVIDIA card: codec and program are in the computer's."""
    return weights + CONTEXT_STEPS * STEP_BYTES + CARD_BYTES


def fit_of(weights: int, machine: Machine, measured: Measured | None, *, quantised: bool = False) -> Fit:
    """Judge a model.

    Args:
        weights: Bytes of the language model; 0 = unknown.
        machine: This one. `measured`: what the preflight found, if it ran.
        quantised: Whether its weights are, which only MLX computes.
    """
    if measured is not None:
        p99 = measured.frame_ms[1]
        word = "yes" if measured.in_time else "no"
        about = "≈" if measured.extrapolated else ""
        return Fit(word, f"{word}: {about}{_time(p99)} of {FRAME_MS:.0f} ms", measured=True)
    if not weights:
        return Fit("unknown", "size not known")
    if weights < 1_000_000_000:
        return Fit("unknown", "preflight tells")
    size = amount(needed(weights))
    if machine.kind == "apple":
        room = needed(weights) <= SHARED_PART * machine.memory
        return Fit("yes", f"yes: {size}") if room else Fit("no", f"no: needs {size}")
    if machine.kind == "nvidia":
        return _fit_on_card(weights, machine, quantised=quantised)
    return Fit("no", "no: too slow here")


def _fit_on_card(weights: int, machine: Machine, *, quantised: bool) -> Fit:
    if quantised:
        return Fit("no", "no: quantised, MLX only")
    if (size := needed_on_card(weights)) > machine.memory:
        return Fit("no", f"no: needs {amount(size)}")
    return Fit("unknown", "room; preflight tells")


def _time(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"


def results_path() -> Path:
    """Return the file of what was measured."""
    return state_dir() / "preflight.json"


def results(machine: Machine) -> dict[str, Measured]:
    """Return what was measured on this machine, by model."""
    try:
        file = msgspec.json.decode(results_path().read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError):
        return {}
    return file.models if file.machine == machine.name else {}


def keep_result(machine: Machine, model: str, measured: Measured) -> None:
    """Write a result down beside the others of this machine.

    Raises:
        OSError: The file cannot be written.
    """
    path = results_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(msgspec.json.encode(_File(machine.name, results(machine) | {model: measured})))
    partial.replace(path)
