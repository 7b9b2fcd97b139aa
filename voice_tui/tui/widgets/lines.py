"""Lines that come in live, bounded: searched, filtered by level, and held still while somebody reads."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Log, Static

MAX_LINES = 2_000
"""Lines kept in a view; the oldest go."""

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_RANKS = {name: rank for rank, name in enumerate(LEVELS)} | {"CRITICAL": len(LEVELS) - 1}
_LEVEL = re.compile(r"^[\w.-]+: \d\d:\d\d:\d\d (DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")
_DIM = "$foreground 60%"


class LinesFilter(Input):
    """What the lines must hold."""

    HELP_TITLE = "Find in the lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,enter", "to_lines", "To the lines", id="lines_go"),
        Binding("escape", "clear", "Clear", tooltip="Show all lines again.", id="lines_clear"),
    ]

    def action_to_lines(self) -> None:
        """Go on in the lines."""
        view = self.parent
        assert isinstance(view, LinesView)
        view.focus_lines()

    def action_clear(self) -> None:
        """Show all lines again."""
        self.value = ""
        self.action_to_lines()


class LinesView(Vertical):
    """Keeps the last `MAX_LINES` lines and shows those that fit the filter.

    Args:
        log_id: Of the widget with the lines.
        place: Where they come from, for a person; "" = nowhere to name.
        levels: The lines have levels, as log records do.
    """

    def __init__(self, log_id: str, *, place: str = "", levels: bool = False) -> None:
        super().__init__(classes="lines")
        self._log_id = log_id
        self._place = place
        self._levels = levels
        self._kept: deque[tuple[int, str]] = deque(maxlen=MAX_LINES)
        self._rank = 0
        self._last_rank = 0
        self._wanted: tuple[str, ...] = ()
        self._behind: int | None = None  # lines that came since it was paused; None = it follows

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        yield Static("", classes="lines-state", markup=False)
        yield LinesFilter(placeholder="Find", compact=True, select_on_focus=False, classes="lines-find")
        yield Log(max_lines=MAX_LINES, id=self._log_id)

    def on_mount(self) -> None:
        """The filter comes when it is asked for."""
        line = self.query_one(LinesFilter)
        line.cursor_blink = False
        line.display = False
        self._say()

    def begin(self) -> None:
        """Be empty, and show whatever comes."""
        self._kept.clear()
        self._rank = self._last_rank = 0
        self._behind, self._wanted = None, ()
        line = self.query_one(LinesFilter)
        with self.prevent(Input.Changed):
            line.value = ""
        line.display = False
        self._log.clear()
        self._say()

    @property
    def paused(self) -> bool:
        """Whether it is held still."""
        return self._behind is not None

    def add(self, lines: Iterable[str]) -> None:
        """Take new lines; they are shown when they fit, and when it is not paused."""
        fresh = [(self._ranked(line), line) for line in lines]
        self._kept.extend(fresh)
        if self._behind is not None:
            self._behind += len(fresh)
            self._say()
        else:
            self._log.write_lines(self._fitting(fresh))

    def focus_lines(self) -> None:
        """Go to the lines; an empty filter goes away."""
        line = self.query_one(LinesFilter)
        self._log.focus()
        line.display = bool(line.value)

    def find(self) -> None:
        """Go to the filter."""
        line = self.query_one(LinesFilter)
        line.display = True
        line.focus()

    def toggle_pause(self) -> None:
        """Hold still, or show what came meanwhile and follow again."""
        if self._behind is None:
            self._behind = 0
            self._say()
        else:
            self._behind = None
            self._refill()

    def next_level(self) -> None:
        """Show only what is more important than now; after the most important comes everything again."""
        self._rank = (self._rank + 1) % len(LEVELS)
        self._refill()

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._wanted = tuple(event.value.casefold().split())
        self._refill()

    @property
    def _log(self) -> Log:
        return self.query_one(Log)

    def _refill(self) -> None:
        if self._behind is not None:
            self._behind = 0  # a new filter shows all that is there
        self._log.clear()
        self._log.write_lines(self._fitting(self._kept), scroll_end=True)
        self._log.scroll_end(animate=False)
        self._say()

    def _fitting(self, lines: Iterable[tuple[int, str]]) -> list[str]:
        return [line for rank, line in lines if rank >= self._rank and _holds(line, self._wanted)]

    def _ranked(self, line: str) -> int:
        """Return how important a line is; one without a level goes with the one before it."""
        if self._levels:
            found = _LEVEL.match(line)
            self._last_rank = _RANKS[found.group(1)] if found else self._last_rank
        return self._last_rank

    def _say(self) -> None:
        parts: list[Content] = []
        if self._rank:
            parts.append(Content.styled(f"{LEVELS[self._rank].lower()} and above", "$text-accent"))
        if self._wanted:
            parts.append(Content.assemble("only lines with ", (" ".join(self._wanted), "bold $text-accent")))
        if self._behind is not None:
            parts.append(Content.styled(f"paused, {self._behind} new", "bold $text-warning"))
        if self._place:
            parts.append(Content.styled(self._place, _DIM))
        state = self.query_one(".lines-state", Static)
        state.display = bool(parts)
        state.update(Content(" · ").join(parts))


def _holds(line: str, wanted: Sequence[str]) -> bool:
    folded = line.casefold() if wanted else ""
    return all(word in folded for word in wanted)
