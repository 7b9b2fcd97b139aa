"""Opening the file: the writer's connection, the readers', and what to do when the file is not as it should be."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from memory.errors import MemoryStoreError
from memory.file import database, indexes
from memory.file.database import connect, require_sound
from memory.file.faults import StoreNotice, explain, is_damaged, is_locked, is_read_only
from memory.file.migrations import migrate, pending
from memory.file.salvage import repair

SYNCHRONOUS = "full"
"""Every commit reaches the disk before it is acknowledged.

"normal" would let a power cut take the last commits back. "full" costs a factor of 2.4 in inserts per second on a quiet
disk and up to 7 on a busy one (benchmarks/memory_store.py: 330 to 4,100 a second one by one), and a person makes a few
per minute. On macOS "full" hands the data to the drive without asking it to empty its own cache; a crash of the program
or the system loses nothing, a power cut may.
"""

CHECKED_BYTES = 128 * 1024 * 1024
"""Files up to this size are checked for damage whenever they are opened (100,000 memories: 30 MB, 25 ms)."""

IDLE_READERS = 4
"""Reading connections that are kept open for the next reader."""

MINIMUM_SQLITE = (3, 37, 0)


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file.

    Args:
        db: The writer's connection, in autocommit mode; usable from one thread at a time.
        uri: How readers open the same file.
        read_only: Nothing can be written.
        notices: What the person should know.
    """

    db: sqlite3.Connection
    uri: str
    read_only: bool
    notices: tuple[StoreNotice, ...] = ()


def open_file(path: Path, now: float) -> Opened:
    """Open the file for writing, made and migrated as needed; for reading only where that is all it allows.

    A damaged file is moved aside and what can be read of it is put into a new one (see `memory.file.salvage`).

    Args:
        path: The file; missing folders are made.
        now: Seconds since 1970.

    Raises:
        MemoryStoreError: If it cannot be opened at all.
    """
    _require_sqlite()
    path = path.expanduser().resolve()
    try:
        with _OPENING:
            return _open_or_repair(path, now)
    except sqlite3.Error as e:
        raise explain(e, path) from e


_OPENING = threading.Lock()
"""One file is opened at a time in this process: closing the handle that made a file would, as POSIX has it, drop the
locks that another thread's connection already holds on it."""


def _open_or_repair(path: Path, now: float) -> Opened:
    try:
        return _open(path, now)
    except sqlite3.DatabaseError as e:
        if not is_damaged(e):
            raise
    notice = repair(path, now)
    opened = _open(path, now)
    return Opened(opened.db, opened.uri, opened.read_only, (*opened.notices, *([notice] if notice else [])))


def _require_sqlite() -> None:
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise MemoryStoreError(
            f"SQLite {sqlite3.sqlite_version} is too old for the memory",
            hint=f"Use a Python that comes with SQLite {'.'.join(map(str, MINIMUM_SQLITE))} or newer",
        )


def _open(path: Path, now: float) -> Opened:
    existed = _make_private(path)
    try:
        return _open_writable(path, now)
    except sqlite3.OperationalError as e:
        if not (is_read_only(e) and existed):
            raise
    return _open_read_only(path)


def _make_private(path: Path) -> bool:
    """Create folder and file if missing, for this user's eyes only; returns whether the file had been there."""
    try:
        if path.exists():
            if path.is_dir():
                raise MemoryStoreError(f"{path} is a folder, not a file", hint="Give the name of a file in it")
            return path.stat().st_size > 0
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as e:
        raise MemoryStoreError(
            f"The memory file cannot be made: {e.strerror or e}: {path}",
            hint="Make the folder writable, or choose another file in the settings ([memory] path)",
        ) from e
    return False


def _open_writable(path: Path, now: float) -> Opened:
    db = connect(f"{path.as_uri()}?mode=rw")
    try:
        pending(db)  # first: a file that is not ours, or newer, is neither changed nor "repaired"
        _set_up_writer(db)
        with _busy_is_fine():  # a busy file can be written, which is all that is asked here
            db.execute("begin immediate")
            db.execute("rollback")
        _refuse_damage(db, path)
        migrate(db, now)
    except BaseException:
        db.close()
        raise
    return Opened(db, f"{path.as_uri()}?mode=rw", read_only=False)


@contextmanager
def _busy_is_fine() -> Generator[None]:
    """Go on when another connection is writing."""
    try:
        yield
    except sqlite3.OperationalError as e:
        if not is_locked(e):
            raise


def _set_up_writer(db: sqlite3.Connection) -> None:
    _switch_to_wal(db)
    db.execute(f"pragma synchronous = {SYNCHRONOUS}")
    db.execute("pragma foreign_keys = on")
    db.execute("pragma secure_delete = on")  # what is forgotten is overwritten with zeros
    db.execute("pragma journal_size_limit = 4194304")


def _switch_to_wal(db: sqlite3.Connection) -> None:
    """Readers and a writer side by side. The switch does not wait for a lock by itself, so it is tried again."""
    deadline = time.monotonic() + database.BUSY_MS / 1000
    while True:
        try:
            db.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as e:
            if not is_locked(e) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _refuse_damage(db: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size <= CHECKED_BYTES:
        require_sound(db)
    else:
        indexes.probe(db)


def _open_read_only(path: Path) -> Opened:
    db, uri = _connect_read_only(path)
    try:
        if pending(db):
            raise MemoryStoreError(
                "The memory file is of an older version and read-only, so it cannot be brought up to date",
                hint=f"Make {path} and its folder writable once",
            )
    except BaseException:
        db.close()
        raise
    return Opened(db, uri, read_only=True, notices=_read_only_notices(path, immutable=uri.endswith(_IMMUTABLE)))


def _connect_read_only(path: Path) -> tuple[sqlite3.Connection, str]:
    return _first_that_opens(path, "?mode=ro", _IMMUTABLE)


def open_existing(path: Path) -> sqlite3.Connection:
    """Open a file as far as it allows, without changing it: for looking it over.

    Raises:
        sqlite3.Error: If it cannot be opened at all.
    """
    return _first_that_opens(path.expanduser().resolve(), "?mode=rw", "?mode=ro", _IMMUTABLE)[0]


_IMMUTABLE = "?mode=ro&immutable=1"
"""The only way to read a file in WAL mode in a folder that cannot be written: no log, no locks."""


def _first_that_opens(path: Path, *flags: str) -> tuple[sqlite3.Connection, str]:
    for uri in (path.as_uri() + flag for flag in flags):
        db = connect(uri)
        try:
            db.execute("select count(*) from sqlite_master")
        except sqlite3.Error as e:
            db.close()
            if not is_read_only(e) or uri.endswith(flags[-1]):
                raise
        else:
            return db, uri
    raise AssertionError("the last way either opens or raises")


def _read_only_notices(path: Path, *, immutable: bool) -> tuple[StoreNotice, ...]:
    notice = StoreNotice(
        "The memory is read-only: it can be searched, but nothing can be added or removed",
        f"Make {path} and its folder writable to change it",
    )
    wal = path.with_name(path.name + "-wal")
    if immutable and wal.exists() and wal.stat().st_size > 0:
        return notice, StoreNotice("The newest memories may be missing", f"They wait in {wal}, which must be writable")
    return (notice,)


class Readers:
    """Lends a connection to each reading call, so that no two threads ever share one at the same time.

    At most IDLE_READERS are kept; one more is opened when all are lent and closed when it comes back, so the number
    of open files is bounded by the number of threads that read at once.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self) -> Generator[sqlite3.Connection]:
        """Give a reading connection for the length of a `with` block."""
        db = self._take()
        try:
            yield db
        finally:
            self._give_back(db)

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        db = connect(self._uri)
        db.execute("pragma query_only = on")
        return db

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_READERS:
                self._idle.append(db)
                return
        db.close()

    def close(self) -> None:
        """Close what is idle; what is lent closes when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            with suppress(sqlite3.Error):
                db.close()
