"""The two namings of an LM: MLX's, which the model has, and PyTorch's, which some releases are written in.

The mapping is that of `Lm.load_pytorch_weights` in moshi_mlx 0.3.0 (models/lm.py), written for one name at a time, so
that what is missing or surplus can be named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from voice_tui.engine.moshi.checkpoint.layout import Config, Shape
from voice_tui.errors import EngineError

_SLICE = re.compile(r"depformer\.slices\.(\d+)\.(.+)")
_LAYER = re.compile(r"transformer\.layers\.(\d+)\.(.+)")
_SHOWN = 4
"""Names in a complaint; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where one tensor of the model comes from.

    Args:
        name: In the file.
        split: (which, of how many) equal parts along the first axis; None = all of it.
        flat: Stored as (1, 1, n).
    """

    name: str
    split: tuple[int, int] | None = None
    flat: bool = False


def is_pytorch(names: Iterable[str]) -> bool:
    """Whether the file is written in PyTorch's naming."""
    return "out_norm.alpha" in names


def sources(wanted: Iterable[str], config: Config, *, pytorch: bool) -> dict[str, Source]:
    """Return for every tensor of the model where it comes from.

    Args:
        wanted: Names of the model's tensors.
        config: Of the model. `pytorch`: the naming of the file.
    """
    if not pytorch:
        return {name: Source(name) for name in wanted}
    return {name: _pytorch_source(name, config) for name in wanted}


def _pytorch_source(name: str, config: Config) -> Source:
    if (match := _SLICE.fullmatch(name)) is not None:
        return _slice_source(int(match[1]), match[2], config)
    if name == "out_norm.weight" or re.fullmatch(r"transformer\.layers\.\d+\.norm[12]\.weight", name):
        return Source(name.removesuffix("weight") + "alpha", flat=True)
    name = name.replace("audio_embs.", "emb.") if name.startswith("audio_embs.") else name
    return Source(name.replace(".in_proj.weight", ".in_proj_weight"))


def _slice_source(index: int, rest: str, config: Config) -> Source:
    schedule: list[int] | None = config.get("depformer_weights_per_step_schedule")
    shared = schedule[index] if schedule else index
    count = max(schedule) + 1 if schedule else config["dep_q"]
    if (match := _LAYER.fullmatch(rest)) is not None:
        return _depformer_layer_source(f"depformer.layers.{match[1]}", match[2], shared, count)
    if rest == "linear_in.weight":
        return Source(f"depformer_in.{shared}.weight")
    if rest == "linear_out.weight":
        return Source(f"linears.{index}.weight")
    return Source(f"depformer_text_emb.{rest[4:]}" if index == 0 else f"depformer_emb.{index - 1}.{rest[4:]}")


def _depformer_layer_source(layer: str, rest: str, shared: int, count: int) -> Source:
    if rest.startswith("norm"):
        return Source(f"{layer}.{rest.removesuffix('weight')}alpha", flat=True)
    if rest.startswith("gating."):
        return Source(f"{layer}.gating.{shared}.{rest.removeprefix('gating.')}")
    return Source(f"{layer}.{rest.replace('in_proj.weight', 'in_proj_weight')}", split=(shared, count))


def check(file: str, found: Mapping[str, Shape], wanted: Mapping[str, Shape], origin: Mapping[str, Source]) -> None:
    """Compare what the file has with what the model wants.

    Args:
        file: Its name, for the complaint. `found`: tensors of the file. `wanted`: tensors of the model.
        origin: Where each wanted one comes from.

    Raises:
        EngineError: Tensors are missing, surplus or of another shape; the message names them.
    """
    needed = {source.name for source in origin.values()}
    complaints: list[str] = []
    if missing := sorted(needed.difference(found)):
        complaints.append(f"lacks {_listed(missing)}")
    if surplus := sorted(set(found).difference(needed)):
        complaints.append(f"has {_listed(surplus)} too many")
    if not complaints:
        wrong = [
            f"{name} {found[origin[name].name]} instead of {shape}"
            for name, shape in wanted.items()
            if _shape(found, origin[name]) != shape
        ]
        complaints += [f"has another shape: {_listed(wrong)}"] if wrong else []
    if complaints:
        raise EngineError(
            f"{file} does not fit its model: it {' and '.join(complaints)}",
            hint="The weights and config.json belong to different models; download the model again",
        )


def _shape(found: Mapping[str, Shape], source: Source) -> Shape:
    shape = found[source.name]
    if source.flat:
        return shape[2:]
    return (shape[0] // source.split[1], *shape[1:]) if source.split else shape


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
