"""Write a memory down, or change its words."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static, TextArea

from voice_tui.tui.screens.dialog import Dialog
from voice_tui.tui.state.text import one_line

MAX_CHARS = 4_000
"""Longest memory that can be written here."""


class MemoryText(TextArea):
    """Several lines on screen, one sentence in the store: Enter saves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.save", "Save", priority=True, id="memory_save")]


class MemoryTextScreen(Dialog[str]):
    """The result is the text, or None.

    Args:
        title: Of the box.
        text: What stands there at first.
        hint: One line above.
    """

    def __init__(self, title: str, text: str = "", hint: str = "") -> None:
        super().__init__()
        self.title = title
        self._text = text
        self._hint = hint

    def compose_body(self) -> ComposeResult:
        """Yield the hint and the text."""
        yield Static(self._hint, classes="hint", markup=False)
        area = MemoryText(self._text, soft_wrap=True, tab_behavior="focus", show_line_numbers=False, id="memory-text")
        area.highlight_cursor_line = False
        area.cursor_blink = False
        yield area

    def on_mount(self) -> None:
        """Write on at the end."""
        area = self.query_one(MemoryText)
        area.move_cursor(area.document.end)

    def action_save(self) -> None:
        """Hand the text over, unless there is none."""
        text = one_line(self.query_one(MemoryText).text)[:MAX_CHARS]
        if text:
            self.dismiss(text)
        else:
            self.query_one(".hint", Static).update("Write something first, or press Esc.")
