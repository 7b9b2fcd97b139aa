"""Keys where they could be lost: in dialogs, at the end of a full key bar, and the talk key while muted."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from tests.fakes_memory import FakeMemory, some_memories
from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import (
    burst,
    emit,
    main_screen,
    make_app,
    press,
    running,
    screen_text,
    session_of,
    settle,
    toasts,
)
from tests.tui.kept import keep
from tests.tui.kept import opener as talks_opener
from voice_tui.events import MuteChanged, PushToTalk, SendText, StateChanged, TalkChanged
from voice_tui.settings import Settings, TurnSettings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.devices import DevicesScreen
from voice_tui.tui.screens.help import HelpScreen
from voice_tui.tui.screens.log import LogScreen
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.screens.models import ModelsScreen
from voice_tui.tui.screens.settings import SettingsScreen
from voice_tui.tui.widgets.keybar import KeyBar
from voice_tui.tui.widgets.lines import LinesFilter
from voice_tui.tui.widgets.memories import SearchLine
from voice_tui.tui.widgets.settings import SettingsSearch
from voice_tui.tui.widgets.talks import TalkSearch

BUSY = (*READY, *DIALOGUE, TalkChanged(mode="push", talking=False), StateChanged(state="speaking"))
PUSH = Settings(turns=TurnSettings(mode="push"))


def bar(app: VoiceTuiApp) -> str:
    return main_screen(app).query_one(KeyBar).shown.plain


@pytest.mark.parametrize("keys", [(), ("f4", "down")])
async def test_the_needed_keys_are_in_the_bar_at_120_columns(keys: tuple[str, ...]) -> None:
    app = make_app(BUSY, settings=PUSH)
    async with running(app, (120, 36)) as pilot:
        await press(pilot, *keys)
        for word in ("^q Quit", "F1 Help", "Esc Interrupt", "^t Talk", "^l Mute", "F2 Settings"):
            assert word in bar(app)


async def test_at_80_columns_too_while_the_input_line_has_the_focus() -> None:
    app = make_app(BUSY, settings=PUSH)
    async with running(app, (80, 24)):
        assert bar(app) == " ^q Quit  F1 Help  ^p Commands  Esc Interrupt  ^t Talk  ^l Mute  F2 Settings "


@pytest.mark.parametrize(("key", "screen"), [("f2", SettingsScreen), ("f5", LogScreen), ("f6", DevicesScreen)])
async def test_a_function_key_leaves_the_help_for_its_screen(key: str, screen: type) -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f1", key)
        assert [type(each) for each in app.screen_stack[1:]] == [screen]


async def test_a_pane_is_opened_from_the_help() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f1", "f4")
        assert app.screen is main_screen(app) and app.screen.focused is main_screen(app).memory_list()


async def test_a_dialog_that_holds_nothing_unfinished_is_left_by_a_function_key() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f6", "f10")
        assert isinstance(app.screen, ModelsScreen) and len(app.screen_stack) == 2
        await press(pilot, "f1")
        assert isinstance(app.screen, HelpScreen) and len(app.screen_stack) == 3
        await press(pilot, "f1", "f10")
        assert app.screen is main_screen(app)


async def test_what_is_being_typed_is_not_left_by_a_function_key() -> None:
    app = make_app((*READY, *DIALOGUE))
    async with running(app) as pilot:
        await press(pilot, "ctrl+s")
        saving = app.screen
        await press(pilot, "f2")
        assert app.screen is saving


async def test_muted_wins_over_the_talk_key_and_says_so() -> None:
    app = make_app((*READY, TalkChanged(mode="push", talking=False), MuteChanged(muted=True)), settings=PUSH)
    async with running(app) as pilot:
        await press(pilot, "ctrl+t")
        assert not any(isinstance(command, PushToTalk) for command in session_of(app).commands)
        assert toasts(app) == ["The microphone is muted\nCtrl+L opens it, then Ctrl+T talks."]
        await press(pilot, "ctrl+l")
        await emit(pilot, MuteChanged(muted=False))
        await press(pilot, "ctrl+t")
        assert session_of(app).commands[-1] == PushToTalk(talking=True)


# ---------------------------------------------------------------- keys that come all at once


@pytest.mark.parametrize(
    ("opened_by", "search"),
    [(["f4"], SearchLine), (["ctrl+r"], TalkSearch), (["f2"], SettingsSearch), (["f5", "2"], LinesFilter)],
)
async def test_after_a_slash_the_next_keys_are_what_is_searched_and_no_commands(
    tmp_path: Path, opened_by: list[str], search: type[Input]
) -> None:
    keep(tmp_path / "memory.db")
    app = make_app(READY, conversations=talks_opener(tmp_path / "memory.db"))
    async with running(app, (120, 36)) as pilot:
        await press(pilot, *opened_by)
        front = app.screen
        await burst(pilot, *"/dad")
        assert app.screen is front, "nothing was asked, nothing was left"
        assert front.query_one(search).value == "dad"


async def test_the_last_letter_belongs_to_what_enter_saves(tmp_path: Path) -> None:
    app = make_app(READY, memory=(store := FakeMemory(some_memories())))
    async with running(app, (120, 36)) as pilot:
        await press(pilot, "f4", "enter")
        await burst(pilot, *"!?", "enter", "down", "down")
        assert isinstance(app.screen, MainScreen)
        edited = [memory.text for memory in store.memories.values() if memory.text.endswith("!?")]
        assert edited == ["My sister Anna lives in Lisbon.!?"]


async def test_a_key_whose_widget_has_gone_holds_up_the_next_ones_for_a_moment_only() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        prompt = main_screen(app).prompt
        prompt.focus()
        await settle(pilot)
        app._keys._now = events.Key("a", "a")  # its way has ended somewhere
        await burst(pilot, *"hello")
        await settle(pilot, lambda: prompt.value == "hello")


async def test_a_long_burst_arrives_in_order_and_whole() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        main_screen(app).prompt.focus()
        await settle(pilot)
        text = "what time is it now and then" * 20
        await burst(pilot, *text.replace(" ", ""), "enter", *"next")
        assert session_of(app).commands == [SendText(text=text.replace(" ", ""))]
        assert main_screen(app).prompt.value == "next"


async def test_control_c_names_the_key_that_leaves_as_help_does() -> None:
    for keymap, name in (({}, "Ctrl+Q"), ({"quit": "ctrl+x"}, "Ctrl+X")):
        app = make_app(keymap=keymap)
        async with running(app) as pilot:
            await press(pilot, "f4", "ctrl+c")
            assert toasts(app) == [f"Ctrl+C does not leave voice-tui\n{name} does."]


async def test_at_120_columns_the_key_bar_names_what_stands_on_function_keys() -> None:
    app = make_app([*READY, *DIALOGUE])
    async with running(app, (120, 36)):
        keys = screen_text(app).splitlines()[-1]
        for words in ("^l Mute", "F2 Settings", "F5 Log", "F6 Devices", "F10 Models", "^n New"):
            assert words in keys
