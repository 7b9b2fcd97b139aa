"""The real app with a real session: providers and the engine are toggled in the settings screen while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from memory.store import SqliteMemory
from voice_tui.config import SettingsFile
from voice_tui.events import SettingsChanged
from voice_tui.session.host import SessionHost
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.surroundings import Surroundings
from voice_tui.tui.widgets.prompt import Prompt
from voice_tui.tui.widgets.settings import SettingList

PATIENCE = 60.0

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VoiceTuiApp:
    """Without a sound server: the session lives without devices."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    monkeypatch.delenv("ALSA_CONFIG_PATH", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(f'[memory]\npath = "{tmp_path}/memory.db"  # here\n[tts]\nprovider = "none"\n')
    file = SettingsFile(file=path, environment={})
    around = Surroundings(
        settings_path=path,
        origins=file.config.origins,
        save_settings=file.change,
        take_back_settings=file.take_back,
    )
    return VoiceTuiApp(
        SessionHost(file.config.settings),
        lambda: SqliteMemory(file.config.settings.memory.path),
        file.config.settings,
        around,
    )


async def until(pilot: Pilot[int], done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come"
        await pilot.pause(0.05)


async def ask(app: VoiceTuiApp, pilot: Pilot[int], words: str) -> str:
    before = len(answers(app))
    app.screen.query_one(Prompt).value = words
    await pilot.press("enter")
    await until(pilot, lambda: len(answers(app)) > before, f"an answer to {words!r}")
    return answers(app)[-1]


def answers(app: VoiceTuiApp) -> list[str]:
    return [
        line.text for line in app.state.conversation if line.role == "assistant" and line.kind == "turn" and line.final
    ]


async def choose(app: VoiceTuiApp, pilot: Pilot[int], path: str, *keys: str) -> None:
    """Change a setting by its editor, and wait until the session has taken it up."""
    seen = app.state.events_seen
    await pilot.press("f2")
    options = app.screen.query_one(SettingList)
    options.highlighted = options.get_option_index(path)
    await pilot.press("enter", *keys)
    await until(pilot, lambda: told(app, seen, path), f"word about {path}")
    await pilot.press("escape")
    await pilot.pause()


def told(app: VoiceTuiApp, since: int, path: str) -> bool:
    new = list(app.state.events)[-(app.state.events_seen - since) :] if app.state.events_seen > since else []
    return any(SettingsChanged.__struct_config__.tag in line and path in line for line in new)


async def test_voice_and_engine_are_toggled_while_it_runs(app: VoiceTuiApp) -> None:
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.state.health.ready, "the session")
            pid = app.session.pid  # type: ignore[attr-defined]
            await ask(app, pilot, "remember that the key is under the pot")
            assert not app.state.health.detail.endswith("espeak-ng")
            await choose(app, pilot, "tts.provider", "up", "enter")
            await until(pilot, lambda: app.state.health.detail.endswith("espeak-ng"), "the voice")
            await choose(app, pilot, "engine.name", "down", "down", "enter")
            await until(pilot, lambda: app.state.health.engine == "passthrough", "the other engine")
            await choose(app, pilot, "engine.name", "up", "up", "enter")
            await until(pilot, lambda: app.state.health.engine == "cascade", "the first engine")
            answer = await ask(app, pilot, "where is the key")
            assert "under the pot" in answer
            assert await ask(app, pilot, "say that again") == answer
            assert app.session.pid == pid, "the same session all along"  # type: ignore[attr-defined]
            assert app.state.session_starts == 1
            await choose(app, pilot, "llm.base_url", *"http://x:0/v1", "enter")
            await until(pilot, lambda: app.state.settings.llm.base_url == "", "the refusal")
            assert "under the pot" in await ask(app, pilot, "where is the key")
            await until(pilot, lambda: app.files.idle, "the file")
        text = app.surroundings.settings_path.read_text()
        assert 'provider = "espeak"' in text
        assert "# here" in text
        assert "base_url" not in text
    finally:
        app.shut_down(2.0)
