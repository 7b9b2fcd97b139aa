"""The search of the memory pane: words at once, what bears on them when the session answers, and no wait for either."""

from __future__ import annotations

from math import inf, nan

import pytest
from textual.widgets import Input, OptionList

from memory.types import NewMemory
from tests.fakes_memory import FakeMemory, some_memories
from tests.fakes_session import READY, FakeSession
from tests.tui.driving import burst, emit, main_screen, make_app, press, running, screen_text, session_of, settle
from voice_tui.events import (
    MOST_FOUND,
    MOST_SEARCHED,
    AnyEvent,
    MemoriesFound,
    MemoryChanged,
    SessionStopped,
    StateChanged,
)
from voice_tui.tui import memory_search
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.widgets.memories import MemoryPane

WIDE = (120, 36)
DENTIST = "The dentist is on the fourth of March at ten in the morning."
BICYCLE = "The bicycle lock opens with the year of the moon landing."
KEY = "The spare key is under the blue pot."
COFFEE = "I like my coffee without sugar."


def prompts(app: VoiceTuiApp) -> list[str]:
    return [str(option.prompt) for option in main_screen(app).query_one("#memory-list", OptionList).options]


def listed(app: VoiceTuiApp) -> list[str]:
    return [prompt.split("\n")[0] for prompt in prompts(app)]


def below(app: VoiceTuiApp) -> str:
    return str(main_screen(app).query_one(MemoryPane).border_subtitle)


def selected(app: VoiceTuiApp) -> str:
    return app.state.shelf.selected.id if app.state.shelf.selected else ""


def made(
    finds: dict[str, list[tuple[str, float]]] | None = None, script: tuple[AnyEvent, ...] = READY
) -> tuple[VoiceTuiApp, FakeSession, FakeMemory]:
    """An app whose session finds what is written here, and nothing for other words; with None it does not answer."""
    store = FakeMemory(some_memories())
    app = make_app(script, memory=store)
    session = session_of(app)
    session.finds = (lambda words: finds.get(words, [])) if finds is not None else None
    return app, session, store


async def test_what_is_meant_is_found_below_what_holds_the_words() -> None:
    app, _, _ = made({"teeth": [("m4", 0.86)], "the": [("m3", 0.9), ("m5", 0.5)]})
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"teeth")
        assert listed(app) == [DENTIST]
        assert "\n0.86 · event" in prompts(app)[0]
        assert below(app) == "1 of 5"
        await press(pilot, "escape", *"the")
        assert listed(app) == [KEY, DENTIST, BICYCLE, COFFEE], "words where they always stand, then what bears on them"
        assert [prompt.split("\n")[1][:4] for prompt in prompts(app)] == ["note", "even", "0.50", "0.90"]


async def test_the_beginning_of_a_word_finds_it_whatever_the_session_finds() -> None:
    app, session, _ = made({"dent": [("m3", 0.5)]})
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"de")
        assert listed(app) == [KEY, DENTIST]
        assert session.searches == [], "two letters are no question"
        await press(pilot, *"nt")
        assert listed(app) == [DENTIST, COFFEE]
        await press(pilot, *"is")
        assert listed(app) == [DENTIST]


async def test_what_has_nothing_to_do_with_anything_finds_nothing() -> None:
    app, _, _ = made({})
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"quantum")
        assert "Nothing matches “quantum”" in screen_text(app)
        assert "by words" not in below(app)


async def test_the_cursor_stays_on_its_memory_when_more_is_found() -> None:
    app, session, _ = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"the")
        await settle(pilot, lambda: bool(session.searches))
        await press(pilot, "enter", "down")
        assert selected(app) == "m4"
        number = session.searches[-1].number
        await emit(pilot, MemoriesFound(number=number, found=(("m1", 0.9), ("m3", 0.8)), by_meaning=True))
        assert len(listed(app)) == 5
        assert selected(app) == "m4"
        assert main_screen(app).query_one("#memory-list", OptionList).highlighted == 1
        await press(pilot, "end")
        assert selected(app) == "m3"
        await emit(pilot, MemoriesFound(number=number, found=(("m3", 0.8),), by_meaning=True))
        assert (len(listed(app)), selected(app)) == (4, "m3"), "a better answer may come, and moves no cursor either"


async def test_an_answer_to_other_words_is_dropped() -> None:
    app, session, _ = made()
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"teeth")
        await settle(pilot, lambda: session.searches[-1:] != [] and session.searches[-1].query == "teeth")
        stale = MemoriesFound(number=session.searches[-1].number, found=(("m4", 0.9),), by_meaning=True)
        await press(pilot, *"ing")
        await emit(pilot, stale)
        assert listed(app) == []
        await press(pilot, "escape")
        await emit(pilot, stale)
        assert len(listed(app)) == 5
        assert app.state.shelf.scores == {}


async def test_a_word_typed_at_once_is_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_search, "PAUSE_SECONDS", 0.8)
    app, session, _ = made({"teeth": [("m4", 0.86)]})
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash")
        await burst(pilot, *"teeth")
        await settle(pilot, lambda: bool(session.searches))
        assert [search.query for search in session.searches] == ["teeth"]
        assert listed(app) == [DENTIST]


@pytest.mark.parametrize("gone", [StateChanged(state="loading"), SessionStopped()])
async def test_without_a_session_it_goes_by_words_and_a_fresh_one_is_asked(gone: AnyEvent) -> None:
    app, session, _ = made({"teeth": [("m4", 0.86)]})
    async with running(app, WIDE) as pilot:
        await emit(pilot, gone)
        await press(pilot, "f4", "slash", *"teeth")
        assert session.searches == []
        assert "Nothing matches “teeth”" in screen_text(app)
        assert below(app) == "by words · 0 of 5"
        await emit(pilot, *READY)
        await settle(pilot, lambda: listed(app) == [DENTIST])
        assert below(app) == "1 of 5"


async def test_a_session_without_a_model_says_so_in_two_words() -> None:
    app, session, _ = made({"where is the key": [("m2", 0.9)]})
    session.by_meaning = False
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"where is the key")
        assert listed(app) == [KEY]
        assert below(app) == "by words · 1 of 5"
        await press(pilot, "escape")
        assert below(app) == "5"


async def test_no_answer_is_not_waited_for_and_a_late_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    app, session, _ = made()
    async with running(app, WIDE) as pilot:
        monkeypatch.setattr(memory_search, "PATIENCE_SECONDS", 1_000.0)
        await press(pilot, "f4", "slash", *"toot")
        assert "Looking …" in screen_text(app)
        assert "by words" not in below(app)
        monkeypatch.setattr(memory_search, "PATIENCE_SECONDS", 0.01)
        await press(pilot, "h")
        await settle(pilot, lambda: below(app) == "by words · 0 of 5")
        assert "Nothing matches “tooth”" in screen_text(app)
        late = MemoriesFound(number=session.searches[-1].number, found=(("m4", 0.7),), by_meaning=True)
        await emit(pilot, late)
        assert (listed(app), below(app)) == ([DENTIST], "1 of 5")


async def test_what_is_forgotten_or_new_meanwhile_counts_at_once() -> None:
    finds = {"teeth": [("m4", 0.86), ("m3", 0.5)]}
    app, _, store = made(finds)
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"teeth", "enter", "d", "y")
        assert listed(app) == [COFFEE]
        store.add(NewMemory("A toothbrush"))
        finds["teeth"].insert(0, ("new1", 0.9))
        await emit(pilot, MemoryChanged(action="added", id="new1", text="A toothbrush"))
        await settle(pilot, lambda: listed(app) == ["A toothbrush", COFFEE])


async def test_that_there_was_nothing_stands_until_there_is_another_answer() -> None:
    app, session, _ = made({})
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash", *"teeth")
        session.finds = None
        asked = len(session.searches)
        await emit(pilot, MemoryChanged(action="added", id="new1", text="A toothbrush"))
        await settle(pilot, lambda: len(session.searches) > asked)
        assert "Nothing matches “teeth”" in screen_text(app)


async def test_an_answer_may_hold_anything_and_a_search_may_be_long() -> None:
    app, session, _ = made()
    odd = [
        ("m4", inf),
        ("m3", nan),
        ("m2", 7.0),
        ("nobody", 0.9),
        ("\x1b[2J[b]", 0.8),
        *((f"x{n}", 1) for n in range(999)),
    ]
    async with running(app, WIDE) as pilot:
        await press(pilot, "f4", "slash")
        main_screen(app).query_one("#memory-search", Input).value = "zz " * 100_000
        await settle(pilot, lambda: bool(session.searches))
        assert len(session.searches[-1].query) <= MOST_SEARCHED
        await emit(pilot, MemoriesFound(number=session.searches[-1].number, found=tuple(odd), by_meaning=True))
        assert listed(app) == [KEY]
        assert "\n1.00 · note" in prompts(app)[0]
        assert len(app.state.shelf.scores) <= MOST_FOUND
