"""A snapshot of a generator as a file: safetensors, of the cache only the slots in use. Nothing in it is executed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from voice_tui.engine.moshi.generate.generator import Snapshot
from voice_tui.engine.moshi.generate.streams import Codes, Past
from voice_tui.engine.moshi.lib import Array, mx
from voice_tui.engine.moshi.load.header import read_header
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
    tensors["numbers"] = mx.array([past.steps, past.text, snapshot.pinned, slots], mx.int32)
    tensors["recent"] = mx.array(list(snapshot.recent), mx.int32)
    for name, frames in (("spoken", past.spoken), ("heard", past.heard)):
        tensors[name] = mx.array(np.stack(frames))
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
    shapes = read_header(path)
    wanted = {f"cache.{index}" for index in range(len(like.cache))} | {"numbers", "recent", "spoken", "heard"}
    if set(shapes) != wanted:
        raise EngineError(f"{path} was written for another model")
    try:
        tensors: dict[str, Array] = mx.load(str(path))
        steps, text, pinned, slots = (int(number) for number in np.array(tensors["numbers"]))
        cache = tuple(_fitted(tensors[f"cache.{i}"], part, (steps, slots), path) for i, part in enumerate(like.cache))
        mx.eval(cache)
    except (RuntimeError, ValueError) as e:
        raise EngineError(f"{path} cannot be read: {e}") from e
    past = Past(steps, text, _frames(tensors["spoken"]), _frames(tensors["heard"]))
    recent = tuple(int(token) for token in np.array(tensors["recent"]))
    return replace(like, past=past, recent=recent, pinned=pinned, cache=cache)


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


def _frames(array: Array) -> tuple[Codes, ...]:
    return tuple(np.array(array, np.int32))
