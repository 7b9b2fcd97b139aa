"""The app in a real terminal (tmux) on the virtual card, as a person uses it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import uuid
from pathlib import Path

from tests.card import PROJECT, Card
from tests.first_run import first_run_is_over

DEADLINE = 20.0


class Terminal:
    """One tmux session with the app in it.

    Args:
        card: The virtual card the app sees; its environment goes into the app.
        size: Columns and rows.
        args: Of `voice-tui`.
        env: Besides the card's.
    """

    def __init__(self, card: Card, size: tuple[int, int], *args: str, env: dict[str, str] | None = None) -> None:
        first_run_is_over()
        self._socket = f"vtui-{uuid.uuid4().hex[:8]}"
        self._exit_file = card.folder / f"{self._socket}.status"
        home = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("XDG_")}
        self._env = {**os.environ, **card.env, **home, **(env or {}), "LANG": "C.UTF-8"}
        for fixed in ("COLUMNS", "LINES"):  # would hold whatever size the terminal has
            self._env.pop(fixed, None)
        command = shlex.join([sys.executable, "-m", "voice_tui", *args])
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-s", "app", "-x", str(size[0]), "-y", str(size[1])),
            f"TERM=tmux-256color COLORTERM=truecolor {command}; echo $? >{self._exit_file}; exec sleep 60",
        )

    def _tmux(self, *args: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *args], env=self._env, cwd=PROJECT, capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def screen(self) -> str:
        """What is on the screen, as text."""
        return self._tmux("capture-pane", "-p", "-t", "app")

    def screen_in_colour(self) -> str:
        """What is on the screen, with the terminal's colour codes."""
        return self._tmux("capture-pane", "-e", "-p", "-t", "app")

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names, such as "C-q"."""
        self._tmux("send-keys", "-t", "app", *keys)

    def type(self, text: str) -> None:
        """Type a text and Enter."""
        self._tmux("send-keys", "-t", "app", "-l", text)
        self.keys("Enter")

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size."""
        self._tmux("resize-window", "-t", "app", "-x", str(columns), "-y", str(rows))

    def wait_for(self, *texts: str, deadline: float = DEADLINE) -> str:
        """Wait until all texts stand on the screen at once (case-insensitive); returns the screen."""
        return self.wait_until(lambda screen: all(t.lower() in screen.lower() for t in texts), deadline, str(texts))

    def wait_until(self, done: object, deadline: float = DEADLINE, what: str = "it") -> str:
        """Wait until `done(screen)` is true; returns the screen."""
        end = time.monotonic() + deadline
        while True:
            screen = self.screen()
            if done(screen):  # type: ignore[operator]
                return screen
            assert time.monotonic() < end, f"{what} did not come within {deadline} s:\n{screen}"
            time.sleep(0.05)  # the pause between two looks, not a guess

    def exit_status(self, deadline: float = 10.0) -> int:
        """Wait for the app to end; returns its status."""
        end = time.monotonic() + deadline
        while not (self._exit_file.exists() and self._exit_file.read_text().strip()):
            assert time.monotonic() < end, f"the app did not end:\n{self.screen()}"
            time.sleep(0.02)
        return int(self._exit_file.read_text())

    def app_pids(self) -> list[int]:
        """Process ids of the app's processes: everything below the terminal's shell."""
        root = int(self._tmux("list-panes", "-t", "app", "-F", "#{pane_pid}"))
        return _descendants(root)

    def session_pid(self) -> int:
        """Process id of the running session process."""
        for pid in self.app_pids():
            if b"voice_tui.session" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise AssertionError("no session process")

    def close(self) -> None:
        """End everything."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], capture_output=True, env=self._env, timeout=20)


def _descendants(root: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    queue = [root]
    while queue:
        pid = queue.pop()
        found.extend(children.get(pid, []))
        queue.extend(children.get(pid, []))
    return found
