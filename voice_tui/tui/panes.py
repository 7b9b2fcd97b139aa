"""Which panes are open at which terminal size. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Pane = Literal["metrics", "memories"]
Room = Literal["both", "beside", "instead", "none"]
"""Room for both panes under each other; for one beside the conversation; only for one instead of it; for no pane."""

BOTH_WIDTH, BOTH_HEIGHT = 100, 32
BESIDE_WIDTH = 72
INSTEAD_WIDTH = 12


def room(width: int, height: int) -> Room:
    """Return what a terminal of this size, in cells, has room for."""
    if width >= BOTH_WIDTH and height >= BOTH_HEIGHT:
        return "both"
    if width >= BESIDE_WIDTH:
        return "beside"
    return "instead" if width >= INSTEAD_WIDTH else "none"


@dataclass(frozen=True, slots=True)
class Panes:
    """What the person wants to see.

    Args:
        metrics: Wanted where there is room for both. `memories` likewise.
        single: The one pane wanted where there is room for one; "" for none.
    """

    metrics: bool = True
    memories: bool = True
    single: Literal["metrics", "memories", ""] = ""

    def shown(self, room: Room) -> frozenset[Pane]:
        """Return the panes that are open."""
        if room == "none":
            return frozenset()
        if room != "both":
            return frozenset({self.single} if self.single else ())
        wanted: list[tuple[Pane, bool]] = [("metrics", self.metrics), ("memories", self.memories)]
        return frozenset(pane for pane, is_wanted in wanted if is_wanted)

    def toggled(self, pane: Pane, room: Room) -> Panes:
        """Return the panes after the key of `pane` was pressed."""
        if room != "both":
            return replace(self, single="" if self.single == pane else pane)
        return (
            replace(self, metrics=not self.metrics) if pane == "metrics" else replace(self, memories=not self.memories)
        )
