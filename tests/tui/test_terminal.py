"""The app as a person runs it: a process on a real (pseudo-)terminal, which it leaves as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.real_terminal import RealTerminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")

PROGRAM = Path(__file__).with_name("real_app.py")
LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"
MOUSE_OFF = b"\x1b[?1000l"
KITTY_OFF = b"\x1b[<u"


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    terminals: list[RealTerminal] = []

    def begin(kind: str = "", **more) -> RealTerminal:
        terminals.append(RealTerminal([sys.executable, PROGRAM, tmp_path, kind], **more))
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


def assert_restored(terminal: RealTerminal) -> None:
    assert terminal.settings_now == terminal.settings_before
    for sequence in (LEAVE_ALTERNATE_SCREEN, SHOW_CURSOR, MOUSE_OFF, KITTY_OFF):
        assert sequence in terminal.output


def test_paint_quit_and_leave_nothing_behind(start) -> None:
    terminal = start()
    terminal.wait_for("You are speaking")
    terminal.press(b"\x11")
    assert terminal.wait_for_end() == 0
    assert_restored(terminal)
    assert b"left 0 1 []" in terminal.output, "exit code 0, session closed once, no thread left"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(start, number: signal.Signals) -> None:
    terminal = start()
    terminal.wait_for("You are speaking")
    os.kill(terminal.process.pid, number)
    assert terminal.wait_for_end() == 128 + number
    assert_restored(terminal)


def test_what_native_libraries_print_goes_to_the_log_and_not_on_the_screen(start, tmp_path: Path) -> None:
    terminal = start("noise")
    terminal.wait_for("You are speaking")
    terminal.press(b"\x11")
    terminal.wait_for_end()
    assert b"snd_pcm_recover" not in terminal.output
    assert "snd_pcm_recover" in (tmp_path / "app-native.log").read_text()


def test_a_crash_of_the_app_restores_the_terminal_and_says_where_to_look(start, tmp_path: Path) -> None:
    terminal = start("crash")
    assert terminal.wait_for_end() == 1
    assert_restored(terminal)
    assert f"What went wrong stands in {tmp_path}".encode() in terminal.output
    assert "Traceback" in (tmp_path / "app-native.log").read_text()


def test_with_stderr_in_a_file_the_app_draws_on_stdout(start, tmp_path: Path) -> None:
    with (tmp_path / "stderr.txt").open("wb") as file:
        terminal = start("noise", stderr=file)
        terminal.wait_for("You are speaking")
        terminal.press(b"\x11")
        assert terminal.wait_for_end() == 0
    assert (tmp_path / "stderr.txt").read_bytes() == b""


def test_a_tiny_terminal_is_no_reason_to_fail(start) -> None:
    terminal = start(size=(5, 20))
    terminal.wait_for("You are speaking")
    terminal.press(b"\x1bOR\x1bOS\x1bOP")  # F3, F4, F1
    terminal.press(b"\x1b")
    terminal.press(b"\x11")
    assert terminal.wait_for_end() == 0


def test_without_a_terminal_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, tmp_path], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "The app needs a terminal (Without one, use: voice-tui talk" in done.stderr
