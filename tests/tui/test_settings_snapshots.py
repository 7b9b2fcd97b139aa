"""Pictures of the settings screen at 80x24 and 120x36; see `test_snapshots`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.driving import SETTINGS_PATH, make_app, press, session_of, settle
from tests.tui.test_snapshots import TALK
from voice_tui.config import Origin
from voice_tui.events import AnyEvent, SettingsChanged
from voice_tui.settings import AudioSettings, LlmSettings, Settings, TurnSettings

MINE = Settings(
    audio=AudioSettings(volume=0.8, echo="half-duplex"),
    turns=TurnSettings(silence=0.6),
    llm=LlmSettings(base_url="http://127.0.0.1:11434/v1", model="qwen3"),
)
ORIGINS = {
    "audio.volume": Origin("env", "VOICE_TUI_AUDIO_VOLUME"),
    "audio.echo": Origin("flag", "--set audio.echo"),
    "turns.silence": Origin("file", f"{SETTINGS_PATH}, line 12"),
    "llm.base_url": Origin("file", f"{SETTINGS_PATH}, line 15"),
    "llm.model": Origin("file", f"{SETTINGS_PATH}, line 16"),
}


@dataclass(frozen=True)
class Scene:
    """Keys after F2, then what the session says."""

    keys: Sequence[str] = ()
    then: Sequence[AnyEvent] = ()


SCENES = {
    "settings": Scene(),
    "settings_search": Scene(["slash", *"language"]),
    "settings_nothing": Scene(["slash", *"xyz"]),
    "settings_number": Scene(["slash", *"silence ends", "enter", "enter"]),
    "settings_wrong": Scene(["slash", *"silence ends", "enter", "enter", "ctrl+u", *"soon", "enter"]),
    "settings_choice": Scene(["slash", *"push", "enter", "enter", "down"]),
    "settings_text": Scene(["slash", *"who the assistant is", "enter", "enter"]),
    "settings_fixed": Scene(["slash", *"volume", "enter"]),
    "settings_later": Scene(
        ["slash", *"record", "enter", "down", "space"], [SettingsChanged(later=("recordings.enabled",))]
    ),
    "settings_refused": Scene(
        ["slash", *"address", "enter"],
        [SettingsChanged(refused=("llm.base_url",), message="The language model has no such address", hint="Check it")],
    ),
    "settings_reset_all": Scene(["R"]),
    "settings_help": Scene(["f1"]),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
@pytest.mark.parametrize("name", SCENES)
def test_picture(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    compare(name, size, snap_compare)


@pytest.mark.parametrize("name", ["settings", "settings_number"])
def test_picture_of_a_tiny_terminal(name: str, snap_compare: Callable[..., bool]) -> None:
    compare(name, (20, 5), snap_compare)


def compare(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    scene = SCENES[name]
    app = make_app(TALK, settings=MINE, origins=ORIGINS)

    async def perform(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await press(pilot, "f2", *scene.keys)
        session_of(app).emit(*scene.then)
        await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=perform)
    finally:
        app.shut_down(1.0)
