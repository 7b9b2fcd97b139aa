"""The folder of a recording: what stands in it, for whose eyes, and what is said when it cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from tests.session.recorded import Recorded, noise
from voice_tui.audio.growing_flac import GrowingFlac
from voice_tui.errors import AudioFileError
from voice_tui.events import SendText, TranscriptUpdated
from voice_tui.frame import silence
from voice_tui.session.recording_folder import LEAST_FRAMES, shareable
from voice_tui.session.recording_format import read_about, read_entries
from voice_tui.settings import LlmSettings, MemorySettings, RecordingSettings, Settings


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "recordings")


def test_no_secret_and_no_place_is_written_down(tmp_path: Path) -> None:
    settings = Settings(
        llm=LlmSettings(base_url="https://ken:hunter2@llm.example:8443/v1?key=sk-123#x", model="m"),
        memory=MemorySettings(path="/home/ken/secret.db"),
        recordings=RecordingSettings(enabled=True, path="/home/ken/rec"),
    )
    recorded = Recorded(tmp_path / "r", settings=settings)
    recorded.begin()
    recorded.recorder.heard(noise(1), silence())
    folder = recorded.end()
    text = (folder / "session.json").read_text()
    for secret in ("hunter2", "sk-123", "ken:", "/home"):
        assert secret not in text
    assert read_about(folder).settings.llm.base_url == "https://llm.example:8443/v1"
    assert json.loads(text)["settings"]["llm"]["model"] == "m"


@pytest.mark.parametrize(
    ("url", "bare"),
    [("", ""), ("http://[::1]:11434/v1", "http://[::1]:11434/v1"), ("http://a:b@c:99999999", ""), ("a b", "a b")],
)
def test_addresses_are_bared(url: str, bare: str) -> None:
    assert shareable(Settings(llm=LlmSettings(base_url=url))).llm.base_url == bare


def test_files_are_for_this_user_only(recorded: Recorded) -> None:
    recorded.begin()
    recorded.recorder.heard(noise(1), silence())
    folder = recorded.end()
    assert folder.stat().st_mode & 0o077 == 0
    assert [file.name for file in folder.iterdir() if file.stat().st_mode & 0o077] == []


class TestReading:
    def folder(self, tmp_path: Path) -> Path:
        recorded = Recorded(tmp_path / "r")
        recorded.begin()
        recorded.recorder.heard(noise(1), silence())
        return recorded.end()

    def test_a_line_that_was_cut_off_is_left_out(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        before = read_entries(folder)
        with (folder / "events.jsonl").open("ab") as file:
            file.write(b'{"frame": 3, "event": {"type": "noti')
        assert read_entries(folder) == before

    def test_a_wrong_line_is_named(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        with (folder / "events.jsonl").open("ab") as file:
            file.write(b"nonsense\n")
        with pytest.raises(AudioFileError, match=r"events\.jsonl, line 2 cannot be read"):
            read_entries(folder)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("{", "cannot be read"),
            ('{"format": 99}', "another version"),
            ('{"format": 1}', "cannot be read"),
            ("[]", "cannot be read"),
        ],
    )
    def test_a_wrong_head_is_told(self, tmp_path: Path, text: str, why: str) -> None:
        folder = self.folder(tmp_path)
        (folder / "session.json").write_text(text)
        with pytest.raises(AudioFileError, match=why):
            read_about(folder)

    def test_another_folder_is_no_recording(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match="is no recording"):
            read_about(tmp_path)

    def test_a_newer_setting_is_told_not_guessed(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        about = msgspec.json.decode((folder / "session.json").read_bytes())
        about["settings"]["audio"]["sparkle"] = 7
        (folder / "session.json").write_bytes(msgspec.json.encode(about))
        with pytest.raises(AudioFileError, match="sparkle"):
            read_about(folder)


def test_a_growing_file_can_be_read_at_any_moment(tmp_path: Path) -> None:
    path, samples = tmp_path / "a.flac", (noise(7, 30) * 32768).astype(np.int16)
    growing = GrowingFlac(path)
    with pytest.raises(FileExistsError):
        GrowingFlac(path)
    for start_at in range(0, len(samples), 1000):
        growing.write(samples[start_at : start_at + 1000])
        growing.flush()
        if growing.samples > 5000:
            there, _ = soundfile.read(path, dtype="int16")
            np.testing.assert_array_equal(there, samples[: len(there)])
            assert growing.samples - len(there) <= 4097
    growing.close()
    growing.close()
    np.testing.assert_array_equal(soundfile.read(path, dtype="int16")[0], samples)


def test_a_session_that_was_started_anew_at_once_leaves_no_empty_folder(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path / "recordings", least_frames=LEAST_FRAMES)
    recorded.begin("short")
    for seed in range(LEAST_FRAMES - 1):
        recorded.recorder.heard(noise(seed), silence())
    recorded.begin("typed")
    recorded.recorder.commanded(SendText(text="hi"))
    recorded.begin("said")
    recorded.recorder.note(TranscriptUpdated(turn=1, role="user", text="hi", final=True, at=0.0))
    recorded.begin("long")
    for seed in range(LEAST_FRAMES):
        recorded.recorder.heard(noise(seed), silence())
    recorded.end()
    assert {read_about(folder).conversation for folder in recorded.folders()} == {"typed", "said", "long"}
    assert not recorded.notices
