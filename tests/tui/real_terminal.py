"""A pseudo-terminal with a program on it: what it draws is read, keys are pressed, with a deadline on everything."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from tests.first_run import first_run_is_over

DEADLINE = 30.0


class RealTerminal:
    """Runs a program on a new pseudo-terminal.

    Args:
        command: Program and arguments.
        size: Rows and columns.
        stderr: Where descriptor 2 goes, when not to the terminal.
        controlling: It is the program's controlling terminal, whose end the system tells it with SIGHUP.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        size: tuple[int, int] = (24, 80),
        stderr: IO[bytes] | None = None,
        *,
        controlling: bool = False,
    ):
        first_run_is_over()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.settings_before = termios.tcgetattr(slave)
        self._slave: int | None = slave
        self.output = b""
        self.began = time.monotonic()
        taking = ("sh", "-c", 'exec "$@" <"$0"', os.ttyname(slave))  # who leads a session and opens one gets it
        self.process = subprocess.Popen(
            [*(taking if controlling else ()), *(str(part) for part in command)],
            stdin=slave,
            stdout=slave,
            stderr=stderr if stderr is not None else slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
        )

    def read_until(self, done: Callable[[], bool], what: str) -> float:
        """Read what is drawn until `done`; returns the seconds since the program began."""
        end = time.monotonic() + DEADLINE
        while not done():
            assert time.monotonic() < end, f"{what} never came: {self.output[-2000:]!r}"
            self._read(0.02)
        return time.monotonic() - self.began

    def wait_for(self, text: str) -> float:
        """Read until `text` has been drawn."""
        return self.read_until(lambda: text.encode() in self.output, text)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def resize(self, rows: int, columns: int) -> None:
        """Give it another size, as dragging its window does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def drain(self) -> None:
        """Read what is drawn now."""
        while self._read(0.005):
            pass

    def hang_up(self) -> None:
        """Close the terminal under the program."""
        for descriptor in (self._slave, self._master):
            if descriptor is not None:
                os.close(descriptor)
        self._slave = None

    def wait_for_end(self) -> int:
        """Read until the program has ended; returns its exit code."""
        self.read_until(lambda: self.process.poll() is not None, "the end")
        while self._read(0.05):
            pass
        return self.process.returncode

    @property
    def settings_now(self) -> list[object]:
        """The terminal's settings, to compare with `settings_before`."""
        assert self._slave is not None, "hung up"
        return termios.tcgetattr(self._slave)

    def close(self) -> None:
        """End it all."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._slave is not None:
            self.hang_up()

    def _read(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], timeout)
        if ready:
            self.output += os.read(self._master, 65536)
        return bool(ready)
