"""Toasts stand where they do not cover what is being written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import TextArea
from textual.widgets._toast import Toast

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import emit, make_app, press, running, screen_text, settle
from voice_tui.events import Notice
from voice_tui.tui.app import VoiceTuiApp

NOTICES = (
    Notice(severity="error", message="The microphone is gone", hint="Plug it in again, or choose another."),
    Notice(severity="warning", message="No language model answers", hint="The notebook answers."),
)
SIZES = [(80, 24), (20, 5)]
WRITING: dict[str, Sequence[str]] = {
    "a value": ("f2", "slash", *"volume", "enter", "enter"),
    "a memory": ("f4", "a", *"tea"),
    "memory search": ("f4", "slash", *"key"),
    "the prompt": ("h", "i"),
    "a choice": ("f2", "slash", *"echo", "enter", "enter"),
}


def standing(app: VoiceTuiApp) -> list[Region]:
    """Where toasts are seen."""
    found = app.screen._compositor.visible_widgets
    return [region.intersection(clip) for widget, (region, clip) in found.items() if isinstance(widget, Toast)]


async def covers(pilot: Pilot[int], field: Region) -> bool:
    """Whether a toast stands, and over what is being written."""
    app = pilot.app
    assert isinstance(app, VoiceTuiApp)
    await settle(pilot, lambda: bool(standing(app)))
    return any(region.overlaps(field) for region in standing(app))


def cursor_line(app: VoiceTuiApp) -> Region:
    """The line that is being written, as far as it is seen."""
    assert app.focused is not None
    place = app.focused.content_region
    if isinstance(app.focused, TextArea):
        place = Region(place.x, app.cursor_position.y, place.width, 1)
    line = place.intersection(app.screen.region)
    assert line, "it is in sight"
    return line


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("where", WRITING)
async def test_a_toast_leaves_the_line_in_sight(where: str, size: tuple[int, int]) -> None:
    app = make_app([*READY, *DIALOGUE])
    async with running(app, size) as pilot:
        await press(pilot, *WRITING[where])
        await emit(pilot, *NOTICES)
        assert not await covers(pilot, cursor_line(app))


async def test_a_toast_gives_way_when_something_else_is_written_or_the_terminal_changes() -> None:
    app = make_app([*READY, *DIALOGUE])
    async with running(app) as pilot:
        await emit(pilot, *NOTICES)
        assert max(region.bottom for region in standing(app)) < 12
        await press(pilot, "f4", "slash")
        assert not await covers(pilot, cursor_line(app))
        await press(pilot, "escape")
        await settle(pilot, lambda: max(region.bottom for region in standing(app)) < 12)
        await pilot.resize_terminal(40, 6)
        await settle(pilot)
        assert not await covers(pilot, cursor_line(app))


async def test_where_one_line_is_left_it_says_what_happened() -> None:
    app = make_app([*READY, *DIALOGUE])
    async with running(app, (20, 5)) as pilot:
        await press(pilot, "f4", "a")
        await emit(pilot, Notice(severity="error", message="No microphone"))
        assert "No microphone" in screen_text(app)
