"""Where toasts stand: above the older lines, and never over the line that is being written."""

from __future__ import annotations

from typing import Any

from textual.geometry import Region
from textual.screen import Screen
from textual.signal import Signal
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets._toast import Toast, ToastRack

TOP_ROWS = 2
"""Rows at the top that are left free where there are enough: the status lines."""

KEY_ROWS = 1
"""Rows at the bottom that are left free where there are enough: the keys."""

SMALL_ROWS = 10
"""Below this height of the terminal no row is left free."""

EDITOR = "editor"
"""Class of a list that a value is chosen from."""

ENOUGH_ROWS = 7
"""Two toasts; with so many rows above it they stand above what is being written."""


def give_way(screen: Screen[Any]) -> None:
    """Put the toasts of a screen where they leave what is being written in sight, now and after every layout."""
    if not screen.is_running:
        return
    signal: Signal[Any] = screen.screen_layout_refresh_signal  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Screen[Unknown] in Textual
    for rack in screen.query_children(ToastRack):
        signal.unsubscribe(rack)
        if rack.display:
            signal.subscribe(rack, lambda _, rack=rack: _place(rack))
            _place(rack)


def _field(screen: Screen[Any]) -> Region | None:
    """Return where a person writes or chooses a value, as far as it is in sight; else None."""
    focused = screen.focused
    if not isinstance(focused, Input | TextArea) and not (focused and focused.has_class(EDITOR)):
        return None
    return _in_sight(screen, focused) or None


def _in_sight(screen: Screen[Any], widget: Widget) -> Region:
    place = widget.region
    for node in widget.ancestors:
        if isinstance(node, Widget) and node is not screen:
            place = place.intersection(node.region)
    return place.intersection(screen.region)


def _place(rack: ToastRack) -> None:
    if not rack.display:
        return
    height, field = rack.screen.size.height, _field(rack.screen)
    top, bottom = (TOP_ROWS, KEY_ROWS) if height >= SMALL_ROWS else (0, 0)
    above, below = (field.y - top, height - bottom - field.bottom) if field else (height - top, 0)
    at_bottom = above < ENOUGH_ROWS and below > above
    rack.set_class(at_bottom, "-below")
    rack.styles.margin = (0, 1, bottom, 0) if at_bottom else (top, 1, 0, 0)
    rack.styles.max_height = rows = max(1, below if at_bottom else above)
    for toast in rack.query(Toast):
        toast.styles.max_height = rows
        toast.styles.margin = (1 if height >= SMALL_ROWS else 0, 0, 0, 0)
