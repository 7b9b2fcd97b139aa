"""A session in a process of its own beside a virtual card, and what it says, as it says it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread
from typing import Any

from tests.card import Card

Line = dict[str, Any]


class Talk:
    """The lines of a program, kept as they come, each with the time that the program put on it (`when`)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[Line] = []
        self._change = Condition()
        self._ended = False
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def tell(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def until(self, true: Callable[[Line], bool], timeout: float, since: float = 0.0) -> Line:
        """Return the first line of which `true` holds, of those that were printed after `since`."""
        deadline = time.monotonic() + timeout
        with self._change:
            while True:
                for line in self.lines:
                    if line.get("when", 0.0) >= since and true(line):
                        return line
                left = deadline - time.monotonic()
                assert left > 0 and not self._ended, f"not within {timeout} s: {self.devices()} {self.lines[-3:]}"
                self._change.wait(left)

    def devices(self) -> list[Line]:
        """What was said about devices."""
        return [line for line in self.lines if line["what"] == "DevicesChanged"]

    def end(self) -> None:
        """Kill it, and read what it still said."""
        self.process.kill()
        self._thread.join(10)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            with self._change:
                self.lines.append(json.loads(text))
                self._change.notify_all()
        with self._change:
            self._ended = True
            self._change.notify_all()


@contextmanager
def talking(card: Card, *names: str, **env: str) -> Iterator[Talk]:
    """A session whose microphone is passed on to its speaker; ended by force if a test has not done so."""
    with card.python("-m", "tests.audio.card_program", "session", *names, **env) as process:
        talk = Talk(process)
        try:
            yield talk
        finally:
            talk.end()


def both_open(line: Line) -> bool:
    return line["what"] == "DevicesChanged" and bool(line["input"]) and bool(line["output"])


def none_open(line: Line) -> bool:
    return line["what"] == "DevicesChanged" and not line["input"] and not line["output"]


def loud(line: Line) -> bool:
    """The microphone's sound has reached the speaker's queue."""
    return line["what"] == "Stats" and line["output_peak"] > 0.2
