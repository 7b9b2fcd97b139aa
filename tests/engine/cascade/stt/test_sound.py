"""Samples at one loudness over one faint noise."""

from __future__ import annotations

import numpy as np
import pytest

from voice_tui.engine.cascade.stt.sound import NOISE, QUIETEST, TARGET, Sound, bytes_of, loudness


def noise(level: float, samples: int = 16_000, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, level, samples).astype(np.float32)


def samples(sound: Sound) -> np.ndarray:
    return np.frombuffer(bytes(sound.audio), dtype="<i2").astype(np.float64) / 32767


@pytest.mark.parametrize("level", [0.004, 0.03, 0.3])
def test_any_microphone_becomes_equally_loud(level: float) -> None:
    sound = Sound(0.0)
    sound.add(noise(level))
    assert not sound.audio, "nothing is known of the level yet"
    sound.relevel()
    assert loudness(samples(sound)) == pytest.approx(TARGET, rel=0.1)


def test_silence_becomes_faint_noise_and_is_not_raised() -> None:
    sound = Sound(0.0)
    sound.add(np.zeros(16_000, np.float32))
    sound.relevel()
    assert sound.level == QUIETEST
    assert float(np.sqrt(np.mean(samples(sound) ** 2))) == pytest.approx(NOISE, rel=0.05)


def test_pieces_of_any_size_give_the_same_bytes() -> None:
    whole, pieces = Sound(0.1), Sound(0.1)
    pcm = noise(0.05)
    whole.add(pcm)
    for start in range(0, len(pcm), 1_280):
        pieces.add(pcm[start : start + 1_280])
    assert whole.audio == pieces.audio
    assert whole.seconds == pieces.seconds == 1.0
    pieces.relevel()
    whole.relevel()
    assert len(whole.audio) == len(pieces.audio) == bytes_of(1.0)


def test_far_too_loud_is_clipped_not_wrapped() -> None:
    sound = Sound(QUIETEST)
    sound.add(np.full(1_000, 1.0, np.float32))
    assert float(samples(sound).min()) == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_broken_samples_do_no_harm(bad: float) -> None:
    sound = Sound(0.0)
    sound.add(noise(0.05))
    sound.add(np.full(1_280, bad, np.float32))
    sound.add(noise(0.05))
    sound.relevel()
    assert 0.0 < sound.level <= 1.0
    assert np.isfinite(samples(sound)).all()
    assert len(sound.audio) == bytes_of(2.08)


def test_nothing_is_nothing() -> None:
    sound = Sound(0.0)
    sound.add(np.zeros(0, np.float32))
    sound.relevel()
    assert not sound.audio
    assert loudness(np.zeros(100, np.float32)) == 0.0
