"""Catalogue, key bar and palette: one list of what can be done, and only what applies now."""

from __future__ import annotations

import pytest
from textual.widgets import Input, OptionList

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import emit, main_screen, make_app, press, running, session_of, settle
from voice_tui.events import SetMute, StateChanged, TalkChanged
from voice_tui.tui import keys
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.catalogue import BY_ID, ENTRIES
from voice_tui.tui.screens.palette import PaletteScreen, matching
from voice_tui.tui.widgets.keybar import KeyBar, keys_content
from voice_tui.tui.widgets.memories import MemoryList
from voice_tui.tui.widgets.talks import TalkList

FULL = (*READY, *DIALOGUE)


async def palette(app: VoiceTuiApp, pilot) -> list[str]:
    """Open the palette and return what it lists."""
    await press(pilot, "ctrl+p")
    assert isinstance(app.screen, PaletteScreen)
    options = app.screen.query_one(OptionList)
    await settle(pilot, lambda: options.option_count > 0)
    return [str(option.prompt).split("\n")[0].strip() for option in options.options]


def bar(app: VoiceTuiApp) -> str:
    return main_screen(app).query_one(KeyBar).shown.plain


def test_ids_and_keys_are_unique() -> None:
    assert len(BY_ID) == len(ENTRIES)
    for owner in ("app", "memories", "conversations"):
        bound = [key for entry in ENTRIES if entry.owner == owner and entry.key for key in entry.key.split(",")]
        assert len(bound) == len(set(bound))


def test_no_key_of_the_app_takes_one_that_edits_the_input_line() -> None:
    taken = {key for binding in Input.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
    for entry in ENTRIES:
        if entry.owner == "app" and entry.key:
            assert taken.isdisjoint(entry.key.split(",")), entry.id


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_entry_has_its_action(entry) -> None:
    owner = {"app": VoiceTuiApp, "memories": MemoryList, "conversations": TalkList}[entry.owner]
    assert callable(getattr(owner, f"action_{entry.action.partition('(')[0]}"))
    assert entry.help.endswith((".", ")"))


async def test_the_palette_names_the_keys_and_lists_only_what_applies() -> None:
    app = make_app()
    async with running(app) as pilot:
        found = await palette(app, pilot)
        assert "Mute the microphone  Ctrl+L" in found
        assert "Add a memory  a in Memories" in found
        assert "Restart the session" in found
        titles = " ".join(found)
        for absent in ("Interrupt", "Save the transcript", "New conversation", "Undo", "Play the recorded", "Commands"):
            assert absent not in titles


async def test_the_palette_follows_the_state() -> None:
    app = make_app(FULL)
    async with running(app) as pilot:
        await emit(pilot, StateChanged(state="speaking"), TalkChanged(mode="push", talking=False))
        found = " ".join(await palette(app, pilot))
        for present in ("Interrupt the answer  Esc", "Save the transcript  Ctrl+S", "Talk  Ctrl+T", "Open microphone"):
            assert present in found


async def test_a_command_of_the_palette_is_carried_out() -> None:
    app = make_app()
    async with running(app) as pilot:
        await palette(app, pilot)
        await pilot.press(*"mute the")
        options = app.screen.query_one(OptionList)
        await settle(pilot, lambda: options.option_count == 1)
        await pilot.press("enter")
        await settle(pilot, lambda: bool(session_of(app).commands))
        assert session_of(app).commands == [SetMute(muted=True)]


def found_by(query: str) -> list[str]:
    app = make_app()
    entries, _ = matching(ENTRIES, app.state, lambda _: "", query)
    return [entry.id for entry in entries]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("voice", {"softer", "louder", "settings"}),
        ("export", {"save", "talk_save"}),
        ("undo", {"memory_undo", "memory_delete", "talk_delete"}),
        ("json", {"save", "talk_save"}),
        ("record", {"recordings"}),
        ("sound setting", {"settings"}),
    ],
)
def test_a_word_of_the_help_finds_a_command(query: str, wanted: set[str]) -> None:
    assert wanted <= set(found_by(query))
    assert wanted <= set(found_by(query.upper()))


def test_titles_come_before_what_only_the_help_says() -> None:
    assert found_by("undo")[0] == "memory_undo"
    assert found_by("record")[0] == "recordings"
    assert found_by("mute the") == ["mute"]
    assert set(found_by("delete")[:3]) == {"memory_delete", "talk_delete", "memory_undo"}
    assert found_by("devices"[:5])[:2] == ["devices", "setup"]
    assert found_by("micro")[0] in ("devices", "mute")
    assert "settings" not in found_by("xyzzy")


def test_two_letters_are_looked_for_in_titles_alone() -> None:
    assert "softer" not in found_by("vo")


async def test_a_memory_command_of_the_palette_opens_the_pane_even_from_the_log() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f5")
        await app.carry_out(BY_ID["memory_search"])
        await settle(pilot)
        assert app.screen is main_screen(app)
        assert app.focused is main_screen(app).query_one("#memory-search")


async def test_quit_help_and_commands_survive_80_columns_wherever_the_focus_is() -> None:
    app = make_app(FULL)
    async with running(app, (80, 24)) as pilot:
        for keys_pressed in ((), ("f4",), ("slash",)):
            await press(pilot, *keys_pressed)
            assert bar(app).startswith(" ^q Quit  F1 Help  ^p Commands ")
            assert len(bar(app)) <= 80


async def test_the_key_bar_follows_focus_and_state() -> None:
    app = make_app(FULL)
    async with running(app, (120, 36)) as pilot:
        assert "Add" not in bar(app)
        assert "^l Mute" in bar(app)
        await press(pilot, "f4")
        assert "a Add  ⏎ Edit  d Delete" in bar(app)
        assert "Play" not in bar(app)
        await press(pilot, "down")
        assert "p Play" in bar(app)
        await emit(pilot, StateChanged(state="speaking"))
        assert bar(app).startswith(" ^q Quit  F1 Help  ^p Commands  Esc Interrupt ")


async def test_a_click_on_the_bar_presses_the_key() -> None:
    app = make_app()
    async with running(app) as pilot:
        place = bar(app).index("^l")
        await pilot.click(KeyBar, offset=(place, 0))
        await settle(pilot, lambda: bool(session_of(app).commands))
        assert session_of(app).commands == [SetMute(muted=True)]


def test_only_whole_keys_are_shown() -> None:
    items = [("ctrl+q", "Quit"), ("f1", "Help")]
    assert keys_content(items, 80).plain == " ^q Quit  F1 Help "
    assert keys_content(items, 17).plain == " ^q Quit "
    assert keys_content(items, 3).plain == ""


@pytest.mark.parametrize(
    ("key", "short", "long"),
    [
        ("ctrl+q", "^q", "Ctrl+Q"),
        ("f1", "F1", "F1"),
        ("escape", "Esc", "Esc"),
        ("slash", "/", "/"),
        ("a", "a", "a"),
        ("e,enter", "e,enter", "e"),
        ("ctrl+shift+left", "Ctrl+Shift+←", "Ctrl+Shift+Left"),
        ("enter", "⏎", "Enter"),
    ],
)
def test_names_of_keys(key: str, short: str, long: str) -> None:
    assert keys.short(key) == short
    assert keys.long(key) == long
