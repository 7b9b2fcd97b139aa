"""The frame that every dialog shares: a titled box that fits any terminal, its keys on the last line."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size

from voice_tui.tui.fresh import Fresh
from voice_tui.tui.screens.modal import Modal
from voice_tui.tui.typed import app_of
from voice_tui.tui.widgets.keybar import KeyBar

Result = TypeVar("Result")

ROOMY_ROWS = 14
"""From this height on a dialog has blank lines around what it says."""

_ROOMY, _LOW = "-roomy", "-low"

LEAVING: tuple[BindingType, ...] = (
    Binding("f1", "app.help", "", show=False),
    *(Binding(f"f{number}", f"leave_for('f{number}')", "", show=False) for number in range(2, 13)),
)
"""Bindings of a dialog that holds nothing unfinished, after its own: function keys lead where they always do."""


class Dialog(Fresh[Result], Modal[Result]):
    """A dialog; subclasses give `TITLE` and `compose_body`."""

    TITLE = ""
    TALLEST = "#dialog-body"
    """What gets the rows that are left; it scrolls when they are not enough."""
    OTHER_ROWS = 0
    """Rows of the body that stand above or below `TALLEST`, when that is only a part of the body."""
    OTHER_ROWS_LOW: int | None = None
    """The same of a dialog that shows less where it is not roomy (class "-low"); None = as many."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", id="dialog_cancel")]

    def compose(self) -> ComposeResult:
        """Called by Textual; laid out for this terminal at once, because every later change would draw it all again."""
        roomy = app_of(self).size.height >= ROOMY_ROWS
        self.set_class(roomy, _ROOMY, update=False)
        self.set_class(not roomy, _LOW, update=False)
        with Vertical(id="dialog") as box:
            box.border_title = self.title or ""
            with Vertical(id="dialog-body"):
                yield from self.compose_body()
            yield KeyBar(None, id="dialog-keys")

    def compose_body(self) -> ComposeResult:
        """Yield what stands in the box."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """The same for what stands in the box."""
        self._fit(app_of(self).size)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the keys in view, whatever the height."""
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        roomy = size.height >= ROOMY_ROWS
        self.set_class(roomy, _ROOMY)
        self.set_class(not roomy, _LOW)
        rows = size.height - (5 if roomy else 3)
        others = self.OTHER_ROWS if roomy or self.OTHER_ROWS_LOW is None else self.OTHER_ROWS_LOW
        for selector, height in (("#dialog-body", rows), (self.TALLEST, rows - others)):
            for widget in self.query(selector):
                widget.styles.max_height = max(1, height)

    def action_leave_for(self, key: str) -> None:
        """Close, and press this key where that leads to."""
        app = app_of(self)
        self.dismiss(None)
        app.call_later(app.simulate_key, key)

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)


class WholeDialog(Dialog[Result]):
    """It takes the whole terminal.

    What stands behind a dialog is drawn too, darker, and costs as much as the dialog itself. Who opens this one wants
    to be somewhere else, not to answer something about what is there.
    """
