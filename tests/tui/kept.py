"""Conversations in a real store, for tests of the screen that shows them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from memory.conversations import Conversations
from memory.port import ConversationPort
from memory.store import SqliteMemory
from memory.types import Turn
from tests.fakes_memory import DAY, NOW
from tests.fakes_session import READY
from tests.tui.driving import make_app
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.talk_keeper import TalksFactory

SAID: dict[str, tuple[float, list[tuple[str, str]]]] = {
    "c-trip": (
        40 * DAY,
        [
            ("user", "When does the train to Lisbon leave on Friday?"),
            ("assistant", "You told me that it leaves at a quarter past nine."),
            ("user", "And how long does it take?"),
            ("assistant", "A little under three hours."),
        ],
    ),
    "c-key": (
        1.2 * DAY,
        [
            ("user", "Where is the spare key?"),
            ("assistant", "You told me that the spare key is under the blue pot."),
        ],
    ),
    "c-tea": (
        3_000.0,
        [
            ("user", "Set a timer for the tea, please, four minutes, the green one that must not stand too long"),
            ("assistant", "Four minutes from now."),
            ("user", "Thank you."),
        ],
    ),
}
"""Id -> how long ago it ended, seconds, and what was said; a turn every 50 s."""


def keep(path: Path) -> None:
    """Write the conversations down."""
    with SqliteMemory(path, clock=lambda: NOW) as store:
        for name, (ago, said) in SAID.items():
            began = NOW - ago - 50 * len(said)
            turns = [
                Turn(number, role, text, at=50.0 * number, said_at=began + 50 * number)  # type: ignore[arg-type]
                for number, (role, text) in enumerate(said, 1)
            ]
            Conversations(store).append(name, turns, started_at=began)


def opener(path: Path) -> TalksFactory:
    """Return what opens them for the app."""

    @contextmanager
    def opened() -> Generator[ConversationPort]:
        with SqliteMemory(path, clock=lambda: NOW) as store:
            yield Conversations(store)

    return opened


def app_on(path: Path, **more: Any) -> VoiceTuiApp:
    """Return an app that keeps its conversations there."""
    return make_app(more.pop("script", READY), conversations=opener(path), **more)
