"""Any terminal: panes come and go with the room there is, and nothing breaks at 20x5 or while being dragged about."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fakes_session import DIALOGUE, READY, many_stats
from tests.tui.driving import emit, main_screen, make_app, press, running, screen_text, settle
from tests.tui.kept import keep, opener
from voice_tui.events import Notice
from voice_tui.settings import Settings, UiSettings
from voice_tui.tui.panes import Panes, room
from voice_tui.tui.talk_keeper import TalksFactory
from voice_tui.tui.widgets.memories import MemoryPane
from voice_tui.tui.widgets.metrics import MetricsPane
from voice_tui.tui.widgets.transcript import Transcript

pytestmark = pytest.mark.no_cover  # the tracer nearly doubles them; others walk through the same lines

FULL = (*READY, *DIALOGUE, *many_stats())
DIALOG_KEYS = ("f1", "f2", "f5", "f6", "f7", "f10", "ctrl+s", "ctrl+g", "ctrl+p", "ctrl+r")


@pytest.fixture
def kept(tmp_path: Path) -> TalksFactory:
    keep(tmp_path / "memory.db")
    return opener(tmp_path / "memory.db")


def open_panes(app) -> tuple[bool, bool, bool]:
    screen = main_screen(app)
    return tuple(screen.query_one(kind).is_on_screen for kind in (Transcript, MetricsPane, MemoryPane))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("size", "is_room"),
    [
        ((120, 36), "both"),
        ((100, 32), "both"),
        ((120, 24), "beside"),
        ((80, 24), "beside"),
        ((71, 50), "instead"),
        ((20, 5), "instead"),
        ((11, 5), "none"),
    ],
)
def test_room(size: tuple[int, int], is_room: str) -> None:
    assert room(*size) == is_room


def test_panes_are_remembered_for_each_room() -> None:
    panes = Panes(metrics=True, memories=False).toggled("memories", "beside")
    assert panes.shown("beside") == {"memories"}
    assert panes.shown("both") == {"metrics"}
    assert panes.toggled("metrics", "beside").shown("beside") == {"metrics"}
    assert panes.toggled("memories", "beside").shown("beside") == frozenset()
    assert panes.toggled("metrics", "both").shown("both") == frozenset()


async def test_a_wide_terminal_shows_everything() -> None:
    async with running(make_app(FULL), (120, 36)) as pilot:
        assert open_panes(pilot.app) == (True, True, True)
        await press(pilot, "f3")
        assert open_panes(pilot.app) == (True, False, True)
        await press(pilot, "f4")
        assert open_panes(pilot.app) == (True, False, True), "the first press goes there"
        await press(pilot, "f4")
        assert open_panes(pilot.app) == (True, False, False)


async def test_the_settings_say_which_panes_are_open() -> None:
    app = make_app(FULL, settings=Settings(ui=UiSettings(metrics=False)))
    async with running(app, (120, 36)):
        assert open_panes(app) == (True, False, True)


async def test_80x24_shows_one_pane_beside_the_conversation() -> None:
    async with running(make_app(FULL), (80, 24)) as pilot:
        assert open_panes(pilot.app) == (True, False, False)
        await press(pilot, "f3")
        assert open_panes(pilot.app) == (True, True, False)
        await press(pilot, "f4")
        assert open_panes(pilot.app) == (True, False, True)
        await press(pilot, "f4")
        assert open_panes(pilot.app) == (True, False, False)
        assert pilot.app.focused is main_screen(pilot.app).prompt


async def test_a_slim_terminal_shows_a_pane_instead_and_escape_leaves_it() -> None:
    async with running(make_app(FULL), (50, 20)) as pilot:
        await press(pilot, "f4")
        assert open_panes(pilot.app) == (False, False, True)
        await press(pilot, "escape")
        assert open_panes(pilot.app) == (True, False, False)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (2, 2), (10, 3), (200, 60), (300, 4)])
async def test_no_size_breaks_any_screen(size: tuple[int, int], kept: TalksFactory) -> None:
    async with running(make_app(FULL, conversations=kept), size) as pilot:
        app = pilot.app
        for key in ("", "f3", "f4", *DIALOG_KEYS):
            print(f"key {key!r}")
            await press(pilot, *([key] if key else []))
            assert (app.screen is not main_screen(app)) == (key in DIALOG_KEYS)
            await emit(pilot, Notice(severity="error", message="x" * 300, hint="y" * 300), *many_stats())
            assert screen_text(app) is not None
            while app.screen is not main_screen(app):
                await app.pop_screen()


async def test_at_20x5_the_state_and_the_newest_words_can_be_read() -> None:
    async with running(make_app(FULL), (20, 5)) as pilot:
        lines = screen_text(pilot.app).splitlines()
        assert "You are speaking" in lines[0]
        assert any("brook" in line for line in lines)


@pytest.mark.parametrize("key", DIALOG_KEYS)
async def test_no_dialog_is_empty_or_larger_than_80x24(key: str, kept: TalksFactory) -> None:
    async with running(make_app(FULL, conversations=kept), (80, 24)) as pilot:
        await press(pilot, key)
        boxes = list(pilot.app.screen.query("#dialog")) or [pilot.app.screen]
        region = boxes[0].region
        assert region.right <= 80
        assert region.bottom <= 24
        assert len(screen_text(pilot.app).split()) > 20


async def test_a_resize_storm_leaves_everything_in_place() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with running(make_app(FULL), (120, 36)) as pilot:
        for step in range(40):
            await pilot.resize_terminal(dice.randint(1, 200), dice.randint(1, 60))
            if step % 5 == 0:
                await pilot.press(dice.choice(["f3", "f4", "escape"]))
        await pilot.resize_terminal(120, 36)
        await settle(pilot)
        screen = main_screen(pilot.app)
        for pane in screen.panes.shown("both"):
            assert screen.query_one(f"#{pane}").is_on_screen
        assert screen.query_one(Transcript).is_on_screen
        assert "You are speaking" in screen_text(pilot.app)


async def test_the_newest_line_stays_in_view_until_the_person_scrolls_up() -> None:
    from voice_tui.events import TranscriptUpdated

    def line(number: int) -> TranscriptUpdated:
        return TranscriptUpdated(turn=number, role="user", text=f"line {number}", final=True)

    async with running(make_app(READY), (80, 24)) as pilot:
        await emit(pilot, *(line(number) for number in range(1, 30)))
        assert "line 29" in screen_text(pilot.app)
        await press(pilot, "pageup")
        assert "line 29" not in screen_text(pilot.app)
        await emit(pilot, line(30))
        assert "line 30" not in screen_text(pilot.app)
        await press(pilot, "pagedown", "pagedown")
        await emit(pilot, line(31))
        assert "line 31" in screen_text(pilot.app)
        await press(pilot, "pageup", "pagedown", "pagedown", "pagedown")  # the last one finds nothing more to scroll
        await emit(pilot, line(32))
        assert "line 32" in screen_text(pilot.app)
        await press(pilot, "pageup", "pageup")
        await emit(pilot, TranscriptUpdated(turn=33, role="user", text="typed words", final=True, typed=True))
        assert "typed words" in screen_text(pilot.app), "who writes sees what comes of it"
