"""Clips of forgotten memories, kept in RAM so that forgetting can be undone."""

from __future__ import annotations

import threading
from collections import OrderedDict

ROOM_BYTES = 64 * 1024 * 1024
"""Bytes of clips that are kept. Overflow policy: the clip forgotten longest ago goes first, counted in `dropped`."""


class UndoClips:
    """Holds forgotten clips by memory id; never on disk, gone with the process. Any thread.

    Args:
        room: Bytes that may be held.
    """

    def __init__(self, room: int = ROOM_BYTES) -> None:
        self.dropped = 0
        self._room = room
        self._clips: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def keep(self, memory_id: str, clip: bytes | None) -> None:
        """Hold a clip; None is ignored."""
        if clip is None:
            return
        with self._lock:
            self._held += len(clip) - len(self._clips.pop(memory_id, b""))
            self._clips[memory_id] = clip
            while self._held > self._room:
                self._held -= len(self._clips.popitem(last=False)[1])
                self.dropped += 1

    def clear(self) -> None:
        """Let all of them go."""
        with self._lock:
            self._clips.clear()
            self._held = 0

    def get(self, memory_id: str) -> bytes | None:
        """Return the clip, if it is still held."""
        with self._lock:
            return self._clips.get(memory_id)
