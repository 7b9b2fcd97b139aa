"""Sampling with PyTorch, from random numbers that are handed in, so that a seed replays a conversation exactly.

Nothing here waits for the device, so that it can stand in a CUDA graph.
"""

from __future__ import annotations

from voice_tui.engine.moshi.generate.port import Choice, Sampling
from voice_tui.engine.moshi.pytorch.lib import Tensor, torch


def pick(choice: Choice, logits: Tensor, noise: Tensor) -> Tensor:
    """Return one token per row, int64.

    Args:
        logits: Shape (..., n). `noise`: as many exponential random numbers: the token whose probability divided by
            its number is the largest is a fair draw.
    """
    if choice.temperature == 0:
        return torch.argmax(logits, dim=-1)
    logits = logits.float() / choice.temperature
    if 0 < choice.top_k < logits.shape[-1]:
        least = torch.topk(logits, choice.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < least, -torch.inf)
    probabilities = torch.softmax(logits, dim=-1)
    if choice.min_p > 0:
        least = choice.min_p * probabilities.amax(dim=-1, keepdim=True)
        probabilities = probabilities.masked_fill(probabilities < least, 0)
    if choice.top_p < 1:
        probabilities = _share(probabilities, choice.top_p)
    return torch.argmax(probabilities / noise, dim=-1)


def weigh_text(logits: Tensor, sampling: Sampling, padding: int, recent: tuple[int, ...]) -> Tensor:
    """Apply the padding bonus and the repetition penalty.

    Args:
        logits: Shape (1, n). `padding`: id of the padding token.
        recent: The latest text tokens, -1 for none.
    """
    said = sorted({token for token in recent if token >= 0})
    if sampling.repetition_penalty != 1 and said:
        logits, penalty = logits.clone(), sampling.repetition_penalty
        chosen = logits[:, said]
        logits[:, said] = torch.where(chosen > 0, chosen / penalty, chosen * penalty)
    if sampling.padding_bonus:
        logits = logits.clone()
        logits[:, padding] += sampling.padding_bonus
    return logits


def _share(probabilities: Tensor, share: float) -> Tensor:
    """Leave only the likeliest tokens that together reach `share`; always at least one."""
    ordered, order = torch.sort(probabilities, dim=-1, descending=True)
    before = torch.cumsum(ordered, dim=-1) - ordered
    kept = ordered.masked_fill(before >= share, 0)
    return torch.zeros_like(probabilities).scatter(-1, order, kept)
