"""The command palette."""

from __future__ import annotations

from textual.command import CommandPalette
from textual.widgets import Input


class Palette(CommandPalette):
    """Textual's, with a cursor that stands still: an idle app draws nothing."""

    def on_mount(self) -> None:
        """Called by Textual, after its own."""
        self.query_one(Input).cursor_blink = False
