"""What the app sees of a session, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from voice_tui.events import AnyCommand, AnyEvent

OnEvent = Callable[[AnyEvent], None]
"""Called from the session's reader thread, one event at a time; must return at once."""


class SessionPort(Protocol):
    """One conversation that can be started, commanded and closed. Methods: any thread, never blocking but `close`."""

    def start(self, on_event: OnEvent) -> None:
        """Start it; returns at once, everything else comes as events (`SessionStarted` when it is ready).

        When the session dies, `on_event` gets a `Notice` that says so, and a fresh one starts within 2 s.
        """
        ...

    def send(self, command: AnyCommand) -> None:
        """Queue a command. While no session runs the command is dropped and a `Notice` says so.

        A `SearchMemories` is dropped without a word.
        """
        ...

    def restart(self) -> None:
        """End its process at once, for one that hangs; a fresh one starts."""
        ...

    def close(self, timeout: float = 0.4) -> None:
        """End it in order; after `timeout` seconds its process is killed. Safe to call twice."""
        ...
