"""Changes of memories: by a key, taken back, not by a sentence typed over the list, and by another program."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from textual.widgets import OptionList

from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.fakes_memory import FakeMemory, some_memories
from tests.tui.driving import main_screen, make_app, press, running, settle
from voice_tui.tui import memory_flow
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.keeper import Keeper
from voice_tui.tui.screens.memory_text import MemoryTextScreen
from voice_tui.tui.widgets.memories import MemoryPane

WIDE = (120, 36)


def listed(app: VoiceTuiApp) -> list[str]:
    options = main_screen(app).query_one("#memory-list", OptionList)
    return [str(option.prompt).split("\n")[0] for option in options.options]


def made() -> tuple[VoiceTuiApp, FakeMemory]:
    store = FakeMemory(some_memories())
    return make_app(memory=store), store


async def test_an_edit_can_be_undone() -> None:
    app, store = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "down", "enter", *" or not", "enter")
        assert store.memories["m2"].text == "The spare key is under the blue pot. or not"
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "Changed; u takes it back · 5"
        await press(pilot, "u")
        assert store.memories["m2"].text == "The spare key is under the blue pot."
        assert app.state.shelf.undo == ()


async def test_a_sentence_typed_over_the_list_changes_no_memory() -> None:
    """Letters that ask nothing and belong to a sentence: what changes words needs Enter."""
    app, store = made()
    before = dict(store.memories)
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "down", *"hello there")
        assert not isinstance(app.screen, MemoryTextScreen)
        assert store.memories == before


async def test_what_another_program_remembers_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_flow, "LOOK_SECONDS", 0.05)
    with SqliteMemory(tmp_path / "memory.db") as mine, SqliteMemory(tmp_path / "memory.db") as others:
        app = make_app(memory=cast("Any", mine))
        async with running(app, WIDE) as pilot:
            assert app.state.shelf.total == 0
            await asyncio.to_thread(others.add, NewMemory(text="The other window was open."))
            await settle(pilot, lambda: app.state.shelf.total == 1)
            assert listed(app) == ["The other window was open."]


async def test_nobody_looks_for_changes_while_the_pane_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def looked(*_: object) -> bool:
        nonlocal looks
        looks += 1
        return True

    monkeypatch.setattr(memory_flow, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(Keeper, "look", looked)
    app, _ = made()
    async with running(app, WIDE) as pilot:
        await settle(pilot, lambda: looks > 0)
        await press(pilot, "f4", "f4")
        assert not main_screen(app).query_one(MemoryPane).display
        before = looks
        for _ in range(5):
            await asyncio.sleep(0.01)  # five times what the look takes to come round
            await pilot.pause()
        assert looks == before
