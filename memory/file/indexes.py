"""Care of the full-text indexes: words that were removed must really go, and the indexes must stay sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

MEMORY_INDEXES = ("memory_stem", "memory_word")
TURN_INDEXES = ("turn_word",)
INDEXES = (*MEMORY_INDEXES, *TURN_INDEXES)

MAX_LEVELS = 32
"""Levels of an index at which it is built anew instead of merged once more.

Every "optimize" puts the whole index one level higher. SQLite before 3.43 does so without end and then cannot read its
own index beyond 2,000 levels; newer versions stop at 64.
"""

_STRUCTURE = 10
"""Row of an index's `_data` table that describes its segments (SQLite, ext/fts5/fts5_index.c)."""


def purge(db: sqlite3.Connection, names: Sequence[str]) -> None:
    """Take words that were removed out of the indexes for good.

    FTS5 only marks them as deleted until all its segments are merged; its own option for this ("secure-delete", SQLite
    3.42) would make the file unreadable for older SQLite. With 100,000 memories a merge takes 0.12 s, and one purge in
    MAX_LEVELS, which builds the indexes anew, 0.5 s.
    """
    for index in names:
        if levels(db, index) < MAX_LEVELS:
            _tell(db, index, "optimize")
        else:
            _tell(db, index, "rebuild")


def levels(db: sqlite3.Connection, index: str) -> int:
    """Return how many levels an index has: the varint after the first four bytes of its structure record."""
    query = f"select block from {index}_data where id = {_STRUCTURE}"  # noqa: S608  # constant names
    count = 0
    for byte in db.execute(query).fetchone()[0][4:]:
        count = count << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return count


def rebuild(db: sqlite3.Connection) -> None:
    """Build all indexes anew from what they index."""
    for index in INDEXES:
        _tell(db, index, "rebuild")


def compare(db: sqlite3.Connection, index: str) -> None:
    """Compare an index with the words it should hold; FTS5 takes this order as an insert.

    Raises:
        sqlite3.DatabaseError: If they differ (SQLITE_CORRUPT), or the file cannot be written.
    """
    db.execute(f"insert into {index} ({index}, rank) values ('integrity-check', 1)")  # noqa: S608  # constant names


def probe(db: sqlite3.Connection) -> None:
    """Read the head of every index that is there.

    Raises:
        sqlite3.DatabaseError: If one cannot be opened, in which case no memory could be written either.
    """
    there = {name for (name,) in db.execute("select name from sqlite_master where type = 'table'")}
    for name in there.intersection(INDEXES):
        db.execute(f"select 1 from {name} where {name} match 'x' limit 1").fetchone()  # noqa: S608  # constant names


def _tell(db: sqlite3.Connection, index: str, order: str) -> None:
    db.execute(f"insert into {index} ({index}) values (?)", (order,))  # noqa: S608  # constant names
