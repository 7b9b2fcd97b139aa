"""Silero's VAD on people, on noise, and on what should never come."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.engine.cascade.recordings import needs_recordings, recording, with_room
from voice_tui.engine.cascade.vad.silero import CHUNK_SAMPLES, SileroVad


@pytest.fixture(scope="module")
def loaded() -> SileroVad:
    return SileroVad()


@pytest.fixture
def vad(loaded: SileroVad) -> SileroVad:
    loaded.reset()
    return loaded


def share_of_speech(vad: SileroVad, pcm: np.ndarray) -> float:
    return float(np.mean([p >= 0.5 for p in vad.probabilities(pcm)]))


@needs_recordings
@pytest.mark.parametrize("name", ["rh_lamp", "g_half_hour", "sb_spk1_snt1", "lj002_0020"])
def test_people_are_speech(vad: SileroVad, name: str) -> None:
    assert share_of_speech(vad, recording(name)) > 0.6


@needs_recordings
@pytest.mark.parametrize("name", ["noise_sb1", "noise_rhasspy", "noise_office", "ding_pipecat", "beep_rhasspy"])
def test_noise_is_not(vad: SileroVad, name: str) -> None:
    assert share_of_speech(vad, recording(name)) < 0.02


@needs_recordings
def test_speech_has_a_beginning_and_an_end(vad: SileroVad) -> None:
    pcm = with_room(recording("rh_lamp"), before=1.0, after=1.0)
    speech = [p >= 0.5 for p in vad.probabilities(pcm)]
    second = 16_000 // CHUNK_SAMPLES
    assert not any(speech[: second - 1])
    assert not any(speech[-second // 2 :])


@pytest.mark.parametrize("size", [1, 160, 511, 512, 1280, 4000])
def test_pieces_of_any_size_are_judged_alike(vad: SileroVad, size: int) -> None:
    pcm = np.random.default_rng(4).normal(0.0, 0.1, 10 * CHUNK_SAMPLES + 77).astype(np.float32)
    whole = vad.probabilities(pcm)
    vad.reset()
    pieces = [p for start in range(0, pcm.size, size) for p in vad.probabilities(pcm[start : start + size])]
    assert len(whole) == 10
    assert pieces == whole


def test_reset_forgets(vad: SileroVad) -> None:
    pcm = np.random.default_rng(5).normal(0.0, 0.1, 3 * CHUNK_SAMPLES).astype(np.float32)
    first = vad.probabilities(pcm[:1000])
    vad.probabilities(pcm)
    vad.reset()
    assert vad.probabilities(pcm[:1000]) == first


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_broken_samples_are_no_speech_and_leave_no_trace(vad: SileroVad, bad: float) -> None:
    broken = vad.probabilities(np.full(20 * CHUNK_SAMPLES, bad, dtype=np.float32))
    assert all(0.0 <= p < 0.5 for p in broken)
    quiet = vad.probabilities(np.random.default_rng(6).normal(0.0, 0.01, 20 * CHUNK_SAMPLES).astype(np.float32))
    assert all(0.0 <= p < 0.5 for p in quiet)


@needs_recordings
def test_speech_after_broken_samples_is_heard(vad: SileroVad) -> None:
    vad.probabilities(np.full(20 * CHUNK_SAMPLES, np.nan, dtype=np.float32))
    assert share_of_speech(vad, recording("rh_lamp")) > 0.6


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_it_works_in_the_calling_thread_alone() -> None:
    script = (
        "import os, numpy as np\n"
        "from voice_tui.engine.cascade.vad.silero import SileroVad\n"
        "vad = SileroVad()\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "assert len(vad.probabilities(np.zeros(5120, np.float32))) == 10\n"
        "print(len(os.listdir('/proc/self/task')) - before, 'OMP_THREAD_LIMIT' in os.environ)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.stdout.split() == ["0", "False"], done.stderr
