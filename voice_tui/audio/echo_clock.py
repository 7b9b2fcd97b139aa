"""Speaker and microphone have clocks of their own: what was played is stretched until its echo keeps step.

Two devices, or a sound server between them, may tick some 40 millionths apart. The echo then comes a sample later with
every second, which a long filter cannot follow: it is wrong at every moment, by what a shift of a part of a sample
makes. That is also how the drift shows: what is left over is then the predicted echo's slope, times the shift. One loop
takes the shift back, a slower one learns how fast it comes about.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, silence

REACH = 16
"""Samples on either side that a value between two samples is made of."""

SOON = SAMPLE_RATE // 500
"""Delay of what was played, 2 ms, so that it can also be taken earlier. No device's echo comes sooner."""

LATE = SAMPLE_RATE // 100
"""The same where the echo is known to come ever earlier."""

MOST = SAMPLE_RATE // 25
"""The longest delay."""

ASTRAY = SOON // 2
"""So far from where it should be the delay may get before it is brought back."""

DRIFTS = 3e-6
"""Drift that is one."""

MOST_DRIFT = 500e-6
"""Drift that is believed; crystals differ by less than 200 millionths, a sound server that corrects may by more."""

SHIFT_PACE = 0.3
"""Share of the measured shift that is taken back per frame; its echo takes a few frames to be heard."""

DRIFT_PACE = 0.03
"""Share of the measured shift, per frame, by which the drift is corrected."""

UNSURE = 0.01
"""Variance (samples squared) of a measured shift at which it counts half: with somebody speaking over the echo at its
loudness it counts an eighth."""

ALIKE = 10.0
"""Neighbouring samples of a voice are alike: so many count as one measurement."""

MOST_SHIFT = 1.0
"""Samples: more than this cannot be told from the slope alone."""


EXPLAINED = 0.5
"""Share of what is left that a shift may leave, for it to be nothing else."""


class Clock:
    """Delays what was played by a length that follows the drift. One thread; 0.1 ms per frame.

    Attributes:
        drift: By how much the echo falls behind, samples per sample; negative where it comes ever earlier.
    """

    def __init__(self) -> None:
        self.drift = 0.0
        self._delay = float(SOON)
        self._played = np.zeros(MOST + 2 * REACH + FRAME_SAMPLES, np.float32)

    def follow(self, played: Frame) -> Frame:
        """Return what was played, in the microphone's time, `SOON` samples late at first."""
        self._played = np.concatenate([self._played[FRAME_SAMPLES:], played])
        before = self._delay
        going = self.drift if self.drifts or self._played.any() else 0.0
        self._delay = float(np.clip(before + going * FRAME_SAMPLES, REACH, MOST))
        return self._late(before, self._delay)

    @property
    def drifts(self) -> bool:
        """Whether the drift is more than what a measurement of none comes to."""
        return abs(self.drift) > DRIFTS

    @property
    def at_its_end(self) -> bool:
        """Whether the delay can follow no further until it is brought back, even in the middle of a sound."""
        return not REACH + 1 < self._delay < MOST - 1

    def recentre(self) -> int:
        """Bring the delay back, best while nothing is played; returns by how many samples it is shorter."""
        astray = round(self._delay - (LATE if self.drift < -DRIFTS else SOON))
        if abs(astray) < ASTRAY:
            return 0
        self._delay -= astray
        return astray

    def learn(self, echo: Pcm, left: Pcm) -> bool:
        """Take what the filter predicted and left of a frame, both with their low end turned down.

        Returns:
            Whether what is left is mostly the echo, shifted: nobody spoke.
        """
        slope = 0.5 * (echo[2:] - echo[:-2])
        rest = left[1:-1]
        steepness = float(np.dot(slope, slope))
        if steepness < 1e-9:
            return False
        product = float(np.dot(rest, slope))
        shift = -product / steepness
        unexplained = max(float(np.dot(rest, rest)) - product * product / steepness, 0.0)
        variance = ALIKE * unexplained / steepness / len(slope)
        shift = min(MOST_SHIFT, max(-MOST_SHIFT, shift)) / (1 + variance / UNSURE)
        self._delay = float(np.clip(self._delay + SHIFT_PACE * shift, REACH, MOST))
        self.drift = min(MOST_DRIFT, max(-MOST_DRIFT, self.drift + DRIFT_PACE * shift / FRAME_SAMPLES))
        return unexplained < EXPLAINED * float(np.dot(rest, rest))

    def _late(self, first: float, last: float) -> Frame:
        """Return the latest frame, delayed by a length that goes from `first` to `last`."""
        whole = int(first)
        end = len(self._played) - whole + REACH
        near = self._played[end - FRAME_SAMPLES - 2 * REACH : end]
        if not near.any():
            return silence()
        begun = np.convolve(near, _between(first - whole), "valid")[:FRAME_SAMPLES]
        ended = np.convolve(near, _between(last - whole), "valid")[:FRAME_SAMPLES]
        return np.asarray(begun + (ended - begun) * FADE, dtype=np.float32)


FADE: NDArray[np.float32] = (np.arange(1, FRAME_SAMPLES + 1) / FRAME_SAMPLES).astype(np.float32)


def _between(late: float) -> NDArray[np.float32]:
    """Return the filter that delays by `REACH` and so much of a sample."""
    at = np.arange(2 * REACH + 1) - REACH - late
    return (np.sinc(at) * np.cos(np.pi * at / (2 * REACH + 4)) ** 2).astype(np.float32)
