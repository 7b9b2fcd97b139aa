"""A snapshot of PyTorch's generator as a file: safetensors, only the slots in use. Nothing in it is executed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from voice_tui.engine.moshi.generate.streams import Codes, Past
from voice_tui.engine.moshi.load.header import read_header
from voice_tui.engine.moshi.pytorch.generator import Snapshot
from voice_tui.engine.moshi.pytorch.lib import Tensor, safetensors_torch, torch
from voice_tui.errors import EngineError


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot, and see it reach the disk; the random numbers are left out.

    Args:
        snapshot: Of no more steps than the model looks back on. `path`: ends in ".safetensors".

    Raises:
        EngineError: It cannot be written.
    """
    past = snapshot.past
    tensors = {f"cache.{index}": part.contiguous() for index, part in enumerate(snapshot.cache)}
    tensors["numbers"] = torch.tensor([past.steps, past.text], dtype=torch.int32)
    tensors["recent"] = torch.tensor(snapshot.recent, dtype=torch.int32)
    for name, frames in (("spoken", past.spoken), ("heard", past.heard)):
        tensors[name] = torch.from_numpy(np.stack(frames))
    try:
        safetensors_torch.save_file(tensors, str(path))
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as e:
        raise EngineError(f"{path} cannot be written: {e}") from e


def load(path: Path, like: Snapshot) -> Snapshot:
    """Read a snapshot.

    Args:
        like: Another one of the same model; its random numbers are used.

    Raises:
        EngineError: The file is broken, or of another model.
    """
    shapes = read_header(path)
    wanted = {f"cache.{index}" for index in range(len(like.cache))} | {"numbers", "recent", "spoken", "heard"}
    if set(shapes) != wanted:
        raise EngineError(f"{path} was written for another model")
    try:
        tensors: dict[str, Tensor] = safetensors_torch.load_file(str(path), device=str(like.cache[0].device))
        steps, text = (int(number) for number in tensors["numbers"])
    except (OSError, RuntimeError, ValueError) as e:
        raise EngineError(f"{path} cannot be read: {e}") from e
    cache = tuple(tensors[f"cache.{index}"] for index in range(len(like.cache)))
    for part, other in zip(cache, like.cache, strict=True):
        slots = (*other.shape[:3], steps, *other.shape[4:])
        if part.shape != slots or part.dtype != other.dtype:
            raise EngineError(f"{path} was written for another model")
    past = Past(steps, text, _frames(tensors["spoken"]), _frames(tensors["heard"]))
    return replace(like, past=past, recent=tuple(int(token) for token in tensors["recent"]), cache=cache)


def _frames(tensor: Tensor) -> tuple[Codes, ...]:
    return tuple(tensor.cpu().numpy().astype(np.int32))
