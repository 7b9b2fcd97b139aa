"""The memory pane: list, search, add, edit, delete with undo, play, and what was just used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static, TextArea

from memory.remote.state import RemoteState
from memory.store import SqliteMemory
from memory.types import Memory, NewMemory
from tests.fakes_memory import DAY, NOW, FakeMemory, some_corrections, some_memories, some_suggestions
from tests.fakes_session import READY, FakeSession
from tests.tui.driving import emit, main_screen, make_app, press, running, screen_text, session_of, settle
from voice_tui.events import (
    ConversationStarted,
    Interrupt,
    MemoryChanged,
    MemoryRecalled,
    MemoryShared,
    PlayNote,
    StateChanged,
)
from voice_tui.settings import Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.confirm import ConfirmScreen
from voice_tui.tui.screens.memory_detail import MemoryDetailScreen
from voice_tui.tui.screens.memory_text import MemoryTextScreen
from voice_tui.tui.surroundings import Surroundings
from voice_tui.tui.widgets.memories import MemoryList, MemoryPane, age

WIDE = (120, 36)


def listed(app) -> list[str]:
    options = main_screen(app).query_one("#memory-list", OptionList)
    return [str(option.prompt).split("\n")[0] for option in options.options]


def made(store: FakeMemory | None = None):
    store = store or FakeMemory(some_memories())
    return make_app(memory=store), store


async def test_memories_are_listed_pinned_first_with_where_they_come_from() -> None:
    app, _ = made()
    async with running(app, WIDE):
        assert listed(app)[0] == "★ My sister Anna lives in Lisbon."
        assert len(listed(app)) == 5
        text = screen_text(app)
        assert "fact · 40 days ago" in text
        assert "note · 10 min ago · ♪ 3 s" in text


async def test_an_empty_store_names_the_next_step() -> None:
    app, _ = made(FakeMemory())
    async with running(app, WIDE):
        text = " ".join(screen_text(app).split())
        assert "No memories yet." in text
        assert "Say “remember that …”, or press a" in text


async def test_search_as_you_type() -> None:
    app, _ = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"key")
        assert listed(app) == ["The spare key is under the blue pot."]
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "1 of 5"
        await press(pilot, *"zzz")
        assert listed(app) == []
        assert "Nothing matches “keyzzz”" in screen_text(app)
        await press(pilot, "escape")
        assert len(listed(app)) == 5


async def test_escape_in_the_list_clears_the_search_first_and_leaves_next() -> None:
    app, _ = made()
    async with running(app) as pilot:
        await press(pilot, "f4", "slash", *"key", "enter")
        assert isinstance(app.focused, MemoryList)
        assert "Esc Clear" in screen_text(app)
        await press(pilot, "escape")
        assert isinstance(app.focused, MemoryList), "it was the search that went, not the pane"
        assert len(listed(app)) == 5
        assert main_screen(app).query_one(Input).value == ""
        assert "Esc Clear" not in screen_text(app)
        await press(pilot, "escape")
        assert app.focused is main_screen(app).prompt


async def test_escape_in_a_searched_list_still_stops_the_assistant_first() -> None:
    app, _ = made()
    async with running(app) as pilot:
        await press(pilot, "f4", "slash", *"key", "enter")
        await emit(pilot, StateChanged(state="speaking"))
        await press(pilot, "escape")
        assert session_of(app).commands == [Interrupt()]
        assert len(listed(app)) == 1


async def test_what_was_just_used_stands_aside_for_a_search_that_does_not_find_it() -> None:
    app, _ = made()
    async with running(app) as pilot:
        await emit(
            pilot,
            MemoryRecalled(
                query="where is the key",
                ids=("m2", "m1"),
                texts=("The spare key is under the blue pot.", "My sister Anna lives in Lisbon."),
                scores=(0.9, 0.8),
                strategy="spoken",
                why=("says where, spare, key", ""),
            ),
        )
        await press(pilot, "f4")
        shown = screen_text(app)
        assert "Just used" in shown and "0.80" in shown
        assert "(says where, spare, key)" in shown, "what matched is on a line of its own, whole"
        await press(pilot, "slash", *"key")
        shown = screen_text(app)
        assert "Just used" in shown and "0.80" not in shown
        await press(pilot, *"zzz")
        shown = screen_text(app)
        assert "Nothing matches" in shown and "Just used" not in shown


async def test_add() -> None:
    app, store = made(FakeMemory())
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "a", *"tea at five", "enter")
        assert [memory.text for memory in store.memories.values()] == ["tea at five"]
        assert listed(app) == ["tea at five"]
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "Remembered · 1"


async def test_adding_nothing_is_refused_and_escape_leaves() -> None:
    app, store = made(FakeMemory())
    async with running(app) as pilot:
        await press(pilot, "f4", "a", "enter")
        assert isinstance(app.screen, MemoryTextScreen)
        assert "Write something first" in screen_text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, MemoryTextScreen)
        assert store.memories == {}


async def test_edit_keeps_the_place() -> None:
    app, store = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "down", "enter")
        area = app.screen.query_one(TextArea)
        assert area.text == "The spare key is under the blue pot."
        area.text = "The spare key is\nwith Anna."
        await press(pilot, "enter")
        assert store.memories["m2"].text == "The spare key is with Anna."
        assert app.state.shelf.selected is not None
        assert app.state.shelf.selected.id == "m2"


async def test_delete_asks_and_can_be_undone() -> None:
    app, store = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "down", "d")
        assert isinstance(app.screen, ConfirmScreen)
        assert "and its recording" in screen_text(app)
        await press(pilot, "escape")
        assert "m2" in store.memories
        await press(pilot, "d", "y")
        assert "m2" not in store.memories
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "Deleted; u brings it back · 4"
        await press(pilot, "u")
        assert "m2" in store.memories
        assert app.state.shelf.undo == ()


async def test_play_is_offered_only_for_a_recorded_note() -> None:
    app, _ = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "p")
        assert session_of(app).commands == []
        await press(pilot, "down", "p")
        assert session_of(app).commands == [PlayNote(memory_id="m2")]


async def test_a_memory_is_data_in_the_list_and_in_every_dialog() -> None:
    nasty = "\x1b[2J[bold]x[/] \u202egnp [@click=app.quit]y[/]"
    app, _ = made(FakeMemory([Memory(id="m", text=nasty, said_at=NOW)]))
    async with running(app, WIDE) as pilot:
        for keys in (("f4",), ("enter",), ("escape", "d")):
            await press(pilot, *keys)
            assert "[2J[bold]x[/] gnp [@click=app.quit]y[/]" in screen_text(app)
            assert not {"\x1b", "\u202e"} & set(screen_text(app))


async def test_pin() -> None:
    app, store = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "down", "k")
        assert store.memories["m2"].pinned
        assert listed(app)[1] == "★ The spare key is under the blue pot."


async def test_a_suggestion_is_kept_or_dismissed_with_a_key() -> None:
    memory = FakeMemory([*some_suggestions(), *some_memories()])
    app = make_app(memory=memory)
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4")
        assert listed(app)[:2] == ["? My brother works at the airport.", "? I'm flying to Rome next Friday."]
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "2 to decide · 5"
        await press(pilot, "n")
        assert "s1" not in memory.memories
        await press(pilot, "home", "y")
        await settle(pilot)
        assert memory.memories["s2"].status == "active"
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "Remembered · 6"
        assert "y" not in [key for key, binding in app.screen.active_bindings.items() if binding.enabled]


async def test_details_show_source_time_meant_and_what_it_was_before() -> None:
    app = make_app(memory=FakeMemory([*some_corrections(), *some_memories()]))
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "down", "i")
        await settle(pilot, lambda: isinstance(app.screen, MemoryDetailScreen))
        shown = screen_text(app)
        for words in (
            "My exam is on Thursday",
            "“Plans for the week”",
            "remember that My exam",
            "My exam is on Wednesday",
        ):
            assert words in shown
        await press(pilot, "escape")
        assert not isinstance(app.screen, MemoryDetailScreen)


async def test_a_search_shows_how_relevant_each_is() -> None:
    app = make_app()
    session_of(app).finds = lambda words: [("m2", 0.9)]
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"pot")
        assert len(listed(app)) == 1
        option = main_screen(app).query_one("#memory-list", OptionList).options[0]
        assert "0.90 · note" in str(option.prompt)


async def test_what_was_just_used_is_marked() -> None:
    app, _ = made()
    async with running(app, WIDE) as pilot:
        await emit(
            pilot,
            MemoryRecalled(
                query="where is the key", ids=("m2",), texts=("The spare key …",), scores=(0.9,), strategy="spoken"
            ),
        )
        assert "◆ The spare key is under the blue pot." in listed(app)
        recalled = str(main_screen(app).query_one("#memory-recalled", Static).visual)
        assert recalled == "◆ Just used for “where is the key”\n  0.90 The spare key …"


async def test_a_new_conversation_has_used_nothing_yet() -> None:
    app, _ = made()
    async with running(app, WIDE) as pilot:
        used = MemoryRecalled(query="key", ids=("m2",), texts=("The key",), scores=(0.9,), strategy="spoken")
        await emit(pilot, used)
        assert "◆ Just used" in screen_text(app)
        await emit(pilot, ConversationStarted(conversation="c-2"))
        assert not main_screen(app).query_one("#memory-recalled").display
        assert "The spare key is under the blue pot." in listed(app)
        begun = MemoryRecalled(query="", ids=("m1",), texts=("Anna",), scores=(1.0,), strategy="prefill")
        await emit(pilot, ConversationStarted(conversation="c-3"), begun)
        assert "as the conversation began" in screen_text(app), "what it begins with comes after its start"


async def test_ages_grow_by_themselves_and_the_list_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_tui.tui.widgets.memories.AGES_SECONDS", 0.01)
    now = NOW
    memories = [Memory(id=f"m{n}", text=f"Memory {n}", said_at=NOW - 120 - DAY * (n % 2)) for n in range(30)]
    app = make_app(memory=FakeMemory(memories), clock=lambda: now)
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "end")
        options = main_screen(app).query_one(MemoryList)
        place, selected = options.scroll_y, app.state.shelf.selected
        assert place > 0
        assert "2 min ago" in screen_text(app)
        yesterday = options.options[1].prompt
        now += 60
        await settle(pilot, lambda: "3 min ago" in screen_text(app))
        assert options.scroll_y == place
        assert app.state.shelf.selected is selected
        assert options.options[1].prompt is yesterday, "what reads as before is not drawn again"


@pytest.mark.parametrize(("query", "cue"), [("q", " for “q”"), ("", " as the conversation began")])
async def test_the_way_it_reached_the_model_is_shown(query: str, cue: str) -> None:
    app, _ = made()
    async with running(app, WIDE) as pilot:
        used = MemoryRecalled(
            query=query, ids=("m2",), texts=("The key",), scores=(0.9,), strategy="add", tokens=7, frames=50
        )
        await emit(pilot, used)
        recalled = str(main_screen(app).query_one("#memory-recalled", Static).visual)
        assert recalled == f"◆ Just used · 7 tokens · add, 50 frames{cue}\n  0.90 The key"


async def test_a_memory_written_by_the_session_appears() -> None:
    app, store = made(FakeMemory())
    async with running(app, WIDE) as pilot:
        store.add(NewMemory(text="from the session"))
        await emit(pilot, MemoryChanged(action="added", id="new1", text="from the session"))
        assert listed(app) == ["from the session"]


async def test_the_pane_says_how_the_memory_server_stands() -> None:
    app, store = made(FakeMemory())
    async with running(app, WIDE) as pilot:
        store.add(NewMemory(text="from here"))
        store.server = RemoteState("https://x", 2)
        await emit(pilot, MemoryShared(state="2 to send"))
        assert main_screen(app).query_one(MemoryPane).border_subtitle == "2 to send · 1"
        store.server = RemoteState("https://x", 0, "refused", "the token was refused (401)", 1_700_000_000.0)
        await emit(pilot, MemoryShared(state="token refused"))
        subtitle = str(main_screen(app).query_one(MemoryPane).border_subtitle)
        assert re.fullmatch(r"token refused since \d\d:\d\d · 1", subtitle)


async def test_the_listing_of_an_older_search_is_not_shown() -> None:
    app, _ = made()
    async with running(app, WIDE) as pilot:
        search = main_screen(app).query_one("#memory-search", Input)
        search.focus()
        await pilot.press(*"bicycle")
        await settle(pilot)
        assert listed(app) == ["The bicycle lock opens with the year of the moon landing."]


async def test_with_the_real_store_a_memory_survives_the_app(tmp_path: Path) -> None:
    def open_app() -> VoiceTuiApp:
        path = tmp_path / "memory.db"
        return VoiceTuiApp(FakeSession(READY), lambda: SqliteMemory(path), Settings(), Surroundings())

    first = open_app()
    async with running(first, WIDE) as pilot:
        await press(pilot, "f4", "a", *"tea at five", "enter")
        await press(pilot, "a", *"coffee at six", "enter", "d", "enter", "u")
    second = open_app()
    async with running(second, WIDE):
        assert sorted(listed(second)) == ["coffee at six", "tea at five"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (DAY, "yesterday"),
        (2 * DAY, "2 days ago"),
        (-50, "just now"),
    ],
)
def test_ages(seconds: float, words: str) -> None:
    assert age(NOW - seconds, NOW) == words


def test_an_unknown_age_is_left_out() -> None:
    assert age(0.0, NOW) == ""
