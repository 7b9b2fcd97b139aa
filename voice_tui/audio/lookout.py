"""Sees devices come back, in a child process that may hang or break without anybody noticing."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from contextlib import suppress
from threading import Event, Thread

from voice_tui.audio.choice import DeviceInfo

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
"""Before a child that died is replaced, seconds; doubled each time."""

LONGEST_PAUSE = 30.0

END_SECONDS = 2.0
"""So long a child may take to leave; it takes half a second at most, unless it is stopped."""


class Lookout:
    """Lists the devices every `pause` seconds for as long as somebody waits for one. Owner's thread: never blocks.

    Only the newest list is kept.
    """

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self._newest: tuple[DeviceInfo, ...] | None = None
        self._closing = Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = Thread(target=self._run, name="lookout", daemon=True)
        self._thread.start()

    def take(self) -> tuple[DeviceInfo, ...] | None:
        """Return a list that was not returned before, or None."""
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """End it soon; returns at once."""
        self._closing.set()
        process = self._process
        if process is not None:
            _ask_to_leave(process)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                self._listen()
            except (OSError, ValueError, TypeError) as e:
                log.warning("the list of sound devices cannot be had: %s", e)
            self._closing.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _listen(self) -> None:
        """Run one child to its end."""
        command = [sys.executable, "-m", "voice_tui.audio.lookout_child", str(self.pause)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            self._process = process
            if self._closing.is_set():
                _ask_to_leave(process)
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    self._newest = tuple(DeviceInfo(**entry) for entry in json.loads(line))
            finally:
                _ask_to_leave(process)
                try:
                    process.wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()


def _ask_to_leave(process: subprocess.Popen[str]) -> None:
    """End its input; killed in the middle of a question it may leave something of the sound system locked."""
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
