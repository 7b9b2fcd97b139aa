"""Recording is in plain sight, and what was recorded can be found, replayed and deleted."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from tests.fakes_memory import NOW
from tests.fakes_session import READY
from tests.tui.driving import emit, main_screen, make_app, press, running, screen_text, settle, toasts
from voice_tui.config import Origin
from voice_tui.events import RecordingChanged, SessionFailed, StateChanged
from voice_tui.session.recording_format import ABOUT, About
from voice_tui.settings import RecordingSettings, Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.catalogue import BY_ID
from voice_tui.tui.screens.recordings import RecordingsScreen, replay_command
from voice_tui.tui.state.settings_view import Kept
from voice_tui.tui.widgets.status import StatusLine


def made(root: Path) -> list[Path]:
    """Three folders: whole, cut off, and of another version."""
    folders: list[Path] = []
    for name, ago, more in (
        ("2027-01-13 08.00.00 a", 2 * 86_400, {"complete": True, "frames": 900}),
        ("2027-01-14 07.00.00 b", 25 * 3600, {}),
        ("2027-01-15 07.30.00 it's", 1800, {}),
    ):
        folder = root / name
        folder.mkdir(parents=True)
        about = About(conversation=name, started_at=NOW - ago, settings=Settings(), **more)
        (folder / ABOUT).write_bytes(msgspec.json.encode(about))
        (folder / "microphone.flac").write_bytes(bytes(1_200_000))
        folders.append(folder)
    return folders


def app_on(root: Path) -> VoiceTuiApp:
    return make_app(READY, settings=Settings(recordings=RecordingSettings(path=str(root))))


def status(app: VoiceTuiApp) -> str:
    return main_screen(app).query_one(StatusLine).shown.plain


async def test_the_mark_stands_while_it_is_recorded_and_no_longer(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with running(app) as pilot:
        assert "REC" not in status(app)
        await emit(pilot, RecordingChanged(recording=True, folder="/r/1"))
        assert "● REC" in status(app)
        await emit(pilot, StateChanged(state="speaking"))
        assert "● REC" in status(app)
        await emit(pilot, RecordingChanged(recording=True, folder="/r/2"))
        await emit(pilot, RecordingChanged(recording=False, folder="/r/1"))
        assert "● REC" in status(app), "the end of an older one"
        await emit(pilot, RecordingChanged(recording=False, folder="/r/2"))
        assert "REC" not in status(app)
        for end in (SessionFailed(message="gone"), StateChanged(state="loading")):
            await emit(pilot, RecordingChanged(recording=True, folder="/r/3"), end)
            assert "REC" not in status(app)


async def test_the_mark_has_room_on_the_smallest_terminal(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with running(app, (24, 6)) as pilot:
        await emit(pilot, RecordingChanged(recording=True, folder="/r/1"))
        assert "● REC" in status(app)


async def test_they_are_listed_with_how_to_replay_one(tmp_path: Path) -> None:
    _, _, now = made(tmp_path)
    app = app_on(tmp_path)
    async with running(app, (120, 36)) as pilot:
        await emit(pilot, RecordingChanged(recording=True, folder=str(now)))
        await app.carry_out(BY_ID["recordings"])
        await settle(pilot)
        text = screen_text(app)
        assert "This conversation is recorded, the next one is not." in text
        assert "● Today 07:30 · goes on · 1.2 MB" in text
        assert "Yesterday 07:00 · ended early · 1.2 MB" in text
        assert "Wed 13 Jan 08:00 · 1:12 min · 1.2 MB" in text
        assert "voice-tui replay" in text
        await press(pilot, "down", "c")
        assert app.clipboard == replay_command(tmp_path / "2027-01-14 07.00.00 b")
        await press(pilot, "escape")
        assert app.screen is main_screen(app)


async def test_deleting_asks_and_spares_the_one_that_goes_on(tmp_path: Path) -> None:
    _, _, now = made(tmp_path)
    app = app_on(tmp_path)
    async with running(app) as pilot:
        await emit(pilot, RecordingChanged(recording=True, folder=str(now)))
        await app.carry_out(BY_ID["recordings"])
        await settle(pilot)
        await press(pilot, "d")
        assert isinstance(app.screen, RecordingsScreen)
        assert toasts(app) == ["This conversation is being recorded\nBegin another one, then delete it."]
        await press(pilot, "down", "d", "y")
        left = await asyncio.to_thread(os.listdir, tmp_path)
        assert sorted(left) == ["2027-01-13 08.00.00 a", "2027-01-15 07.30.00 it's"]
        assert "Yesterday" not in screen_text(app)


@pytest.mark.parametrize("size", [(1, 1), (12, 3), (20, 5), (24, 8)])
async def test_no_size_breaks_the_list(tmp_path: Path, size: tuple[int, int]) -> None:
    made(tmp_path)
    app = app_on(tmp_path)
    async with running(app, size) as pilot:
        await app.carry_out(BY_ID["recordings"])
        await settle(pilot)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "Recordings" in screen_text(app)


async def test_without_any_it_says_how_to_begin(tmp_path: Path) -> None:
    app = app_on(tmp_path / "nowhere")
    async with running(app) as pilot:
        await app.carry_out(BY_ID["recordings"])
        await settle(pilot)
        text = " ".join(screen_text(app).split())
        assert "recordings.enabled" in text
        assert "There are none in" in text
        await press(pilot, "r")
        assert app.state.settings.recordings.enabled is True
        assert "from the next conversation on" in " ".join(screen_text(app).split())
        await press(pilot, "r")
        assert app.state.settings.recordings.enabled is False
        await press(pilot, "c", "d")
        assert isinstance(app.screen, RecordingsScreen)


async def test_a_flag_that_fixes_the_setting_is_named(tmp_path: Path) -> None:
    app = app_on(tmp_path / "nowhere")
    app.state.kept = Kept(Path("c.toml"), {"recordings.enabled": Origin("flag", "--set recordings.enabled")})
    async with running(app) as pilot:
        await app.carry_out(BY_ID["recordings"])
        await settle(pilot)
        await press(pilot, "r")
        assert app.state.settings.recordings.enabled is False
        assert "--set recordings.enabled" in toasts(app)[-1]


def test_the_command_survives_a_shell() -> None:
    assert replay_command(Path("/a b/it's")) == "voice-tui replay '/a b/it'\"'\"'s'"
