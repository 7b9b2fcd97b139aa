"""Calls that may hang for ever, each in a daemon thread that can be given up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Job(Generic[Result]):
    """One piece of work in a thread of its own, begun at once. The owner's methods: one thread.

    Args:
        work: What is done there.
        undo: Gets the result when the job has been given up meanwhile; called in the job's thread.
        now: When it began, for `since`.
    """

    def __init__(self, work: Callable[[], Result], undo: Callable[[Result], None], now: float) -> None:
        self.since = now
        self.error: Exception | None = None
        """Why there is no result, once `done`."""
        self._work = work
        self._undo = undo
        self._result: Result | None = None
        self._given_up = False
        self._lock = Lock()
        self._thread = Thread(target=self._run, name="devices", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has ended, one way or the other."""
        return not self._thread.is_alive()

    @property
    def result(self) -> Result | None:
        """What it gave; None before it is done and when it failed."""
        return self._result

    def wait(self, timeout: float) -> bool:
        """Wait until it is done, at most `timeout` seconds; returns whether it is."""
        self._thread.join(max(0.0, timeout))
        return self.done

    def give_up(self) -> None:
        """Nobody wants the result any more: whenever it comes, it is undone. Never blocks."""
        with self._lock:
            self._given_up = True
            result, self._result = self._result, None
        if result is not None:
            Thread(target=self._undo, args=(result,), name="undo-devices", daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._work()
            with self._lock:
                if not self._given_up:
                    self._result = result
                    return
            self._undo(result)
        except Exception as error:  # top of the thread
            log.exception("sound devices: a call failed")
            self.error = error
