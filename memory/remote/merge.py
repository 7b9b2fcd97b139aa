"""Taking over what other machines changed: by id and time, words that are the same become one, forgotten goes.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from memory.errors import MemoryStoreError
from memory.file import indexes, rows
from memory.formats.transfer import LineError, from_line
from memory.life import erase, history
from memory.remote.changes import known, note
from memory.remote.server import MERGED, Record
from memory.traces import words_of
from memory.types import Memory


@dataclass(slots=True)
class Merged:
    """What became of records.

    Args:
        taken: Memories that are new here or were changed. `forgotten`: words that are to go elsewhere as well.
        refused: Records that hold no memory.
    """

    taken: int = 0
    forgotten: list[str] = field(default_factory=list[str])
    refused: int = 0


def merge(db: sqlite3.Connection, records: Iterable[Record], now: float) -> Merged:
    """Take over the records that are newer than what is here.

    Args:
        db: In a transaction. `records`: in the order of the server. `now`: seconds since 1970.
    """
    merged = Merged()
    for record in records:
        if not _is_news(db, record):
            continue
        if record.gone:
            _remove(db, record, merged)
        else:
            _take(db, record, merged, now)
    return merged


def _is_news(db: sqlite3.Connection, record: Record) -> bool:
    mine = known(db, record.id)
    if mine is None or record.key > mine.key:
        return True
    lost = not record.gone and rows.find(db, record.id) is None
    return record.key == mine.key and lost


def _remove(db: sqlite3.Connection, record: Record, merged: Merged) -> None:
    if record.gone == MERGED:
        rows.delete(db, record.id)
        indexes.purge(db, indexes.MEMORY_INDEXES)
    else:
        gone = [memory for memory, _ in erase.forget(db, [record.id])]
        merged.forgotten += words_of(gone)
    note(db, record, waits=False)


def _take(db: sqlite3.Connection, record: Record, merged: Merged, now: float) -> None:
    try:
        told, _ = from_line(record.body)
        memory = rows.checked(replace(told, clip_seconds=0.0), None, now)
    except (LineError, MemoryStoreError):
        merged.refused += 1
        return
    if memory.id != record.id:
        merged.refused += 1
        return
    merged.taken += 1
    twin = rows.same_words(db, memory)
    if twin is not None and twin.id != memory.id:
        _unite(db, record, memory, twin)
    else:
        _write(db, memory)
        note(db, record, waits=False)
        _settle_slot(db, memory)


def _write(db: sqlite3.Connection, memory: Memory) -> None:
    """Put a memory in or change it; the recording that is here stays, and words that go leave no trace."""
    there = rows.find(db, memory.id)
    if there is None:
        rows.insert(db, memory, None)
        return
    rows.update(db, replace(memory, clip_seconds=there.clip_seconds))
    if there.text != memory.text:
        indexes.purge(db, indexes.MEMORY_INDEXES)


def _unite(db: sqlite3.Connection, record: Record, memory: Memory, twin: Memory) -> None:
    """Two machines were told the same: the smaller id stays, with what was changed last; all machines do alike."""
    mine = known(db, twin.id) or Record(twin.id, 0, 0, twin.updated_at)
    first = (memory.status != "suggested", record.at) > (twin.status != "suggested", mine.at)
    best = memory if first else twin
    clip = rows.clip_of(db, twin.id)
    there = rows.find(db, memory.id)
    stays, goes = min(memory.id, twin.id), max(memory.id, twin.id)
    for memory_id in (memory.id, twin.id):
        rows.delete(db, memory_id)
    rows.insert(db, replace(best, id=stays, clip_seconds=twin.clip_seconds if clip else 0.0), clip)
    if there is not None:  # it had other words
        indexes.purge(db, indexes.MEMORY_INDEXES)
    for earlier in rows.memories(db.execute(f"{rows.SELECT} where superseded_by = ?", (goes,))):
        rows.update(db, replace(earlier, superseded_by=stays))
    for one in (record, mine):
        gone = MERGED if one.id == goes else 0
        note(db, replace(one, gone=gone, at=max(record.at, mine.at) + 0.001), waits=True)


def _settle_slot(db: sqlite3.Connection, memory: Memory) -> None:
    """What was said last about a thing with one value is so; the other becomes its history."""
    if not memory.slot or memory.status != "active":
        return
    found = db.execute(
        f"{rows.SELECT} where slot = ? and status = 'active' and role = ? and speaker = ? and id <> ?",
        (memory.slot, memory.role, memory.speaker, memory.id),
    )
    for other in rows.memories(found):
        old, new = sorted((memory, other), key=lambda one: (one.said_at, one.id))
        history.supersede(db, old, new)
        if old is memory:
            return
