"""The instance that is loaded before it is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from voice_tui.engine.moshi.codec.port import Instance, LostError

Start = Callable[[], Instance]
"""Begins to load an instance that nobody has used; raises LostError when it cannot even begin."""

POLL_SECONDS = 0.01


class Spares:
    """One spare for both directions, which begin to change at different frames. Any thread.

    Args:
        start: See `Start`.
        ahead: Whether one is kept; else it is loaded when it is asked for.
    """

    def __init__(self, start: Start, *, ahead: bool) -> None:
        self._start = start
        self._ahead = ahead
        self._kept: Instance | None = None
        self._lock = threading.Lock()
        self._closed = False

    def prepare(self) -> None:
        """Begin to load the next one; returns at once. What goes wrong is told to who asks for it."""
        with self._lock:
            if self._ahead and self._kept is None and not self._closed:
                try:
                    self._kept = self._start()
                except LostError:
                    self._kept = None

    def take(self) -> Instance | None:
        """Return the spare, or None while it is loading; never waits, and begins to load one where there is none.

        Raises:
            LostError: It could not be loaded; the next call begins anew.
        """
        with self._lock:
            if self._closed:
                raise LostError("The codec was closed")
            spare = self._kept = self._kept or self._start()
            try:
                if not spare.ready:
                    return None
            except LostError:
                spare.end()
                self._kept = None
                raise
            self._kept = None
            return spare

    def wait(self) -> Instance:
        """Return the spare as soon as it is loaded.

        Raises:
            LostError: It could not be loaded, or `close` was called meanwhile.
        """
        while (spare := self.take()) is None:
            time.sleep(POLL_SECONDS)
        return spare

    def close(self) -> None:
        """End it, loaded or not, and wait until it is gone."""
        with self._lock:
            self._closed = True
            kept, self._kept = self._kept, None
        if kept is not None:
            kept.end()
            kept.join()
