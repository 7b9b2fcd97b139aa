"""The log file: where it is, how big it gets, and that nothing of it ever reaches the terminal."""

from __future__ import annotations

import logging
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from voice_tui import logs
from voice_tui.config import log_path


def test_records_and_warnings_go_to_the_file_of_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    found = logs.set_up("info", process="session")
    logging.getLogger("voice_tui.x").info("hello %s", "you")
    logging.getLogger("voice_tui.x").debug("too small")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old thing", stacklevel=1)
    assert found.path == log_path("session")
    text = log_path("session").read_text()
    assert "voice_tui.x: hello you" in text
    assert "old thing" in text
    assert "too small" not in text
    assert capfd.readouterr() == ("", "")


def test_only_the_person_may_read_it() -> None:
    logs.set_up()
    assert stat.S_IMODE(log_path().stat().st_mode) == 0o600


def test_level_can_change_and_no_handler_piles_up() -> None:
    before = len(logging.getLogger().handlers)
    for level in ("error", "info", "debug"):
        logs.set_up(level)
    logging.getLogger("voice_tui.x").debug("once")
    assert len(logging.getLogger().handlers) == before + 1
    assert log_path().read_text().count("once") == 1


def test_it_rotates_before_it_gets_big(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    logs.set_up(path=path)
    log = logging.getLogger("voice_tui.x")
    for _ in range(4 * logs.MAX_BYTES // 10_000):
        log.info("%s", "x" * 10_000)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["a.log", "a.log.1", "a.log.2"]
    assert all(file.stat().st_size <= logs.MAX_BYTES for file in files)


def test_without_a_writable_folder_it_says_so_and_stays_silent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    found = logs.set_up(path=tmp_path / "file" / "a.log")
    logging.getLogger("voice_tui.x").error("unheard")
    assert found.path is None
    assert found.problem.startswith(f"Cannot write the log {tmp_path}/file/a.log: ")
    assert capfd.readouterr() == ("", "")


def test_a_full_disk_prints_nothing(tmp_path: Path) -> None:
    """/dev/full takes a file's place: every write fails there as on a full disk."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    (tmp_path / "a.log").symlink_to("/dev/full")
    code = (
        "import logging\nfrom pathlib import Path\nfrom voice_tui import logs\n"
        "print(logs.set_up(path=Path('a.log')).problem)\nlogging.getLogger('x').error('lost')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
