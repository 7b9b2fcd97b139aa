"""Work on the memory store, done on a `Desk` and told as messages; nothing here touches a widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.message import Message

from memory.errors import MemoryStoreError
from memory.port import MemoryPort
from memory.types import Memory, NewMemory
from voice_tui.tui.desk import Desk, Job, Said

MemoryFactory = Callable[[], MemoryPort]
"""Opens the store; called on the desk's thread, again after it failed."""

LISTED = 200
"""Memories in the pane at once; search finds the rest."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the store found.

    Args:
        query: The words that were searched; "" for all.
        memories: In the store's order.
        total: Active memories in all.
        error: Why there is no list; "" when all is well.
    """

    query: str
    memories: tuple[Memory, ...] = ()
    total: int = 0
    error: str = ""


class MemoriesListed(Message):
    """A listing arrived."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self.listing = listing


class MemoryDone(Message):
    """A change was made.

    Args:
        done: One sentence for the person.
        memory: The memory to highlight, or None.
        forgotten: What was removed, for undo.
        undone: Whether an undo was used up.
    """

    def __init__(
        self,
        done: str,
        memory: Memory | None = None,
        *,
        forgotten: Sequence[Memory] = (),
        undone: bool = False,
    ) -> None:
        super().__init__()
        self.done = done
        self.memory = memory
        self.forgotten = tuple(forgotten)
        self.undone = undone


class Keeper:
    """Holds the store. Its public methods return at once; results come as messages.

    Args:
        factory: See `MemoryFactory`.
        desk: The thread that the store is used on.
        scrub: Takes the words of forgotten memories out of other files.
    """

    def __init__(self, factory: MemoryFactory, desk: Desk, scrub: Callable[[Sequence[str]], object] = len) -> None:
        self._scrub = scrub
        self._factory = factory
        self._desk = desk
        self._store: MemoryPort | None = None

    def list(self, query: str) -> bool:
        """Ask for a `MemoriesListed`; a search that waits is replaced by a newer one."""
        return self._desk.submit(lambda: self._listed(query), tag="list")

    def add(self, text: str) -> bool:
        """Keep new words."""
        return self._submit(lambda store: MemoryDone("Remembered", store.add(NewMemory(text=text))))

    def edit(self, memory_id: str, text: str) -> bool:
        """Replace the words of a memory."""
        return self._submit(lambda store: MemoryDone("Changed", store.edit(memory_id, text)))

    def forget(self, memory_id: str) -> bool:
        """Remove a memory."""

        def remove(store: MemoryPort) -> MemoryDone:
            removed = store.forget([memory_id])
            self._scrub([memory.text for memory in removed])
            return MemoryDone("Deleted; u brings it back", forgotten=removed)

        return self._submit(remove)

    def restore(self, memories: Sequence[Memory]) -> bool:
        """Put back what was removed."""

        def put_back(store: MemoryPort) -> MemoryDone:
            store.restore(memories)
            return MemoryDone("Brought back", memories[0] if memories else None, undone=True)

        return self._submit(put_back)

    def pin(self, memory_id: str, pinned: bool) -> bool:
        """Pin or unpin a memory."""
        return self._submit(lambda store: MemoryDone("Pinned" if pinned else "Unpinned", store.pin(memory_id, pinned)))

    def close(self) -> bool:
        """Ask to release the store; the desk finishes it before it ends."""
        return self._desk.submit(self._close)

    def _submit(self, work: Callable[[MemoryPort], MemoryDone]) -> bool:
        job: Job = lambda: work(self._opened())  # noqa: E731  # a named function would only repeat this line
        return self._desk.submit(job)

    def _opened(self) -> MemoryPort:
        if self._store is None:
            self._store = self._factory()
            for fact in getattr(self._store, "notices", ()):  # a store that was repaired or cannot be written says so
                self._desk.tell(Said(fact.message, fact.hint, severity="warning", title="Memory"))
        return self._store

    def _listed(self, query: str) -> MemoriesListed:
        try:
            store = self._opened()
            return MemoriesListed(Listing(query, tuple(store.search(query, limit=LISTED)), store.count()))
        except MemoryStoreError as error:
            return MemoriesListed(Listing(query, error=f"{error.message}. {error.hint}".strip()))

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
