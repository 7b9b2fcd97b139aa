"""Looking a file over, and mending it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from memory.errors import MemoryStoreError
from memory.file import indexes
from memory.file.connection import open_existing
from memory.file.database import connect
from memory.file.faults import StoreNotice, explain, is_damaged, is_read_only
from memory.file.migrations import pending
from memory.file.salvage import is_sound
from memory.file.salvage import repair as salvage


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found.

    Args:
        ok: Nothing is wrong.
        memories: Memories in the file; -1 where they cannot be counted.
        problems: What is wrong, for a person.
        remarks: What could not be checked.
    """

    ok: bool
    memories: int
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def check(path: Path) -> Health:
    """Check every page, every reference and both word indexes of a file; changes nothing.

    Raises:
        MemoryStoreError: If there is no such file, or it is not one that this version can judge.
    """
    _require_file(path)
    try:
        db = open_existing(path)
    except sqlite3.Error as e:
        if is_damaged(e):
            return Health(ok=False, memories=-1, problems=(str(e),))
        raise explain(e, path) from e
    try:
        return _checked(db, path)
    finally:
        db.close()


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise MemoryStoreError(f"There is no memory file yet: {path}", hint="It is made when something is remembered")


def _checked(db: sqlite3.Connection, path: Path) -> Health:
    problems: list[str] = []
    remarks: list[str] = []
    try:
        if todo := pending(db):
            remarks.append(f"not up to date: {', '.join(todo)} runs when it is next opened")
        problems += [line for (line,) in db.execute("pragma integrity_check(20)") if line != "ok"]
        problems += [
            f"{table}: row {row} refers to nothing" for table, row, *_ in db.execute("pragma foreign_key_check")
        ]
        if not todo:
            for index in indexes.INDEXES:
                _check_index(db, index, problems, remarks)
        count = 0 if todo else db.execute("select count(*) from memory").fetchone()[0]
    except sqlite3.DatabaseError as e:
        if not is_damaged(e):
            raise explain(e, path) from e
        return Health(ok=False, memories=-1, problems=(*problems, str(e)), remarks=tuple(remarks))
    return Health(not problems, count, tuple(problems), tuple(remarks))


def _check_index(db: sqlite3.Connection, index: str, problems: list[str], remarks: list[str]) -> None:
    """Compare a word index with the words; FTS5 takes this order as an insert, so it needs the right to write."""
    try:
        db.execute("begin immediate")
        indexes.compare(db, index)
    except sqlite3.DatabaseError as e:
        if is_damaged(e):
            problems.append(f"the word index {index} does not fit the memories")
        elif is_read_only(e):
            remarks.append(f"the word index {index} cannot be checked in a read-only file")
        else:
            raise
    finally:
        with suppress(sqlite3.Error):
            db.execute("rollback")


def repair(path: Path) -> tuple[StoreNotice, ...]:
    """Mend a file: save what can be read of a damaged one, and build word indexes anew that do not fit.

    Returns:
        What was done; empty when nothing was wrong.

    Raises:
        MemoryStoreError: If it cannot be mended here.
    """
    _require_file(path)
    path = path.expanduser().resolve()
    if not is_sound(path):
        notice = salvage(path, time.time())
        return (notice,) if notice else ()
    if check(path).ok:
        return ()
    db = connect(f"{path.as_uri()}?mode=rw")
    try:
        indexes.rebuild(db)
    except sqlite3.Error as e:
        raise explain(e, path) from e
    finally:
        db.close()
    return (StoreNotice("The word indexes were built anew", "All memories are there"),)
