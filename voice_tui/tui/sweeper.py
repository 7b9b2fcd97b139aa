"""Garbage is collected while nobody presses keys.

A collection of the oldest generation goes through everything that lives, 40 ms and more in this app, at whatever moment
it falls due: often while a screen opens, which makes much that is thrown away again. What was loaded at the start lives
as long as the app and is left out (`gc.freeze`); the rest waits for a pause.
"""

from __future__ import annotations

import gc

QUIET_SECONDS = 0.25
"""A pause: nobody has pressed a key for this long."""

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
        self._settled = False

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
        gc.collect()
        if not self._settled:  # the first screen and what it keeps ready stay for good, too
            self._settled = True
            gc.freeze()
        return True
