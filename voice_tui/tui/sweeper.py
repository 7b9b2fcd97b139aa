"""Garbage is collected while nobody presses keys.

A collection of the oldest generation goes through everything that lives, 40 to 90 ms in this app, at whatever moment it
falls due: often while a screen opens. So it waits for a pause; and what a collection has found alive is left out of the
next ones (`gc.freeze`), which then take a few milliseconds. What dies afterwards in spite of that is found in a long
pause, when everything is gone through.
"""

from __future__ import annotations

import gc

QUIET_SECONDS = 0.25
"""A pause: nobody has pressed a key for this long."""

LONG_SECONDS = 2.0
"""A long pause."""

DEEP_SECONDS = 120.0
"""Everything is gone through no more often than this."""

DEEP_DUE = 300.0
"""After so long any pause will do for that."""

DUE = 10
"""Younger collections since the last full one from which on the next is due; Python's own default."""

OVERDUE = 40
"""From here on it is not put off any longer, pause or not; Python does it, so that a stuck timer cannot stop it."""


class Sweeper:
    """Decides when. UI thread.

    Args:
        now: Any clock, seconds.
    """

    def __init__(self, now: float) -> None:
        self._pressed = now
        self._deep = now

    def begin(self) -> None:
        """Leave out what is there now, and take the oldest generation over from Python."""
        gc.freeze()
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, OVERDUE)

    def pressed(self, now: float) -> None:
        """Somebody is at the keys or the mouse."""
        self._pressed = now

    def quiet(self, now: float) -> bool:
        """Return whether nobody waits."""
        return now - self._pressed >= QUIET_SECONDS

    def look(self, now: float, younger: int) -> bool:
        """Collect when it is due and nobody waits. Call it often: the pause may be short.

        Args:
            now: As above.
            younger: Younger collections since the last full one.

        Returns:
            Whether it did.
        """
        if younger < DUE or not self.quiet(now):
            return False
        if self._deep_due(now):
            gc.unfreeze()
            self._deep = now
        gc.collect()
        gc.freeze()
        return True

    def _deep_due(self, now: float) -> bool:
        since = now - self._deep
        return since >= DEEP_DUE or (since >= DEEP_SECONDS and now - self._pressed >= LONG_SECONDS)
