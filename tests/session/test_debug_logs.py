"""The timing log and the text log: what stands in them, how big they get, and what a bad disk costs."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from memory.store import SqliteMemory
from tests.fakes_session import DIALOGUE, READY, stats
from voice_tui import logs
from voice_tui.events import AnyEvent, ConversationStarted, TranscriptWithdrawn
from voice_tui.paths import log_path
from voice_tui.session.debug_logs import DebugLog, Timings, words
from voice_tui.session.listeners import Listeners
from voice_tui.settings import LogSettings, MemorySettings, Settings

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
EVERYTHING: list[AnyEvent] = [
    *READY,
    ConversationStarted(conversation="c1"),
    *DIALOGUE,
    stats(at=12.0),
    stats(at=12.2),
    stats(at=23.0),
    TranscriptWithdrawn(turn=7),
]


def written(line, path: Path) -> list[str]:
    debug_log = DebugLog(path, line)
    for event in EVERYTHING:
        debug_log.note(event)
    debug_log.close(PATIENCE)
    assert debug_log.lost == 0
    return path.read_text().splitlines()


def test_the_timing_log_has_figures_and_nobody_s_words(tmp_path: Path) -> None:
    text = written(Timings(), tmp_path / "timings.log")
    assert any("turn 6: 612 ms = end of turn 400 + words 110 + answer 60 + voice 42" in line for line in text)
    assert sum("step p50 3.9 p95 5.1" in line for line in text) == 2, "every ten seconds"
    for said in ("key", "brook", "quarter"):
        assert said not in "\n".join(text)


def test_the_text_log_has_what_was_said_and_recalled(tmp_path: Path) -> None:
    text = [line.split("] ", 1)[1] for line in written(words, tmp_path / "text.log")]
    assert "1 user (0.90): what time is it" in text
    assert "6 assistant: You told me that the spare key is under [interrupted]" in text
    assert "recalled for 'where is the spare key': 0.91 The spare key is under the blue pot." in text
    assert text[-1] == "7 withdrawn"
    assert not any("brook" in line for line in text), "no partials"


@pytest.mark.parametrize(("timings", "text"), [(True, False), (False, True), (False, False)])
def test_the_settings_switch_them_from_one_conversation_to_the_next(
    timings: bool, text: bool, private_home: Path
) -> None:
    before = Settings(log=LogSettings(timings=not timings, text=not text))
    after = Settings(log=LogSettings(timings=timings, text=text))
    with SqliteMemory(private_home / "m.db") as memory:
        listeners = Listeners(before, memory, lambda event: None)
        listeners.renew(after, memory)
        for event in EVERYTHING:
            listeners.emit(event)
        listeners.close()
    deadline = time.monotonic() + PATIENCE
    for name, wanted in (("timings", timings), ("text", text)):
        path = log_path(name)
        while wanted and not (path.exists() and path.stat().st_size):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert (path.stat().st_size > 0 if path.exists() else False) is wanted


def test_by_default_no_words_are_written(private_home: Path) -> None:
    with SqliteMemory(private_home / "m.db") as memory:
        listeners = Listeners(Settings(memory=MemorySettings(conversations=False)), memory, lambda event: None)
        for event in EVERYTHING:
            listeners.emit(event)
        listeners.close()
    assert not log_path("text").exists()


def test_they_rotate_and_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 2_000)
    debug_log = DebugLog(tmp_path / "text.log", lambda event: "x" * 100)
    for number in range(300):
        debug_log.note(READY[0])
        if number % 100 == 99:
            while debug_log._lines.qsize():
                time.sleep(0.001)
    debug_log.close(PATIENCE)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["text.log", "text.log.1", "text.log.2"]
    assert all(file.stat().st_size <= 2_000 and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def test_a_disk_that_hangs_costs_lines_and_never_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    opened = logs.rotating

    def slow(path: Path):
        go_on.wait(PATIENCE)
        return opened(path)

    monkeypatch.setattr(logs, "rotating", slow)
    debug_log = DebugLog(tmp_path / "t.log", lambda event: "line")
    began = time.perf_counter()
    for _ in range(700):
        debug_log.note(READY[0])
    assert time.perf_counter() - began < 1.0
    assert debug_log.lost == 200
    go_on.set()
    debug_log.close(PATIENCE)
    assert (tmp_path / "t.log").read_text().count("line") == 500


def test_a_folder_that_cannot_be_written_costs_the_log_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    debug_log = DebugLog(tmp_path / "file" / "t.log", lambda event: "line")
    debug_log.note(READY[0])
    debug_log.close(PATIENCE)
    assert not debug_log._thread.is_alive()


FULL = """
import logging, resource, signal, sys
from pathlib import Path
from voice_tui import logs
from voice_tui.events import StateChanged
from voice_tui.session.debug_logs import DebugLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = Path(sys.argv[1])
print(repr(logs.set_up("info", path=folder / "a.log").problem))
log, debug_log = logging.getLogger("x"), DebugLog(folder / "timings.log", lambda event: "y" * 200)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, unlimited[1]))
def write(count, text):
    for number in range(count):
        log.info("%s %s", text, "z" * 200)
        debug_log.note(StateChanged(state="listening"))
        while debug_log._lines.qsize(): pass
write(100, "full")
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
write(3, "room again")
debug_log.close(20)
"""


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=50
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "''\n", "")
    for name in ("a.log", "timings.log"):
        assert (tmp_path / name).stat().st_size < 40_000
    text = (tmp_path / "a.log").read_text()
    assert 0 < text.count("full ") < 100
    assert "room again" in text, "when there is room again it goes on"
