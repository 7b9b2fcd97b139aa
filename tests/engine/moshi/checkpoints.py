"""How the tests make their checkpoints."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from voice_tui.engine.moshi.checkpoint.layout import MIMI_FILE, Bits, Config, config
from voice_tui.engine.moshi.checkpoint.write import write_checkpoint

CACHE = Path(__file__).parents[3] / ".cache" / "moshi"

MICRO: Config = config(
    "tiny",
    dim=128,
    num_heads=4,
    num_layers=2,
    text_card=512,
    card=64,
    context=96,
    depformer_dim=64,
    depformer_dim_feedforward=96,
    depformer_num_heads=4,
    depformer_num_layers=2,
)


def write_micro(folder: Path, shape: Config, *, bits: Bits = 0, seed: int = 1) -> Path:
    """Write a small float32 checkpoint whose codec is an empty file."""
    write_checkpoint(folder, shape, bits=bits, seed=seed, dtype="float32", mimi=False)
    (folder / MIMI_FILE).touch()
    return folder


def mimi_file() -> Path:
    """Return a codec of the real size with random weights (385 MB), made once for all tests."""
    place = CACHE / MIMI_FILE
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            write_checkpoint(CACHE, config("tiny"), mimi=True)
    return place


def pytorch_named(tensors: dict[str, Any], shape: Config, join: Callable[..., Any] = np.concatenate) -> dict[str, Any]:
    """Return an LM's tensors as PyTorch `moshi` 0.2.13 names and stacks them.

    Args:
        tensors: By MLX name. `shape`: config.json. `join`: concatenates along the first axis.
    """
    named: dict[str, Any] = {}
    for name, array in tensors.items():
        if not name.startswith("depformer.slices."):
            named[_plain(name)] = array[None, None] if _is_norm(name) else array
    for name in [name for name in tensors if name.startswith("depformer.slices.0.transformer.")]:
        rest = name.removeprefix("depformer.slices.0.transformer.")
        every = [tensors[f"depformer.slices.{i}.transformer.{rest}"] for i in range(shape["dep_q"])]
        if "gating" in rest:
            layer, part = rest.split(".gating.")
            named |= {f"depformer.{layer}.gating.{i}.{part}": array for i, array in enumerate(every)}
        elif "norm" in rest:  # PyTorch has one norm for all slices
            named["depformer." + rest.replace(".weight", ".alpha")] = every[0][None, None]
        else:
            named["depformer." + rest.replace("in_proj.weight", "in_proj_weight")] = join(every)
    for i in range(shape["dep_q"]):
        named[f"depformer_in.{i}.weight"] = tensors[f"depformer.slices.{i}.linear_in.weight"]
        named[f"linears.{i}.weight"] = tensors[f"depformer.slices.{i}.linear_out.weight"]
        own = "depformer_text_emb" if i == 0 else f"depformer_emb.{i - 1}"
        named[f"{own}.weight"] = tensors[f"depformer.slices.{i}.emb.weight"]
    return named


def _is_norm(name: str) -> bool:
    return "norm" in name


def _plain(name: str) -> str:
    if _is_norm(name):
        return name.replace(".weight", ".alpha")
    return name.replace("audio_embs.", "emb.").replace("in_proj.weight", "in_proj_weight")
