"""One worker thread for what may block: the memory's file, a transcript to write, a log to read.

An own thread and not the event loop's pool, because leaving the app must not wait for a slow disk: the pool is joined
at exit, this thread is given a fraction of a second.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Thread

from textual.message import Message

from memory.errors import MemoryStoreError
from voice_tui.errors import VoiceTuiError
from voice_tui.events import Severity

log = logging.getLogger(__name__)

Job = Callable[[], Message | None]
"""Does one thing off the UI thread and tells the result as a message that carries frozen facts."""

CAPACITY = 64
"""Jobs that may wait; a further one is refused, and the caller says so."""


class Said(Message):
    """Something a person should know: shown as a toast and kept in the log screen."""

    def __init__(self, message: str, hint: str = "", *, severity: Severity = "error", title: str = "") -> None:
        super().__init__()
        self.message = message
        self.hint = hint
        self.severity: Severity = severity
        self.title = title


Post = Callable[[Message], object]
"""Hands a message to the UI; called from the desk's thread."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    job: Job
    tag: str
    reply: Post


class Desk:
    """Runs jobs one after the other.

    Args:
        name: Of the thread.
        post: Where results go, and what went wrong.
    """

    def __init__(self, name: str, post: Post) -> None:
        self._post = post
        self._jobs: deque[_Waiting] = deque()
        self._change = Condition()
        self._busy = False
        self._closing = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; jobs submitted before wait until then."""
        self._thread.start()

    def submit(self, job: Job, *, tag: str = "", reply: Post | None = None) -> bool:
        """Queue a job. Any thread.

        Args:
            job: See `Job`.
            tag: A waiting job with the same tag is replaced: only the newest search matters.
            reply: Where this job's result goes, when not where all go.

        Returns:
            False when the desk is full or closing, and the job was refused.
        """
        with self._change:
            if tag:
                self._jobs = deque(waiting for waiting in self._jobs if waiting.tag != tag)
            if self._closing or len(self._jobs) >= CAPACITY:
                return False
            self._jobs.append(_Waiting(job, tag, reply or self._post))
            self._change.notify_all()
        return True

    def tell(self, message: Message) -> None:
        """Hand a message to the UI, from within a job that has a result of its own besides."""
        with suppress(RuntimeError):  # the event loop has ended meanwhile
            self._post(message)

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        with self._change:
            return not self._jobs and not self._busy

    def close(self, timeout: float) -> bool:
        """Finish what waits and end; gives up after `timeout` seconds (the thread is a daemon).

        Returns:
            Whether everything was finished.
        """
        with self._change:
            self._closing = True
            self._change.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (waiting := self._next()) is not None:
            self._carry_out(waiting)
            with self._change:
                self._busy = False

    def _carry_out(self, waiting: _Waiting) -> None:
        """The top of the thread: whatever a job raises becomes a message."""
        try:
            message, post = waiting.job(), waiting.reply
        except (VoiceTuiError, MemoryStoreError) as error:
            message, post = Said(error.message, error.hint, title=error.title), self._post
        except Exception as error:
            log.exception("a job failed")
            message, post = Said(str(error) or type(error).__name__, "The log (F5) has the details."), self._post
        if message is not None:
            with suppress(RuntimeError):  # the event loop has ended meanwhile
                post(message)

    def _next(self) -> _Waiting | None:
        with self._change:
            self._change.wait_for(lambda: bool(self._jobs) or self._closing)
            if not self._jobs:
                return None
            self._busy = True
            return self._jobs.popleft()
