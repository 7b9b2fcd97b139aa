"""Weights into PyTorch's model on a device: strict, tensor by tensor, with progress, and to be cancelled."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

from voice_tui.engine.moshi.checkpoint.layout import Config, Shape
from voice_tui.engine.moshi.load.find import Checkpoint
from voice_tui.engine.moshi.load.header import read_header
from voice_tui.engine.moshi.load.names import Source, check, is_pytorch
from voice_tui.engine.moshi.load.watch import CHUNK_BYTES, LoadCancelledError, Loading, Watch
from voice_tui.engine.moshi.pytorch.lib import Tensor, loaders, safetensors, torch
from voice_tui.engine.moshi.pytorch.names import copies, origins
from voice_tui.errors import EngineError

_NOT_SHAPE = {
    *("model_type", "moshi_name", "mimi_name", "mimi_config_name", "tokenizer_name", "lora_name", "model_id"),
    *("lm_gen_config", "stt_config", "tts_config"),
}
"""What a config.json says besides the shape of the model."""


def load_lm(checkpoint: Checkpoint, device: str, watch: Watch) -> Any:
    """Load a language model, in the precision it is stored in.

    Args:
        checkpoint: Its files. `device`: as PyTorch names it. `watch`: told after every 100 MB; False cancels.

    Returns:
        A `moshi.models.LMModel`.

    Raises:
        EngineError: The file is broken, quantised, of another model, or larger than the device's memory.
        LoadCancelledError: `watch` returned False.
    """
    found = read_header(checkpoint.lm)
    if checkpoint.bits or any(name.endswith((".scales", "_scb")) for name in found):
        raise EngineError(
            f"PyTorch cannot compute the quantised weights of {checkpoint.name}",
            hint="Choose weights that are not, such as kyutai/moshiko-mlx-bf16; or moshi.device = mlx",
        )
    model = empty_model(checkpoint.config)
    wanted: dict[str, Shape] = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    origin = origins(wanted, found, checkpoint.config)
    stored = wanted
    if not is_pytorch(found):  # its norms have one axis
        found = {name: shape for name, shape in found.items() if name not in copies(found, checkpoint.config)}
        stored = {name: shape[2:] if name.endswith(".alpha") else shape for name, shape in wanted.items()}
    check(checkpoint.lm.name, found, stored, origin)
    model.load_state_dict(_read(checkpoint, device, wanted, origin, watch), strict=True, assign=True)
    return model.requires_grad_(False)


def empty_model(config: Config, dtype: Any = None) -> Any:
    """Return the model without weights, which takes no memory.

    Raises:
        EngineError: This kind of model is not known.
    """
    shape = {key: value for key, value in config.items() if key not in _NOT_SHAPE}
    if shape["depformer_dim_feedforward"] == 4 * shape["depformer_dim"]:  # moshi_mlx reads 4 as 4.125
        shape["depformer_dim_feedforward"] = int(4.125 * shape["depformer_dim"])
    try:
        model = loaders.get_moshi_lm(None, shape, device="meta", dtype=dtype or torch.bfloat16)
    except (AssertionError, KeyError, RuntimeError, TypeError, ValueError) as e:
        raise EngineError(f"This kind of model is not known: {e}", hint="Choose a Moshi model") from e
    if model.condition_provider is not None or shape.get("cross_attention") or shape.get("demux_second_stream"):
        raise EngineError(
            "Models with conditioners, cross-attention or a second text stream cannot converse",
            hint="Choose a Moshi model",
        )
    return model


def _read(
    checkpoint: Checkpoint, device: str, wanted: Mapping[str, Shape], origin: Mapping[str, Source], watch: Watch
) -> dict[str, Tensor]:
    begun = time.perf_counter()
    state: dict[str, Tensor] = {}
    total, done, told = checkpoint.lm.stat().st_size, 0, 0

    def tell(so_far: int) -> None:
        if not watch(Loading("loading the model", so_far, total, time.perf_counter() - begun)):
            raise LoadCancelledError("Loading the model was cancelled")

    try:
        with safetensors.safe_open(str(checkpoint.lm), framework="pt", device=device) as file:
            for name, shape in wanted.items():
                state[name] = _taken(file, origin[name]).reshape(shape)
                done += state[name].nbytes
                if done - told >= CHUNK_BYTES:
                    told = done
                    tell(done)
    except torch.OutOfMemoryError as e:
        raise no_room(checkpoint.name, _bytes(wanted.values())) from e
    tell(total)
    return state


def no_room(name: str, needed: int) -> EngineError:
    """Return what to say where the card's memory is full."""
    return EngineError(
        f"{name} does not fit into the free memory of the NVIDIA card: its weights take {needed / 1e9:.1f} GB",
        hint="End other programs on the card, or use the cascade: engine.name = cascade",
    )


def _bytes(shapes: Iterable[Shape]) -> int:
    return 2 * sum(math.prod(shape) for shape in shapes)


def _taken(file: Any, source: Source) -> Tensor:
    if source.split is None:
        return file.get_tensor(source.name)
    which, count = source.split
    part = file.get_slice(source.name)
    rows = part.get_shape()[0] // count
    return part[which * rows : (which + 1) * rows]
