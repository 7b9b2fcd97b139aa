"""How a session begins, how one on a file ends, and what is said when one cannot go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice_tui.engine.port import Engine, PastTurn
from voice_tui.errors import VoiceTuiError
from voice_tui.events import SearchMemories, SessionFailed, TalkMode
from voice_tui.frame import FRAME_SAMPLES, Pcm

SETTLE_SECONDS = 1.5
"""Silence after the end of a file that lets an open turn end before the session does."""

DUPLEX_SAMPLES = 2 * FRAME_SAMPLES
"""What is always on its way to the speaker while an engine gives a frame for every frame."""

LoadNote = Callable[[str], "tuple[Pcm, str]"]
"""Memory id -> recording (24 kHz) and its text; raises VoiceTuiError when there is none."""

LoadTurns = Callable[[str], Sequence[PastTurn]]
"""Conversation -> its latest turns, oldest first; raises VoiceTuiError when there is none."""


Search = Callable[[SearchMemories], bool]
"""Takes what is searched; any thread, returns at once. Whoever made it sends the answer."""


@dataclass(frozen=True, slots=True)
class Library:
    """What a session looks up of what was kept.

    Args:
        load_note: Recordings of spoken notes; None = there are none.
        load_turns: What was said in conversations that were kept; None = nothing was.
        search: Looks for memories.
    """

    load_note: LoadNote | None = None
    load_turns: LoadTurns | None = None
    search: Search = lambda wanted: True


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


def failure(error: Exception) -> SessionFailed:
    """Say in one clear sentence why a session cannot go on."""
    if isinstance(error, VoiceTuiError):
        return SessionFailed(message=error.message, hint=error.hint)
    message = f"The conversation stopped: {type(error).__name__}: {error}"
    return SessionFailed(message=message, hint="The log has the details")


class Drain:
    """When a session on a file is over, once its input is.

    Args:
        longest: See `Start.drain`.
    """

    def __init__(self, longest: float | None) -> None:
        self._longest = longest
        self._since: float | None = None

    def over(self, now: float, engine: Engine, pending: int) -> bool:
        """Whether to stop; called from the end of the input on.

        Args:
            now: Session clock. `engine`: with nothing to say it is waited for no longer. `pending`: samples unheard.
        """
        if self._longest is None:
            return False
        if self._since is None:
            self._since = now
        waited = now - self._since
        always = DUPLEX_SAMPLES if engine.capabilities.full_duplex else 0
        return (engine.idle and pending <= always and waited > SETTLE_SECONDS) or waited > self._longest
