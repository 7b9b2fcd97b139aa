"""The real app with a real session: the pane finds what the file's full text cannot."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.memory.models import tiny_model
from voice_tui.session.host import SessionHost
from voice_tui.settings import MemorySettings, Settings, TtsSettings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.surroundings import Surroundings

PATIENCE = 60.0

pytestmark = pytest.mark.timeout(180)


async def until(pilot: Pilot[int], done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come"
        await pilot.pause(0.05)


async def test_a_question_in_the_pane_is_answered_by_recall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory holds every word of it; the model is a small one with made up weights, so that any machine has it."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    monkeypatch.delenv("ALSA_CONFIG_PATH", raising=False)
    path, words = tmp_path / "memory.db", "where is the key"
    with SqliteMemory(path) as store:
        key = store.add(NewMemory("the key is under the pot"))
    memory = MemorySettings(path=str(path), embedder_model=str(tiny_model(tmp_path / "tiny")))
    settings = Settings(memory=memory, tts=TtsSettings(provider="none"))
    app = VoiceTuiApp(SessionHost(settings), lambda: SqliteMemory(path), settings, Surroundings())
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.press("f4", "slash", *words)
            await until(pilot, lambda: app.state.shelf.query == words and app.state.shelf.loaded, "the listing")
            await until(pilot, lambda: app.state.shelf.reach == "meaning", "the session's answer")
            assert [found.id for found in app.state.shelf.memories] == [key.id]
            assert app.state.shelf.scores[key.id] > 0.7
    finally:
        app.shut_down(2.0)
