"""Between rows and memories: the SQL of single memories. Every function works inside the caller's transaction."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, cast

from memory.errors import MemoryStoreError
from memory.text import clean, clean_name, clean_text, content_hash
from memory.types import Memory, NewMemory

MAX_CLIP_BYTES = 64 * 1024 * 1024
"""Longest clip: more than half an hour of FLAC speech."""

COLUMNS = tuple(f.name for f in fields(Memory))
MAX_SAID_CHARS = 2_000
"""Of the words that a memory was made from."""

_NAMES = ", ".join(COLUMNS)
_BOOLS = frozenset({"pinned", "explicit"})
_TIMES = ("said_at", "created_at", "updated_at", "clip_seconds", "meant_at", "meant_until", "expires_at")

COLUMN_LIST = ", ".join(f"memory.{name}" for name in COLUMNS)
SELECT = f"select {COLUMN_LIST} from memory"  # noqa: S608  # constant names
NEWEST = "order by memory.pinned desc, memory.said_at + memory.late desc, memory.id desc"
ACTIVE = "memory.status = 'active'"

FRESH_SECONDS = 600.0
"""What was said longer before it was written came from elsewhere, such as an import: its time alone says its place."""

TICK = 0.001
"""Seconds between two things that were written one after the other, at least."""

_INSERT = f"insert into memory ({_NAMES}, content_hash) values ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608


def made_from(new: NewMemory, now: float) -> Memory:
    """Return the memory that was handed in to be kept."""
    return Memory(
        id=new.id,
        text=new.text,
        kind=new.kind,
        role=new.role,
        speaker=new.speaker,
        said_at=new.said_at,
        created_at=now,
        updated_at=now,
        conversation=new.conversation,
        pinned=new.pinned,
        explicit=new.explicit,
        confidence=new.confidence,
        importance=new.importance,
        clip_seconds=new.clip_seconds,
        status=new.status,
        meant_at=new.meant_at,
        meant_until=new.meant_until,
        turn=new.turn,
        slot=new.slot,
        said=new.said,
        expires_at=new.expires_at,
    )


def memory_from(row: Sequence[Any]) -> Memory:
    """Return the memory of a row whose columns are those of SELECT."""
    values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    for name in _BOOLS:
        values[name] = bool(values[name])
    return Memory(**values)


def memories(rows: Iterable[Sequence[Any]]) -> list[Memory]:
    """Return the memories of rows."""
    return [memory_from(row) for row in rows]


def find(db: sqlite3.Connection, memory_id: str) -> Memory | None:
    """Return one memory, whatever its status."""
    row = db.execute(f"{SELECT} where id = ?", (memory_id,)).fetchone()
    return memory_from(row) if row else None


def require(db: sqlite3.Connection, memory_id: str) -> Memory:
    """Return one memory.

    Raises:
        MemoryStoreError: If it is not there.
    """
    found = find(db, memory_id)
    if found is None:
        raise MemoryStoreError("That memory is not there any more", hint="It may have been forgotten elsewhere")
    return found


def same_words(db: sqlite3.Connection, memory: Memory) -> Memory | None:
    """Return the memory that says the same, if there is one."""
    row = db.execute(f"{SELECT} where content_hash = ?", (_hash(memory),)).fetchone()
    return memory_from(row) if row else None


def fingerprint(memory: Memory) -> bytes:
    """Return what is equal for memories that say the same."""
    return _hash(memory)


def insert(db: sqlite3.Connection, memory: Memory, clip: bytes | None) -> None:
    """Write a new memory and its clip."""
    values = [getattr(memory, name) for name in COLUMNS]
    seq = db.execute(_INSERT, (*values, _hash(memory))).lastrowid
    if clip:
        db.execute("insert into clip (seq, sound) values (?, ?)", (seq, clip))


def place(db: sqlite3.Connection, memory: Memory, last: float) -> None:
    """Put what was just said behind all that was written before, also when the clock was set back meanwhile.

    Args:
        memory: It; written already, `created_at` is now.
        last: Place of the last one before it was written; see `last_place`.
    """
    fresh = abs(memory.created_at - memory.said_at) <= FRESH_SECONDS
    late = max(0.0, last + TICK - memory.said_at) if fresh else 0.0
    db.execute("update memory set late = ? where id = ? and late <> ?", (late, memory.id, late))


def last_place(db: sqlite3.Connection) -> float:
    """Return where the last memory stands, seconds; 0 when there is none."""
    return db.execute("select max(said_at + late) from memory").fetchone()[0] or 0.0


def update(db: sqlite3.Connection, memory: Memory) -> None:
    """Write every column of a memory that is there."""
    assignments = ", ".join(f"{name} = ?" for name in COLUMNS)
    values = [getattr(memory, name) for name in COLUMNS]
    db.execute(
        f"update memory set {assignments}, content_hash = ? where id = ?",  # noqa: S608  # constant names
        (*values, _hash(memory), memory.id),
    )


def renew(db: sqlite3.Connection, memory: Memory, now: float) -> Memory:
    """Write a memory that is there as changed now; its `updated_at` always rises, whatever the clock does."""
    changed = dataclasses.replace(memory, updated_at=max(now, math.nextafter(memory.updated_at, math.inf)))
    update(db, changed)
    return changed


def set_clip(db: sqlite3.Connection, memory_id: str, clip: bytes) -> None:
    """Write the clip of a memory, in place of an older one."""
    db.execute("insert or replace into clip (seq, sound) select seq, ? from memory where id = ?", (clip, memory_id))


def clip_of(db: sqlite3.Connection, memory_id: str) -> bytes | None:
    """Return the clip of a memory."""
    row = db.execute("select sound from clip join memory using (seq) where memory.id = ?", (memory_id,)).fetchone()
    return cast("bytes", row[0]) if row else None


def delete(db: sqlite3.Connection, memory_id: str) -> None:
    """Remove a memory; its clip and index entries go with it."""
    db.execute("delete from memory where id = ?", (memory_id,))


def checked(memory: Memory, clip: bytes | None, now: float) -> Memory:
    """Return the memory as it may be written: clean words, numbers in range, times set (0 = `now`).

    Raises:
        MemoryStoreError: If there are no words, the words or the clip are too long, or a time is not a number.
    """
    if clip is not None and len(clip) > MAX_CLIP_BYTES:
        raise MemoryStoreError("The recording is too long to keep", hint="Keep the words, or record a shorter note")
    if not all(map(math.isfinite, (getattr(memory, name) for name in _TIMES))):
        raise MemoryStoreError("A time of this memory is not a number", hint="Give seconds since 1970")
    created = memory.created_at or now
    return dataclasses.replace(
        memory,
        text=clean_text(memory.text),
        speaker=clean_name(memory.speaker),
        conversation=clean_name(memory.conversation),
        said_at=memory.said_at or now,
        created_at=created,
        updated_at=memory.updated_at or created,
        confidence=_unit(memory.confidence),
        importance=_unit(memory.importance),
        clip_seconds=max(0.0, memory.clip_seconds) if clip else 0.0,
        said=clean(memory.said).strip()[:MAX_SAID_CHARS],
        slot=clean_name(memory.slot),
        superseded_by=clean_name(memory.superseded_by),
    )


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0


def _hash(memory: Memory) -> bytes:
    return content_hash(memory.text, role=memory.role, speaker=memory.speaker)
