"""Rooms made of noise that dies away, for tests of what stands between speaker and microphone."""

from __future__ import annotations

import numpy as np

from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm

SEED = 11


def response(delay: float, *, fading: float = 0.25, gain: float = 0.5, seed: int = SEED) -> Pcm:
    """A response `delay` seconds late that loses 60 dB in `fading` seconds."""
    count = round(fading * SAMPLE_RATE)
    noise = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    late = np.concatenate([np.zeros(round(delay * SAMPLE_RATE)), noise / np.sqrt(np.sum(noise**2))])
    return (gain * late).astype(np.float32)


def heard_through(response: Pcm, played: Pcm) -> Pcm:
    """What the microphone hears of what is played."""
    size = 1 << (len(played) + len(response)).bit_length()
    spectrum = np.fft.rfft(played, size) * np.fft.rfft(response, size)
    return np.fft.irfft(spectrum, size)[: len(played)].astype(np.float32)


def babble(seconds: float, seed: int = SEED, level: float = 0.1) -> Pcm:
    """Noise with the ups and downs of speech: bursts of 0.2 s, two thirds of the time, lower tones louder."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal(round(seconds * SAMPLE_RATE))
    soft = np.convolve(noise, np.ones(8) / 8, "same")
    bursts = np.repeat(random.random(round(5 * seconds)) < 0.67, SAMPLE_RATE // 5)
    return (level * soft / np.std(soft) * bursts[: len(soft)]).astype(np.float32)


def frames(pcm: Pcm) -> list[Frame]:
    """The whole frames of it."""
    return [pcm[at : at + FRAME_SAMPLES] for at in range(0, len(pcm) - FRAME_SAMPLES + 1, FRAME_SAMPLES)]


def level_db(pcm: Pcm) -> float:
    """How loud it is, dB."""
    return float(10 * np.log10(np.mean(np.square(pcm)) + 1e-12))
