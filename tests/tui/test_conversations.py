"""The conversations screen on a real store: list, search, read, go on, rename, delete with undo, save."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import Conversation, Transcript, Turn
from tests.fakes_memory import NOW
from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import (
    emit,
    main_screen,
    press,
    running,
    screen_text,
    session_of,
    settle,
    shown_lines,
)
from tests.tui.kept import SAID, app_on, opener
from voice_tui.events import (
    ConversationStarted,
    ResumeConversation,
    TranscriptUpdated,
)
from voice_tui.settings import MemorySettings, Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.catalogue import BY_ID
from voice_tui.tui.screens.confirm import ConfirmScreen
from voice_tui.tui.screens.conversations import ConversationsScreen
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.screens.rename import RenameScreen
from voice_tui.tui.screens.save import SaveScreen
from voice_tui.tui.state.talks import day_and_time, length
from voice_tui.tui.widgets.talks import MAX_TURNS, TalkView, around

WIDE = (120, 36)


def listed(app: VoiceTuiApp) -> list[str]:
    """The first line of every entry."""
    options = app.screen.query_one("#talk-list", OptionList)
    return [str(option.prompt).split("\n")[0] for option in options.options]


def read(app: VoiceTuiApp) -> str:
    return "\n\n".join(block.content.plain for block in app.screen.query_one(TalkView).blocks)


def flat(app: VoiceTuiApp) -> str:
    """Everything on screen on one line, without frames."""
    return " ".join(screen_text(app).translate(str.maketrans("│╭╮╰╯─", "      ")).split())


async def stored(path: Path) -> list[Conversation]:
    """What is in the file, read off the app's thread."""
    return await asyncio.to_thread(_stored, path)


def _stored(path: Path) -> list[Conversation]:
    with SqliteMemory(path) as store:
        return Conversations(store).list()


def _say(path: Path, conversation: str, text: str) -> None:
    with SqliteMemory(path, clock=lambda: NOW) as store:
        Conversations(store).append(conversation, [Turn(1, "user", text, said_at=NOW)])


def _delete(path: Path, conversation: str) -> None:
    with SqliteMemory(path) as store:
        Conversations(store).delete([conversation])


async def test_the_latest_comes_first_with_date_length_and_first_words(path: Path) -> None:
    app = app_on(path)
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r")
        assert isinstance(app.screen, ConversationsScreen)
        assert [line[:12] for line in listed(app)] == ["Set a timer ", "Where is the", "When does th"]
        assert listed(app)[0].endswith("…"), "cut, not wrapped"
        text = screen_text(app)
        assert "Today 07:10 · 3 turns · 2 min" in text
        assert "Yesterday" in text
        assert "Sun 6 Dec" in text or "6 Dec 2026" in text
        assert "Four minutes from now." in text, "the one under the cursor can be read"
        assert app.screen.query_one("#talks").border_subtitle == "3"


async def test_the_cursor_shows_one_after_the_other(path: Path) -> None:
    app = app_on(path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+r", "down")
        assert "under the blue pot" in read(app)
        await press(pilot, "down")
        assert "A little under three hours." in read(app)


async def test_search_goes_over_every_turn_and_shows_the_one_that_was_found(path: Path) -> None:
    app = app_on(path)
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r", "slash", *"quarter past")
        assert [line[:12] for line in listed(app)] == ["When does th"]
        assert "Assistant: You told me that it leaves" in str(
            app.screen.query_one("#talk-list", OptionList).options[0].prompt
        )
        assert app.screen.query_one("#talks").border_subtitle == "1 of 3"
        await press(pilot, *"zz")
        assert listed(app) == []
        assert "Nobody said “quarter pastzz”" in flat(app)
        await press(pilot, "escape")
        assert len(listed(app)) == 3
        await press(pilot, "down", "escape")
        assert isinstance(app.screen, MainScreen)


async def test_go_on_shows_what_was_said_and_what_is_said_next(path: Path) -> None:
    app = app_on(path, script=[*READY, ConversationStarted(conversation="now"), *DIALOGUE])
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r", "down", "enter")
        assert session_of(app).commands == [ResumeConversation(conversation="c-key")]
        assert isinstance(app.screen, MainScreen)
        await emit(
            pilot,
            ConversationStarted(conversation="c-key", resumed=True),
            TranscriptUpdated(turn=8, role="user", text="Thanks", final=True),
        )
        assert app.state.conversation_id == "c-key"
        lines = shown_lines(app)[-5:]
        assert lines[0] == "── Earlier: Where is the spare key? ──"
        assert lines[1] == "You\nWhere is the spare key?"
        assert lines[2].startswith("Assistant\nYou told me that the spare key is under")
        assert lines[3] == "── The conversation goes on ──"
        assert lines[4] == "You\nThanks"
        assert app.state.last_answer == "You told me that the spare key is under the blue pot."


async def test_one_that_the_session_refuses_leaves_the_present_one_alone(path: Path) -> None:
    app = app_on(path, script=[*READY, ConversationStarted(conversation="now")])
    async with running(app) as pilot:
        await press(pilot, "ctrl+r", "enter")
        await emit(pilot, ConversationStarted(conversation="another"))
        assert "Earlier" not in " ".join(shown_lines(app))
        assert app.state.resuming is None


async def test_the_present_one_is_marked_and_going_on_with_it_is_going_back(path: Path) -> None:
    app = app_on(path, script=[*READY, ConversationStarted(conversation="c-tea")])
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r")
        assert listed(app)[0].startswith("● Set a timer")
        await press(pilot, "enter")
        assert isinstance(app.screen, MainScreen)
        assert session_of(app).commands == []


async def test_without_a_session_nothing_is_resumed_and_it_is_said(path: Path) -> None:
    app = app_on(path, script=[])
    async with running(app) as pilot:
        await press(pilot, "ctrl+r", "enter")
        assert isinstance(app.screen, ConversationsScreen)
        assert "not ready yet" in screen_text(app)


async def test_rename_and_take_the_name_away(path: Path) -> None:
    app = app_on(path)
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r", "down", "r")
        assert isinstance(app.screen, RenameScreen)
        assert app.screen.query_one("#new-name", Input).value == ""
        await press(pilot, *"The key 🔑", "enter")
        assert listed(app)[1] == "The key 🔑"
        assert app.state.talks.selected is not None
        assert app.state.talks.selected.id == "c-key"
        await press(pilot, "r", "ctrl+u", "enter")
        assert listed(app)[1] == "Where is the spare key?"
        await press(pilot, "r", *"no", "escape")
        assert listed(app)[1] == "Where is the spare key?"


async def test_delete_asks_can_be_undone_and_is_undone_even_later(path: Path) -> None:
    app = app_on(path)
    async with running(app, WIDE) as pilot:
        await press(pilot, "ctrl+r", "down", "d")
        assert isinstance(app.screen, ConfirmScreen)
        assert "Memories stay." in screen_text(app)
        await press(pilot, "escape")
        assert len(await stored(path)) == 3
        await press(pilot, "d", "y")
        assert {talk.id for talk in await stored(path)} == {"c-trip", "c-tea"}
        assert app.screen.query_one("#talks").border_subtitle == "Deleted; u brings it back · 2"
        await press(pilot, "escape", "ctrl+r", "u")
        assert [talk.id for talk in await stored(path)] == ["c-tea", "c-key", "c-trip"]
        assert app.state.talks.undo == ()


async def test_deleting_the_one_that_goes_on_says_so(path: Path) -> None:
    app = app_on(path, script=[*READY, ConversationStarted(conversation="c-tea")])
    async with running(app) as pilot:
        await press(pilot, "ctrl+r", "d")
        assert "goes on now" in flat(app)


@pytest.mark.parametrize("suffix", [".md", ".json"])
async def test_save(path: Path, tmp_path: Path, suffix: str) -> None:
    app = app_on(path, transcripts=tmp_path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+r", "down", "s")
        assert isinstance(app.screen, SaveScreen)
        line = app.screen.query_one("#save-path", Input)
        assert line.value.endswith(".md")
        line.value = str(tmp_path / f"key{suffix}")
        await press(pilot, "enter")
        assert isinstance(app.screen, ConversationsScreen)
    text = (tmp_path / f"key{suffix}").read_text()
    if suffix == ".json":
        assert [turn["text"] for turn in json.loads(text)["turns"]] == [words for _, words in SAID["c-key"][1]]
    else:
        assert text.startswith("# Where is the spare key?\n")
        assert "under the blue pot" in text


async def test_the_empty_list_names_the_next_step(tmp_path: Path) -> None:
    app = app_on(tmp_path / "empty.db")
    async with running(app) as pilot:
        await press(pilot, "ctrl+r")
        assert "No conversations yet. Press Esc and say something" in flat(app)
        await press(pilot, "d", "r", "s", "enter", "u")
        assert isinstance(app.screen, ConversationsScreen), "nothing is there to be done"


async def test_where_they_are_not_kept_it_says_why(tmp_path: Path) -> None:
    app = app_on(tmp_path / "empty.db", settings=Settings(memory=MemorySettings(conversations=False)))
    async with running(app) as pilot:
        await press(pilot, "ctrl+r")
        assert "memory.conversations is off" in flat(app)


async def test_a_store_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "memory.db").mkdir()
    app = app_on(tmp_path / "memory.db")
    async with running(app) as pilot:
        await press(pilot, "ctrl+r")
        assert "is a folder, not a file" in flat(app)


async def test_another_program_that_deletes_one_is_told(path: Path) -> None:
    app = app_on(path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+r")
        await asyncio.to_thread(_delete, path, "c-tea")
        await press(pilot, "r", *"x", "enter")
        assert "not there any more" in screen_text(app)


async def test_words_are_data(path: Path) -> None:
    _say(path, "nasty", "\x1b[2J[bold]x[/] \u202egnp [@click=app.quit]y[/]")
    app = app_on(path)
    async with running(app, WIDE) as pilot:
        for keys in (("ctrl+r",), ("d",), ("escape", "slash", *"bold")):
            await press(pilot, *keys)
            assert "[bold]x[/]" in screen_text(app)
            assert not {"\x1b", "\u202e"} & set(screen_text(app))


async def test_what_was_just_said_appears(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voice_tui.tui.screens.conversations.REFRESH_SECONDS", 0.01)
    app = app_on(path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+r")
        await asyncio.to_thread(_say, path, "fresh", "Hello again")
        await emit(pilot, TranscriptUpdated(turn=1, role="user", text="Hello again", final=True))
        await settle(pilot, lambda: "Hello again" in listed(app))
        assert app.state.talks.selected is not None
        assert app.state.talks.selected.id == "c-tea", "the cursor stays with its conversation"


async def test_the_palette_does_it_from_anywhere(path: Path) -> None:
    app = app_on(path)
    async with running(app) as pilot:
        await press(pilot, "f5")
        await app.carry_out(BY_ID["talk_find"])
        await settle(pilot)
        assert app.focused is app.screen.query_one("#talk-search")
        assert BY_ID["talk_rename"].applies(app.state)
        await press(pilot, "escape", "escape", "escape")
        assert app.screen is main_screen(app)
        assert not BY_ID["talk_rename"].applies(app.state)


async def test_twenty_by_five_is_enough_for_the_list(path: Path) -> None:
    app = app_on(path)
    async with running(app, (20, 5)) as pilot:
        await press(pilot, "ctrl+r")
        assert "Set a timer" in screen_text(app)
        await pilot.resize_terminal(120, 36)
        await settle(pilot)
        assert "Four minutes from now." in screen_text(app)


def test_a_long_conversation_is_shown_around_what_was_found() -> None:
    turns = [Turn(number, "user", f"turn {number}") for number in range(1, 2001)]
    assert around(turns, None) == tuple(turns[-MAX_TURNS:])
    middle = around(turns, turns[999])
    assert len(middle) == MAX_TURNS
    assert turns[999] in middle
    assert around(turns, turns[3])[0] == turns[0]
    assert around(turns[:5], turns[3]) == tuple(turns[:5])


async def test_reading_begins_where_the_words_are(path: Path) -> None:
    turns = tuple(Turn(number, "user", f"this is turn {number} " * 8) for number in range(1, 101))
    app = app_on(path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+r")
        view = app.screen.query_one(TalkView)
        view.show(Transcript(Conversation("c", "t", turns=100), turns), turns[50])
        await settle(pilot)
        assert "this is turn 51" in screen_text(app)
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        assert "this is turn 51" in screen_text(app)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (0, "Today 08:00"),
        (8 * 3600, "Today 00:00"),
        (8 * 3600 + 1, "Yesterday 23:59"),
        (3 * 86_400, "Tue 12 Jan 08:00"),
        (40 * 86_400, "6 Dec 2026 08:00"),
    ],
)
def test_dates(ago: float, words: str) -> None:
    assert day_and_time(NOW - ago, NOW) == words


@pytest.mark.parametrize(
    ("turns", "seconds", "words"),
    [(1, 5, "1 turn"), (2, 60, "2 turns · 1 min"), (9, 3_725, "9 turns · 1 h 2 min"), (3, -9, "3 turns")],
)
def test_lengths(turns: int, seconds: float, words: str) -> None:
    assert length(Conversation("c", "t", NOW, NOW + seconds, turns)) == words


def test_a_file_of_another_shape_is_not_harmed(path: Path) -> None:
    """The screen's own connection and the memory pane's live side by side on one file."""
    with opener(path)() as talks, SqliteMemory(path) as store:
        talks.rename("c-tea", "Tea")
        assert store.count() == 0
    assert sqlite3.connect(path).execute("pragma integrity_check").fetchone() == ("ok",)
