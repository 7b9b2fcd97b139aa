"""The command palette: every entry of the catalogue that applies now, its key beside it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from voice_tui.tui import keys
from voice_tui.tui.catalogue import ENTRIES, Entry
from voice_tui.tui.state.app_state import AppState


class PaletteHost(Protocol):
    """What the palette needs of the app."""

    @property
    def state(self) -> AppState:
        """What the app knows."""
        ...

    def key_of(self, entry: Entry) -> str:
        """The key that is bound to an entry, key map included; "" for none."""
        ...

    async def carry_out(self, entry: Entry) -> None:
        """Do it, with the entry's owner."""
        ...


class Commands(Provider):
    """Finds commands for the palette."""

    async def discover(self) -> Hits:
        """List everything, in the catalogue's order."""
        for entry, title, run in self._applicable():
            yield DiscoveryHit(self._display(entry, Content(title)), run, text=title, help=entry.help)

    async def search(self, query: str) -> Hits:
        """List what matches `query`."""
        matcher = self.matcher(query)
        for entry, title, run in self._applicable():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, self._display(entry, matcher.highlight(title)), run, text=title, help=entry.help)

    @property
    def _host(self) -> PaletteHost:
        return cast("PaletteHost", self.app)

    def _applicable(self) -> list[tuple[Entry, str, Callable[[], Coroutine[Any, Any, None]]]]:
        host = self._host
        return [
            (entry, entry.title_now(host.state), partial(host.carry_out, entry))
            for entry in ENTRIES
            if entry.id != "commands" and entry.applies(host.state)
        ]

    def _display(self, entry: Entry, title: Content) -> Content:
        key = self._host.key_of(entry)
        if not key:
            return title
        place = {"app": "", "memories": " in Memories", "conversations": " in Conversations"}[entry.owner]
        return Content.assemble(title, "  ", (f"{keys.long(key)}{place}", "not bold $text-accent"))
