"""The round trip: found in noise and reverberation, and never where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from voice_tui.audio.soundcheck import LISTEN_SECONDS, ChirpHunt, chirp, find_chirp, tone
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE

LENGTH = round(LISTEN_SECONDS * SAMPLE_RATE)
SEED = 20261121


def response(reverb: float) -> np.ndarray:
    """A room: the direct sound, and noise that is 60 dB down after `reverb` seconds."""
    if not reverb:
        return np.ones(1)
    t = np.arange(int(reverb * SAMPLE_RATE)) / SAMPLE_RATE
    tail = 0.05 * np.random.default_rng(SEED).standard_normal(len(t)) * 10 ** (-3 * t / reverb)
    tail[0] = 1.0
    return tail


def room(latency: float, gain_db: float, *, noise: float = 0.0, reverb: float = 0.0) -> np.ndarray:
    """What a microphone hears of the chirp.

    Args:
        latency: Seconds. `gain_db`: of the direct sound. `noise`: RMS. `reverb`: seconds until it is 60 dB down.
    """
    random = np.random.default_rng(SEED)
    sound = np.convolve(chirp(), response(reverb)) * 10 ** (gain_db / 20)
    heard = noise * random.standard_normal(LENGTH)
    start = round(latency * SAMPLE_RATE)
    end = min(LENGTH, start + len(sound))
    heard[start:end] += sound[: end - start]
    return heard.astype(np.float32)


@pytest.mark.parametrize("latency", [0.0, 0.0875, 0.35, 1.2])
@pytest.mark.parametrize(
    ("gain_db", "noise", "reverb"),
    [(0.0, 0.0, 0.0), (-6.0, 0.01, 0.0), (-20.0, 0.02, 0.0), (0.0, 0.003, 0.4), (-20.0, 0.003, 0.3)],
)
def test_latency_and_level_are_found(latency, gain_db, noise, reverb):
    found = find_chirp(room(latency, gain_db, noise=noise, reverb=reverb))
    assert found.verdict == "speakers"
    assert found.latency == pytest.approx(latency, abs=0.002)
    assert found.echo_db is not None
    expected = gain_db + 10 * np.log10(np.sum(response(reverb) ** 2))
    assert found.echo_db == pytest.approx(expected, abs=1.5)


def test_a_trace_is_headphones():
    found = find_chirp(room(0.2, -48.0, noise=0.0005))
    assert found.verdict == "headphones"
    assert found.latency == pytest.approx(0.2, abs=0.002)


@pytest.mark.parametrize("noise", [1e-5, 0.003, 0.1])
def test_noise_alone_is_nothing(noise):
    assert find_chirp(room(0.2, -300.0, noise=noise)).verdict == "nothing"


def test_a_hum_and_a_voice_like_buzz_are_nothing():
    t = np.arange(LENGTH) / SAMPLE_RATE
    hum = 0.2 * np.sin(2 * np.pi * 50 * t)
    buzz = 0.1 * np.sign(np.sin(2 * np.pi * 140 * t)) * (1 + np.sin(2 * np.pi * 3 * t))
    for sound in (hum, buzz, hum + buzz):
        assert find_chirp(sound.astype(np.float32)).verdict == "nothing"


def test_zeros_are_a_microphone_that_is_switched_off():
    assert find_chirp(np.zeros(LENGTH, dtype=np.float32)).verdict == "deaf"


def test_the_hunt_takes_frames_and_ends_by_itself():
    hunt, heard = ChirpHunt(), room(0.25, -3.0)
    results = [
        hunt.hear(frame) for frame in heard[: LENGTH // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    ]
    assert set(results[:-1]) == {None} or results[-1] is None
    last = results[-1] or hunt.hear(np.zeros(FRAME_SAMPLES, dtype=np.float32))
    assert last is not None
    assert last.latency == pytest.approx(0.25, abs=0.002)


@pytest.mark.parametrize("sound", [tone(), chirp()])
def test_what_is_played_is_clean_and_not_loud(sound):
    assert sound.dtype == np.float32
    assert 0.2 < float(np.abs(sound).max()) <= 0.31
    assert abs(float(sound[0])) < 0.01
    assert abs(float(sound[-1])) < 0.01
