"""Descriptor 2 in a file: what C code prints goes there, and afterwards everything is as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice_tui import fdguard

PROGRAM = """
import os, sys
from pathlib import Path
from voice_tui.fdguard import stderr_in_file
with stderr_in_file(Path(sys.argv[1])) as saved:
    os.write(2, b"from C\\n")
    sys.stderr.write("from Python\\n")
    os.write(saved, b"on the old one\\n")
os.write(2, b"afterwards\\n")
"""


def run(log: Path) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM, log], capture_output=True, text=True, timeout=60, check=True)
    return done.stderr


def test_everything_goes_to_the_file_and_comes_back(tmp_path: Path) -> None:
    log = tmp_path / "new" / "log.txt"
    assert run(log) == "on the old one\nafterwards\n"
    assert log.read_text() == "from C\nfrom Python\n"
    assert log.stat().st_mode & 0o777 == 0o600
    run(log)
    assert log.read_text() == 2 * "from C\nfrom Python\n"


def test_a_large_file_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fdguard, "MAX_LOG_BYTES", 5)
    log = tmp_path / "log.txt"
    log.write_text("too long")
    with fdguard.stderr_in_file(log):
        os.write(2, b"new")
    assert log.read_text() == "new"
    assert (tmp_path / "log.txt.1").read_text() == "too long"


def test_a_file_that_cannot_be_opened_leaves_descriptor_2_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    before = os.fstat(2)
    with pytest.raises(OSError):
        fdguard.divert_stderr(tmp_path / "file" / "log.txt")
    assert os.path.samestat(os.fstat(2), before)
