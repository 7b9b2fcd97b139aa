"""The screen on a descriptor of its own, out of reach of what native libraries print.

Textual draws on `sys.__stderr__`, descriptor 2, and so do C libraries with their warnings. While the app runs,
descriptor 2 leads to the log file and Textual draws on a copy of the terminal.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from voice_tui.fdguard import divert_stderr, restore_stderr


def is_terminal() -> bool:
    """Whether keys can be read and something can be drawn on."""
    return os.isatty(0) and (os.isatty(2) or os.isatty(1))


def hung_up() -> bool:
    """Whether the terminal that keys come from has been closed; the signal that says so may never come."""
    poll = getattr(select, "poll", None)  # not on Windows
    if poll is None:
        return False
    terminal = poll()
    terminal.register(0, 0)
    return any(state & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, state in terminal.poll(0))


@contextmanager
def screen_apart(log_path: Path | None) -> Generator[None]:
    """Draw on a copy of the terminal while descriptor 2 leads to a file.

    With `2> file` on the command line the terminal is taken from standard output instead.

    Args:
        log_path: The file; None, or one that cannot be written = what is printed is dropped.
    """
    screen = os.dup(2 if os.isatty(2) else 1)
    before = sys.__stderr__
    with os.fdopen(screen, "w", encoding="utf-8", errors="replace") as drawn:
        saved = _divert(log_path)
        sys.__stderr__ = drawn  # pyright: ignore[reportAttributeAccessIssue]  # Textual reads it, as its drivers' only way
        try:
            yield
        finally:
            sys.__stderr__ = before  # pyright: ignore[reportAttributeAccessIssue]  # as above
            restore_stderr(saved)


def _divert(log_path: Path | None) -> int:
    if log_path is not None:
        try:
            return divert_stderr(log_path)
        except OSError:  # a log that cannot be written must not keep anybody from talking
            pass
    return divert_stderr(Path(os.devnull))
