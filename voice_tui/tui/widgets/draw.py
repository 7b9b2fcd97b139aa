"""Bars, sparklines and levels out of characters, and a widget that repaints only when what it shows has changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.visual import Visual
from textual.widget import Widget

STEP_BUDGET_MS = 80.0
"""Longest engine step that keeps up: one frame."""

FLOOR_DB = -60.0
"""Level that a meter shows as empty, dB of full scale."""

_SPARKS = "▁▂▃▄▅▆▇█"


def same_lines(one: Sequence[Content], other: Sequence[Content]) -> bool:
    """Return whether two lists would be drawn alike, so that filling it anew can be saved."""
    return len(one) == len(other) and all(a.is_same(b) for a, b in zip(one, other, strict=True))


class Drawn(Widget):
    """A widget of fixed size that shows a `Content`; showing the same again costs nothing, and never a layout."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._drawn = Content("")

    def show(self, content: Content) -> bool:
        """Show `content`.

        Returns:
            Whether it differs from what was shown.
        """
        if self._drawn.is_same(content):
            return False
        self._drawn = content
        self.refresh()
        return True

    @property
    def shown(self) -> Content:
        """What is shown."""
        return self._drawn

    def render(self) -> Content:
        """Called by Textual."""
        return self._drawn


class Wrapped(Widget):
    """A text whose lines depend on its width; made for a width before the layout, so that one layout is enough."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._made: tuple[int, Visual] | None = None

    def wrapped(self, width: int) -> Visual:
        """Return the text in lines of at most `width` cells."""
        raise NotImplementedError

    def rewrap(self) -> None:
        """Show what `wrapped` says now."""
        self._made = None
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Called by Textual."""
        return self._for(width).get_height({}, width) if width else 0

    def render(self) -> Visual:
        """Called by Textual."""
        return self._for(self.size.width)

    def _for(self, width: int) -> Visual:
        if self._made is None or self._made[0] != width:
            self._made = (width, self.wrapped(width) if width else Content(""))
        return self._made[1]


def bar(fraction: float, width: int, style: str) -> Content:
    """Return a line of `width` cells of which `fraction` (0-1, clipped) is heavy; a trace shows as half a cell."""
    share = min(max(fraction, 0.0), 1.0) if math.isfinite(fraction) else 1.0
    halves = round(share * width * 2)
    if share > 0:
        halves = max(halves, 1)
    whole, half = divmod(halves, 2)
    filled = "━" * whole + "╸" * half
    return Content.assemble((filled, style), ("─" * (width - len(filled)), "$foreground 20%"))


def sparkline(values: Sequence[float], width: int, *, floor: float) -> str:
    """Return the last `width` values as blocks, scaled to their largest, or to `floor` when that is larger."""
    recent = list(values)[-width:]
    top = max([floor, *recent])
    return "".join(_SPARKS[min(7, max(0, int(value / top * 7.999)))] for value in recent)


def decibels(peak: float) -> float:
    """Return a peak of 0-1 as dB of full scale, not below `FLOOR_DB`."""
    return max(FLOOR_DB, 20 * math.log10(peak)) if peak > 0 else FLOOR_DB


def level(peak: float, width: int) -> Content:
    """Return a level meter: green, yellow from -12 dB, red from -3 dB where clipping is near."""
    value = decibels(peak)
    style = "$success" if value < -12 else "$warning" if value < -3 else "$error"
    return bar(1 - value / FLOOR_DB, width, style)


def level_words(peak: float) -> str:
    """Return "-23 dB" or "silent"."""
    value = decibels(peak)
    return "silent" if value <= FLOOR_DB else f"{value:.0f} dB"


def fitted(content: Content, width: int) -> Content:
    """Return `content` in exactly `width` cells: cut with an ellipsis, or padded."""
    cut = content.truncate(max(width, 0), ellipsis=True)
    return cut.pad_right(max(0, width - cut.cell_length))
