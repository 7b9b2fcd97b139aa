"""The ends of the log files, read in pieces as they grow. Runs on a `Desk`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.message import Message

from voice_tui.tui.state.text import plain

MAX_BYTES = 64_000
"""Most that is read of a file at once; what lies before is left out."""

APP_NATIVE = "app-native"
"""What native libraries print in the app's process goes to this log."""

_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}")


@dataclass(frozen=True, slots=True)
class LogTail:
    """What came to the logs.

    Args:
        lines: Safe to draw, in the order of their time stamps.
        offsets: File -> where its next piece begins, in bytes.
        problem: Why nothing can be read; "" when all is well.
    """

    lines: tuple[str, ...] = ()
    offsets: Mapping[Path, int] = field(default_factory=dict[Path, int])
    problem: str = ""


class LogRead(Message):
    """A piece of the logs arrived, read from `since`."""

    def __init__(self, tail: LogTail, since: Mapping[Path, int]) -> None:
        super().__init__()
        self.tail = tail
        self.since = since


def log_files(app_log: Path) -> tuple[Path, ...]:
    """Return the logs of the app and of its session, the timings, and what native libraries print in both."""
    others = ("session", "session-native", "timings", APP_NATIVE)
    return (app_log, *(app_log.with_name(f"{name}.log") for name in others))


def read_tail(app_log: Path | None, offsets: Mapping[Path, int]) -> LogTail:
    """Return what was written since `offsets`: whole lines, of each file at most `MAX_BYTES`.

    A file that shrank was replaced and is read from its beginning; one that does not exist is empty.
    """
    if app_log is None:
        return LogTail(problem="No log file is written.")
    stamped: list[tuple[str, int, str]] = []
    after = dict(offsets)
    try:
        for path in log_files(app_log):
            data, start = _new_bytes(path, offsets.get(path, 0))
            whole = data.rfind(b"\n") + 1
            after[path] = start + whole
            stamped += _stamped(data[:whole].decode("utf-8", "replace"), path.stem)
    except OSError as error:
        return LogTail(offsets=after, problem=f"Cannot read the log: {error.strerror or error}")
    return LogTail(tuple(line for *_, line in sorted(stamped)), after)


def _new_bytes(path: Path, offset: int) -> tuple[bytes, int]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0 if size < offset else offset, size - MAX_BYTES)
            file.seek(start)
            return file.read(size - start), start
    except FileNotFoundError:
        return b"", 0


def _stamped(text: str, name: str) -> list[tuple[str, int, str]]:
    """Return (time stamp, number, line); a line without a stamp goes with the one before it."""
    found: list[tuple[str, int, str]] = []
    stamp = ""
    for number, line in enumerate(text.splitlines()):
        match = _STAMP.match(line)
        stamp = match.group() if match else stamp
        words = f"{stamp[11:19]} {line[match.end() :].lstrip()}" if match else line
        found.append((stamp, number, f"{name}: {plain(words, lines=False)}"))
    return found
