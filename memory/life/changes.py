"""The changes a memory can go through; each function is the body of one transaction of the writer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from memory.errors import MemoryStoreError
from memory.file import indexes, rows
from memory.life import history
from memory.types import Memory
from memory.understanding.slots import slot_of


def add(db: sqlite3.Connection, memory: Memory, clip: bytes | None) -> Memory:
    """Write a new memory, or renew the one that says the same; what it contradicts becomes history."""
    there, last = rows.same_words(db, memory), rows.last_place(db)
    if there is not None:
        renewed = _renew(db, there, memory, clip)
        if renewed.said_at != there.said_at:
            rows.place(db, replace(renewed, created_at=memory.created_at), last)
        return renewed
    if rows.find(db, memory.id):
        raise MemoryStoreError(
            f"Another memory has the id {memory.id}", hint="Leave the id empty to have one made, or edit that memory"
        )
    rows.insert(db, memory, clip)
    rows.place(db, memory, last)
    history.supersede_slot(db, memory)
    return memory


def _renew(db: sqlite3.Connection, there: Memory, again: Memory, clip: bytes | None) -> Memory:
    if again.status == "suggested" and there.status != "superseded":
        return there  # a guess adds nothing to what is known, or was guessed before
    renewed = replace(
        there,
        status=again.status,
        superseded_by="",
        expires_at=again.expires_at,
        said_at=max(there.said_at, again.said_at),
        meant_at=again.meant_at or there.meant_at,
        meant_until=again.meant_until or there.meant_until,
        slot=again.slot or there.slot,
        pinned=there.pinned or again.pinned,
        explicit=there.explicit or again.explicit,
        confidence=max(there.confidence, again.confidence),
        importance=max(there.importance, again.importance),
        clip_seconds=again.clip_seconds if clip else there.clip_seconds,
    )
    if clip:
        rows.set_clip(db, there.id, clip)
    renewed = rows.renew(db, renewed, again.updated_at)
    history.supersede_slot(db, renewed)
    return renewed


def edit(db: sqlite3.Connection, memory_id: str, text: str, meant: tuple[float, float], now: float) -> Memory:
    """Replace the words of a memory and take the old ones out of the index; a suggestion becomes a memory by it."""
    there = rows.require(db, memory_id)
    status = "active" if there.status == "suggested" else there.status
    edited = replace(
        there, text=text, said="", slot=slot_of(text), meant_at=meant[0], meant_until=meant[1], status=status
    )
    twin = rows.same_words(db, edited)
    if twin is not None and twin.id != memory_id:
        raise MemoryStoreError("Those words are remembered already", hint="Forget one of the two instead")
    edited = rows.renew(db, edited, now)
    indexes.purge(db, indexes.MEMORY_INDEXES)
    return edited


def annotate(db: sqlite3.Connection, memory_id: str, conversation: str, turn: int, now: float) -> Memory | None:
    """Note where a memory comes from, unless that is known already or it is gone."""
    there = rows.find(db, memory_id)
    if there is None or there.conversation:
        return there
    return rows.renew(db, replace(there, conversation=conversation, turn=turn), now)


def put(db: sqlite3.Connection, memories: Sequence[tuple[Memory, bytes | None]]) -> int:
    """Write whole memories whose id and words are not there yet; returns how many."""
    count = 0
    for memory, clip in memories:
        if rows.find(db, memory.id) is None and rows.same_words(db, memory) is None:
            rows.insert(db, memory, clip)
            count += 1
    return count
