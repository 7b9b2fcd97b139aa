"""A new name for something; an empty line takes the name away."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from voice_tui.tui.screens.dialog import Dialog
from voice_tui.tui.state.text import one_line

MAX_CHARS = 200
"""Longest name."""


class NameInput(Input):
    """The name."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "Rename", id="rename_submit")]


class RenameScreen(Dialog[str]):
    """The result is the new name, "" for none, or None when the old one stays.

    Args:
        title: Of the box.
        name: What stands there at first.
        hint: One line above.
    """

    def __init__(self, title: str, name: str, hint: str) -> None:
        super().__init__()
        self.title = title
        self._name_now = name
        self._hint = hint

    def compose_body(self) -> ComposeResult:
        """Yield the hint and the line."""
        yield Static(self._hint, classes="hint", markup=False)
        line = NameInput(self._name_now, max_length=MAX_CHARS, id="new-name", classes="line", select_on_focus=False)
        line.cursor_blink = False
        yield line

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(one_line(event.value))
