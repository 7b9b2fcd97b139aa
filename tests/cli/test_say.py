"""`voice-tui say` and `voice-tui devices`: real voice, real files, and a real PortAudio on the virtual card."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.card import Card
from voice_tui import cli
from voice_tui.audio.codec import decode
from voice_tui.cli_say import play
from voice_tui.errors import DeviceError
from voice_tui.events import DevicesChanged
from voice_tui.frame import SAMPLE_RATE

needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def level(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.mean(pcm**2)))


@needs_voice
def test_a_text_becomes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "hello.wav"
    assert cli.main(["say", "Hello there. This is the second sentence.", "--output", str(file)]) == 0
    pcm = decode(file.read_bytes())
    assert 1.5 < len(pcm) / SAMPLE_RATE < 8
    assert level(pcm) > 0.02


@needs_voice
def test_volume_and_speed_of_the_settings_hold(tmp_path: Path) -> None:
    def said(*flags: str) -> np.ndarray:
        file = tmp_path / "a.wav"
        assert cli.main(["say", "one two three four five six", "--output", str(file), *flags]) == 0
        return decode(file.read_bytes())

    plain = said()
    assert level(said("--set", "audio.volume=0.25")) == pytest.approx(level(plain) / 4, rel=0.05)
    assert len(said("--set", "tts.words_per_minute=330")) < 0.75 * len(plain)


@needs_voice
def test_text_may_come_from_stdin(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    done = subprocess.run(
        [sys.executable, "-m", "voice_tui", "say", "-", "--output", file], input="good morning", text=True, timeout=30
    )
    assert done.returncode == 0
    assert level(decode(file.read_bytes())) > 0.02


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["say", "  "], "There is nothing to say"),
        (["say", "hello", "--set", "tts.provider=none"], "No voice is configured"),
        pytest.param(["say", "hello", "--voice", "eng-us"], "There is no voice 'eng-us'", marks=needs_voice),
    ],
)
def test_what_cannot_be_said(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 1
    assert capsys.readouterr().err.startswith(f"voice-tui: {message}\n  ")


@needs_voice
def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["say", "hello", "--output", str(tmp_path / "no" / "a.wav")]) == 1
    assert "no/a.wav" in capsys.readouterr().err


# ---- the speaker ----


class FakeSpeaker:
    """An `AudioPort` that plays as fast as it is asked to wait.

    Args:
        name: "" = there is no speaker.
        dies_after: Samples after which the device is gone.
    """

    def __init__(self, name: str = "loud", dies_after: float = float("inf")) -> None:
        self.name = name
        self.dies_after = dies_after
        self.heard = 0
        self.most_pending = 0
        self.waiting = 0
        self.closed = False

    def start(self) -> DevicesChanged:
        return DevicesChanged(
            input="", output=self.name, message="" if self.name else "No speaker was found", hint="Connect"
        )

    def write(self, pcm: np.ndarray) -> None:
        self.waiting += len(pcm)
        self.most_pending = max(self.most_pending, self.waiting)

    def pending(self) -> int:
        return self.waiting

    def poll(self) -> DevicesChanged | None:
        if self.heard > self.dies_after:
            return DevicesChanged(input="", output="", message="The speaker stopped")
        return None

    def close(self) -> None:
        self.closed = True

    def wait(self, seconds: float) -> None:
        played = min(self.waiting, round(seconds * SAMPLE_RATE))
        self.waiting -= played
        self.heard += played


def test_long_speech_is_handed_over_in_pieces_and_heard_to_the_end() -> None:
    speaker = FakeSpeaker()
    play(speaker, iter([np.ones(60_000, dtype=np.float32)] * 3), wait=speaker.wait)  # pyright: ignore[reportArgumentType]
    assert speaker.heard == 180_000
    assert speaker.most_pending < SAMPLE_RATE
    assert speaker.closed


@pytest.mark.parametrize(("name", "message"), [("", "No speaker was found"), ("loud", "The speaker stopped")])
def test_without_a_speaker_it_says_so(name: str, message: str) -> None:
    speaker = FakeSpeaker(name, dies_after=5_000)
    with pytest.raises(DeviceError, match=message):
        play(speaker, iter([np.ones(60_000, dtype=np.float32)]), wait=speaker.wait)  # pyright: ignore[reportArgumentType]
    assert speaker.closed


@pytest.mark.card
@needs_voice
def test_it_is_heard_on_the_card(virtual_card: Card) -> None:
    recording = virtual_card.record()
    with virtual_card.python("-m", "voice_tui", "say", "hello out there") as saying:
        _, err = saying.communicate(timeout=30)
    heard = recording.stop()
    assert (saying.returncode, err) == (0, "")
    loud = np.flatnonzero(np.abs(heard) > 0.02)
    assert 0.5 < (loud[-1] - loud[0]) / SAMPLE_RATE < 3


@pytest.mark.card
def test_devices_lists_the_card(virtual_card: Card) -> None:
    with virtual_card.python("-m", "voice_tui", "devices") as listing:
        out, err = listing.communicate(timeout=30)
    assert (listing.returncode, err) == (0, "")
    assert "ALSA" in out
    assert " Hz" not in out, "what a device prefers is not what the app uses"
    assert "microphone (default), speaker (default)" in out
    with virtual_card.python("-m", "voice_tui", "devices", "--json") as listing:
        found = json.loads(listing.communicate(timeout=30)[0])
    assert any(device["default_input"] and device["default_output"] for device in found)


@pytest.mark.card
def test_doctor_finds_microphone_and_speaker(virtual_card: Card) -> None:
    with virtual_card.python("-m", "voice_tui", "doctor", "--json") as looking:
        report = json.loads(looking.communicate(timeout=60)[0])
    status = {check["name"]: check["status"] for check in report["checks"]}
    assert (status["microphone"], status["speaker"]) == ("ok", "ok")
