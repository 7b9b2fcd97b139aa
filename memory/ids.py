"""Ids that sort by the time they were made, without a server that hands them out."""

from __future__ import annotations

import secrets
import threading

_VERSION_7 = 0x7 << 76
_VARIANT = 0x2 << 62


class IdMaker:
    """Makes 32 hex digits: UUID version 7 (RFC 9562, section 5.7) without the dashes. Any thread.

    Ids of one maker always rise, also within one millisecond and when the clock is set back.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self, now: float) -> str:
        """Return a fresh id.

        Args:
            now: Seconds since 1970.
        """
        with self._lock:
            self._last = max(_uuid7(now), self._last + 1)
            return f"{self._last:032x}"


def _uuid7(now: float) -> int:
    millis = int(now * 1000) & ((1 << 48) - 1)
    return millis << 80 | _VERSION_7 | secrets.randbits(12) << 64 | _VARIANT | secrets.randbits(62)
