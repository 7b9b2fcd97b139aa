"""Screens that are made once: like new every time, the same whether made ready before or not, and empty when closed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import main_screen, make_app, press, running, screen_text, session_of, settle
from tests.tui.kept import keep, opener
from tests.tui.model_shelf import FakeModels
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.conversations import ConversationsScreen
from voice_tui.tui.screens.log import LogScreen
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.screens.settings import SettingsScreen
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.surroundings import DeviceNames
from voice_tui.tui.widgets.lines import LinesView

DISTURBED: dict[str, Sequence[str]] = {
    "f1": ("down", "pagedown"),
    "f2": ("slash", *"voice", "enter", "down", "enter", "tab"),
    "f5": ("2", "l", "slash", *"zzz", "enter", "p"),
    "f6": ("down", "right", "tab"),
    "f10": ("down", "down"),
    "ctrl+p": (*"mem", "down", "down"),
    "ctrl+r": ("down", "slash", *"key", "enter", "tab"),
}
"""The key of a screen, and what a person may have done there when it is closed."""


def app_here(folder: Path) -> VoiceTuiApp:
    folder.mkdir(exist_ok=True)
    keep(folder / "memory.db")
    names = DeviceNames(inputs=("Built-in Microphone", "Headset"), outputs=("Built-in Speaker", "Headset"))
    log = folder / "app.log"
    log.write_text("2026-11-16 08:14:00,100 INFO voice_tui: begun\n")
    return make_app(
        (*READY, *DIALOGUE),
        conversations=opener(folder / "memory.db"),
        list_devices=lambda: names,
        log_path=log,
        models=FakeModels(folder).keeping,
    )


def picture(app: VoiceTuiApp) -> list[str]:
    """Everything on screen, with its colours, a string for each line."""
    strips = app.screen._compositor.render_strips(app.size)
    return [" ".join(f"{segment.text}{segment.style}" for segment in strip) for strip in strips]


async def close(pilot: Any) -> None:
    """Press Escape until the conversation is in front."""
    for _ in range(5):
        if isinstance(pilot.app.screen, MainScreen):
            return
        await press(pilot, "escape")
    raise AssertionError(f"Escape does not lead out of {pilot.app.screen}")


@pytest.mark.parametrize("key", DISTURBED)
async def test_a_screen_comes_back_like_new(key: str, tmp_path: Path) -> None:
    app = app_here(tmp_path)
    async with running(app, (100, 30)) as pilot:
        await press(pilot, key)
        first, screen = picture(app), app.screen
        focused = screen.focused
        assert isinstance(screen, StandbyScreen)
        await press(pilot, *DISTURBED[key])
        assert picture(app) != first, "it was disturbed"
        await close(pilot)
        await press(pilot, key)
        assert app.screen is screen, "it is the same one"
        assert picture(app) == first
        assert screen.focused is focused


async def test_made_ready_before_they_look_the_same_and_nothing_was_done_for_them(tmp_path: Path) -> None:
    plain, ready = app_here(tmp_path / "a"), app_here(tmp_path / "b")
    pictures: list[dict[str, list[str]]] = []
    for app in (plain, ready):
        async with running(app, (100, 30)) as pilot:
            if app is ready:
                before, focused, commands = picture(app), app.focused, list(session_of(app).commands)
                app.standby.expect(app.standing())
                while await app.standby.prepare():
                    assert app.screen is main_screen(app)
                await settle(pilot)
                assert (picture(app), app.focused) == (before, focused)
                assert session_of(app).commands == commands
            seen: dict[str, list[str]] = {}
            for key in DISTURBED:
                await press(pilot, key)
                seen[key] = picture(app)
                await close(pilot)
            pictures.append(seen)
    for key in DISTURBED:
        assert pictures[0][key] == pictures[1][key], key


async def test_one_that_lies_behind_another_is_not_shown_twice() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f2", "f5", "f2")
        shown = [type(screen) for screen in app.screen_stack]
        assert shown == [MainScreen, SettingsScreen, LogScreen, SettingsScreen]
        for _ in range(3):
            await press(pilot, "escape")
        assert app.screen is main_screen(app)
        await press(pilot, "f2")
        assert isinstance(app.screen, SettingsScreen)


async def test_a_closed_screen_holds_nobodys_words(tmp_path: Path) -> None:
    app = app_here(tmp_path)
    async with running(app, (120, 36)) as pilot:
        await press(pilot, "f5")
        log = app.screen
        await settle(pilot, lambda: any(view._kept for view in log.query(LinesView)))
        await close(pilot)
        assert not any(view._kept for view in log.query(LinesView))
        await press(pilot, "ctrl+r")
        talks = app.screen
        assert isinstance(talks, ConversationsScreen)
        await settle(pilot, lambda: "spare key" in screen_text(app))
        await close(pilot)
        kept = [str(widget.render()) for widget in talks.query("*") if widget.is_mounted]
        assert not any("spare key" in words or "Lisbon" in words for words in kept)


async def test_a_screen_made_under_one_size_and_theme_fits_another(tmp_path: Path) -> None:
    app, other = app_here(tmp_path / "a"), app_here(tmp_path / "b")
    async with running(app, (100, 30)) as pilot:
        app.standby.expect(app.standing())
        while await app.standby.prepare():
            pass
        await pilot.resize_terminal(70, 20)
        app.theme = "nord"
        await settle(pilot)
        await press(pilot, "f2")
        small = picture(app)
    async with running(other, (70, 20)) as pilot:
        other.theme = "nord"
        await press(pilot, "f2")
        assert picture(other) == small
