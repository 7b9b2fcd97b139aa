"""The two transformers of the model as pure functions over their key-value caches; the weights stay in their modules.

The arithmetic is that of moshi_mlx 0.3.0 (modules/transformer.py), but for the cache: a ring of exactly as many slots
as the model may look back. Upstream's keeps 4096 slots and looks at the last ones by place in the buffer, which are the
wrong ones from step 4096 on. Every operation of the graph costs the host 0.6 to 0.8 µs in every step, so what lies
together stays together: a batch of one has no axis, keys and values are one array, a weight is not turned in the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from voice_tui.engine.moshi.lib import Array, mx, nn

Cache = tuple[Array, ...]
"""Keys and values of every layer, each (2, heads, slots, width)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where new keys go and what is seen.

    Args:
        position: Of the first new one since the beginning, int32 scalar: the angle of the rotation.
        slot: Where they go in the ring, int32 (1,).
        mask: Which slots each of them sees, bool (1, 1, new, slots).
    """

    position: Array
    slot: Array
    mask: Array


def empty_cache(transformer: Any, slots: int, dtype: Any) -> Cache:
    """Return a cache for so many steps with nothing in it."""
    cfg = transformer.cfg
    shape = (2, cfg.num_heads, slots, cfg.head_dim)
    return tuple(mx.zeros(shape, dtype) for _ in range(cfg.num_layers))


def grown(cache: Cache, slots: int) -> Cache:
    """Return the cache with room for so many steps."""
    more = slots - cache[0].shape[2]
    return tuple(mx.pad(part, ((0, 0), (0, 0), (0, more), (0, 0))) for part in cache)


def run(transformer: Any, x: Array, cache: Cache, place: Place) -> tuple[Array, Cache]:
    """Pass new steps through the main transformer.

    Args:
        transformer: moshi_mlx's. `x`: (new, width).
        cache: Of the steps before. `place`: of the new ones.

    Returns:
        The output, and the cache with the new steps.
    """
    kept: list[Array] = []
    for layer, before in zip(transformer.layers, cache, strict=True):
        attention = layer.self_attn
        query, new = _projected(attention, layer.norm1(x), place.position)
        kept.append(mx.slice_update(before, new, place.slot, axes=(2,)))
        keys, values = mx.split(kept[-1], 2)
        attended = mx.fast.scaled_dot_product_attention(query, keys, values, scale=attention.scale, mask=place.mask)
        x = _finished(layer, x, attended)
    return x, tuple(kept)


def run_slice(transformer: Any, x: Array, before: list[Array | None], position: int) -> Array:
    """Pass one codebook through a slice of the depformer.

    Args:
        transformer: The slice's. `x`: (1, width).
        before: Keys and values of the codebooks before, per layer; gets those of this one. `position`: of it.
    """
    seen = transformer.cfg.context + 1
    for index, layer in enumerate(transformer.layers):
        attention, earlier = layer.self_attn, before[index]
        query, together = _projected(attention, layer.norm1(x), position)
        if earlier is not None:
            together = mx.concatenate([earlier, together], axis=2)
            together = together[:, :, -seen:] if position >= seen else together
        before[index] = together
        keys, values = mx.split(together, 2)
        attended = mx.fast.scaled_dot_product_attention(query, keys, values, scale=attention.scale)
        x = _finished(layer, x, values if earlier is None else attended)  # who sees itself alone attends to that
    return x


def _projected(attention: Any, x: Array, position: Array | int) -> tuple[Array, Array]:
    """Queries, (1, heads, new, width), and keys with values, (2, heads, new, width)."""
    heads, width = attention.cfg.num_heads, attention.cfg.head_dim
    projected = attention.in_proj(x)
    if x.shape[0] == 1:
        projected = projected.reshape(3, heads, 1, width)
    else:
        projected = projected.reshape(-1, 3, heads, width).transpose(1, 2, 0, 3)
    if attention.rope is not None:
        query_key, value = mx.split(projected, [2])
        projected = mx.concatenate([attention.rope(query_key, offset=position), value])
    query, together = mx.split(projected, [1])
    return query, together


def _finished(layer: Any, x: Array, attended: Array) -> Array:
    """The rest of a layer: output projection, residual, feed forward."""
    rows = attended if x.shape[0] == 1 else attended.transpose(0, 2, 1, 3)
    x = x + layer.layer_scale_1(layer.self_attn.out_proj(rows.reshape(x.shape)))
    gate, open_part = mx.split(layer.gating.linear_in(layer.norm2(x)), 2, axis=-1)
    return x + layer.layer_scale_2(layer.gating.linear_out(nn.silu(gate) * open_part))
