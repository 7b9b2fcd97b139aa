"""The two transformers of the model as pure functions over their key-value caches; the weights stay in their modules.

The arithmetic is that of moshi_mlx 0.3.0 (modules/transformer.py), but for the cache: a ring of exactly as many slots
as the model may look back. Upstream's keeps 4096 slots and looks at the last ones by place in the buffer, which are the
wrong ones from step 4096 on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from voice_tui.engine.moshi.lib import Array, mx

Cache = tuple[Array, ...]
"""Keys and values of every layer in turn, each (1, heads, slots, width)."""


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
    shape = (1, cfg.num_heads, slots, cfg.head_dim)
    return tuple(mx.zeros(shape, dtype) for _ in range(2 * cfg.num_layers))


def grown(cache: Cache, slots: int) -> Cache:
    """Return the cache with room for so many steps."""
    more = slots - cache[0].shape[2]
    return tuple(mx.pad(part, ((0, 0), (0, 0), (0, more), (0, 0))) for part in cache)


def run(transformer: Any, x: Array, cache: Cache, place: Place) -> tuple[Array, Cache]:
    """Pass new steps through the main transformer.

    Args:
        transformer: moshi_mlx's. `x`: (1, new, width).
        cache: Of the steps before. `place`: of the new ones.

    Returns:
        The output, and the cache with the new steps.
    """
    kept: list[Array] = []
    for index, layer in enumerate(transformer.layers):
        query, key, value = _projected(layer.self_attn, layer.norm1(x))
        query, key = (_rotated(layer.self_attn, part, place.position) for part in (query, key))
        keys = mx.slice_update(cache[2 * index], key, place.slot, axes=(2,))
        values = mx.slice_update(cache[2 * index + 1], value, place.slot, axes=(2,))
        kept += [keys, values]
        x = _finished(
            layer,
            x,
            mx.fast.scaled_dot_product_attention(query, keys, values, scale=layer.self_attn.scale, mask=place.mask),
        )
    return x, tuple(kept)


def run_slice(transformer: Any, x: Array, before: list[tuple[Array, Array] | None], position: int) -> Array:
    """Pass one codebook through a slice of the depformer.

    Args:
        transformer: The slice's. `x`: (1, 1, width).
        before: Keys and values of the codebooks before, per layer; gets those of this one. `position`: of it.
    """
    for index, layer in enumerate(transformer.layers):
        query, key, value = _projected(layer.self_attn, layer.norm1(x))
        query, key = (_rotated(layer.self_attn, part, position) for part in (query, key))
        earlier = before[index]
        if earlier is not None:
            key, value = mx.concatenate([earlier[0], key], axis=2), mx.concatenate([earlier[1], value], axis=2)
        seen = transformer.cfg.context + 1
        before[index] = (key, value)
        x = _finished(
            layer,
            x,
            mx.fast.scaled_dot_product_attention(
                query, key[:, :, -seen:], value[:, :, -seen:], scale=layer.self_attn.scale
            ),
        )
    return x


def _projected(attention: Any, x: Array) -> tuple[Array, Array, Array]:
    """Queries, keys and values, each (1, heads, new, width)."""
    cfg = attention.cfg
    together = attention.in_proj(x).reshape(1, x.shape[1], 3, cfg.num_heads, cfg.head_dim)
    query, key, value = (together[:, :, which].transpose(0, 2, 1, 3) for which in range(3))
    return query, key, value


def _rotated(attention: Any, x: Array, position: Array | int) -> Array:
    return x if attention.rope is None else attention.rope(x, offset=position)


def _finished(layer: Any, x: Array, attended: Array) -> Array:
    """The rest of a layer: output projection, residual, feed forward."""
    attended = attended.transpose(0, 2, 1, 3).reshape(x.shape)
    x = x + layer.layer_scale_1(layer.self_attn.out_proj(attended))
    return x + layer.layer_scale_2(layer.gating(layer.norm2(x)))
