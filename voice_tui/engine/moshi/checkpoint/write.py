"""Random checkpoints, tensor by tensor, so that even the 7B model needs no more memory than its largest tensor."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from voice_tui.engine.moshi.checkpoint.layout import (
    GROUP_SIZE,
    LM_FILES,
    MIMI_FILE,
    TEXT_FILE,
    Bits,
    Config,
    Shape,
    Tensor,
    lm_tensors,
    mimi_tensors,
)
from voice_tui.engine.moshi.checkpoint.tokenizer import tokenizer
from voice_tui.errors import EngineError

Dtype = Literal["bfloat16", "float32"]
_ST_DTYPE = {"bfloat16": "BF16", "float32": "F32", "uint32": "U32"}
_WIDTH = {"bfloat16": 2, "float32": 4, "uint32": 4}

Wrote = Callable[[str, int], None]
"""File name and bytes written to it so far; called after every tensor."""


@dataclass(frozen=True, slots=True)
class Part:
    """An array as it stands in the file: a tensor, or a third of a quantised one."""

    name: str
    dtype: str
    shape: Shape

    @property
    def size(self) -> int:
        """Bytes."""
        return math.prod(self.shape) * _WIDTH[self.dtype]


def write_checkpoint(
    folder: Path,
    config: Config,
    *,
    bits: Bits = 0,
    seed: int = 0,
    dtype: Dtype = "bfloat16",
    mimi: bool = True,
    wrote: Wrote = lambda name, size: None,
) -> None:
    """Write an LM, Mimi, a tokenizer and config.json with random weights; the same seed gives the same bytes.

    Args:
        folder: Made if missing; files in it are replaced.
        config: Shape of the LM; see `layout.config`.
        bits: 0 leaves the weights as `dtype`; 4 and 8 quantise them as the releases are.
        seed: Of the weights. `dtype`: "bfloat16" is the releases'.
        mimi: Whether to write the codec too (385 MB; its size is always the real one).
        wrote: Told after every tensor.

    Raises:
        EngineError: The folder cannot be written, or MLX is needed for quantising and is not there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name = LM_FILES[bits]
        _write_file(folder / name, list(lm_tensors(config)), bits, dtype, seed, wrote)
        if mimi:
            _write_file(folder / MIMI_FILE, list(mimi_tensors()), 0, "float32", seed, wrote)
        (folder / TEXT_FILE).write_bytes(tokenizer(config["text_card"]))
        (folder / "config.json").write_text(json.dumps(config | {"moshi_name": name}, indent=2) + "\n")
    except OSError as e:
        raise EngineError(f"Cannot write the checkpoint to {folder}: {e.strerror}") from e


def write_mimi(folder: Path, *, seed: int = 0, wrote: Wrote = lambda name, size: None) -> Path:
    """Write a codec with random weights (385 MB) and return its file.

    Raises:
        EngineError: The folder cannot be written.
    """
    try:
        _write_file(folder / MIMI_FILE, list(mimi_tensors()), 0, "float32", seed, wrote)
    except OSError as e:
        raise EngineError(f"Cannot write the codec to {folder}: {e.strerror}") from e
    return folder / MIMI_FILE


def lm_bytes(config: Config, bits: Bits) -> int:
    """Return the bytes of an LM's weights, stored as the releases are."""
    return sum(part.size for tensor in lm_tensors(config) for part in _parts(tensor, bits, "bfloat16"))


def _write_file(path: Path, tensors: Sequence[Tensor], bits: Bits, dtype: Dtype, seed: int, wrote: Wrote) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        _write_header(file, (part for tensor in tensors for part in _parts(tensor, bits, dtype)))
        for tensor in tensors:
            for array in _arrays(tensor, bits, dtype, seed):
                file.write(array.tobytes())
            wrote(path.name, file.tell())
    partial.replace(path)


def _parts(tensor: Tensor, bits: Bits, dtype: Dtype) -> list[Part]:
    if not (bits and tensor.quantised):
        return [Part(tensor.name, dtype, tensor.shape)]
    rows, columns = tensor.shape
    groups, base = columns // GROUP_SIZE[bits], tensor.name.removesuffix("weight")
    if columns % GROUP_SIZE[bits]:
        raise EngineError(f"{tensor.name} is {columns} wide, which cannot be quantised in groups of {GROUP_SIZE[bits]}")
    packed = Part(tensor.name, "uint32", (rows, columns * bits // 32))
    return [packed, Part(f"{base}scales", dtype, (rows, groups)), Part(f"{base}biases", dtype, (rows, groups))]


def _write_header(file: BinaryIO, parts: Iterable[Part]) -> None:
    """Write the header of a safetensors file: its length, then JSON with the place of every array."""
    header: dict[str, object] = {}
    at = 0
    for part in parts:
        place = [at, at + part.size]
        header[part.name] = {"dtype": _ST_DTYPE[part.dtype], "shape": part.shape, "data_offsets": place}
        at += part.size
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    file.write(len(encoded).to_bytes(8, "little") + encoded)


def _arrays(tensor: Tensor, bits: Bits, dtype: Dtype, seed: int) -> list[NDArray[Any]]:
    values = random_values(tensor, seed)
    if bits and tensor.quantised:
        return _quantised(values, bits, dtype)
    return [values if dtype == "float32" else as_bfloat16(values)]


def random_values(tensor: Tensor, seed: int) -> NDArray[np.float32]:
    """Return the tensor's values, float32: they depend on its name and the seed alone."""
    if tensor.fill == "one":
        return np.full(tensor.shape, tensor.scale, np.float32)
    random = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())])
    return random.standard_normal(tensor.shape, np.float32) * np.float32(tensor.scale)


def as_bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return the bits of the nearest bfloat16, ties to even."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _quantised(values: NDArray[np.float32], bits: Bits, dtype: Dtype) -> list[NDArray[Any]]:
    from voice_tui.engine.moshi.lib import mx

    array = mx.array(values).astype(mx.bfloat16 if dtype == "bfloat16" else mx.float32)
    weight, *scales = mx.quantize(array, group_size=GROUP_SIZE[bits], bits=bits)
    stored = [scale.view(mx.uint16) if dtype == "bfloat16" else scale for scale in scales]
    return [np.array(part) for part in (weight, *stored)]
