"""What this machine can hold: its graphics processor and memory, a level from 0 to 6, and the model for that level."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Kind = Literal["apple", "nvidia", "none"]

GIB = 1 << 30

ASK_SECONDS = 5.0
"""Longest wait for a program that is asked about the hardware."""

CONTEXT_STEPS = 3000
"""Steps that Moshi looks back on: 4 minutes of 12.5 a second. It was trained with so many, so no level has more."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is to compute on.

    Args:
        kind: "apple": memory shared with the graphics processor; "nvidia": a card of its own; "none": the processor.
        name: Of it, for a person.
        memory: Bytes that a model may have: all of it on Apple silicon, that of the largest card, or the computer's.
        free: Bytes of the computer's memory that programs can have now; 0 = not known.
    """

    kind: Kind
    name: str
    memory: int
    free: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """What is proposed for a class of machines.

    Args:
        number: 0 to 6. `memory`: GiB from which on it holds.
        model: Name; "" = none here, a remote one is proposed.
        context_steps: What the model looks back on. `prompt_tokens`: of those, how many a prompt (persona, memories)
            may take: one a step, so 125 are 10 s of the 4 minutes.
    """

    number: int
    memory: int
    model: str
    context_steps: int
    prompt_tokens: int


UNQUANTISED = "kyutai/moshiko-mlx-bf16"
"""What is proposed for an NVIDIA card."""

CARD_LEVEL = 2
"""From this level on an NVIDIA card holds it: 20 GiB; it takes 18.0 GB."""

LEVELS = (
    Level(0, 0, "", 0, 0),
    Level(1, 12, "kyutai/moshiko-mlx-q4", CONTEXT_STEPS, 125),
    Level(2, 20, "kyutai/moshiko-mlx-q8", CONTEXT_STEPS, 250),
    Level(3, 28, "kyutai/moshiko-mlx-q8", CONTEXT_STEPS, 375),
    Level(4, 40, "kyutai/moshiko-mlx-bf16", CONTEXT_STEPS, 500),
    Level(5, 60, "kyutai/moshiko-mlx-bf16", CONTEXT_STEPS, 750),
    Level(6, 60, "kyutai/moshiko-mlx-bf16", CONTEXT_STEPS, 750),
)
"""The lowest memory of every class; what lies between two classes counts as the lower one. Level 6 is a machine of
level 5 that has a remote language model besides: local, and a fallback."""


def detect_gpu_level(machine: Machine, *, remote: bool = False) -> Level:
    """Return the class of a machine.

    Args:
        machine: See `detect_machine`; without a graphics processor it is 0, whatever its memory.
        remote: Whether the endpoint of a language model is configured.
    """
    if machine.kind == "none":
        return LEVELS[0]
    gib = round(machine.memory / GIB)  # a card of 12 GB says 11.99
    level = max((level for level in LEVELS[:6] if level.memory <= gib), key=lambda level: level.number)
    level = LEVELS[6] if level.number == 5 and remote else level
    return _on_card(level) if machine.kind == "nvidia" else level


def _on_card(level: Level) -> Level:
    """The same for an NVIDIA card: PyTorch computes there, which takes no quantised weights."""
    if level.number < CARD_LEVEL:
        return replace(level, model="", context_steps=0, prompt_tokens=0)
    return replace(level, model=UNQUANTISED)


def level_words(level: Level) -> str:
    """Return what is proposed at a level, one line."""
    if not level.model:
        return f"level {level.number}: no model here; a remote language model is proposed"
    local = f"level {level.number}: {level.model}, looks back on {level.context_steps} steps"
    prompt = f"prompts up to {level.prompt_tokens} tokens"
    return f"{local}, {prompt}" + (", remote language model as fallback" if level.number == 6 else "")


def machine_words(machine: Machine) -> str:
    """Return what there is, such as "Apple M2, 16 GB shared memory"."""
    size = f"{round(machine.memory / GIB)} GB"
    what = {"apple": "shared memory", "nvidia": "of its own", "none": "memory, no graphics processor that can be used"}
    return f"{machine.name}, {size} {what[machine.kind]}"


def detect_machine() -> Machine:
    """Look at this machine; takes up to 5 s where the driver of a card hangs, so not on a UI thread."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return _apple()
    return _nvidia() or Machine("none", _processor(), total_memory(), free_memory())


def _processor() -> str:
    """The name of the processor."""
    with suppress(OSError, UnicodeDecodeError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _apple() -> Machine:
    name = _asked("sysctl", "-n", "machdep.cpu.brand_string") or "Apple silicon"
    memory = total_memory()
    return Machine("apple", name, memory, memory * 3 // 4)  # what Metal lets one program have, about


def _nvidia() -> Machine | None:
    query = ("--query-gpu=memory.total,name", "--format=csv,noheader,nounits")
    cards: list[tuple[int, str]] = []
    for line in _asked("nvidia-smi", *query).splitlines():
        memory, _, name = line.partition(",")
        if memory.strip().isdecimal():
            cards.append((int(memory) << 20, name.strip()))
    if not cards:
        return None
    memory, name = max(cards)
    return Machine("nvidia", name, memory, free_memory())


def _asked(*command: str) -> str:
    """What a program says, "" where it is not there, fails, or takes too long."""
    with suppress(OSError, subprocess.SubprocessError, UnicodeDecodeError):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ASK_SECONDS, check=True
        )
        return done.stdout.strip()
    return ""


def total_memory() -> int:
    """Return the bytes of this computer's memory; 0 = not known."""
    with suppress(ValueError, OSError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0


def free_memory() -> int:
    """Return the bytes that programs can have now; three quarters of all where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return total_memory() * 3 // 4
