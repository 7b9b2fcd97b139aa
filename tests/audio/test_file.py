"""Files in place of a microphone: every kind of file, good and bad."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio.simulation import tone
from tests.audio.sound_files import heard, read_all, save
from voice_tui.audio.file import FileAudio
from voice_tui.errors import AudioFileError
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "aiff"])
def test_any_kind_of_file_is_heard(tmp_path, suffix):
    path = save(tmp_path / f"a.{suffix}", np.random.default_rng(6).uniform(-0.5, 0.5, SAMPLE_RATE).astype(np.float32))
    pcm, decoded = heard(path), soundfile.read(path, dtype="float32")[0]
    assert len(decoded) == SAMPLE_RATE
    assert np.allclose(pcm[:SAMPLE_RATE], np.clip(decoded, -1, 1), atol=1e-6)  # mp3 decodes to the last bit or so


def test_a_24_khz_file_is_heard_sample_for_sample(tmp_path):
    noise = np.random.default_rng(1).uniform(-1, 1, 50_000).astype(np.float32)
    pcm = heard(save(tmp_path / "a.wav", noise, subtype="FLOAT"))
    assert len(pcm) == 27 * FRAME_SAMPLES
    assert np.array_equal(pcm[:50_000], noise)
    assert not pcm[50_000:].any()


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 48_000, 192_000])
def test_any_rate_comes_out_with_its_exact_length(tmp_path, rate):
    pcm = heard(save(tmp_path / "a.wav", np.full(rate, 0.5, dtype=np.float32), rate))
    assert len(pcm) == 13 * FRAME_SAMPLES
    assert np.allclose(pcm[1000:23_000], 0.5, atol=0.01)
    assert not pcm[SAMPLE_RATE:].any()


def test_eight_channels_are_mixed_down(tmp_path):
    pcm = np.zeros((SAMPLE_RATE, 8), dtype=np.float32)
    pcm[:, 5] = 0.8
    assert np.allclose(heard(save(tmp_path / "a.wav", pcm))[:SAMPLE_RATE], 0.1, atol=1e-4)


def test_broken_and_clipped_samples_are_cleaned(tmp_path):
    pcm = np.full(FRAME_SAMPLES, 0.5, dtype=np.float32)
    pcm[:4] = [np.nan, np.inf, -np.inf, 30.0]
    assert heard(save(tmp_path / "a.wav", pcm, subtype="FLOAT"))[:5].tolist() == [0.0, 1.0, -1.0, 1.0, 0.5]


def test_one_sample_is_a_frame_of_sound(tmp_path):
    pcm = heard(save(tmp_path / "a.wav", np.full(1, 0.5, dtype=np.float32)))
    assert len(pcm) == FRAME_SAMPLES
    assert pcm[0] == pytest.approx(0.5, abs=1e-4)


def test_after_the_end_comes_silence_as_long_as_wanted(tmp_path):
    audio = FileAudio(save(tmp_path / "a.wav", tone(0, 2 * FRAME_SAMPLES)), tail=0.24)
    audio.start()
    seen = [(audio.read(0.25), audio.exhausted, audio.now()) for _ in range(7)]
    audio.close()
    assert [exhausted for _, exhausted, _ in seen] == [False, True, True, True, True, True, True]
    assert [frame is None for frame, _, _ in seen] == [False] * 5 + [True] * 2
    assert [now for _, _, now in seen[:5]] == pytest.approx([n * FRAME_SECONDS for n in range(1, 6)])
    assert not any(frame.any() for frame, _, _ in seen[2:5] if frame is not None)


def test_an_hour_is_never_in_memory_at_once(tmp_path):
    hour = save(tmp_path / "hour.flac", np.zeros(3600 * 8_000, dtype=np.int16), 8_000)
    tracemalloc.start()
    try:
        audio = FileAudio(hour)
        audio.start()
        for _ in range(1000):
            audio.read(0.25)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000  # as float32 it would be 345 MB
    finally:
        tracemalloc.stop()
    frames = 1000
    while not audio.exhausted:
        audio.read(0.25)
        frames += 1
    audio.close()
    assert frames == 45_000


def bad(tmp_path: Path, kind: str) -> str:
    path = tmp_path / f"{kind}.wav"
    if kind == "directory":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("a letter\n" * 500)
    elif kind == "header only":
        save(path, np.zeros(0, dtype=np.float32))
    elif kind == "half a header":
        path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfm")
    elif kind == "device":
        return "/dev/zero"
    return str(path)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "No such file"),
        ("directory", "is a directory"),
        ("empty", "is empty"),
        ("text", "is not a sound file"),
        ("header only", "has no sound in it"),
        ("half a header", "is not a sound file"),
        ("device", "is a device"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(tmp_path, kind, said):
    audio = FileAudio(bad(tmp_path, kind), tmp_path / "out.wav")
    with pytest.raises(AudioFileError, match=said) as caught:
        audio.start()
    assert caught.value.hint
    audio.close()
    assert not (tmp_path / "out.wav").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_clear_sentence(tmp_path):
    path = Path(save(tmp_path / "a.wav", tone(0, 100)))
    path.chmod(0)
    with pytest.raises(AudioFileError, match="Permission denied"):
        FileAudio(str(path)).start()


def test_a_damaged_file_is_heard_up_to_the_damage_and_said_once(tmp_path):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 10 * SAMPLE_RATE).astype(np.float32)
    path = Path(save(tmp_path / "a.flac", noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    audio = FileAudio(str(path))
    audio.start()
    pcm = read_all(audio)
    assert 3 * SAMPLE_RATE < len(pcm) < 7 * SAMPLE_RATE
    changed = audio.poll()
    assert changed is not None
    assert "a.flac is damaged after" in changed.message
    assert audio.poll() is None
    audio.close()


STDIN = """
from voice_tui.audio.file import FileAudio
from voice_tui.errors import AudioFileError
audio, frames = FileAudio("-"), 0
try:
    print(audio.start().input)
    while not audio.exhausted:
        frames += audio.read(0.25) is not None
    print(frames)
except AudioFileError as e:
    print(e.message)
finally:
    audio.close()
"""


def from_stdin(data: bytes) -> list[str]:
    done = subprocess.run([sys.executable, "-c", STDIN], input=data, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("form", ["WAV", "FLAC", "MP3"])
def test_standard_input_may_be_any_file(form):
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(0, 10 * FRAME_SAMPLES), SAMPLE_RATE, format=form)
    assert from_stdin(buffer.getvalue()) == ["standard input", "10"]


def test_a_wav_streamed_with_an_unknown_length_is_read_to_its_end():
    buffer = io.BytesIO()
    soundfile.write(buffer, tone(0, 10 * FRAME_SAMPLES), SAMPLE_RATE, format="WAV")
    data = bytearray(buffer.getvalue())
    size = data.index(b"data") + 4
    data[size : size + 4] = b"\xff\xff\xff\xff"
    assert from_stdin(bytes(data)) == ["standard input", "10"]


@pytest.mark.parametrize(("data", "said"), [(b"", "is empty"), (b"words\n" * 100, "is not a sound file")])
def test_bad_standard_input_is_one_clear_sentence(data, said):
    (line,) = from_stdin(data)
    assert line.startswith("standard input")
    assert said in line


def test_a_keyboard_on_standard_input_is_not_waited_for():
    ours, theirs = os.openpty()
    try:
        done = subprocess.run([sys.executable, "-c", STDIN], stdin=theirs, capture_output=True, text=True, timeout=30)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.stdout.strip() == "Nothing comes in on standard input"


def test_a_named_pipe_is_read_like_a_file(tmp_path):
    pipe, source = tmp_path / "pipe", save(tmp_path / "a.wav", tone(0, 10 * FRAME_SAMPLES))
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", 'cat "$1" > "$2"', "sh", source, str(pipe)]):
        assert len(heard(str(pipe))) == 10 * FRAME_SAMPLES


SPEECH = Path(__file__).parents[2] / "../shared/data/speech"


@pytest.mark.skipif(not SPEECH.is_dir(), reason="the recordings in ../shared are not here")
def test_every_real_recording_is_heard_whole():
    for path in sorted(SPEECH.glob("*.flac")):
        info = soundfile.info(path)
        expected = round(info.frames * SAMPLE_RATE / info.samplerate)
        assert 0 <= len(heard(str(path))) - expected < FRAME_SAMPLES
