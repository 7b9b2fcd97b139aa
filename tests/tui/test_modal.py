"""What is behind a dialog looks as Textual draws it, and what help says can be marked and follows the theme."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.geometry import Offset
from textual.renderables.background_screen import BackgroundScreen
from textual.selection import SELECT_ALL, Selection

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import make_app, press, running
from voice_tui.tui.screens.help import HelpText
from voice_tui.tui.widgets.dimmed import Dimmed


def looks(segments: list[Segment]) -> list[tuple[str, object, object]]:
    """Each visible cell with its colours."""
    return [
        (char, segment.style and char.strip() and segment.style.color, segment.style and segment.style.bgcolor)
        for segment in segments
        if not segment.control
        for char in segment.text
        if char != "\n"
    ]


@pytest.mark.parametrize("keys", ["f7", "ctrl+s"])
async def test_it_is_what_textual_draws(keys: str) -> None:
    app = make_app((*READY, *DIALOGUE))
    async with running(app) as pilot:
        await press(pilot, keys)
        behind = BackgroundScreen(app.screen_stack[0], app.screen.styles.background)
        theirs = list(app.console.render(behind, app.console_options))
        strips = Dimmed(behind).render_strips(*app.size, app.screen.visual_style, None)  # type: ignore[arg-type]
        assert len(strips) == app.size.height
        assert looks([segment for strip in strips for segment in strip]) == looks(theirs)
        assert not any(segment.style and segment.style.meta for strip in strips for segment in strip)


async def test_help_can_be_marked() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f1")
        text = app.screen.query_one(HelpText)
        everything = text.get_selection(SELECT_ALL)
        assert everything is not None
        assert "Mute" in everything[0]
        assert text.get_selection(Selection(Offset(0, 0), Offset(4, 0))) == (everything[0][:4], "\n")


async def test_help_follows_the_theme() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f1")
        text = app.screen.query_one(HelpText)
        dark = [text.render_line(y) for y in range(4)]
        await press(pilot, "escape")
        app.theme = "solarized-light"
        await press(pilot, "f1")
        assert [text.render_line(y) for y in range(4)] != dark


@pytest.mark.parametrize("key", ["f1", "f2", "f5", "f6", "f10", "ctrl+p"])
async def test_nothing_is_drawn_behind_what_takes_the_whole_terminal(key: str) -> None:
    app = make_app((*READY, *DIALOGUE))
    async with running(app) as pilot:
        main = app.screen
        await press(pilot, key)
        assert app.screen is not main
        assert not main.is_current
        await pilot.resize_terminal(70, 20)
        await press(pilot, "escape")
        assert app.screen is main
        assert main.is_current
        assert main.size == app.size
        shown = list(main._compositor.render_strips())
    plain = make_app((*READY, *DIALOGUE))
    async with running(plain, size=(70, 20)):
        assert [line.text for line in shown] == [line.text for line in plain.screen._compositor.render_strips()]
