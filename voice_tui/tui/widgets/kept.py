"""Texts whose drawn lines are kept for the next time: laying out and colouring a page of help takes 5 ms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual._context import active_app
from textual.content import Content
from textual.visual import Visual

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.strip import Strip
    from textual.style import Style
    from textual.visual import RenderOptions


LOOKS = 4
"""A line of a list has two, with the cursor on it and without; twice, because a scroll bar comes and goes."""


class Kept(Visual):
    """Draws a `Content`, once for each size, style and theme in a row; UI thread."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._drawn: dict[object, list[Strip]] = {}
        self._height = (0, 0)

    def __str__(self) -> str:
        return self.content.plain

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Called by Textual."""
        wanted = (width, height, style, options.selection, active_app.get().theme)
        if wanted not in self._drawn:
            if len(self._drawn) >= LOOKS:
                self._drawn.clear()
            self._drawn[wanted] = self.content.render_strips(width, height, style, options)
        return self._drawn[wanted]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Called by Textual; columns."""
        return self.content.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Called by Textual; rows."""
        if self._height[0] != width:
            self._height = (width, self.content.get_height(rules, width))
        return self._height[1]


class Pile(Visual):
    """Kept texts, one below the other: when one of them changes, the others need not be drawn again. UI thread."""

    def __init__(self, parts: Sequence[Kept]) -> None:
        self._parts = tuple(parts)

    @property
    def content(self) -> Content:
        """All of it, as one text."""
        return Content("\n").join([part.content for part in self._parts])

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Called by Textual."""
        if options.selection is not None:  # its places count from the first line of all
            return self.content.render_strips(width, height, style, options)
        strips = [strip for part in self._parts for strip in part.render_strips(width, None, style, options)]
        return strips if height is None else strips[:height]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Called by Textual; columns."""
        return max((part.get_optimal_width(rules, container_width) for part in self._parts), default=0)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Called by Textual; rows."""
        return sum(part.get_height(rules, width) for part in self._parts)
