"""What SQLite says, in words for the person."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from memory.errors import MemoryStoreError


@dataclass(frozen=True, slots=True)
class StoreNotice:
    """Something the person should know about the file although it could be opened.

    Args:
        message: What is so. `hint`: what to do about it; may be "".
    """

    message: str
    hint: str = ""


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code of an error, 0 where Python raised it without one."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_damaged(error: sqlite3.Error) -> bool:
    """Whether the file's content is broken."""
    return primary_code(error) in _DAMAGED


def is_read_only(error: sqlite3.Error) -> bool:
    """Whether the file or its folder refuses to be written."""
    return primary_code(error) in _READ_ONLY


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection is in the way."""
    return primary_code(error) in _LOCKED


def explain(error: sqlite3.Error, path: Path) -> MemoryStoreError:
    """Return the error to raise instead of `error`."""
    code = primary_code(error)
    if code in _DAMAGED:
        return MemoryStoreError(
            f"The memory file is damaged: {path}",
            hint="`voice-tui memory check --repair` moves it aside and saves what can be read",
        )
    if code in _LOCKED:
        return MemoryStoreError(
            "The memory file is busy: another program has been writing to it for too long",
            hint="Try again in a moment, or close the other program",
        )
    if code == sqlite3.SQLITE_FULL or _file_limit(error):
        return MemoryStoreError(
            "The disk is full, so this was not saved",
            hint=f"Free some space on the disk of {path.parent}; everything saved before is still there",
        )
    if code in _READ_ONLY:
        return read_only_error(path)
    if code == sqlite3.SQLITE_IOERR:
        return MemoryStoreError(
            f"The disk failed on the memory file: {error}",
            hint=f"Look after the disk of {path.parent}; what was acknowledged before is still in the file",
        )
    if "fts5" in str(error):
        return MemoryStoreError(
            "This Python's SQLite was built without full-text search (FTS5)",
            hint="Use a Python whose SQLite has FTS5, such as those of python.org, Debian or Homebrew",
        )
    return MemoryStoreError(f"The memory file could not do it: {error}", hint=f"The file is {path}")


def _file_limit(error: sqlite3.Error) -> bool:
    """A quota or a file-size limit shows as a failed write, which for the person is the same as a full disk."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_WRITE


def read_only_error(path: Path) -> MemoryStoreError:
    """Return the error for a write where only reading is possible."""
    return MemoryStoreError(
        "The memory is read-only, so nothing can be added or removed",
        hint=f"Make {path} and its folder writable, or choose another file in the settings ([memory] path)",
    )
