"""File descriptor 2 belongs to native libraries as well; here it is pointed at a file instead of the screen.

PortAudio, ALSA and others print there from C whenever they like, over whatever a terminal app has drawn. Redirecting
`sys.stderr` does not help: only the descriptor does. Used by the app (which keeps the screen on a copy) and by the
session process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MAX_LOG_BYTES = 1_000_000
"""A larger file is set aside as `*.1` before it is written to again, so two of this size is the most there ever is."""


def divert_stderr(log_path: Path) -> int:
    """Point descriptor 2 at the end of a file.

    Args:
        log_path: File that is appended to; its folder is made, mode 0600.

    Returns:
        A copy of the old descriptor 2, for `restore_stderr` or for drawing on.

    Raises:
        OSError: If the file cannot be opened; descriptor 2 is then as it was.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    _set_aside(log_path)
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(log, 2)
    finally:
        os.close(log)
    return saved


def restore_stderr(saved: int) -> None:
    """Undo `divert_stderr`; `saved` is closed."""
    if sys.stderr is not None:
        sys.stderr.flush()
    os.dup2(saved, 2)
    os.close(saved)


@contextmanager
def stderr_in_file(log_path: Path) -> Generator[int]:
    """Point descriptor 2 at a file for the length of a `with` block; gives the copy of the old descriptor."""
    saved = divert_stderr(log_path)
    try:
        yield saved
    finally:
        restore_stderr(saved)


def take_pipes(log_path: Path) -> tuple[BinaryIO, BinaryIO]:
    """In a child process that speaks a protocol: keep the pipes for it alone.

    Descriptors 0, 1 and 2 then belong to libraries: nothing to read, and a file to print to.

    Args:
        log_path: That file, made anew; without one what is printed is lost.

    Returns:
        What was standard input, unbuffered, and what was standard output.
    """
    incoming = os.fdopen(os.dup(0), "rb", buffering=0)
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        noise = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        noise = os.open(os.devnull, os.O_WRONLY)
    for source, target in ((nothing, 0), (noise, 1), (noise, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(noise)
    return incoming, outgoing


def _set_aside(log_path: Path) -> None:
    if log_path.exists() and log_path.stat().st_size > MAX_LOG_BYTES:
        log_path.replace(log_path.with_name(log_path.name + ".1"))
