"""What the file knows of the exchange with a server: which memories wait to be sent, and how far it has read.

Triggers note every change of a memory in `change` (see migration m006); here it is read and settled. Every function
works inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from memory.file import rows
from memory.formats.transfer import to_record
from memory.remote.server import Record
from memory.remote.state import Trouble

MOST_CHARS = 256 * 1024
"""Of the memories that are sent at once; one that is longer goes alone."""


@dataclass(frozen=True, slots=True)
class Link:
    """How far the exchange is.

    Args:
        url: Of the server. `server`: the name that it gave itself; "" = never reached.
        seen: `seq` of the last record that was taken over.
    """

    url: str
    server: str
    seen: int


def connect(db: sqlite3.Connection, url: str) -> None:
    """From now on changes are noted for this server; with one that is new to the file, all memories are to be sent."""
    there = link(db)
    if there and there.url == url:
        return
    db.execute("insert or replace into remote (one, url) values (1, ?)", (url,))
    send_everything(db)


def disconnect(db: sqlite3.Connection) -> None:
    """There is no server any more. What is forgotten is noted all the same, should there be one again."""
    db.execute("update remote set url = ''")


def send_everything(db: sqlite3.Connection) -> None:
    """Read the server from its beginning, and send it all that is there and all that is gone."""
    db.execute("insert or ignore into change (id, at) select id, updated_at from memory")
    db.execute("update change set waiting = 1")
    db.execute("update remote set seen = 0")


def link(db: sqlite3.Connection) -> Link | None:
    """Return how far the exchange is, None where the file never had a server."""
    row = db.execute("select url, server, seen from remote").fetchone()
    return Link(*row) if row else None


def note_trouble(db: sqlite3.Connection, trouble: Trouble, detail: str, now: float) -> None:
    """Note that the exchange failed, or ("") that it goes on."""
    db.execute(
        "update remote set since = case when trouble = ?1 then since else ?3 end, detail = ?2, trouble = ?1",
        (trouble, detail, now),
    )


def reached(db: sqlite3.Connection, server: str, seen: int) -> None:
    """Note which server it is and how far it was read."""
    db.execute("update remote set server = ?, seen = ?", (server, seen))


def waiting(db: sqlite3.Connection, limit: int) -> list[Record]:
    """Return changes that are still to be sent, the oldest first."""
    found: list[Record] = []
    chars = 0
    query = "select id, round, gone, at from change where waiting = 1 order by at limit ?"
    for memory_id, count, gone, at in db.execute(query, (limit,)).fetchall():
        body = "" if gone else _body(db, memory_id)
        if body is None:  # lost to damage: the server may have it
            db.execute("update change set waiting = 0 where id = ?", (memory_id,))
            continue
        chars += len(body)
        if found and chars > MOST_CHARS:
            break
        found.append(Record(memory_id, count, gone, at, body))
    return found


def _body(db: sqlite3.Connection, memory_id: str) -> str | None:
    memory = rows.find(db, memory_id)
    if memory is None:
        return None
    record = to_record(memory)
    del record["clip_seconds"]  # recordings stay on the machine that made them
    return json.dumps(record, ensure_ascii=False)


def settle(db: sqlite3.Connection, records: Iterable[Record]) -> None:
    """Records have arrived at the server; one that was changed since goes on waiting."""
    db.executemany(
        "update change set waiting = 0 where id = ? and round = ? and gone = ? and at = ?",
        [(one.id, one.round, one.gone, one.at) for one in records],
    )


def known(db: sqlite3.Connection, memory_id: str) -> Record | None:
    """Return what the file has of a memory, without its words."""
    row = db.execute("select id, round, gone, at from change where id = ?", (memory_id,)).fetchone()
    return Record(*row) if row else None


def note(db: sqlite3.Connection, record: Record, *, waits: bool) -> None:
    """Note what the file has of a memory now, in place of what the triggers noted."""
    db.execute(
        "insert or replace into change (id, round, gone, at, waiting) values (?, ?, ?, ?, ?)",
        (record.id, record.round, record.gone, record.at, int(waits)),
    )
