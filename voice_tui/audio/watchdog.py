"""Notices that a device has gone, without an exception or a flag to go by: it just calls back no more.

Pure: the state of a device and the time go in, a fault comes out. Only time during which somebody looked counts as
silence of the device, so a loop that was busy, a process that was stopped and a clock that jumps accuse nobody.
"""

from __future__ import annotations

import sys
import time
from typing import Literal

Fault = Literal["stopped", "silent"]
"""`stopped`: the system ended the stream. `silent`: it says that all is well and yet nothing comes."""

STALL_SECONDS = 0.6
"""A device that has not called back for so long is gone. Blocks come every 10-20 ms, on a busy machine within 0.3 s."""

LOOK_SECONDS = 0.2
"""The most that one look may add to the silence of a device."""

SLEEP_SECONDS = 2.0
"""Device and program both stood still for so long: the computer slept."""


class Watchdog:
    """Watches one stream."""

    def __init__(self) -> None:
        self._beats = -1
        self._looked_at: float | None = None
        self._silent = 0.0

    def look(self, now: float, beats: int, *, active: bool) -> Fault | None:
        """Return what is wrong with the stream, if anything.

        Args:
            now: Seconds, monotonic.
            beats: How many times the device has called back.
            active: What the system says of the stream.
        """
        since = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        if beats != self._beats:
            self._beats = beats
            self._silent = 0.0
        else:
            self._silent += min(max(since, 0.0), LOOK_SECONDS)
        if not active:
            return "stopped"
        return "silent" if self._silent >= STALL_SECONDS else None


class SleepWatch:
    """Notices that the computer slept, or the process was stopped: time went on, but no device did."""

    def __init__(self) -> None:
        self._at: float | None = None

    def look(self, now: float, heard: float) -> bool:
        """Return whether everything stood still since the last look.

        Args:
            now: Seconds on a clock that goes on while the computer sleeps, such as `through_sleep`.
            heard: Seconds of sound that passed through the devices since the last look.
        """
        before, self._at = self._at, now
        return before is not None and now - before - heard > SLEEP_SECONDS


def through_sleep() -> float:
    """Return seconds on a clock that never steps and goes on while the computer sleeps, unlike Python's monotonic."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
