"""The header of a safetensors file: what is in it, and whether the file is whole. Loads no library.

Format: 8 bytes little-endian length, that many bytes of JSON, then the tensors (github.com/huggingface/safetensors).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from voice_tui.engine.moshi.checkpoint.layout import Shape
from voice_tui.errors import EngineError

_LONGEST = 100_000_000
"""Bytes of the longest header that the format allows."""

AGAIN = "Download the model again"


def read_header(path: Path) -> dict[str, Shape]:
    """Return the shape of every tensor in the file, and check that the file holds them all.

    Raises:
        EngineError: It is no safetensors file, or cut short.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_LONGEST, max(0, size - 8)):
                raise EngineError(f"{path} is not a safetensors file, or cut short", hint=AGAIN)
            entries: Any = json.loads(file.read(length))
        return _shapes(path, entries, size - 8 - length)
    except OSError as e:
        raise EngineError(f"{path} cannot be read: {e.strerror}") from e
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise EngineError(f"{path} is not a safetensors file", hint=AGAIN) from e


def _shapes(path: Path, entries: dict[str, Any], available: int) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    end = 0
    for name, entry in entries.items():
        if name != "__metadata__":
            shapes[name] = tuple(int(size) for size in entry["shape"])
            end = max(end, int(entry["data_offsets"][1]))
    if not shapes:
        raise EngineError(f"{path} holds no tensors", hint=AGAIN)
    if end > available:
        raise EngineError(f"{path} is cut short: {end - available:,} of {end:,} bytes are missing", hint=AGAIN)
    return shapes
