"""The keys at the bottom: the global ones first, so that Quit, Help and Commands survive a narrow terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual import events
from textual.binding import ActiveBinding
from textual.content import Content, Span
from textual.screen import Screen
from textual.style import Style

from voice_tui.tui import keys
from voice_tui.tui.catalogue import BY_ID, ENTRIES, GLOBAL_FIRST, GLOBAL_LAST, GLOBAL_NEXT
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.typed import app_of
from voice_tui.tui.widgets.draw import Drawn

Item = tuple[str, str]
"""Key and word."""

_FOOTER = ("bold $footer-key-foreground", "$footer-description-foreground")
_DIALOG = ("bold $text-accent", "$foreground 80%")

_FOCUSED = tuple(entry.id for entry in ENTRIES if entry.owner != "app")
_ORDERED = (*GLOBAL_FIRST, *GLOBAL_NEXT, *GLOBAL_LAST)
_OTHERS = (*GLOBAL_LAST, *(entry.id for entry in ENTRIES if entry.owner == "app" and entry.id not in _ORDERED))

_LEADING = ("setup_next", "setup_start")
"""Keys of a screen that lead on; they stand before those of what has the focus, which may be many."""

_BACK = "dialog_cancel"

WIDE = 100
"""Cells from which there is room for `GLOBAL_NEXT` and the keys of what has the focus."""


class KeyBar(Drawn):
    """One line, made from the bindings that are active now; a click presses the key.

    Args:
        state: What the app knows; None in a dialog, where only the dialog's own keys stand.
    """

    def __init__(self, state: AppState | None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._state = state

    def on_mount(self) -> None:
        """Follow the focus and the state."""
        signal = self.screen.bindings_updated_signal  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Screen[Unknown] in Textual
        signal.subscribe(self, self._changed)  # pyright: ignore[reportUnknownMemberType]  # as above

    def on_resize(self, _event: events.Resize) -> None:
        """Show as many keys as fit."""
        self._draw()

    def _changed(self, _screen: Screen[object]) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if self.is_attached and self.size.width:
            active = self.screen.active_bindings.values()
            items = ordered(active, self._state, wide=self.size.width >= WIDE)
            back_is_last = self._state is None and any(binding.id == _BACK for _, binding, _, _ in active)
            styles = _DIALOG if self._state is None else _FOOTER
            self.show(keys_content(items, self.size.width, styles, keep_last=back_is_last))

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        key = event.style.meta.get("key")
        if isinstance(key, str):
            app_of(self).simulate_key(key)


def ordered(active: Iterable[ActiveBinding], state: AppState | None, *, wide: bool) -> list[Item]:
    """Return keys and words: the most needed of the app, then those of what has the focus, then the app's others.

    Args:
        active: As the screen says.
        state: For words that change with it; None leaves the app's own keys out.
        wide: Whether there is room for the app's next ones before those of what has the focus.
    """
    known: dict[str, Item] = {}
    local: dict[str, Item] = {}
    for _node, binding, enabled, _tooltip in active:
        if not enabled or not binding.show:
            continue
        entry = BY_ID.get(binding.id or "")
        if entry is None:
            local.setdefault(binding.id or binding.action, (binding.key, binding.description))
        elif state is not None:
            earlier = known.get(entry.id)
            if earlier is None or binding.key == entry.key.split(",")[0]:
                known[entry.id] = (binding.key, entry.bar_now(state))
    back = [local.pop(_BACK)] if _BACK in local else []
    leading = [local.pop(name) for name in _LEADING if name in local]
    first, last = (back, []) if state is not None else ([], back)  # on a screen the way back must not fall off the edge
    focused = [*leading, *_pick(known, _FOCUSED), *local.values()]
    following = _pick(known, GLOBAL_NEXT)
    local_ones = [*following, *focused] if wide and not back else [*focused, *following]
    return [*_pick(known, GLOBAL_FIRST), *first, *local_ones, *last, *_pick(known, _OTHERS)]


def _pick(items: Mapping[str, Item], names: Iterable[str]) -> list[Item]:
    return [items[name] for name in names if name in items]


def keys_content(
    items: Sequence[Item], width: int, styles: tuple[str, str] = ("", ""), *, keep_last: bool = False
) -> Content:
    """Return the line: whole keys only, as many as fit into `width` cells.

    Args:
        items: Keys and words, the most needed first.
        width: Cells.
        styles: Of key and word.
        keep_last: Leave out others rather than the last one, the way back, unless there is room for it alone.
    """
    pieces = [_piece(key, word, styles) for key, word in items]
    kept = pieces[-1:] if keep_last else []
    line, room = Content(""), width - sum(piece.cell_length for piece in kept)
    for piece in pieces[: len(pieces) - len(kept)]:
        if line.cell_length + piece.cell_length > room:
            break
        line = line.append(piece)
    return line.append(kept[0]) if kept and line.cell_length + kept[0].cell_length <= width else line


def _piece(key: str, word: str, styles: tuple[str, str]) -> Content:
    piece = Content.assemble((f" {keys.short(key)}", styles[0]), (f" {word} ", styles[1]))
    return piece.add_spans([Span(0, len(piece.plain), Style.from_meta({"key": key}))])
