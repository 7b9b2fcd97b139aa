"""Choose colours: the theme under the cursor is shown at once, Escape brings the old one back."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from voice_tui.tui.screens.dialog import Dialog
from voice_tui.tui.typed import app_of


class ThemeList(OptionList):
    """The names."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Keep", id="theme_keep")]


class ThemeScreen(Dialog[str]):
    """The result is the chosen theme's name, or None when the old one is kept."""

    TITLE = "Theme"
    TALLEST = "#theme-list"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Back to the old one", id="dialog_cancel")]

    def __init__(self, names: list[str], current: str) -> None:
        super().__init__()
        self._names = names
        self._current = current

    def compose_body(self) -> ComposeResult:
        """Yield the list."""
        yield ThemeList(*(Option(name, id=name) for name in self._names), id="theme-list", markup=False)

    def on_mount(self) -> None:
        """Begin at the theme in use."""
        if self._current in self._names:
            self.query_one(ThemeList).highlighted = self._names.index(self._current)

    @on(OptionList.OptionHighlighted)
    def _preview(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        app_of(self).theme = self._names[event.option_index]

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._names[event.option_index])

    def action_cancel(self) -> None:
        """Bring the old theme back."""
        app_of(self).theme = self._current
        self.dismiss(None)
