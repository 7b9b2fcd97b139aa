"""Saving what can be read of a damaged file."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from memory.errors import MemoryStoreError
from memory.file.database import connect, require_sound
from memory.file.faults import StoreNotice, is_damaged
from memory.file.migrations import migrate

_MISSES = 20_000
"""Rows that must be missing or unreadable one after the other before the end of a table is believed."""

_BATCH = 500

_COMPANIONS = ("-wal", "-shm")


def repair(path: Path, now: float) -> StoreNotice | None:
    """Put what can be read of a damaged file into a new one at the same place; keep the damaged one beside it.

    Two processes may find the damage at the same time: a lock lets one repair, and the other finds a sound file.

    Args:
        path: The damaged file.
        now: Seconds since 1970, for the name of the kept file.

    Returns:
        What was saved and where the damaged file is; None when the file is sound.

    Raises:
        MemoryStoreError: If the folder cannot be written.
    """
    try:
        with _only_one(path):
            if is_sound(path):
                return None
            return _replace(path, now)
    except OSError as e:
        raise MemoryStoreError(
            f"The memory file is damaged and cannot be repaired here: {e.strerror or e}",
            hint=f"Copy {path} to a folder that can be written, and choose it in the settings ([memory] path)",
        ) from e


@contextmanager
def _only_one(path: Path) -> Generator[None]:
    import fcntl  # not everywhere, and nothing but a repair needs it

    lock = path.with_name(path.name + ".repair")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def is_sound(path: Path) -> bool:
    """Whether a check of every page and of the word indexes finds no damage; a missing or empty file is sound."""
    if not path.exists() or path.stat().st_size == 0:
        return True
    db = connect(f"{path.as_uri()}?mode=rw")
    try:
        require_sound(db)
    except sqlite3.DatabaseError as e:
        if not is_damaged(e):
            raise
        return False
    else:
        return True
    finally:
        db.close()


def _replace(path: Path, now: float) -> StoreNotice:
    fresh = path.with_name(path.name + ".salvaged")
    for leftover in (fresh, *_companions(fresh)):
        leftover.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600))
    saved = _copy_readable(path, fresh, now)
    kept = _free_name(path, now)
    for old, new in zip(_companions(path), _companions(kept), strict=True):
        with suppress(FileNotFoundError):
            old.rename(new)  # first: a new file must never meet the log of the old one
    path.rename(kept)
    fresh.rename(path)
    what = f"{saved} memories could be read and were saved" if saved else "none of its memories could be read"
    return StoreNotice(f"The memory file was damaged: {what}", f"The damaged file is kept as {kept}")


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in _COMPANIONS]


def _free_name(path: Path, now: float) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    names = (path.with_name(f"{path.name}.damaged-{stamp}{n}") for n in ("", *(f"-{i}" for i in range(2, 1000))))
    return next(name for name in names if not name.exists())


def _copy_readable(damaged: Path, fresh: Path, now: float) -> int:
    """Copy row by row what can be read; returns the number of memories saved."""
    target = connect(f"{fresh.as_uri()}?mode=rw")
    source = connect(f"{damaged.as_uri()}?mode=rw")
    source.text_factory = lambda raw: raw.decode("utf-8", "replace")  # pyright: ignore[reportUnknownLambdaType, reportUnknownMemberType]  # bytes
    try:
        migrate(target, now)
        for table in _plain_tables(target):
            _copy_table(source, target, table)
        _mend_references(target)
        return target.execute("select count(*) from memory").fetchone()[0]
    finally:
        source.close()
        target.close()


def _mend_references(db: sqlite3.Connection) -> None:
    """Clips without their memory go; turns whose conversation could not be read get one without a name.

    What could not be read is asked for again where a server has it.
    """
    db.execute("update remote set seen = 0")
    db.execute("delete from clip where seq not in (select seq from memory)")
    db.execute(
        "insert into conversation (seq, id, title, started_at, ended_at) "
        "select conversation, lower(hex(randomblob(16))), '', min(said_at), max(said_at) from turn "
        "where conversation not in (select seq from conversation) group by conversation"
    )


def _plain_tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("select name, type from pragma_table_list where schema = 'main'").fetchall()
    ours = [name for name, kind in rows if kind == "table" and not name.startswith("sqlite_") and name != "migration"]
    return sorted(ours, key=lambda name: name != "memory")  # the others refer to memories


def _copy_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    columns = _shared_columns(source, target, table)
    if not columns:
        return
    names = ", ".join(columns)
    marks = ", ".join("?" * (len(columns) + 1))
    batch: list[tuple[object, ...]] = []
    insert = f"insert or ignore into {table} (rowid, {names}) values ({marks})"  # noqa: S608  # names from our schema
    for row in _readable_rows(source, table, names):
        batch.append(row)
        if len(batch) == _BATCH:
            _insert(target, insert, batch)
            batch.clear()
    _insert(target, insert, batch)


def _insert(target: sqlite3.Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    target.execute("begin immediate")
    for row in rows:
        with suppress(sqlite3.IntegrityError):  # a row whose values make no sense any more
            target.execute(statement, row)
    target.execute("commit")


def _shared_columns(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> list[str]:
    def names(db: sqlite3.Connection) -> list[str]:
        try:
            return [name for (name,) in db.execute("select name from pragma_table_info(?)", (table,))]
        except sqlite3.DatabaseError:
            return []

    had = set(names(source))
    return [name for name in names(target) if name in had]


def _readable_rows(db: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[object, ...]]:
    """Yield (rowid, columns …): in one sweep up to the first damaged page, from there row by row."""
    last = 0
    select = f"select rowid, {names} from {table} where rowid"  # noqa: S608  # names from our schema
    try:
        for row in db.execute(f"{select} > ? order by rowid", (last,)):
            yield row
            last = row[0]
    except sqlite3.DatabaseError:
        yield from _row_by_row(db, f"{select} = ?", last + 1)


def _row_by_row(db: sqlite3.Connection, select: str, first: int) -> Iterator[tuple[object, ...]]:
    rowid, misses = first, 0
    while misses < _MISSES:
        try:
            row = db.execute(select, (rowid,)).fetchone()
        except sqlite3.DatabaseError:
            row = None
        if row is None:
            misses += 1
        else:
            misses = 0
            yield row
        rowid += 1
