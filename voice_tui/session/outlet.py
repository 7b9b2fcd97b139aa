"""Events on their way out of the session process: a bounded queue and a writing thread; the loop never waits."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import BinaryIO

from voice_tui.events import AnswerHeard, AnyEvent, Stats, TranscriptUpdated
from voice_tui.framing import framed

log = logging.getLogger(__name__)

OUTLET_SIZE = 1024
"""Events that wait for a slow reader. Full: snapshots and partial transcripts go first, then the oldest event."""


class Outlet:
    """Writes events to a stream in a thread of its own.

    Args:
        stream: Binary and blocking; closed never. When its reader has gone the thread ends; that the session must end
            too is learnt from the other pipe.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._events: deque[AnyEvent] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="outlet", daemon=True)
        self._thread.start()

    def put(self, event: AnyEvent) -> None:
        """Queue an event; any thread, returns at once."""
        with self._changed:
            if len(self._events) >= OUTLET_SIZE:
                self.dropped += 1
                if _expendable(event):
                    return
                self._make_room()
            self._events.append(event)
            self._changed.notify()

    def close(self, timeout: float) -> None:
        """Write what is queued and stop, within `timeout` seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)

    def _make_room(self) -> None:
        for index, event in enumerate(self._events):
            if _expendable(event):
                del self._events[index]
                return
        self._events.popleft()

    def _write_all(self) -> None:
        while True:
            with self._changed:
                while not self._events and not self._closing:
                    self._changed.wait()
                if not self._events:
                    return
                batch = list(self._events)
                self._events.clear()
            try:
                self._stream.write(b"".join(framed(event) for event in batch))
                self._stream.flush()
            except (OSError, ValueError):
                log.info("the reader of events has gone")
                return


def _expendable(event: AnyEvent) -> bool:
    """Whether a later event says the same or more."""
    return isinstance(event, Stats | AnswerHeard) or (isinstance(event, TranscriptUpdated) and not event.final)
