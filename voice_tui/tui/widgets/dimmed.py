"""The screen behind a dialog, darker: each style that stands on it is darkened once, not each piece of text."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.strip import Strip
from textual.visual import Visual

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.renderables.background_screen import BackgroundScreen
    from textual.screen import Screen
    from textual.style import Style
    from textual.visual import RenderOptions

STYLES_KEPT = 1_024
"""More than two screens have; a gradient of a meter has a few dozen."""


class Dimmed(Visual):
    """What Textual's `BackgroundScreen` draws, in half its time (3.4 ms instead of 6.6 at 120×36); UI thread."""

    def __init__(self, behind: BackgroundScreen) -> None:
        """`behind` has the screen and the colour that is laid over it."""
        self._screen = cast("Screen[object]", behind.screen)  # pyright: ignore[reportUnknownMemberType]
        self._tint = behind.color

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Called by Textual; one strip for each row of the screen behind."""
        tint = self._tint
        lines = self._screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage]  # as BackgroundScreen does; there is no other way
        dimmed = (
            Strip([Segment(text, tinted(own, tint)) for text, own, _ in line], line.cell_length) for line in lines
        )
        return [line.adjust_cell_length(width) for line in islice(dimmed, height)]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Called by Textual; columns."""
        return self._screen.size.width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Called by Textual; rows."""
        return self._screen.size.height


@lru_cache(maxsize=STYLES_KEPT)
def tinted(style: RichStyle | None, tint: Color) -> RichStyle:
    """Return a style with `tint` over its colours; nothing in it can be clicked."""
    if style is None:
        return RichStyle()
    plain = style.clear_meta_and_links()
    if tint.a == 0:
        return plain
    fore, back = (
        None if colour is None else Color.from_rich_color(colour) + tint for colour in (plain.color, plain.bgcolor)
    )
    return plain + RichStyle.from_color(fore and fore.rich_color, back and back.rich_color)
