"""From a measurement to a recommendation: which model, in which quantisation, the codec where; or the cascade."""

from __future__ import annotations

import msgspec

from voice_tui.models.catalogue import MODELS, Model, known
from voice_tui.models.fit import FRAME_MS, SHARED_PART, Measured, needed
from voice_tui.models.machine import Machine

MARGIN = 0.9
"""An estimate must stay below this part of a frame."""

CASCADE = "cascade"


class Advice(msgspec.Struct, frozen=True):
    """What to use here.

    Args:
        engine: "moshi" or "cascade". `model`: name; "" for the cascade. `codec`: where it runs.
        measured: Whether this very model was measured; else its step was estimated from the bytes of its weights.
        words: The whole, one sentence.
    """

    engine: str
    model: str
    codec: str
    measured: bool
    words: str


def advise(name: str, measured: Measured, machine: Machine) -> Advice:
    """Recommend the largest model of the same voice that keeps up and fits; what is larger loses less to quantisation.

    Args:
        name: Of the measured model. `measured`: what was found. `machine`: this one.
    """
    for other in sorted(_family(name), key=lambda model: -model.weights):
        if other.name == name:
            if measured.in_time:
                return _use(name, measured.frame_ms[1], measured=True)
        elif (p99 := _estimated(other, known(name), measured)) < MARGIN * FRAME_MS and _has_room(other, machine):
            return _use(other.name, p99, measured=False)
    reason = f"a frame takes {measured.frame_ms[1]:,.0f} ms, and there are {FRAME_MS:.0f}"
    return Advice(CASCADE, "", "", True, f"Use the cascade (engine.name = cascade): {reason}.")


def _family(name: str) -> list[Model]:
    """The same voice in every quantisation, as far as sizes are known; else the model alone."""
    stem = name.rpartition("-")[0]
    same = [model for model in MODELS if model.weights and model.name.rpartition("-")[0] == stem]
    return same if any(model.name == name for model in same) else [known(name)]


def _estimated(other: Model, this: Model, measured: Measured) -> float:
    """p99 of a frame: a step reads every weight once, so its time goes with their bytes."""
    step = measured.step_ms[1] * other.weights / this.weights
    return max(measured.encode_ms[1] + step, measured.decode_ms[1])


def _has_room(model: Model, machine: Machine) -> bool:
    return machine.kind == "apple" and needed(model.weights) <= SHARED_PART * machine.memory


def _use(name: str, p99: float, *, measured: bool) -> Advice:
    how = "measured" if measured else "estimated; measure it with --model"
    words = (
        f"Use {name} with the codec on the processor: 99 of 100 frames take less than {p99:.0f} ms of {FRAME_MS:.0f}"
    )
    return Advice("moshi", name, "processor", measured, f"{words} ({how}).")
