"""A memory store in a dict, for tests of the screen that need a store to fail or to have fixed times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from memory.errors import MemoryStoreError
from memory.remote.state import RemoteState
from memory.types import Memory, NewMemory, Provenance, Query, Recollection, Turn

NOW = 1_800_000_000.0
"""The wall clock of the tests."""

DAY = 86_400.0


class FakeMemory:
    """A `MemoryPort` whose `failure` is raised by everything, when set."""

    def __init__(self, memories: Sequence[Memory] = (), failure: MemoryStoreError | None = None) -> None:
        self.memories = {memory.id: memory for memory in memories}
        self.failure = failure
        self.closed = 0
        self.server: RemoteState | None = None
        self._made = 0

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure

    def add(self, new: NewMemory) -> Memory:
        self._check()
        self._made += 1
        memory = Memory(id=f"new{self._made}", text=new.text, kind=new.kind, said_at=NOW, created_at=NOW)
        self.memories = {memory.id: memory, **self.memories}
        return memory

    def correct(self, memory_id: str, new: NewMemory) -> Memory:
        memory = self.add(new)
        self.memories[memory_id] = replace(self.memories[memory_id], status="superseded", superseded_by=memory.id)
        return memory

    def history(self, memory_id: str) -> list[Memory]:
        return [memory for memory in self.memories.values() if memory.superseded_by == memory_id]

    def provenance(self, memory_id: str) -> Provenance | None:
        memory = self.memories.get(memory_id)
        if memory is None:
            return None
        turn = Turn(number=memory.turn, role="user", text=f"remember that {memory.text}") if memory.turn else None
        return Provenance(memory, memory.conversation, turn, tuple(self.history(memory_id)))

    def take_back(self, memory_ids: Sequence[str]) -> list[Memory]:
        gone = self.forget(memory_ids)
        for old in [old for memory in gone for old in self.history(memory.id)]:
            self.memories[old.id] = replace(old, status="active", superseded_by="")
        return gone

    def suggestions(self, *, limit: int = 50) -> list[Memory]:
        self._check()
        return [memory for memory in self.memories.values() if memory.status == "suggested"][:limit]

    def approve(self, memory_id: str) -> Memory:
        self._check()
        self.memories[memory_id] = replace(self.memories[memory_id], status="active")
        return self.memories[memory_id]

    def dismiss(self, memory_id: str) -> Memory:
        self._check()
        return self.memories.pop(memory_id)

    def get(self, memory_id: str) -> Memory | None:
        self._check()
        return self.memories.get(memory_id)

    def list(self, *, limit: int = 100, offset: int = 0) -> list[Memory]:
        self._check()
        active = [memory for memory in self.memories.values() if memory.status == "active"]
        return sorted(active, key=lambda memory: not memory.pinned)[offset : offset + limit]

    def count(self) -> int:
        self._check()
        return sum(memory.status == "active" for memory in self.memories.values())

    def search(self, text: str, *, limit: int = 50) -> list[Memory]:
        words = text.lower().split()
        return [memory for memory in self.list(limit=limit) if all(word in memory.text.lower() for word in words)]

    def recall(self, query: str | Query, *, limit: int = 3) -> list[Recollection]:
        words = query if isinstance(query, str) else query.text
        return [Recollection(memory, 0.9, coverage=1.0) for memory in self.search(words, limit=limit)]

    def candidates(self, query: str | Query, *, limit: int = 15) -> list[Recollection]:
        return self.recall(query, limit=limit)

    def edit(self, memory_id: str, text: str) -> Memory:
        self._check()
        self.memories[memory_id] = replace(self.memories[memory_id], text=text)
        return self.memories[memory_id]

    def forget(self, memory_ids: Sequence[str]) -> list[Memory]:
        self._check()
        return [self.memories.pop(memory_id) for memory_id in memory_ids if memory_id in self.memories]

    def restore(self, memories: Sequence[Memory]) -> None:
        self._check()
        self.memories = {**{memory.id: memory for memory in memories}, **self.memories}

    def pin(self, memory_id: str, pinned: bool) -> Memory:
        self._check()
        self.memories[memory_id] = replace(self.memories[memory_id], pinned=pinned)
        return self.memories[memory_id]

    def clip(self, memory_id: str) -> bytes | None:
        return None

    def remote_state(self) -> RemoteState | None:
        return self.server

    def close(self) -> None:
        self.closed += 1


def some_memories() -> list[Memory]:
    """Five memories of every sort."""
    return [
        Memory(id="m1", text="My sister Anna lives in Lisbon.", kind="fact", said_at=NOW - 40 * DAY, pinned=True),
        Memory(id="m2", text="The spare key is under the blue pot.", kind="note", said_at=NOW - 600, clip_seconds=3.4),
        Memory(id="m3", text="I like my coffee without sugar.", kind="preference", said_at=NOW - 1.2 * DAY),
        Memory(
            id="m4",
            text="The dentist is on the fourth of March at ten in the morning.",
            kind="event",
            said_at=NOW - 5 * 3600,
            clip_seconds=5.1,
            confidence=0.4,
        ),
        Memory(
            id="m5",
            text="The bicycle lock opens with the year of the moon landing.",
            kind="note",
            said_at=NOW - 3 * DAY,
        ),
    ]


def some_suggestions() -> list[Memory]:
    """Two that wait for a yes."""
    guess = Memory(id="s1", text="", status="suggested", explicit=False, said_at=NOW - 120, conversation="c1", turn=3)
    return [
        replace(guess, text="My brother works at the airport.", kind="fact"),
        replace(guess, id="s2", text="I'm flying to Rome next Friday.", kind="event", said_at=NOW - 60),
    ]


def some_corrections() -> list[Memory]:
    """A fact that was corrected twice, with the conversation it comes from."""
    day = Memory(id="f3", text="My exam is on Thursday at ten.", kind="event", said_at=NOW - 300, turn=7)
    day = replace(day, conversation="Plans for the week", meant_at=NOW + DAY, meant_until=NOW + DAY + 60)
    old = replace(day, status="superseded", superseded_by="f3", conversation="")
    return [
        day,
        replace(old, id="f2", text="My exam is on Wednesday at ten.", said_at=NOW - DAY),
        replace(old, id="f1", text="My exam is on Wednesday.", said_at=NOW - 3 * DAY),
    ]
