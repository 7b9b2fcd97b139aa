"""What stands above the screen it came from, which is seen darker behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

from voice_tui.tui.widgets.dimmed import Dimmed

if TYPE_CHECKING:
    from rich.console import RenderableType

Result = TypeVar("Result")


class Modal(ModalScreen[Result]):
    """A modal screen that is drawn faster than Textual's own."""

    def render(self) -> RenderableType:
        """Called by Textual: what stands behind."""
        behind = super().render()
        if not isinstance(behind, BackgroundScreen):
            return behind
        return cast("RenderableType", Dimmed(behind))  # Textual takes a visual too
