"""The whole product on a real (pseudo-)terminal that is closed or dragged about, and with settings it cannot use."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.file.health import check
from memory.store import SqliteMemory
from tests.tui.real_terminal import DEADLINE, RealTerminal
from voice_tui.paths import memory_path, user_path

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="needs pseudo-terminals and /proc"),
    pytest.mark.timeout(180),
]

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., RealTerminal]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts the real app with a real session, without sound."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    monkeypatch.delenv("ALSA_CONFIG_PATH", raising=False)
    monkeypatch.chdir(ROOT)
    terminals: list[RealTerminal] = []

    def begin(*args: str, **more: object) -> RealTerminal:
        terminals.append(RealTerminal([sys.executable, "-m", "voice_tui", *args], **more))  # type: ignore[arg-type]
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


def session_of(app: int) -> int:
    """The process id of the app's session."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        pid = int(status.parent.name)
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # ended meanwhile
            continue
        if parent == app and b"voice_tui.session" in command:
            return pid
    raise AssertionError("no session process")


def gone(*pids: int) -> bool:
    """Whether these processes have ended; the dead whose parent has not looked yet count as ended."""
    return all(_state(pid) in ("", "Z") for pid in pids)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def wait(done: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
    end = time.monotonic() + deadline
    while not done():
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.02)  # between two looks


@pytest.mark.parametrize("controlling", [True, False], ids=["SIGHUP", "end of file"])
def test_a_closed_terminal_ends_app_and_session_and_what_was_said_is_kept(start: Start, controlling: bool) -> None:
    terminal = start(controlling=controlling)
    terminal.wait_for("type instead")
    app = terminal.process.pid
    session = session_of(app)
    terminal.press(b"remember that the key is under the pot\r")
    terminal.wait_for("Remembered")
    terminal.hang_up()
    wait(lambda: terminal.process.poll() is not None and gone(session), "the end of app and session")
    with SqliteMemory(memory_path("")) as store:
        assert [memory.text for memory in store.everything()] == ["the key is under the pot"]
    assert check(memory_path("")).ok


def test_a_resize_storm_on_the_real_terminal(start: Start) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    terminal = start(size=(36, 120), controlling=True)
    terminal.wait_for("type instead")
    for _ in range(150):
        terminal.resize(dice.randint(1, 60), dice.randint(1, 200))
        terminal.drain()
    terminal.resize(5, 20)
    terminal.press(b"\x12")  # the conversations
    terminal.wait_for("No conversations")
    terminal.resize(24, 80)
    seen = len(terminal.output)
    terminal.press(b"\x1b")
    terminal.read_until(lambda: b"instead of talking" in terminal.output[seen:], "the conversation")
    seen = len(terminal.output)
    terminal.press(b"what can you do\r")
    terminal.read_until(lambda: b"Assistant" in terminal.output[seen:], "an answer")
    terminal.press(b"\x11")
    assert terminal.wait_for_end() == 0
    assert terminal.settings_now == terminal.settings_before


def test_settings_that_cannot_be_read_are_one_clear_sentence_and_stay_as_they_are(start: Start) -> None:
    file = user_path()
    file.parent.mkdir(parents=True)
    file.write_bytes(b'[audio]\nvolume = "loud\n\xff\xfe')
    terminal = start()
    assert terminal.wait_for_end() == 1
    assert str(file).encode() in terminal.output.replace(b"\r\n", b"")
    assert b"Traceback" not in terminal.output
    assert b"\x1b[?1049h" not in terminal.output, "the screen was never taken"
    assert file.read_bytes() == b'[audio]\nvolume = "loud\n\xff\xfe'


def test_a_setting_that_cannot_be_saved_is_said_and_holds_for_this_run(start: Start) -> None:
    file = user_path()
    file.parent.mkdir(parents=True)
    file.symlink_to("/proc/self/nothing/config.toml")  # where not even root can write
    terminal = start(size=(36, 120))
    terminal.wait_for("type instead")
    terminal.press(b"\x1b[18~\x1b[A\r")  # F7, up, Enter: another theme
    terminal.wait_for("Cannot write")
    terminal.press(b"\x11")
    assert terminal.wait_for_end() == 0
    assert os.readlink(file) == "/proc/self/nothing/config.toml"  # noqa: PTH115  # as it stands
