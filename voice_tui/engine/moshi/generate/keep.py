"""A snapshot of a generator as a file: safetensors, of the cache only the slots in use. Nothing in it is executed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from voice_tui.engine.moshi.generate.generator import Snapshot
from voice_tui.engine.moshi.generate.past_file import arrays_of, check_parts, past_of
from voice_tui.engine.moshi.lib import Array, mx
from voice_tui.errors import EngineError

MOST_SLOTS = 100_000
"""Of a cache; a file that asks for more is none of ours."""


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot, and see it reach the disk; the random key is left out.

    Args:
        snapshot: Of less steps than the cache has slots. `path`: ends in ".safetensors".

    Raises:
        EngineError: It cannot be written.
    """
    past = snapshot.past
    tensors = {f"cache.{index}": part[:, :, : past.steps] for index, part in enumerate(snapshot.cache)}
    slots = snapshot.cache[0].shape[2]
    tensors |= {name: mx.array(numbers) for name, numbers in arrays_of(past, snapshot.pinned, slots).items()}
    try:
        mx.save_safetensors(str(path), tensors)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as e:
        raise EngineError(f"{path} cannot be written: {e}") from e


def load(path: Path, like: Snapshot) -> Snapshot:
    """Read a snapshot.

    Args:
        like: Another one of the same model; its random key is used.

    Raises:
        EngineError: The file is broken, or of another model.
    """
    names = [f"cache.{index}" for index in range(len(like.cache))]
    check_parts(path, names)
    try:
        tensors: dict[str, Array] = mx.load(str(path))
        numbers = {name: np.array(part, np.int32) for name, part in tensors.items() if name not in names}
        past, (pinned, slots) = past_of(numbers)
        size = (past.steps, slots)
        cache = tuple(_fitted(tensors[name], part, size, path) for name, part in zip(names, like.cache, strict=True))
        mx.eval(cache)
    except (RuntimeError, ValueError) as e:
        raise EngineError(f"{path} cannot be read: {e}") from e
    return replace(like, past=past, pinned=pinned, cache=cache)


def _fitted(part: Array, like: Array, size: tuple[int, int], path: Path) -> Array:
    """A part of the cache with as many slots as it had: the sums of another number differ in the last bit.

    Args:
        part: As it was kept. `like`: the same part of another snapshot. `size`: steps that are in it, and slots.
    """
    steps, slots = size
    batch, heads, _, width = like.shape
    if part.shape != (batch, heads, steps, width) or part.dtype != like.dtype or not steps <= slots <= MOST_SLOTS:
        raise EngineError(f"{path} was written for another model")
    return mx.pad(part, ((0, 0), (0, 0), (0, slots - steps), (0, 0)))
