"""How a session begins."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from voice_tui.events import TalkMode


@dataclass(frozen=True, slots=True)
class Start:
    """How a session begins.

    Args:
        mode: Open microphone or push-to-talk. `volume`: gain of the voice, 0-2.
        conversation: Makes the id of a new conversation.
        drain: For files: stop once the input is over and the engine idle, or this many seconds later; None = never.
    """

    mode: TalkMode = "open"
    volume: float = 1.0
    conversation: Callable[[], str] = lambda: f"{time.time_ns():x}"
    drain: float | None = None
