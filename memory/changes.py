"""The changes a memory can go through; each function is the body of one transaction of the writer."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from memory import indexes, rows
from memory.errors import MemoryStoreError
from memory.types import Memory


def add(db: sqlite3.Connection, memory: Memory, clip: bytes | None) -> Memory:
    """Write a new memory, or renew the one that says the same."""
    there = rows.same_words(db, memory)
    if there is not None:
        return _renew(db, there, memory, clip)
    if rows.find(db, memory.id):
        raise MemoryStoreError(
            f"Another memory has the id {memory.id}", hint="Leave the id empty to have one made, or edit that memory"
        )
    rows.insert(db, memory, clip)
    return memory


def _renew(db: sqlite3.Connection, there: Memory, again: Memory, clip: bytes | None) -> Memory:
    renewed = replace(
        there,
        status="active",
        said_at=max(there.said_at, again.said_at),
        pinned=there.pinned or again.pinned,
        explicit=there.explicit or again.explicit,
        confidence=max(there.confidence, again.confidence),
        importance=max(there.importance, again.importance),
        clip_seconds=again.clip_seconds if clip else there.clip_seconds,
    )
    if clip:
        rows.set_clip(db, there.id, clip)
    return change(db, renewed, again.updated_at)


def change(db: sqlite3.Connection, memory: Memory, now: float) -> Memory:
    """Write a memory that is there; its `updated_at` always rises, whatever the clock does."""
    changed = replace(memory, updated_at=max(now, math.nextafter(memory.updated_at, math.inf)))
    rows.update(db, changed)
    return changed


def edit(db: sqlite3.Connection, memory_id: str, text: str, now: float) -> Memory:
    """Replace the words of a memory and take the old ones out of the index."""
    edited = replace(rows.require(db, memory_id), text=text)
    twin = rows.same_words(db, edited)
    if twin is not None and twin.id != memory_id:
        raise MemoryStoreError("Those words are remembered already", hint="Forget one of the two instead")
    edited = change(db, edited, now)
    indexes.purge(db, indexes.MEMORY_INDEXES)
    return edited


def forget(db: sqlite3.Connection, memory_ids: Sequence[str]) -> list[tuple[Memory, bytes | None]]:
    """Remove memories; returns those that were there, with their clips."""
    removed: list[tuple[Memory, bytes | None]] = []
    for memory_id in memory_ids:
        memory = rows.find(db, memory_id)
        if memory is not None:
            removed.append((memory, rows.clip_of(db, memory_id)))
            rows.delete(db, memory_id)
    if removed:
        indexes.purge(db, indexes.MEMORY_INDEXES)
    return removed


def put(db: sqlite3.Connection, memories: Sequence[tuple[Memory, bytes | None]]) -> int:
    """Write whole memories whose id and words are not there yet; returns how many."""
    count = 0
    for memory, clip in memories:
        if rows.find(db, memory.id) is None and rows.same_words(db, memory) is None:
            rows.insert(db, memory, clip)
            count += 1
    return count
