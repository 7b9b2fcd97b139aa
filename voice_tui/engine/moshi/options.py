"""From the settings to how the generator samples."""

from __future__ import annotations

import secrets

from voice_tui.engine.moshi.generate.port import Sampling
from voice_tui.settings import MoshiSettings


def sampling_of(settings: MoshiSettings) -> Sampling:
    """Return how tokens are chosen."""
    return Sampling(
        temperature=settings.temperature,
        text_temperature=settings.text_temperature,
        top_k=settings.top_k,
        text_top_k=settings.text_top_k,
        repetition_penalty=settings.repetition_penalty,
        padding_bonus=settings.padding_bonus,
    )


def seed_of(settings: MoshiSettings) -> int:
    """Return the seed of the random numbers: that of the settings, or one that nobody knows."""
    return settings.seed or secrets.randbits(31)
