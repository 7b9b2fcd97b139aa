"""What was so before: corrected memories; and what may be so: suggestions. Inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from memory.errors import MemoryStoreError
from memory.file import indexes, rows
from memory.summaries import outdated
from memory.types import Memory

MOST_VERSIONS = 1_000
"""Of one fact; a chain that is longer than this (or closed to a ring by an import) is not followed further."""

_EARLIER = f"""
    with recursive earlier (id, step) as (
        select id, 1 from memory where superseded_by = ?
        union
        select memory.id, step + 1 from memory join earlier on memory.superseded_by = earlier.id where step < ?
    )
    {rows.SELECT} where id in (select id from earlier) and id <> ? order by said_at desc, id desc limit ?
"""  # noqa: S608  # constant names


def earlier(db: sqlite3.Connection, memory_id: str) -> list[Memory]:
    """Return what was so before a memory took its place, newest first."""
    return rows.memories(db.execute(_EARLIER, (memory_id, MOST_VERSIONS, memory_id, MOST_VERSIONS)))


def supersede_slot(db: sqlite3.Connection, memory: Memory) -> list[Memory]:
    """An active memory takes the place of every other that gives its slot another value; returns those."""
    if not memory.slot or memory.status != "active":
        return []
    found = db.execute(
        f"{rows.SELECT} where slot = ? and status = 'active' and role = ? and speaker = ? and id <> ?",
        (memory.slot, memory.role, memory.speaker, memory.id),
    )
    return [supersede(db, there, memory) for there in rows.memories(found)]


def supersede(db: sqlite3.Connection, old: Memory, new: Memory) -> Memory:
    """Make a memory the past of another; pins go over to the new one, summaries drop it. Returns it as it was."""
    rows.renew(db, replace(old, status="superseded", superseded_by=new.id, pinned=False), new.updated_at)
    if old.pinned and not new.pinned:
        rows.renew(db, replace(rows.require(db, new.id), pinned=True), new.updated_at)
    outdated.leave_out(db, old, new.updated_at)
    return old


def reinstate(db: sqlite3.Connection, memory_id: str, now: float) -> list[Memory]:
    """What a memory that is gone had taken the place of is so again; returns it."""
    there = rows.memories(
        db.execute(f"{rows.SELECT} where superseded_by = ? and status = 'superseded' {rows.NEWEST}", (memory_id,))
    )
    return [rows.renew(db, replace(old, status="active", superseded_by=""), now) for old in there]


def suggestions(db: sqlite3.Connection, limit: int) -> list[Memory]:
    """Return what waits for the person's yes, newest first."""
    return rows.memories(db.execute(f"{rows.SELECT} where status = 'suggested' {rows.NEWEST} limit ?", (limit,)))


def approve(db: sqlite3.Connection, memory_id: str, now: float) -> Memory:
    """A suggestion becomes a memory; what it contradicts becomes history."""
    there = rows.require(db, memory_id)
    if there.status == "suggested":
        there = rows.renew(db, replace(there, status="active", expires_at=0.0), now)
        supersede_slot(db, there)
    return there


def dismiss(db: sqlite3.Connection, memory_id: str, now: float) -> Memory:
    """Remove a suggestion and keep only its fingerprint, so that it is not made again.

    Raises:
        MemoryStoreError: If it is not there, or is no suggestion.
    """
    there = rows.require(db, memory_id)
    if there.status != "suggested":
        raise MemoryStoreError("That is a memory, not a suggestion", hint="Forget it instead")
    db.execute("insert or replace into dismissed (content_hash, at) values (?, ?)", (rows.fingerprint(there), now))
    rows.delete(db, memory_id)
    indexes.purge(db, indexes.MEMORY_INDEXES)
    return there


def was_dismissed(db: sqlite3.Connection, memory: Memory) -> bool:
    """Whether the person did not want this suggestion before."""
    row = db.execute("select 1 from dismissed where content_hash = ?", (rows.fingerprint(memory),)).fetchone()
    return row is not None
