"""A text whose drawn lines are kept for the next time: laying out and colouring a page of help takes 5 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._context import active_app
from textual.content import Content
from textual.visual import Visual

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.strip import Strip
    from textual.style import Style
    from textual.visual import RenderOptions


class Kept(Visual):
    """Draws a `Content`, once for each size, style and theme in a row; UI thread."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._drawn: tuple[object, list[Strip]] | None = None

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Called by Textual."""
        wanted = (width, height, style, options.selection, active_app.get().theme)
        if self._drawn is None or self._drawn[0] != wanted:
            self._drawn = (wanted, self.content.render_strips(width, height, style, options))
        return self._drawn[1]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Called by Textual; columns."""
        return self.content.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Called by Textual; rows."""
        return self.content.get_height(rules, width)
