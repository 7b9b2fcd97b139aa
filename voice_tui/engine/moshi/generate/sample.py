"""Sampling inside the graph of a step, from an explicit random key, so that a seed replays a conversation exactly."""

from __future__ import annotations

from voice_tui.engine.moshi.generate.port import Choice, Sampling
from voice_tui.engine.moshi.lib import Array, mx


def pick(choice: Choice, logits: Array, key: Array) -> Array:
    """Return one token per row.

    Args:
        logits: Shape (..., n). `key`: random key of this token alone.
    """
    if choice.temperature == 0:
        return mx.argmax(logits, axis=-1).astype(mx.int32)
    logits = logits.astype(mx.float32) * (1 / choice.temperature)
    if 0 < choice.top_k < logits.shape[-1]:
        logits = _keep_top(logits, choice.top_k)
    if choice.min_p > 0:
        floor = mx.max(logits, axis=-1, keepdims=True) + mx.log(mx.array(choice.min_p))
        logits = mx.where(logits < floor, -mx.inf, logits)
    if choice.top_p < 1:
        logits = _keep_share(logits, choice.top_p)
    return mx.random.categorical(logits, axis=-1, key=key).astype(mx.int32)


def weigh_text(logits: Array, sampling: Sampling, padding: int, recent: Array) -> Array:
    """Apply the padding bonus and the repetition penalty.

    Args:
        logits: Shape (1, 1, n). `padding`: id of the padding token.
        recent: The latest text tokens, int32 (any number,), -1 for none.
    """
    ids = mx.arange(logits.shape[-1])
    if sampling.repetition_penalty != 1:
        said = mx.any(ids[None] == recent[:, None], axis=0)
        penalty = sampling.repetition_penalty
        logits = mx.where(said, mx.where(logits > 0, logits / penalty, logits * penalty), logits)
    if sampling.padding_bonus:
        logits = logits + mx.where(ids == padding, sampling.padding_bonus, 0.0).astype(logits.dtype)
    return logits


def _keep_top(logits: Array, count: int) -> Array:
    """Leave only the likeliest; as upstream does, so that ties fall the same way."""
    rest = mx.argpartition(-logits, kth=count - 1, axis=-1)[..., count:]
    return mx.put_along_axis(logits, rest, mx.array(-mx.inf, logits.dtype), axis=-1)


def _keep_share(logits: Array, share: float) -> Array:
    """Leave only the likeliest tokens that together reach `share`; always at least one."""
    probabilities = mx.softmax(logits, axis=-1)
    order = mx.argsort(-probabilities, axis=-1)
    ordered = mx.take_along_axis(probabilities, order, axis=-1)
    before = mx.cumsum(ordered, axis=-1) - ordered
    kept = mx.where(before < share, mx.take_along_axis(logits, order, axis=-1), -mx.inf)
    return mx.put_along_axis(logits, order, kept, axis=-1)
