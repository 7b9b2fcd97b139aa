"""One connection to the file, and whether what it reaches is sound: what opening and repairing both stand on."""

from __future__ import annotations

import sqlite3

from memory.file import indexes

BUSY_MS = 5000
"""How long a write waits for another process, milliseconds."""


def connect(uri: str) -> sqlite3.Connection:
    """Open one connection in autocommit mode that may be handed from thread to thread."""
    return sqlite3.connect(uri, uri=True, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)


def require_sound(db: sqlite3.Connection) -> None:
    """Check every page, and that the word indexes can be opened.

    Raises:
        sqlite3.DatabaseError: Code SQLITE_CORRUPT or SQLITE_NOTADB.
    """
    verdict = db.execute("pragma quick_check(1)").fetchone()[0]
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error
    indexes.probe(db)
