"""A file in place of a speaker: its timeline, and whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from tests.audio.simulation import tone
from tests.audio.sound_files import read_all, save
from voice_tui.audio.file import FileAudio
from voice_tui.audio.file_writer import FileWriter
from voice_tui.errors import AudioFileError
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE


def test_the_output_is_what_one_would_have_heard_when(tmp_path):
    """Frame n is answered while frame n+1 is spoken: 80 ms later, to the sample."""
    noise = np.random.default_rng(1).uniform(-1, 1, 40 * FRAME_SAMPLES).astype(np.float32)
    audio = FileAudio(save(tmp_path / "in.wav", noise), tmp_path / "out.wav")
    audio.start()
    read_all(audio, write=True)
    assert audio.pending() == FRAME_SAMPLES
    audio.read(0.25)
    assert audio.pending() == 0
    audio.close()
    out, rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert rate == SAMPLE_RATE
    assert len(out) == 41 * FRAME_SAMPLES
    assert not out[:FRAME_SAMPLES].any()
    assert np.abs(out[FRAME_SAMPLES:] - noise).max() <= 2 / 32768
    assert audio.stats().underruns == 0
    assert audio.stats().trimmed_samples == 0


def test_flush_stops_the_recorded_voice_within_five_milliseconds(tmp_path):
    audio = FileAudio(save(tmp_path / "in.wav", np.zeros(20 * FRAME_SAMPLES)), tmp_path / "out.flac")
    audio.start()
    audio.read(0.25)
    audio.write(tone(0, 10 * FRAME_SAMPLES))
    audio.read(0.25)
    audio.read(0.25)
    assert audio.pending() == 8 * FRAME_SAMPLES
    assert audio.flush() == 8 * FRAME_SAMPLES - 120
    audio.read(0.25)
    assert audio.pending() == 0
    audio.close()
    out, _ = soundfile.read(tmp_path / "out.flac", dtype="float32")
    assert out[2 * FRAME_SAMPLES : 3 * FRAME_SAMPLES].any()
    assert not out[3 * FRAME_SAMPLES + 120 :].any()


def test_a_pause_in_speech_is_no_underrun(tmp_path):
    audio = FileAudio(save(tmp_path / "in.wav", np.zeros(20 * FRAME_SAMPLES)))
    audio.start()
    for step in range(20):
        audio.read(0.25)
        if step % 5 < 2:
            audio.write(tone(0, FRAME_SAMPLES))
    audio.close()
    assert audio.stats().underruns == 0


def test_the_same_input_gives_the_same_output(tmp_path):
    source = save(tmp_path / "in.wav", np.random.default_rng(4).uniform(-1, 1, 30_001).astype(np.float32), 16_000)
    outputs = []
    for name in ("a.wav", "b.wav"):
        audio = FileAudio(source, tmp_path / name)
        audio.start()
        read_all(audio, write=True)
        audio.close()
        outputs.append((tmp_path / name).read_bytes())
    assert outputs[0] == outputs[1]


def test_realtime_paces_the_frames(tmp_path):
    time = SimpleNamespace(now=7.0)

    def sleep(seconds: float) -> None:
        time.now += seconds

    audio = FileAudio(
        save(tmp_path / "a.wav", tone(0, 5 * FRAME_SAMPLES)), realtime=True, clock=lambda: time.now, sleep=sleep
    )
    audio.start()
    assert audio.read(0.02) is None
    assert time.now == pytest.approx(7.02)
    assert audio.now() == 0.0
    for n in range(1, 5):
        assert audio.read(0.25) is not None
        assert time.now == pytest.approx(7.0 + n * FRAME_SECONDS)
    audio.close()


def test_the_output_appears_only_when_it_is_whole(tmp_path):
    output = tmp_path / "out.wav"
    output.write_text("an older recording")
    audio = FileAudio(save(tmp_path / "in.wav", tone(0, 5 * FRAME_SAMPLES)), output)
    audio.start()
    read_all(audio, write=True)
    assert output.read_text() == "an older recording"
    audio.close()
    audio.close()
    assert soundfile.info(output).frames == 5 * FRAME_SAMPLES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav", "out.wav"]


def test_output_over_its_own_input_works(tmp_path):
    path = save(tmp_path / "a.wav", tone(0, 5 * FRAME_SAMPLES))
    audio = FileAudio(path, path)
    audio.start()
    read_all(audio, write=True)
    audio.close()
    out, _ = soundfile.read(path, dtype="float32")
    assert not out[:FRAME_SAMPLES].any()
    assert out[FRAME_SAMPLES:].any()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out.mp3", "no kind of file that can be written"),
        ("missing/out.wav", "No such file"),
        ("folder.wav", "is a directory"),
    ],
)
def test_an_output_that_cannot_be_written_is_said_before_anything_is_heard(tmp_path, name, said):
    (tmp_path / "folder.wav").mkdir()
    audio = FileAudio(save(tmp_path / "in.wav", tone(0, FRAME_SAMPLES)), tmp_path / name)
    with pytest.raises(AudioFileError, match=said):
        audio.start()
    audio.close()


INTERRUPTED = """
import sys
from voice_tui.audio.file import FileAudio
audio = FileAudio(sys.argv[1], sys.argv[2], realtime=True)
audio.start()
try:
    while True:
        frame = audio.read(0.25)
        audio.write(frame)
        print(audio.now(), flush=True)
finally:
    audio.close()
"""


def test_ctrl_c_leaves_a_readable_file(tmp_path):
    source, output = save(tmp_path / "in.wav", tone(0, 10 * SAMPLE_RATE)), tmp_path / "out.wav"
    command = [sys.executable, "-c", INTERRUPTED, source, str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        while float(process.stdout.readline()) < 0.5:
            pass
        process.send_signal(2)
        process.wait(10)
    out, _ = soundfile.read(output, dtype="float32")
    assert len(out) >= 0.5 * SAMPLE_RATE
    assert out[FRAME_SAMPLES:].any()


FULL_DISK = """
import resource, signal, sys
import numpy as np
from voice_tui.audio.file_writer import FileWriter
from voice_tui.errors import AudioFileError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
writer = FileWriter(sys.argv[1])
try:
    for _ in range(100):
        writer.write(np.full(1920, 0.5, dtype=np.float32))
except AudioFileError as e:
    print(e.message)
writer.close()
"""


def test_a_full_disk_is_said_and_what_was_written_is_kept(tmp_path):
    output = tmp_path / "out.wav"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(output)], capture_output=True, text=True, timeout=30)
    assert "cannot be written any further" in done.stdout, done.stderr
    assert soundfile.info(output).frames > 20_000


def test_the_writer_is_a_context_manager(tmp_path):
    with FileWriter(tmp_path / "a.flac") as writer:
        writer.write(tone(0, 100))
    assert soundfile.info(tmp_path / "a.flac").frames == 100
