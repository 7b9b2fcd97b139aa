"""Which tensors of a file make PyTorch's model: a file in PyTorch's naming, older or newer, or in MLX's. Pure.

Released files have the attention of all slices of the depformer in one tensor; `moshi` 0.2.13 keeps one per slice. What
MLX calls a tensor is found by turning `load/names.py` round.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from voice_tui.engine.moshi.checkpoint.layout import Config, Shape
from voice_tui.engine.moshi.load.names import Source, is_pytorch, sources

_PROJECTION = re.compile(r"(.+\.self_attn)\.(in|out)_projs\.(\d+)\.weight")

Place = tuple[str, int]
"""Name of a tensor in an older file, and which of its equal parts."""


def origins(wanted: Iterable[str], found: Mapping[str, Shape], config: Config) -> dict[str, Source]:
    """Return for every tensor of the model where it comes from; one that is nowhere keeps its own name.

    Args:
        wanted: Names of the model's tensors. `found`: those of the file. `config`: of the model.
    """
    places = {name: _place(name) for name in wanted}
    if not is_pytorch(found):
        known = _by_place(found, config)
        return {name: Source(known.get(place, name)) for name, place in places.items()}
    parts = Counter(old for old, _ in places.values())
    return {name: _stored(name, place, parts[place[0]], found) for name, place in places.items()}


def copies(found: Iterable[str], config: Config) -> set[str]:
    """Return the tensors of a file in MLX's naming that say again what another one says: PyTorch shares them."""
    used = set(_by_place(found, config).values())
    return {name for name in found if name not in used}


def _place(name: str) -> Place:
    if (match := _PROJECTION.fullmatch(name)) is None:
        return name, 0
    return f"{match[1]}.{'in_proj_weight' if match[2] == 'in' else 'out_proj.weight'}", int(match[3])


def _stored(name: str, place: Place, parts: int, found: Mapping[str, Shape]) -> Source:
    old, which = place
    if name in found or old not in found:
        return Source(name)
    return Source(old, (which, parts) if parts > 1 else None)


def _by_place(found: Iterable[str], config: Config) -> dict[Place, str]:
    """MLX's name of every place; the first one where several slices share weights."""
    known: dict[Place, str] = {}
    for name, source in sources(found, config, pytorch=True).items():
        known.setdefault((source.name, source.split[0] if source.split else 0), name)
    return known
