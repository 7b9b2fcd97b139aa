"""The recordings that are there: the latest first, whatever their state; and being rid of one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.session.recorded import PATIENCE, Recorded, noise
from voice_tui.errors import AudioFileError
from voice_tui.events import RecordingChanged
from voice_tui.frame import silence
from voice_tui.session.recording_format import read_about, recordings, remove


def made(root: Path, name: str, began: float, frames: int) -> Path:
    recorded = Recorded(root, clock=lambda: began)
    recorded.begin(name)
    for number in range(frames):
        recorded.recorder.heard(noise(number), silence())
    recorded.recorder.close(PATIENCE)
    (started,) = [event for event in recorded.told if isinstance(event, RecordingChanged)]
    assert started.recording
    return Path(started.folder)


def test_the_latest_first_with_length_and_size(tmp_path: Path) -> None:
    old = made(tmp_path, "old", 1_700_000_000.0, 25)
    new = made(tmp_path, "new", 1_700_100_000.0, 50)
    first, second = recordings(tmp_path, 10)
    assert (first.folder, second.folder) == (new, old)
    assert first.about is not None
    assert first.about.seconds == pytest.approx(4.0)
    assert first.bytes == sum(file.stat().st_size for file in new.iterdir())
    assert [found.folder for found in recordings(tmp_path, 1)] == [new]


def test_a_shell_takes_the_name_of_a_folder_as_it_is(tmp_path: Path) -> None:
    first, second = made(tmp_path, "c1", 1_700_000_000.0, 1), made(tmp_path, "c1", 1_700_000_000.0, 1)
    assert re.fullmatch(r"2023-11-1[45]T\d\d\.\d\d\.\d\d-c1", first.name)
    assert second.name == f"{first.name}-2"
    assert shlex.split(f"voice-tui replay {second.name}")[-1] == second.name


def test_those_with_spaces_in_their_names_are_listed_in_their_place(tmp_path: Path) -> None:
    old = made(tmp_path, "old", 1_700_000_000.0, 1)
    old = old.rename(tmp_path / old.name.replace("T", " ").replace("-old", " old"))
    new = made(tmp_path, "new", 1_700_000_300.0, 1)
    assert [found.folder for found in recordings(tmp_path, 10)] == [new, old]
    assert read_about(old).conversation == "old"


def test_one_of_another_version_is_listed_and_other_folders_are_not(tmp_path: Path) -> None:
    folder = made(tmp_path, "c", 1_700_000_000.0, 1)
    (folder / "session.json").write_text('{"format": 99}')
    (tmp_path / "holiday").mkdir()
    (found,) = recordings(tmp_path, 10)
    assert (found.folder, found.about) == (folder, None)


def test_no_folder_is_no_recordings(tmp_path: Path) -> None:
    assert recordings(tmp_path / "nowhere", 10) == []


def test_remove_takes_a_recording_and_nothing_else(tmp_path: Path) -> None:
    folder = made(tmp_path, "c", 1_700_000_000.0, 1)
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo").write_text("precious")
    with pytest.raises(AudioFileError, match="is no recording"):
        remove(tmp_path / "holiday")
    remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday"]
    assert (tmp_path / "holiday" / "photo").exists()


def test_a_folder_with_other_things_in_it_is_not_taken_whole(tmp_path: Path) -> None:
    folder = made(tmp_path, "c", 1_700_000_000.0, 1)
    (folder / "kept" / "deeper").mkdir(parents=True)
    with pytest.raises(AudioFileError, match="cannot be deleted"):
        remove(folder)
    assert (folder / "kept" / "deeper").exists()
