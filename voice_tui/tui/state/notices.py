"""What was said to the person: kept for the log screen, and shown as toasts without ever burying the screen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from voice_tui.events import Severity
from voice_tui.tui.state.text import plain

MAX_NOTICES = 500
"""Notices kept for the log screen; the oldest go."""

TOAST_SECONDS = 10.0
"""How long a toast stands."""

INFO_SECONDS = 4.0
"""How long a toast that asks for nothing stands."""

MAX_TOASTS = 3
"""Toasts within `TOAST_SECONDS`; more than that go to the log screen only."""


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One sentence to the person.

    Args:
        clock: Wall clock, seconds since 1970.
        title: Where it comes from, such as "Audio"; may be "".
    """

    clock: float
    severity: Severity
    message: str
    hint: str = ""
    title: str = ""


class Notices:
    """Every notice, and which of them may stand as a toast now. UI thread only."""

    def __init__(self) -> None:
        self._kept: deque[NoticeRecord] = deque(maxlen=MAX_NOTICES)
        self._toasted: list[tuple[float, str]] = []
        self.held_back = 0

    def __iter__(self) -> Iterator[NoticeRecord]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, record: NoticeRecord) -> bool:
        """Keep a notice.

        Returns:
            Whether it should be shown as a toast: not when the same words stand there already, nor in a storm.
        """
        self._kept.append(record)
        now = record.clock  # what seems to come from the future is as old: the clock was set back
        self._toasted = [(at, message) for at, message in self._toasted if 0.0 <= now - at < TOAST_SECONDS]
        shown = [message for _, message in self._toasted]
        if record.message in shown or len(shown) >= MAX_TOASTS:
            self.held_back += 1
            return False
        self._toasted.append((record.clock, record.message))
        return True


def notice(clock: float, severity: Severity, message: str, hint: str = "", title: str = "") -> NoticeRecord:
    """Make a record whose words are safe to draw."""
    return NoticeRecord(clock, severity, plain(message), plain(hint), plain(title, lines=False))
