"""A snapshot of PyTorch's generator as a file: safetensors, only the slots in use. Nothing in it is executed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from voice_tui.engine.moshi.generate.past_file import arrays_of, check_parts, past_of
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
    tensors = {f"cache.{index}": part.contiguous() for index, part in enumerate(snapshot.cache)}
    tensors |= {name: torch.from_numpy(numbers) for name, numbers in arrays_of(snapshot.past).items()}
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
    names = [f"cache.{index}" for index in range(len(like.cache))]
    check_parts(path, names)
    try:
        tensors: dict[str, Tensor] = safetensors_torch.load_file(str(path), device=str(like.cache[0].device))
        past, _ = past_of({name: part.cpu().numpy() for name, part in tensors.items() if name not in names})
    except (OSError, RuntimeError, ValueError) as e:
        raise EngineError(f"{path} cannot be read: {e}") from e
    cache = tuple(tensors[name] for name in names)
    for part, other in zip(cache, like.cache, strict=True):
        slots = (*other.shape[:3], past.steps, *other.shape[4:])
        if part.shape != slots or part.dtype != other.dtype:
            raise EngineError(f"{path} was written for another model")
    return replace(like, past=past, cache=cache)
