"""A command of ours in a process of its own, whose lines of JSON become messages: downloads, checks, measurements.

A process, because it loads what the app must not, and because it can be ended at any time.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Any

from textual.message import Message

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0
"""What it is given to end after it was asked to."""


class ErrandTold(Message):
    """It says how far it is."""

    def __init__(self, progress: Mapping[str, Any]) -> None:
        super().__init__()
        self.progress = progress


class ErrandDone(Message):
    """It has ended.

    Args:
        result: What came of it; None = it failed or was stopped.
        error, hint: Why it failed; "" when it was stopped.
    """

    def __init__(self, result: Mapping[str, Any] | None, error: str = "", hint: str = "", *, stopped: bool) -> None:
        super().__init__()
        self.result = result
        self.error = error
        self.hint = hint
        self.stopped = stopped


class Errand:
    """Runs a command. `stop` and `close` from any thread.

    Args:
        command: Its words. `post`: where messages go; called from a thread of this errand's own.
    """

    def __init__(self, command: Sequence[str], post: Callable[[Message], object]) -> None:
        self._command = list(command)
        self._post = post
        self._process: subprocess.Popen[str] | None = None
        self._stopped = Event()
        self._last: Mapping[str, Any] = {}
        self._thread = Thread(target=self._run, name="errand", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; what does not is killed a little later."""
        if not self._stopped.is_set():
            self._stopped.set()
            Thread(target=self._end, name="errand-end", daemon=True).start()

    def close(self, timeout: float) -> None:
        """End it and wait, at most `timeout` seconds."""
        self._stopped.set()
        self._signal(signal.SIGTERM)
        self._thread.join(timeout)

    def _end(self) -> None:
        self._signal(signal.SIGINT)
        self._thread.join(STOP_SECONDS)
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            with suppress(OSError):
                process.send_signal(number)

    def _run(self) -> None:
        """The top of the thread: however it ends, it is told."""
        done = ErrandDone(None, "It could not be begun", "The log (F5) has the details.", stopped=False)
        try:
            done = self._carried_out()
        except Exception:
            log.exception("an errand failed: %s", self._command)
        with suppress(RuntimeError):  # the event loop has ended meanwhile
            self._post(done)

    def _carried_out(self) -> ErrandDone:
        with subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        ) as process:
            self._process = process
            if self._stopped.is_set():
                process.terminate()
            assert process.stdout is not None
            for line in process.stdout:
                self._take(line)
        if self._stopped.is_set():
            return ErrandDone(None, stopped=True)
        result = self._last.get("result")
        if isinstance(result, Mapping):
            return ErrandDone(result, stopped=False)  # pyright: ignore[reportUnknownArgumentType]  # from JSON
        error = str(self._last.get("error") or f"It ended early, with code {process.returncode}")
        return ErrandDone(None, error, str(self._last.get("hint", "")), stopped=False)

    def _take(self, line: str) -> None:
        try:
            said: Any = json.loads(line)
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        self._last = dict(said)  # pyright: ignore[reportUnknownArgumentType]  # from JSON
        if "phase" in self._last:
            with suppress(RuntimeError):  # the event loop has ended meanwhile
                self._post(ErrandTold(self._last))
