"""Weights into memory: strict, in chunks, with progress, and to be cancelled between two of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from voice_tui.engine.moshi.checkpoint.layout import GROUP_SIZE, Config, Shape
from voice_tui.engine.moshi.lib import Array, moshi_lm, mx, nn, utils
from voice_tui.engine.moshi.load.find import Checkpoint
from voice_tui.engine.moshi.load.header import read_header
from voice_tui.engine.moshi.load.names import Source, check, is_pytorch, sources
from voice_tui.engine.moshi.load.watch import CHUNK_BYTES, Loading, Watch
from voice_tui.engine.moshi.load.watch import LoadCancelledError as LoadCancelledError
from voice_tui.errors import EngineError

DUPLEX_CODEBOOKS = 8
"""Codebooks of one voice in conversation; a model that also predicts the user's has them to spare."""


def load_lm(checkpoint: Checkpoint, watch: Watch = lambda loading: True) -> Any:
    """Load a language model.

    Args:
        checkpoint: Its files. `watch`: see `Watch`.

    Returns:
        A `moshi_mlx.models.Lm` whose weights are in memory.

    Raises:
        EngineError: The file is broken or of another model.
        LoadCancelledError: `watch` returned False.
    """
    found = read_header(checkpoint.lm)
    pytorch = is_pytorch(found)
    model = empty_model(checkpoint.config, checkpoint.bits)
    wanted: dict[str, Shape] = {name: tuple(array.shape) for name, array in parameters(model)}
    origin = sources(wanted, checkpoint.config, pytorch=pytorch)
    check(checkpoint.lm.name, found, wanted, origin)
    model.load_weights(list(_lazy(mx.load(str(checkpoint.lm)), origin).items()), strict=True)
    read_weights(model, watch)
    return _trimmed(model)


def empty_model(config: Config, bits: int) -> Any:
    """Return the model without weights (MLX makes arrays when they are needed, so this costs nothing).

    Raises:
        EngineError: This kind of model is not known.
    """
    try:
        model = moshi_lm.Lm(moshi_lm.LmConfig.from_config_dict(config))
    except (KeyError, TypeError, ValueError) as e:
        raise EngineError(f"This kind of model is not known: {e}", hint="Choose a Moshi model") from e
    if bits:
        nn.quantize(model, bits=bits, group_size=GROUP_SIZE[bits])
    return model


def parameters(model: Any) -> list[tuple[str, Array]]:
    """Return every tensor with its name."""
    return utils.tree_flatten(model.parameters())


def _lazy(stored: Mapping[str, Array], origin: Mapping[str, Source]) -> dict[str, Array]:
    return {name: _taken(stored[source.name], source) for name, source in origin.items()}


def _taken(array: Array, source: Source) -> Array:
    if source.flat:
        return array[0, 0]
    if source.split is None:
        return array
    which, count = source.split
    return mx.split(array, count)[which]


def read_weights(model: Any, watch: Watch) -> None:
    """Bring the weights into memory, chunk by chunk.

    Raises:
        LoadCancelledError: `watch` returned False.
    """
    begun = time.perf_counter()
    arrays = [array for _, array in parameters(model)]
    total, done = sum(array.nbytes for array in arrays), 0
    for chunk in _chunks(arrays):
        mx.eval(chunk)
        done += sum(array.nbytes for array in chunk)
        if not watch(Loading("loading the model", done, total, time.perf_counter() - begun)):
            raise LoadCancelledError("Loading the model was cancelled")


def _chunks(arrays: Iterable[Array]) -> Iterable[list[Array]]:
    chunk: list[Array] = []
    size = 0
    for array in arrays:
        chunk.append(array)
        size += array.nbytes
        if size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _trimmed(model: Any) -> Any:
    """Leave out what predicts the user's codebooks (PersonaPlex-7B): live, the user speaks for themselves."""
    depformer = model.cfg.depformer
    if model.cfg.audio_codebooks == 2 * DUPLEX_CODEBOOKS and depformer.num_slices > DUPLEX_CODEBOOKS:
        model.depformer.slices = model.depformer.slices[:DUPLEX_CODEBOOKS]
        depformer.num_slices = DUPLEX_CODEBOOKS
    return model
