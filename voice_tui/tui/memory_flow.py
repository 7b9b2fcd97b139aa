"""From a key in the memory pane to the store and back: dialogs, jobs, results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from memory.types import Provenance
from voice_tui.events import MemoriesFound, PlayNote
from voice_tui.tui.keeper import Keeper, Listing, MemoryDone
from voice_tui.tui.memory_search import MemorySearch
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.state.text import one_line, plain

if TYPE_CHECKING:
    from voice_tui.tui.base import BaseApp

LOOK_SECONDS = 2.0
"""How often it is looked whether another program has changed the memories, while the pane is in sight."""


class MemoryFlow:
    """Carries out what is wanted of the memories. UI thread only.

    Args:
        app: Shows dialogs and results.
        keeper: Does the work.
    """

    def __init__(self, app: BaseApp, keeper: Keeper) -> None:
        self._app = app
        self._keeper = keeper
        self._search = MemorySearch(app, self._list)

    def begin(self) -> None:
        """Ask for the list, and from now on when another program has changed it."""
        self.refresh()
        self._app.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        pane = self._app.screen.query("#memories")
        if pane and pane.first().is_on_screen:
            self._keeper.look(self._app.state.shelf.query, self._search.found)

    def refresh(self) -> None:
        """Ask again for what the pane shows: the store, and for a search the session."""
        self._search.again()
        self._list()

    def session_began(self) -> None:
        """Ask a fresh session for what is searched."""
        if self._app.state.shelf.query:
            self.refresh()

    def _list(self) -> None:
        self._taken(self._keeper.list(self._app.state.shelf.query, self._search.found))

    def search(self, query: str) -> None:
        """Show what matches `query`."""
        state = self._app.state
        if query != state.shelf.query:
            state.shelf = replace(state.shelf, query=query, said="")
            self._search.begin(query)
            self._list()

    def found(self, event: MemoriesFound) -> None:
        """Show what the session found as well, unless the person has typed on."""
        if self._search.answered(event):
            self._list()

    def listed(self, listing: Listing) -> None:
        """Show a listing, unless the person has typed on."""
        state = self._app.state
        if listing.query != state.shelf.query:
            return
        known = {memory.id: memory for memory in listing.memories}
        selected = known.get(state.shelf.selected.id) if state.shelf.selected else None
        state.shelf = replace(
            state.shelf,
            memories=listing.memories,
            total=listing.total,
            error=listing.error,
            selected=selected,
            loaded=True,
            scores=listing.scores,
            reach=self._search.reach,
            suggested=listing.suggested,
            shared=listing.shared,
        )
        self._app.draw(Topic.MEMORIES)

    def done(self, result: MemoryDone) -> None:
        """Show the result of a change."""
        state = self._app.state
        undo = () if result.undone else result.before or state.shelf.undo
        selected = result.memory or state.shelf.selected
        state.shelf = replace(state.shelf, undo=undo, selected=selected, said=result.done)
        self.refresh()

    def wanted(self, want: str) -> None:
        """Do what a key of the pane asks for."""
        {
            "add": self._add,
            "edit": self._edit,
            "forget": self._forget,
            "undo": self._undo,
            "play": self._play,
            "pin": self._pin,
            "approve": self._approve,
            "dismiss": self._dismiss,
            "detail": self._detail,
        }[want]()

    def _add(self) -> None:
        from voice_tui.tui.screens.memory_text import MemoryTextScreen

        def save(text: str | None) -> None:
            if text:
                self._taken(self._keeper.add(text))

        self._app.push_screen(MemoryTextScreen("Add a memory", hint="What should be remembered?"), save)

    def _edit(self) -> None:
        from voice_tui.tui.screens.memory_text import MemoryTextScreen

        memory = self._app.state.shelf.selected
        if memory is None:
            return
        hint = "Change the words; the recording stays." if memory.clip_seconds > 0 else "Change the words."

        def save(text: str | None) -> None:
            if text and text != one_line(memory.text):
                self._taken(self._keeper.edit(memory.id, text))

        self._app.push_screen(MemoryTextScreen("Edit the memory", one_line(memory.text), hint), save)

    def detailed(self, provenance: Provenance) -> None:
        """Show all that is known of a memory."""
        from voice_tui.tui.screens.memory_detail import MemoryDetailScreen

        score = self._app.state.shelf.scores.get(provenance.memory.id)
        self._app.push_screen(MemoryDetailScreen(provenance, score))

    def _detail(self) -> None:
        memory = self._app.state.shelf.selected
        if memory is not None:
            self._taken(self._keeper.detail(memory.id))

    def _approve(self) -> None:
        memory = self._app.state.shelf.selected
        if memory is not None and memory.status == "suggested":
            self._taken(self._keeper.approve(memory.id))

    def _dismiss(self) -> None:
        memory = self._app.state.shelf.selected
        if memory is not None and memory.status == "suggested":
            self._taken(self._keeper.dismiss(memory.id))

    def _forget(self) -> None:
        from voice_tui.tui.screens.confirm import ConfirmScreen

        memory = self._app.state.shelf.selected
        if memory is None:
            return

        def delete(sure: bool | None) -> None:
            if sure:
                self._taken(self._keeper.forget(memory.id))

        question = "Delete this memory and its recording?" if memory.clip_seconds > 0 else "Delete this memory?"
        self._app.push_screen(ConfirmScreen("Delete the memory", question, plain(memory.text)), delete)

    def _undo(self) -> None:
        if self._app.state.shelf.undo:
            self._taken(self._keeper.restore(self._app.state.shelf.undo))

    def _play(self) -> None:
        memory = self._app.state.shelf.selected
        if memory is not None:
            self._app.command(PlayNote(memory_id=memory.id))

    def _pin(self) -> None:
        memory = self._app.state.shelf.selected
        if memory is not None:
            self._taken(self._keeper.pin(memory.id, not memory.pinned))

    def _taken(self, taken: bool) -> None:
        if not taken:
            self._app.inform("The memory store is busy", hint="Try again in a moment.", severity="warning")
