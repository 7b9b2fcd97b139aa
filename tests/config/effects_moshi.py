"""What the settings that tell Moshi something do to a tiny random model's first words."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from voice_tui.errors import EngineError
from voice_tui.settings import MoshiSettings, Settings


@cache
def tiny() -> tuple[Any, Any, Any]:
    """A generator, its state before the first step, and its words; made once per process."""
    from tests.engine.moshi.checkpoints import MICRO, write_micro
    from voice_tui.engine.moshi.factory import Words, make_generator
    from voice_tui.engine.moshi.load.find import find

    with tempfile.TemporaryDirectory() as folder:
        shape = MICRO | {"card": 2048, "num_layers": 1, "depformer_num_layers": 1}
        checkpoint = find(str(write_micro(Path(folder), shape)))
        generator = make_generator(checkpoint, MoshiSettings(temperature=0, text_temperature=0))
        return generator, generator.start(), Words(checkpoint.text).encode


def device_found(settings: Settings, _: Path) -> object:
    """What would compute, or why it cannot."""
    from voice_tui.engine.moshi.device import backend_for

    try:
        return backend_for(settings.moshi.device).name
    except EngineError as e:
        return e.message


def pushed(settings: Settings, _: Path) -> object:
    """What it says with a memory handed over before the first frame or between frames, and what stays in view."""
    pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx])")
    from voice_tui.engine.moshi.guide import Guide
    from voice_tui.engine.moshi.traits import Traits
    from voice_tui.engine.port import Context

    generator, start, encode = tiny()
    generator.restore(start)
    guide = Guide(generator, encode, Traits("Moshi"), settings.moshi)
    memory = Context(("the key",))
    guide.prefill(memory)
    guide.inject(memory)
    said: list[object] = []
    for number in range(12):
        push = guide.next(free=True)
        spoken = generator.step([number % 50] * 8, text=push.text, extra=push.extra)
        said.append((spoken.text, spoken.own.tolist(), push.muted))
    return generator.pinned, generator.steps, said
