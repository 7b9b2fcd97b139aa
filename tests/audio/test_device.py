"""DeviceAudio on real PortAudio: the virtual card, other names, no card, no library, a card that hangs at the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.card import PROJECT, Card
from voice_tui.frame import SAMPLE_RATE

PROGRAM = ["-m", "tests.audio.card_program"]


def outcome(process: subprocess.Popen[str], timeout: float = 30.0) -> list[dict[str, Any]]:
    out, err = process.communicate(timeout=timeout)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def next_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate()[1])
    return json.loads(line)


def find(needle: np.ndarray, hay: np.ndarray) -> int:
    """Where `needle` stands in `hay` exactly, or -1."""
    for start in np.flatnonzero(hay == needle[0]):
        if np.array_equal(hay[start : start + len(needle)], needle):
            return int(start)
    return -1


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(9).uniform(0.1, 0.9, int(seconds * SAMPLE_RATE)).astype(np.float32)


def captured(card: Card, folder: Path, pcm: np.ndarray, rate: int = SAMPLE_RATE, block: int = 480) -> np.ndarray:
    """Play `pcm` into the microphone while a program records it; again when the machine was too busy to keep up."""
    for _ in range(4):
        process = card.python(*PROGRAM, "record", str(folder / "heard.npy"), str(rate), str(block))
        with process:
            assert next_line(process)["message"] == ""
            card.play(pcm)
            card.play(np.zeros(SAMPLE_RATE // 2, dtype=np.float32))
            lines = outcome(process)
        if not lines[-1]["skipped"] and not lines[-1]["overruns"]:
            break
    return np.load(folder / "heard.npy")


def played(card: Card, folder: Path, pcm: np.ndarray, rate: int = SAMPLE_RATE, block: int = 480) -> np.ndarray:
    """Record the speaker while a program plays `pcm`; again when the device reports a gap."""
    np.save(folder / "said.npy", pcm)
    recorded = np.zeros(0, dtype=np.float32)
    for _ in range(4):
        recording = card.record()
        with card.python(*PROGRAM, "play", str(folder / "said.npy"), str(rate), str(block)) as process:
            lines = outcome(process)
        recorded = recording.stop()
        if not lines[-1]["underruns"]:
            break
    return recorded


@pytest.mark.card
@pytest.mark.parametrize("block", [240, 480, 1920])
def test_the_microphone_is_heard_bit_for_bit(virtual_card, tmp_path, block):
    pcm = noise(1.5)
    assert find(pcm, captured(virtual_card, tmp_path, pcm, block=block)) >= 0


@pytest.mark.card
@pytest.mark.parametrize("block", [480, 1920])
def test_the_speaker_plays_bit_for_bit(virtual_card, tmp_path, block):
    pcm = noise(1.5)
    assert find(pcm, played(virtual_card, tmp_path, pcm, block=block)) >= 0


@pytest.mark.card
def test_a_device_that_refuses_24_khz_is_resampled_both_ways(virtual_card, tmp_path):
    """999 Hz is refused by this card; then its own 44.1 kHz is taken, as it would be for any refusal."""
    t = np.arange(int(1.5 * SAMPLE_RATE)) / SAMPLE_RATE
    tone = (0.5 * np.sin(2 * np.pi * 700 * t)).astype(np.float32)
    for way in (captured, played):
        heard = way(virtual_card, tmp_path, tone, rate=999)
        loud = heard[np.abs(heard) > 0.01]
        assert len(loud) == pytest.approx(len(tone), rel=0.03)
        spectrum = np.abs(np.fft.rfft(loud * np.hanning(len(loud))))
        assert np.argmax(spectrum) * SAMPLE_RATE / len(loud) == pytest.approx(700, abs=15)
        assert float(np.abs(heard).max()) == pytest.approx(0.5, abs=0.02)


@pytest.mark.card
def test_list_devices_shows_the_card(virtual_card):
    ((found,),) = [line["devices"] for line in outcome(virtual_card.python(*PROGRAM, "devices"))]
    assert found["name"] == "default"
    assert found["host_api"] == "ALSA"
    assert found["default_input"] and found["default_output"]
    assert found["input_channels"] > 0 and found["output_channels"] > 0


@pytest.fixture
def two_names(virtual_card: Card, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment in which the same card is listed under three names."""
    server = f'type pulse server "{virtual_card.env["PULSE_SERVER"]}" hint {{ show on description "x" }}'
    config = tmp_path / "asound.conf"
    config.write_text("".join(f"pcm.{name} {{ {server} }}\n" for name in ("!default", "desk_mic", "desk_speaker")))
    yield {"ALSA_CONFIG_PATH": str(config)}


@pytest.mark.card
def test_devices_are_opened_by_a_part_of_their_name(virtual_card, two_names):
    lines = outcome(virtual_card.python(*PROGRAM, "state", "DESK_M", "speaker", **two_names))
    assert (lines[0]["input"], lines[0]["output"], lines[0]["message"]) == ("desk_mic", "desk_speaker", "")
    assert (lines[0]["input_rate"], lines[0]["output_rate"]) == (SAMPLE_RATE, SAMPLE_RATE)
    assert lines[1]["count"] == 6


@pytest.mark.card
def test_another_microphone_stands_in_for_one_that_is_not_there(virtual_card, two_names):
    lines = outcome(virtual_card.python(*PROGRAM, "state", "piano", "desk_s", **two_names))
    assert (lines[0]["input"], lines[0]["output"]) == ("default", "desk_speaker")
    assert lines[0]["message"] == 'No microphone is called "piano"; "default" is used instead'
    assert "as soon as it is there" in lines[0]["hint"]
    assert "desk_mic, desk_speaker" in lines[0]["hint"]


@pytest.mark.card
def test_the_default_stands_in_for_a_name_that_several_have(virtual_card, two_names):
    lines = outcome(virtual_card.python(*PROGRAM, "state", "", "desk", **two_names))
    assert (lines[0]["input"], lines[0]["output"]) == ("default", "default")
    assert lines[0]["message"] == '"desk" could be 2 speakers; "default" is used instead'
    assert lines[1]["count"] == 6
    assert lines[1]["pending"][1] == 0


def without_a_card(*args: str, before: str = "") -> list[dict[str, Any]]:
    """Run a program where no sound server is."""
    program = "import runpy, sys; runpy.run_module('tests.audio.card_program', run_name='__main__')"
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PULSE_SERVER": "unix:/nonexistent"}
    process = subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{program}", *args],
        cwd=PROJECT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return outcome(process)


NO_LIBRARY = "import ctypes.util; ctypes.util.find_library = lambda name: None"


@pytest.mark.parametrize("before", ["", NO_LIBRARY])
def test_without_any_device_frames_of_silence_keep_the_pace(before):
    lines = without_a_card("state", "", "", before=before)
    assert (lines[0]["input"], lines[0]["output"]) == ("", "")
    assert lines[0]["message"]
    assert lines[0]["hint"]
    assert (lines[1]["count"], lines[1]["loud"]) == (6, False)
    assert lines[1]["seconds"] > 0.47
    assert lines[1]["pending"][1] == 0
    assert lines[-1]["what"] == "closed"


def test_without_portaudio_the_line_that_installs_it_is_said():
    lines = without_a_card("state", "", "", before=NO_LIBRARY)
    assert lines[0]["message"] == "PortAudio, the library for sound devices, is not installed"
    assert "sudo apt-get install libportaudio2" in lines[0]["hint"]
    (line,) = without_a_card("devices", before=NO_LIBRARY)
    assert "sudo apt-get install libportaudio2" in line["hint"]


@pytest.mark.card
def test_a_card_that_hangs_does_not_keep_the_program(doomed_card):
    with doomed_card.python(*PROGRAM, "hang") as process:
        assert next_line(process)["message"] == ""
        assert next_line(process)["what"] == "reading"
        doomed_card.signal(signal.SIGSTOP)
        begun = time.monotonic()
        (line,) = outcome_after_enter(process)
        assert line["seconds"] < 2.0
        assert time.monotonic() - begun < 5.0


def outcome_after_enter(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    out, err = process.communicate("\n", timeout=20)
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_importing_the_device_module_loads_no_sound_library():
    code = "import sys, voice_tui.audio.device; print({'sounddevice', 'soxr', 'soundfile'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=30)
    assert done.stdout.strip() == "set()"
