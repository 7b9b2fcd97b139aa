"""The log file: rotating, in the state directory, never on the terminal."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Literal

from voice_tui.paths import log_path

Level = Literal["debug", "info", "warning", "error"]

MAX_BYTES = 1_000_000
BACKUPS = 2
_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(threadName)s %(name)s: %(message)s"


@dataclass(frozen=True, slots=True)
class LogFile:
    """Where the log goes.

    Args:
        path: The file, or None when none can be written.
        problem: Why there is none, for a person; "" when there is one.
    """

    path: Path | None
    problem: str = ""


def set_up(level: Level = "info", *, process: str = "voice-tui", path: Path | None = None) -> LogFile:
    """Send all log records and warnings of this process to its file; a second call changes level and file.

    Without a writable folder nothing is logged and the program goes on.

    Args:
        level: Records below it are dropped.
        process: Names the file; processes that run side by side must not share one.
        path: Another file than `log_path(process)`.
    """
    logging.raiseExceptions = False  # a full disk must not print into the terminal app
    logging.captureWarnings(True)
    path = path or log_path(process)
    problem = ""
    try:
        handler: logging.Handler = rotating(path)
    except OSError as e:
        problem = f"Cannot write the log {path}: {e.strerror}"
        handler = logging.NullHandler()  # with no handler at all, logging would print warnings on stderr
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    _replace_ours(root, handler)
    root.setLevel(level.upper())
    return LogFile(None if problem else path, problem)


def rotating(path: Path) -> logging.Handler:
    """Return what writes records to a file for this user's eyes, which never grows beyond `MAX_BYTES`.

    Raises:
        OSError: It cannot be opened.
    """
    from logging.handlers import RotatingFileHandler

    class PrivateFile(RotatingFileHandler):
        """What a person said may stand in it, so nobody else may read it."""

        def _open(self) -> TextIOWrapper:
            return open(self.baseFilename, "a", encoding=self.encoding, opener=_open_private)

    path.parent.mkdir(parents=True, exist_ok=True)
    return PrivateFile(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _replace_ours(root: logging.Logger, handler: logging.Handler) -> None:
    handler.set_name("voice-tui")
    for old in [old for old in root.handlers if old.get_name() == "voice-tui"]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
