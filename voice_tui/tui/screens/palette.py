"""The command palette: every entry of the catalogue that applies now with its key, found by some of its letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.style import Style
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from voice_tui.tui import keys
from voice_tui.tui.catalogue import ENTRIES, Entry
from voice_tui.tui.screens.modal import Modal
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.widgets.kept import Kept
from voice_tui.tui.widgets.keybar import KeyBar

NO_CELLS = 8
"""A terminal so narrow leaves the lines of the list no room."""

LINES_KEPT = 256
"""Three times what there is without a query: what was typed first brings up the most."""

WHOLE_WORDS_FROM = 3
"""Letters of a query from which the help of the entries is searched too."""

_WORD = re.compile(r"[^\W_]+")
_PLACES = {"app": "", "memories": " in Memories", "conversations": " in Conversations"}
_FOUND = Style(bold=True, underline=True)


class PaletteLine(Input):
    """What is searched; the arrow keys move in the list below it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.dismiss", "Close", id="dialog_cancel"),
        *(
            Binding(key, f"screen.move('{action}')", show=False)
            for key, action in (
                ("down", "cursor_down"),
                ("up", "cursor_up"),
                ("pagedown", "page_down"),
                ("pageup", "page_up"),
            )
        ),
    ]


class PaletteList(OptionList, can_focus=False):
    """What was found."""


class PaletteScreen(Modal[Entry], StandbyScreen[Entry]):
    """The result is what was chosen, or None.

    Args:
        state: Says what applies.
        key_of: Returns the keys of an entry, the person's key map included; "" for none.
    """

    ASKS_NOBODY = True
    AUTO_FOCUS = "#palette-line"

    def __init__(self, state: AppState, key_of: Callable[[Entry], str]) -> None:
        super().__init__()
        self._state = state
        self._key_of = key_of
        self._found: list[Entry] = []
        self._shown: list[Kept] = []

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        with Vertical(id="palette"):
            line = PaletteLine(placeholder="Search for commands…", id="palette-line", select_on_focus=False)
            line.cursor_blink = False
            yield line
            yield PaletteList(id="palette-found", markup=False)
            yield Static("No command has these letters.", id="palette-none", markup=False)
            yield KeyBar(None, id="palette-keys")

    def renew(self) -> None:
        """Everything that applies now."""
        line = self.query_one(PaletteLine)
        with self.prevent(Input.Changed):
            line.value = ""
        self._search("")

    def on_resize(self, event: events.Resize) -> None:
        """Textual cannot lay an option out in no cells."""
        self.query_one(OptionList).display = bool(self._shown) and event.size.width > NO_CELLS

    def action_move(self, action: str) -> None:
        """Move the cursor of the list."""
        getattr(self.query_one(OptionList), f"action_{action}")()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._search(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._found[event.option_index])

    def _search(self, query: str) -> None:
        entries = [entry for entry in ENTRIES if entry.id != "commands" and entry.applies(self._state)]
        self._found, shown = matching(entries, self._state, self._key_of, query)
        options = self.query_one(OptionList)
        if shown != self._shown:
            self._shown = shown
            options.set_options(Option(line) for line in shown)
        options.display = bool(shown) and self.size.width > NO_CELLS
        self.query_one("#palette-none").display = not shown
        options.highlighted = 0 if shown else None
        options.scroll_home(animate=False, immediate=True)


def matching(
    entries: Sequence[Entry], state: AppState, key_of: Callable[[Entry], str], query: str
) -> tuple[list[Entry], list[Kept]]:
    """Return the entries whose title holds the letters of `query` in this order, and their lines: the best come first.

    After them come those whose help has words that begin like all of its words, as they stand. Without a query all are
    there, as they stand. The same line is the same object, whenever it is asked for.
    """
    matcher = Matcher(query, match_style=_FOUND)
    scored: list[tuple[float, Entry, Kept]] = []
    for entry in entries:
        title, key = entry.title_now(state), key_of(entry)
        score = matcher.match(title) if query else 1.0
        if score > 0 or _helps(entry.help, query):
            where = f"  {keys.long(key)}{_PLACES[entry.owner]}" if key else ""
            scored.append((score, entry, _line(title, query, where, entry.help)))
    scored.sort(key=lambda found: -found[0])
    return [entry for _, entry, _ in scored], [line for _, _, line in scored]


def _helps(sentence: str, query: str) -> bool:
    """Whether every word of the query begins a word of the sentence; what is short would begin one everywhere."""
    wanted = _WORD.findall(query.lower())
    words = _WORD.findall(sentence.lower())
    long_enough = len("".join(wanted)) >= WHOLE_WORDS_FROM
    return long_enough and all(any(word.startswith(part) for word in words) for part in wanted)


@lru_cache(maxsize=LINES_KEPT)
def _line(title: str, query: str, where: str, more: str) -> Kept:
    words = Matcher(query, match_style=_FOUND).highlight(title) if query else Content(title)
    return Kept(Content.assemble(words, (where, "$text-accent"), "\n", (more, "$foreground 60%")))
