"""How far the loading of a model is, and how to cancel it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voice_tui.errors import EngineError

CHUNK_BYTES = 100_000_000
"""Read between two reports: about 50 ms from a warm disk, so that whoever watches sees it move."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How far loading is.

    Args:
        phase: For a person. `done`, `total`: bytes.
        seconds: Since it began.
    """

    phase: str
    done: int
    total: int
    seconds: float


Watch = Callable[[Loading], bool]
"""Told after every chunk; returns False to cancel."""


class LoadCancelledError(EngineError):
    """The load was cancelled; nothing of the model is left."""
