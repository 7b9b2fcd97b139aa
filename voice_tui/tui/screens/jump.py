"""Go to: a letter on everything that can have the focus; pressing it goes there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import Label

from voice_tui.tui.screens.modal import Modal
from voice_tui.tui.typed import app_of

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


@dataclass(frozen=True, slots=True)
class Target:
    """Where to go.

    Args:
        letter: Its label.
        widget: What gets the focus.
        region: Where it stands on screen, in cells.
    """

    letter: str
    widget: Widget
    region: Region


class JumpScreen(Modal[Widget]):
    """Labels over the screen below; the result is the chosen widget, or None for any other key."""

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = {target.letter: target for target in targets}

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        for target in self._targets.values():
            label = Label(f" {target.letter} ", classes="jump-label", markup=False)
            label.styles.offset = (target.region.x + 1, target.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go, or give up."""
        event.stop()
        target = self._targets.get(event.key)
        self.dismiss(target.widget if target else None)

    def on_click(self) -> None:
        """A click anywhere gives up."""
        self.dismiss(None)

    def on_resize(self, event: events.Resize) -> None:
        """The labels would stand in the wrong places."""
        if self.is_current and event.size != app_of(self).size:
            self.dismiss(None)


def targets(focusable: Iterable[Widget]) -> list[Target]:
    """Return a target for everything that can be seen."""
    visible = [widget for widget in focusable if widget.region.area]
    return [Target(letter, widget, widget.region) for letter, widget in zip(LETTERS, visible, strict=False)]
