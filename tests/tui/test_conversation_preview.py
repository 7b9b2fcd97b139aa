"""The conversation beside the list: laid out for the terminal as it is, at the turn that the search finds now."""

from __future__ import annotations

from pathlib import Path

from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import Turn
from tests.fakes_memory import NOW
from tests.fakes_session import READY
from tests.tui.driving import make_app, press, running, screen_text, settle
from tests.tui.kept import opener
from voice_tui.tui.app import VoiceTuiApp

WIDE = (120, 36)


def app_with(folder: Path, turns: tuple[Turn, ...]) -> VoiceTuiApp:
    """An app that keeps one conversation."""
    with SqliteMemory(folder / "memory.db", clock=lambda: NOW) as store:
        Conversations(store).append("c", turns, started_at=NOW - 900)
    return make_app(READY, conversations=opener(folder / "memory.db"))


def without_keys(app: VoiceTuiApp) -> str:
    """Everything on screen but its last line."""
    return screen_text(app).rpartition("\n")[0]


async def test_after_a_resize_it_reads_as_if_it_were_opened_at_that_size(tmp_path: Path) -> None:
    turns = tuple(Turn(n, "user", f"turn {n} " + "words " * 25, at=n, said_at=NOW - 900 + n) for n in range(30))
    app = app_with(tmp_path, turns)
    sizes, keys = ((120, 36), (70, 30)), ("ctrl+r", "slash", *"12")
    opened: dict[tuple[int, int], str] = {}
    async with running(app, WIDE) as pilot:
        for size in sizes:
            await pilot.resize_terminal(*size)
            await press(pilot, *keys)
            opened[size] = without_keys(app)
            await press(pilot, "escape", "escape")
        await press(pilot, *keys)
        for size in sizes:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert without_keys(app) == opened[size]


async def test_what_is_typed_next_finds_another_turn_of_the_same_conversation(tmp_path: Path) -> None:
    turns = tuple(Turn(n, "user", f"turn {n}\n" * 9, at=n, said_at=NOW - 900 + n) for n in range(30))
    app = app_with(tmp_path, turns)
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r", "slash", *"turn 12")
        assert "│ turn 12" in screen_text(app)
        await press(pilot, "backspace", "7")
        assert "│ turn 17" in screen_text(app)
