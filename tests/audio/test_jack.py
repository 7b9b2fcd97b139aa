"""What the dead leave locked in JACK's library: taken away where no JACK runs, and nowhere else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from voice_tui.audio.jack import drop_locks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library keeps it in /dev/shm on Linux")


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """The data base of this user."""
    folder = tmp_path / f"jack_db-{os.geteuid()}"
    folder.mkdir()
    (folder / "__db.001").write_bytes(b"locked")
    os.utime(folder, (0, 0))
    return folder


def test_what_nobody_needs_goes(locked: Path) -> None:
    assert drop_locks(locked.parent)
    assert not locked.exists()
    assert not drop_locks(locked.parent)


def test_what_another_program_is_just_making_stays(locked: Path) -> None:
    os.utime(locked)
    assert not drop_locks(locked.parent)
    assert locked.exists()


def test_who_has_it_open_keeps_it(locked: Path) -> None:
    with (locked / "__db.001").open("rb") as file:
        assert drop_locks(locked.parent)
        assert file.read() == b"locked"


@pytest.mark.parametrize("name", [f"jack_default_{os.geteuid()}_0", "jack-shm-registry"])
def test_a_jack_that_runs_keeps_its_own(locked: Path, name: str) -> None:
    (locked.parent / name).touch()
    assert not drop_locks(locked.parent)
    assert (locked / "__db.001").exists()


def test_that_of_other_users_and_what_a_link_points_to_stay(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter").touch()
    (tmp_path / f"jack_db-{os.geteuid()}").symlink_to(mine)
    (tmp_path / f"jack_db-{os.geteuid() + 1}").mkdir()
    assert not drop_locks(tmp_path)
    assert (mine / "letter").exists()
    assert (tmp_path / f"jack_db-{os.geteuid() + 1}").exists()


def test_without_shared_memory_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert not drop_locks(tmp_path / "nowhere")
