"""Screens open and close all day: nothing of them stays, nothing is done twice, and garbage waits for a pause."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from rich.segment import Segment
from textual._styles_cache import StylesCache
from textual.content import Content
from textual.events import ScreenResume
from textual.geometry import Size
from textual.strip import Strip

from tests.tui.driving import make_app, press, running
from voice_tui.tui.fresh import Fresh
from voice_tui.tui.screens.help import HelpScreen, HelpText
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.sweeper import DEEP_DUE, DEEP_SECONDS, DUE, LONG_SECONDS, OVERDUE, QUIET_SECONDS, Sweeper
from voice_tui.tui.textual_faults import mend, release_closed_screens
from voice_tui.tui.widgets.draw import Wrapped


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def line_caches() -> int:
    gc.collect()
    return sum(issubclass(type(thing), StylesCache) for thing in gc.get_objects())  # without waking what is lazy


async def test_nothing_of_a_closed_dialog_stays() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f1", "escape")
        before = line_caches()
        for _ in range(3):
            await press(pilot, "f1", "escape")
        assert isinstance(app.screen, MainScreen)
        assert line_caches() == before


def test_a_textual_without_the_fault_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = classmethod(lambda cls, one, other: (one, other))
    monkeypatch.setattr(StylesCache, "get_inner_outer", fine)
    release_closed_screens()
    assert vars(StylesCache)["get_inner_outer"] is fine
    monkeypatch.delattr(StylesCache, "get_inner_outer")
    release_closed_screens()


async def test_what_was_drawn_is_freed_without_a_collection() -> None:
    app = make_app()
    async with running(app, (120, 36)) as pilot:
        await press(pilot, "f6", "escape")
        gc.collect()
        gc.disable()
        try:
            await press(pilot, "f6", "escape", "f6", "escape")
            assert gc.collect() < 200, "it was 545 objects for each time"
        finally:
            gc.enable()


def test_a_line_divided_into_itself_does_not_keep_itself() -> None:
    mend()
    divided = Strip.divide
    mend()
    assert Strip.divide is divided, "mended once"
    strip = Strip([Segment("abcd")])
    assert strip.divide([4]) == [strip]
    assert [part.text for part in strip.divide([1, 4])] == ["a", "bcd"]
    assert [part.text for part in strip.divide(iter([2, 9]))] == ["ab"]
    gc.collect()
    gc.disable()
    try:
        strip = Strip([Segment("abcd")])
        strip.divide([4])
        del strip
        assert gc.collect() == 0
    finally:
        gc.enable()


async def test_a_dialog_has_its_height_and_its_lines_before_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []
    wrapped = HelpText.wrapped
    monkeypatch.setattr(HelpText, "wrapped", lambda self, width: widths.append(width) or wrapped(self, width))
    drawn: list[bool] = []
    refresh = HelpScreen._refresh_layout
    monkeypatch.setattr(
        HelpScreen,
        "_refresh_layout",
        lambda self, *args, **more: drawn.append(self.has_class("-roomy")) or refresh(self, *args, **more),
    )
    async with running(make_app(), (80, 24)) as pilot:
        await press(pilot, "f1")
        assert drawn
        assert all(drawn)
        assert len(widths) <= 2, "once, and once more for the room that its scrollbar takes"


async def test_a_text_is_as_high_as_its_lines_at_any_width() -> None:
    class Words(Wrapped):
        def wrapped(self, width: int) -> Content:
            return Content("\n".join("word" for _ in range(40 // width)))

    words = Words()
    size = Size(80, 24)
    assert [words.get_content_height(size, size, width) for width in (10, 4, 0, 20)] == [4, 10, 0, 2]


async def test_styles_are_looked_up_again_only_when_the_theme_is_another() -> None:
    app = make_app()
    async with running(app):
        screen = Fresh[None]()
        for theme, again in (("nord", False), ("nord", False), ("gruvbox", True), ("gruvbox", False)):
            app.theme = theme
            event = ScreenResume()
            screen.on_screen_resume(event)
            assert event.refresh_styles is again
        app.theme = "nord"
        event = ScreenResume(refresh_styles=False)
        screen.on_screen_resume(event)
        assert not event.refresh_styles


@pytest.mark.usefixtures("collector")
def test_garbage_waits_for_a_pause() -> None:
    sweeper = Sweeper(now=100.0)
    sweeper.begin()
    assert gc.get_threshold()[2] == OVERDUE
    assert gc.get_freeze_count()
    sweeper.pressed(110.0)
    assert not sweeper.look(110.0 + QUIET_SECONDS / 2, DUE), "somebody presses keys"
    assert not sweeper.look(120.0, DUE - 1), "it is not due"
    assert sweeper.look(120.0, DUE)


class Thing(list[object]):
    """Holds on to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        super().__init__()
        self.append(self)


@pytest.mark.usefixtures("collector")
def test_what_was_found_alive_is_gone_through_again_in_a_long_pause() -> None:
    sweeper = Sweeper(now=100.0)
    sweeper.begin()
    thing = Thing()
    gone = weakref.ref(thing)
    sweeper.pressed(110.0)
    assert sweeper.look(110.0 + QUIET_SECONDS, DUE)
    del thing
    later = 110.0 + LONG_SECONDS
    assert later < 100.0 + DEEP_SECONDS
    assert sweeper.look(later, DUE)
    assert gone() is not None, "it was alive when it was left out"
    sweeper.pressed(230.0)
    assert sweeper.look(230.0 + QUIET_SECONDS, DUE)
    assert gone() is not None, "the pause is short"
    assert sweeper.look(230.0 + LONG_SECONDS, DUE)
    assert gone() is None


@pytest.mark.usefixtures("collector")
def test_who_never_pauses_for_long_is_not_kept_from_it_for_ever() -> None:
    sweeper = Sweeper(now=100.0)
    sweeper.begin()
    thing = Thing()
    gone = weakref.ref(thing)
    assert sweeper.look(101.0, DUE)
    del thing
    now = 100.0 + DEEP_DUE
    sweeper.pressed(now)
    assert sweeper.look(now + QUIET_SECONDS, DUE)
    assert gone() is None
