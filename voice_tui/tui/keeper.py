"""Work on the memory store, done on a `Desk` and told as messages; nothing here touches a widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from textual.message import Message

from memory.errors import MemoryStoreError
from memory.port import MemoryPort
from memory.traces import words_of
from memory.types import Memory, NewMemory, Provenance
from voice_tui.tui.desk import Desk, Job, Said

MemoryFactory = Callable[[], MemoryPort]
"""Opens the store; called on the desk's thread, again after it failed."""

LISTED = 200
"""Memories in the pane at once; search finds the rest."""

Bearing = Sequence[tuple[str, float]]
"""Ids of memories that bear on what is searched, with their relevance (0-1), best first."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the store found.

    Args:
        query: The words that were searched; "" for all.
        memories: What holds the words in the store's order, then what else bears on them, most relevant first.
        total: Active memories in all.
        error: Why there is no list; "" when all is well.
        scores: Relevance by id, of those that bear on the words.
        suggested: How many suggestions wait; they stand first while nothing is searched.
        shared: How the exchange with a server stands, in words; "" = there is none.
    """

    query: str
    memories: tuple[Memory, ...] = ()
    total: int = 0
    error: str = ""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    suggested: int = 0
    shared: str = ""


Stamp = tuple[tuple[int, int], ...]
"""Time and size of the files of a store: its own, and the log that SQLite appends every commit to."""


class MemoryDetailed(Message):
    """All that is known of one memory arrived."""

    def __init__(self, provenance: Provenance) -> None:
        super().__init__()
        self.provenance = provenance


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
        before: What was removed, or changed, as it was: for undo.
        undone: Whether an undo was used up.
    """

    def __init__(
        self,
        done: str,
        memory: Memory | None = None,
        *,
        before: Sequence[Memory] = (),
        undone: bool = False,
    ) -> None:
        super().__init__()
        self.done = done
        self.memory = memory
        self.before = tuple(before)
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
        self._seen: Stamp = ()

    def list(self, query: str, bearing: Bearing = ()) -> bool:
        """Ask for a `MemoriesListed`; a search that waits is replaced by a newer one.

        Args:
            query: The words; "" for all.
            bearing: What the session found for them so far.
        """
        return self._desk.submit(lambda: self._listed(query, bearing), tag="list")

    def look(self, query: str, bearing: Bearing = ()) -> bool:
        """Ask for a `MemoriesListed` where the file was written to since the last one, by whatever program.

        It takes two looks at the names of files (30 µs), none into them.
        """
        return self._desk.submit(lambda: self._listed(query, bearing) if self._moved() else None, tag="look")

    def add(self, text: str) -> bool:
        """Keep new words."""
        return self._submit(lambda store: MemoryDone("Remembered", store.add(NewMemory(text=text))))

    def edit(self, memory_id: str, text: str) -> bool:
        """Replace the words of a memory."""

        def change(store: MemoryPort) -> MemoryDone:
            before = store.get(memory_id)
            after = store.edit(memory_id, text)
            return MemoryDone("Changed; u takes it back", after, before=(before,) if before else ())

        return self._submit(change)

    def forget(self, memory_id: str) -> bool:
        """Remove a memory."""

        def remove(store: MemoryPort) -> MemoryDone:
            removed = store.forget([memory_id])
            self._scrub(words_of(removed))
            return MemoryDone("Deleted; u brings it back", before=removed)

        return self._submit(remove)

    def restore(self, memories: Sequence[Memory]) -> bool:
        """Put back what was removed, and the words of what was changed."""

        def put_back(store: MemoryPort) -> MemoryDone:
            changed = [memory for memory in memories if store.get(memory.id) is not None]
            for memory in changed:
                store.edit(memory.id, memory.text)
            store.restore([memory for memory in memories if memory not in changed])
            return MemoryDone("Brought back", memories[0] if memories else None, undone=True)

        return self._submit(put_back)

    def approve(self, memory_id: str) -> bool:
        """A suggestion becomes a memory."""
        return self._submit(lambda store: MemoryDone("Remembered", store.approve(memory_id)))

    def dismiss(self, memory_id: str) -> bool:
        """Remove a suggestion; it is not made again."""

        def drop(store: MemoryPort) -> MemoryDone:
            store.dismiss(memory_id)
            return MemoryDone("Dismissed; it will not be suggested again")

        return self._submit(drop)

    def detail(self, memory_id: str) -> bool:
        """Ask for a `MemoryDetailed`, which does not come where the memory is gone."""

        def look() -> MemoryDetailed | None:
            found = self._opened().provenance(memory_id)
            return MemoryDetailed(found) if found is not None else None

        return self._desk.submit(look)

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

    def _listed(self, query: str, bearing: Bearing) -> MemoriesListed:
        try:
            store = self._opened()
            self._seen = _stamp(store)
            found = _searched(store, query, bearing) if query.strip() else _everything(store)
            state = store.remote_state()
            return MemoriesListed(replace(found, shared=state.words) if state else found)
        except MemoryStoreError as error:
            return MemoriesListed(Listing(query, error=f"{error.message}. {error.hint}".strip()))

    def _moved(self) -> bool:
        return self._store is not None and _stamp(self._store) != self._seen

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _everything(store: MemoryPort) -> Listing:
    """All of them, what waits for a yes first."""
    waiting = tuple(store.suggestions())
    return Listing("", (*waiting, *store.list(limit=LISTED)), store.count(), suggested=len(waiting))


def _searched(store: MemoryPort, query: str, bearing: Bearing) -> Listing:
    """What holds the words as they are typed, where it always stands; below it what else bears on them."""
    holding = store.search(query, limit=LISTED)
    there = {memory.id for memory in holding}
    others = [memory for name, _ in bearing if name not in there and (memory := store.get(name)) is not None]
    found = (*holding, *(memory for memory in others if memory.status == "active"))
    return Listing(query, found, store.count(), scores=dict(bearing))


def _stamp(store: MemoryPort) -> Stamp:
    """Return when the store's files were written; () for a store without one."""
    path: Path | None = getattr(store, "path", None)
    found: list[tuple[int, int]] = []
    for file in (path, path.with_name(f"{path.name}-wal")) if path else ():
        with suppress(OSError):
            status = file.stat()
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)
