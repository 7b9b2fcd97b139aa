"""What Textual leaves without a type, given one in a single place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode


def app_of(node: DOMNode) -> App[object]:
    """Return the app of a widget or screen."""
    return node.app  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # App[Unknown] in Textual
