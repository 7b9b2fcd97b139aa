"""An instance that learns what the active one knows, before it takes its place."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from voice_tui.engine.moshi.codec.port import Instance
from voice_tui.errors import EngineError

Run = Callable[[Instance, Any], Any]
"""An instance and one frame of input -> one frame of output; raises LostError or EngineError."""


class Fresh:
    """Feeds an instance in a thread of its own.

    Args:
        run: What an instance does. `instance`: unused. `frames`: to begin with.

    Attributes:
        fed: Frames that the instance has had.
    """

    def __init__(self, run: Run, instance: Instance, frames: list[Any]) -> None:
        self.instance = instance
        self.fed = 0
        self._run = run
        self._frames = deque(frames)
        self._changed = threading.Condition()
        self._busy = self._finishing = self._abandoned = False
        self._error: EngineError | None = None
        self._thread = threading.Thread(target=self._feed, name="mimi-spare", daemon=True)
        self._thread.start()

    @property
    def caught_up(self) -> bool:
        """Whether it knows every frame that was put, or cannot go on: `finish` does not wait then."""
        with self._changed:
            return not (self._frames or self._busy) or self._error is not None

    def put(self, frame: Any) -> None:
        """Give it another frame; bounded by the codec's limit, at which the change is waited for."""
        with self._changed:
            self._frames.append(frame)
            self._changed.notify()

    def hurry(self, count: int) -> None:
        """Leave out all but the last `count` of the frames that wait."""
        with self._changed:
            while len(self._frames) > count:
                self._frames.popleft()

    def finish(self) -> None:
        """Wait until it knows every frame; the instance is the caller's then.

        Raises:
            EngineError: It could not go on (`LostError`: it is no more), and was ended.
        """
        with self._changed:
            self._finishing = True
            self._changed.notify()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Let it be ended; returns at once."""
        with self._changed:
            self._abandoned = True
            self._changed.notify()

    def join(self) -> None:
        """Wait until what was abandoned is gone."""
        self._thread.join()
        self.instance.join()

    def _feed(self) -> None:
        try:
            while (frame := self._next()) is not None:
                self._run(self.instance, frame)
                self.fed += 1
        except EngineError as e:
            self._error = e
        if self._abandoned or self._error is not None:
            self.instance.end()

    def _next(self) -> Any | None:
        """Wait for the next frame, None = there is none; the one before it is done."""
        with self._changed:
            self._busy = False
            self._changed.wait_for(lambda: self._frames or self._finishing or self._abandoned)
            if self._abandoned or not self._frames:
                return None
            self._busy = True
            return self._frames.popleft()
