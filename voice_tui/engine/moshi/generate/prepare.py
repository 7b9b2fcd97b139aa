"""Weights laid out for one-row steps: embeddings and depformer inputs in one table each, linear layers turned.

The model can be called as before: its tensors become views of the new ones, so that nothing is held twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from voice_tui.engine.moshi.lib import Array, mx, nn, on_cpu
from voice_tui.errors import EngineError

_PARTS = ("weight", "scales", "biases")


@dataclass(frozen=True, slots=True)
class Table:
    """Several tables of rows as one.

    Args:
        parts: weight, and where it is quantised scales and biases; stacked along the rows.
        group_size, bits: Of the quantisation; 0 for none.
    """

    parts: tuple[Array, ...]
    group_size: int = 0
    bits: int = 0

    def rows(self, ids: Array) -> Array:
        """Return the rows, shape (len(ids), width)."""
        taken = [part[ids] for part in self.parts]
        return mx.dequantize(*taken, group_size=self.group_size, bits=self.bits) if self.bits else taken[0]

    def project(self, x: Array) -> Array:
        """Return x times every row, shape (..., rows)."""
        if self.bits:
            weight, scales, biases = self.parts
            return mx.quantized_matmul(
                x, weight, scales, biases, transpose=True, group_size=self.group_size, bits=self.bits
            )
        return x @ self.parts[0].T


def prepare(model: Any) -> tuple[Table, Table]:
    """Lay the weights of an `Lm` out anew; returns the table of audio embeddings and that of the depformer's inputs.

    Raises:
        EngineError: The model has parts that are not supported.
    """
    cfg = model.cfg
    if cfg.transformer.cross_attention or cfg.demux_second_stream:
        raise EngineError(
            "Models with cross-attention or a second text stream cannot converse", hint="Choose a Moshi model"
        )
    embeddings = _merged(model.audio_embs)
    inputs = _merged([part.linear_in for part in model.depformer.slices])
    if not inputs.bits:
        inputs = Table((_turned(inputs.parts[0]).T,))
    for module in model.modules():
        plain = [(name, part) for name, part in module.items() if type(part) is nn.Linear and "bias" not in part]
        for name, part in plain:
            module[name] = Turned(_turned(part.pop("weight")))  # popped: nothing is held twice meanwhile
    return embeddings, inputs


@dataclass(frozen=True, slots=True)
class Turned:
    """A linear layer whose weight is turned once, not in every step.

    Args:
        weight: (inputs, outputs).
    """

    weight: Array

    def __call__(self, x: Array) -> Array:
        """Project (..., inputs) to (..., outputs)."""
        return x @ self.weight


def _turned(weight: Array) -> Array:
    """The weight with its inputs first: a view, but on a CPU in one piece: MLX's BLAS is up to twice as fast then."""
    turned = mx.contiguous(weight.T) if on_cpu() else weight.T
    mx.eval(turned)
    return turned


def _merged(modules: list[Any]) -> Table:
    names = [name for name in _PARTS if name in modules[0]]
    stacked = tuple(mx.concatenate([module[name] for module in modules], axis=0) for name in names)
    mx.eval(stacked)
    size = stacked[0].shape[0] // len(modules)
    for index, module in enumerate(modules):
        for name, whole in zip(names, stacked, strict=True):
            module[name] = whole[index * size : (index + 1) * size]
    if len(names) == 1:
        return Table(stacked)
    return Table(stacked, modules[0].group_size, modules[0].bits)
