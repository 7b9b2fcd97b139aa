"""The one thread that writes."""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from memory.errors import MemoryStoreError
from memory.file.database import BUSY_MS
from memory.file.faults import explain

T = TypeVar("T")

QUEUE_JOBS = 256
"""Writes that may wait.

Overflow policy: the caller waits for room, up to PATIENCE seconds, then gets an error; nothing is dropped silently,
because every caller waits for its result anyway. `Writer.waits` counts how often the queue was full.
"""

PATIENCE = 60.0
"""How long a caller waits for its write, seconds."""

SCRUB_BUSY_MS = 1000


@dataclass(slots=True)
class _Job:
    """One transaction.

    Args:
        work: Gets the connection inside `begin immediate`; its result is the caller's.
        scrub: Words were taken out: leave no trace of them in the log.
        alone: It cannot be part of a transaction.
    """

    work: Callable[[sqlite3.Connection], Any]
    scrub: bool
    alone: bool = False
    future: Future[Any] = field(default_factory=Future[Any])


class Writer:
    """Runs transactions one after the other on its own thread and its own connection.

    The thread is a daemon: a transaction is acknowledged only after its commit, so a process that ends without
    `close` loses nothing that it was told was kept.

    Args:
        db: The connection; it belongs to the writer from now on.
        path: The file, to notice when it is moved or replaced.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.waits = 0
        self._db = db
        self._path = path
        self._identity = _identity(path)
        self._unscrubbed = True  # a process that was killed may have left forgotten words in the log
        self._closed = False
        self._jobs: queue.Queue[_Job | None] = queue.Queue(QUEUE_JOBS)
        self._thread = threading.Thread(target=self._loop, name="memory-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[sqlite3.Connection], T], *, scrub: bool = False, alone: bool = False) -> T:
        """Run `work` in a transaction and wait until it is durable. Any thread but the writer's.

        Args:
            work: Gets the connection; raising takes back all it did.
            scrub: Whether words were taken out, which must leave no trace in the log.
            alone: Run it without a transaction ("vacuum" allows none).

        Raises:
            MemoryStoreError: What `work` raised, or what SQLite said, in words.
        """
        job = _Job(work, scrub, alone)
        self._put(job)
        try:
            return cast("T", job.future.result(PATIENCE))
        except TimeoutError as e:
            job.future.cancel()
            raise MemoryStoreError(
                f"Saving did not finish within {PATIENCE:.0f} s", hint=f"Look after the disk of {self._path.parent}"
            ) from e

    def _put(self, job: _Job) -> None:
        if self._closed:
            raise closed_error()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self.waits += 1
            try:
                self._jobs.put(job, timeout=PATIENCE)
            except queue.Full:
                raise MemoryStoreError("Too much is waiting to be saved", hint="Try again in a moment") from None

    def close(self) -> None:
        """Finish what waits, then release the file; at most PATIENCE seconds. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join(PATIENCE)

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.future.set_running_or_notify_cancel():
                self._do(job)
        self._refuse_late_jobs()
        if self._unscrubbed:
            self._scrub()
        with suppress(sqlite3.Error):
            self._db.close()

    def _refuse_late_jobs(self) -> None:
        """A caller that passed the check just before `close` must not wait for nothing."""
        with suppress(queue.Empty):
            while (job := self._jobs.get_nowait()) is not None:
                job.future.set_exception(closed_error())

    def _do(self, job: _Job) -> None:
        try:
            result = self._alone(job.work) if job.alone else self._transaction(job.work)
        except sqlite3.Error as e:
            error = explain(e, self._path)
            error.__cause__ = e
            job.future.set_exception(error)
        except Exception as e:  # to the caller, whose error it is
            job.future.set_exception(e)
        else:
            self._unscrubbed |= job.scrub
            if self._unscrubbed:
                self._scrub()
            job.future.set_result(result)

    def _transaction(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        self._require_same_file()
        self._db.execute("begin immediate")
        try:
            result = work(self._db)
            self._db.execute("commit")
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk may have rolled back by itself
                self._db.execute("rollback")
            raise
        return result

    def _alone(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        self._require_same_file()
        return work(self._db)

    def _require_same_file(self) -> None:
        """A file that was deleted or replaced still takes writes, and no one would ever see them again."""
        if _identity(self._path) != self._identity:
            raise MemoryStoreError(
                f"The memory file was moved or replaced while it was open: {self._path}",
                hint="Nothing more is written to it; start the program again",
            )

    def _scrub(self) -> None:
        """Move the log into the file and cut it to nothing; where a reader is in the way, at the next write again."""
        try:
            self._db.execute(f"pragma busy_timeout = {SCRUB_BUSY_MS}")
            busy = self._db.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
            self._db.execute(f"pragma busy_timeout = {BUSY_MS}")
        except sqlite3.Error:
            busy = True
        self._unscrubbed = bool(busy)


def closed_error() -> MemoryStoreError:
    """Return the error for any use after `close`."""
    return MemoryStoreError("The memory is closed", hint="Start the program again")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116  # twice as fast as Path.stat, and it runs before every write
    except OSError:
        return None
    return status.st_dev, status.st_ino
