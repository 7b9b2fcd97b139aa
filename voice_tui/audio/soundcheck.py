"""Trying the devices out: a test tone, and a chirp that is looked for in the microphone. Pure.

The chirp is an exponential sweep (Farina 2000) of speech's frequencies: long enough that its matched filter finds it
30 dB below the noise, short enough to be polite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice_tui.events import EchoVerdict
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, silence

CHIRP_SECONDS = 0.4
CHIRP_HZ = (300.0, 5000.0)
LEVEL = 0.3
"""Amplitude of tone and chirp, 0-1."""

LISTEN_SECONDS = 2.0
"""Longest way that is looked for, and the chirp: wireless headsets take up to half a second."""

RING_SECONDS = 0.3
"""What the room adds to the chirp."""

CERTAIN = 8.0
"""How far the chirp must stand out of the matched filter's noise (whose own peaks reach 4.5 times its RMS)."""

LEAK_DB = -35.0
"""Echo below this comes from headphones; speakers on a desk give -25 to 0 dB."""

_NOTES_HZ = (523.25, 659.26, 783.99)
_NOTE_SECONDS = 0.35
_FADE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What came back of a chirp.

    Args:
        verdict: See `EchoVerdict`.
        latency: Seconds from the speaker's queue to the microphone's frames; None when nothing was found.
        echo_db: How loud it came back, relative to what was played; None likewise.
    """

    verdict: EchoVerdict
    latency: float | None = None
    echo_db: float | None = None


def tone() -> Pcm:
    """Return three rising notes, 24 kHz."""
    t = np.arange(round(_NOTE_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    notes = [np.sin(2 * np.pi * hz * t) + 0.3 * np.sin(4 * np.pi * hz * t) for hz in _NOTES_HZ]
    return np.concatenate([(LEVEL / 1.3 * _faded(note)) for note in notes]).astype(np.float32)


def chirp() -> Pcm:
    """Return the sweep, 24 kHz."""
    t = np.arange(round(CHIRP_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    low, high = CHIRP_HZ
    rate = np.log(high / low)
    sweep = np.sin(2 * np.pi * low * CHIRP_SECONDS / rate * (np.exp(t / CHIRP_SECONDS * rate) - 1))
    return (LEVEL * _faded(sweep)).astype(np.float32)


class ChirpHunt:
    """Collects what the microphone hears from the moment the chirp is queued."""

    def __init__(self) -> None:
        self._heard: list[Frame] = []

    def hear(self, frame: Frame) -> RoundTrip | None:
        """Take a frame; returns the result after `LISTEN_SECONDS`, in about 10 ms."""
        self._heard.append(frame)
        if len(self._heard) * FRAME_SAMPLES < LISTEN_SECONDS * SAMPLE_RATE:
            return None
        return find_chirp(np.concatenate(self._heard))


def find_chirp(heard: Pcm) -> RoundTrip:
    """Look for the chirp.

    Args:
        heard: What the microphone gave from the moment the chirp was queued, longer than the chirp, 24 kHz.
    """
    if not heard.any():
        return RoundTrip("deaf")
    pattern = chirp()
    energy = float(np.dot(pattern, pattern))
    size = 1 << (len(heard) + len(pattern)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(pattern, size))
    match = np.abs(np.fft.irfft(spectrum, size)[: len(heard) - len(pattern) + 1]).astype(np.float32) / energy
    strongest = int(match.argmax())
    ring = round(RING_SECONDS * SAMPLE_RATE)
    beside = np.concatenate([match[: max(0, strongest - ring)], match[strongest + ring :]])
    noise = float(np.sqrt(np.mean(np.square(beside)))) if len(beside) else 0.0
    if match[strongest] <= CERTAIN * noise:
        return RoundTrip("nothing")
    first = strongest - ring + int(np.flatnonzero(_padded(match, strongest, ring) > 0.5 * match[strongest])[0])
    echo_db = 10 * np.log10(max(match[strongest] ** 2, _returned(heard, first, len(pattern) + ring) / energy))
    return RoundTrip("speakers" if echo_db > LEAK_DB else "headphones", first / SAMPLE_RATE, float(echo_db))


def _padded(match: Pcm, strongest: int, ring: int) -> Pcm:
    """Return the filter's output up to its peak, from `ring` before it."""
    return np.concatenate([silence(max(0, ring - strongest)), match[max(0, strongest - ring) : strongest + 1]])


def _returned(heard: Pcm, start: int, length: int) -> float:
    """Return the energy that came in with the chirp, less the noise of as long a time elsewhere."""
    inside = heard[start : start + length]
    outside = np.concatenate([heard[:start], heard[start + length :]])
    noise = float(np.mean(np.square(outside))) if len(outside) else 0.0
    return float(np.sum(np.square(inside))) - noise * len(inside)


def _faded(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    count = round(_FADE_SECONDS * SAMPLE_RATE)
    ramp = np.linspace(0.0, 1.0, count)
    out = sound.copy()
    out[:count] *= ramp
    out[-count:] *= ramp[::-1]
    return out
