"""A question with two answers."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from voice_tui.tui.screens.dialog import Dialog


class ConfirmScreen(Dialog[bool]):
    """Asks; the result is True for yes.

    Args:
        title: Of the box.
        question: One sentence.
        detail: What it is about, shown as data.
    """

    TALLEST = ".detail"
    OTHER_ROWS = 2

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "yes", "Yes", id="confirm_yes"),
        Binding("escape,n", "cancel", "No", id="dialog_cancel"),
    ]

    def __init__(self, title: str, question: str, detail: str) -> None:
        super().__init__()
        self.title = title
        self._question = question
        self._detail = detail

    def compose_body(self) -> ComposeResult:
        """Yield the question and what it is about."""
        yield Static(self._question, classes="question", markup=False)
        with VerticalScroll(classes="detail", can_focus=False):
            yield Static(self._detail, markup=False)

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(True)


class DoubtScreen(ConfirmScreen):
    """Asks what is hardly wanted: Enter means no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,n", "cancel", "No", id="doubt_no"),
        Binding("y", "yes", "Yes, all the same", id="doubt_yes"),
    ]
