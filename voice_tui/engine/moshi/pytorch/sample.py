"""Sampling with PyTorch, from random numbers that are handed in, so that a seed replays a conversation exactly.

Nothing here waits for the device, so that it can stand in a CUDA graph.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice_tui.engine.moshi.generate.port import Sampling
from voice_tui.engine.moshi.pytorch.lib import Tensor, torch


@dataclass(frozen=True, slots=True)
class Choice:
    """How one kind of token is chosen."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float

    def pick(self, logits: Tensor, noise: Tensor) -> Tensor:
        """Return one token per row, int64.

        Args:
            logits: Shape (..., n). `noise`: as many exponential random numbers: the token whose probability divided by
                its number is the largest is a fair draw.
        """
        if self.temperature == 0:
            return torch.argmax(logits, dim=-1)
        logits = logits.float() / self.temperature
        if 0 < self.top_k < logits.shape[-1]:
            least = torch.topk(logits, self.top_k, dim=-1).values[..., -1:]
            logits = logits.masked_fill(logits < least, -torch.inf)
        probabilities = torch.softmax(logits, dim=-1)
        if self.min_p > 0:
            least = self.min_p * probabilities.amax(dim=-1, keepdim=True)
            probabilities = probabilities.masked_fill(probabilities < least, 0)
        if self.top_p < 1:
            probabilities = _share(probabilities, self.top_p)
        return torch.argmax(probabilities / noise, dim=-1)


def text_choice(sampling: Sampling) -> Choice:
    """Return how text tokens are chosen."""
    return Choice(sampling.text_temperature, sampling.text_top_k, sampling.top_p, sampling.min_p)


def audio_choice(sampling: Sampling) -> Choice:
    """Return how audio tokens are chosen."""
    return Choice(sampling.temperature, sampling.top_k, sampling.top_p, sampling.min_p)


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
