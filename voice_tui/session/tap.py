"""Listening in on a session: what a recorder sees of the loop."""

from __future__ import annotations

from typing import Protocol

from voice_tui.events import AnyCommand
from voice_tui.frame import Frame


class Tap(Protocol):
    """Gets what goes in and out. Called on the session's main thread; every method returns at once."""

    def heard(self, frame: Frame, played: Frame) -> None:
        """A frame came from the microphone.

        Args:
            frame: As captured, before echo cancellation; silence while muted.
            played: What the speaker was given meanwhile, see `AudioPort.played`.
        """
        ...

    def commanded(self, command: AnyCommand) -> None:
        """A command is about to be carried out."""
        ...
