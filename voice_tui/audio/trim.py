"""Shedding lateness: how much of the playout is more than it needs, and where a cut is heard least.

After a stall everything that was captured meanwhile is still spoken, later than it should be, and stays late for good:
nothing in a plain queue ever takes it back. The same happens slowly when the microphone's clock is faster than the
speaker's. `Trimmer` watches how little there is left to play whenever a frame arrives, which is when the queue is at
its emptiest; what was never needed during a whole window is cut out of the frames that follow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_tui.frame import Pcm

CUSHION_SECONDS = 0.010
"""Least time between a frame's arrival and its need; less, and the scheduling of a busy machine is heard."""

WINDOW_FRAMES = 25
"""Frames watched before a decision: 2 s."""

HASTY_FRAMES = 10
"""Frames watched when what is spare is more than `_FAR_SECONDS`: a conversation cannot wait for calm."""

_FAR_SECONDS = 0.1
_CATCHING_UP_SECONDS = 0.04

_CUSHION_LIMIT = 0.08
_RELAPSE_SECONDS = 10.0
_CALM_SECONDS = 60.0
_PATIENCE_FRAMES = 6
_QUIET = 0.003
_ALIKE = 0.3
_NEVER = -1e9


class Trimmer:
    """Decides what to cut from the frames that are written. Writer's thread only.

    Args:
        rate: Samples per second.
        block: Samples the device takes at a time; lateness is cut in whole blocks, since less would not come earlier.
    """

    def __init__(self, rate: int, block: int) -> None:
        self._rate = rate
        self._block = block
        self._fade = rate * 5 // 1000
        self._cushion = CUSHION_SECONDS
        self._underran_at = _NEVER
        self._trimmed_at = _NEVER
        self._observed_at = _NEVER
        self.restart()

    @property
    def cushion(self) -> float:
        """Seconds a frame should arrive before it is needed."""
        return self._cushion

    def restart(self) -> None:
        """Begin a new window: what was seen so far says nothing about what comes."""
        self._frames = 0
        self._slack = float("inf")
        self._excess = 0
        self._waited = 0

    def underrun(self, now: float) -> None:
        """The speaker ran dry in the middle of speech; soon after a cut that means the cut was too deep.

        Args:
            now: Seconds, any monotonic clock.
        """
        if now - self._trimmed_at < _RELAPSE_SECONDS:
            self._cushion = min(self._cushion + self._block / self._rate, _CUSHION_LIMIT)
        self._underran_at = now
        self.restart()

    def observe(self, slack: float, now: float) -> None:
        """Take note of one frame's arrival.

        Args:
            slack: Seconds until the queue would have run dry without this frame.
            now: Seconds, any monotonic clock.
        """
        since, self._observed_at = now - self._observed_at, now
        if self._excess:
            return
        if since < _CATCHING_UP_SECONDS:  # half a frame: a backlog is worked off, the queue still grows
            self.restart()
        self._slack = min(self._slack, slack)
        self._frames += 1
        far = self._slack - self._cushion > _FAR_SECONDS
        if self._frames >= (HASTY_FRAMES if far else WINDOW_FRAMES):
            self._decide(now)

    def cut(self, pcm: Pcm, now: float) -> Pcm:
        """Return `pcm`, or a shorter version of it while there is an excess to shed."""
        if not self._excess:
            return pcm
        quiet = float(np.max(np.abs(pcm), initial=0.0)) < _QUIET
        samples = min(self._excess, len(pcm) - self._fade if quiet else len(pcm) // 4)
        if samples <= 0 or len(pcm) < samples + self._fade:
            return pcm
        shorter, mismatch = shorten(pcm, samples, self._fade)
        if mismatch > _ALIKE and not quiet and self._waited < _PATIENCE_FRAMES:
            self._waited += 1
            return pcm
        self._excess -= samples
        self._waited = 0
        self._trimmed_at = now
        if not self._excess:
            self.restart()
        return shorter

    def _decide(self, now: float) -> None:
        if now - self._underran_at > _CALM_SECONDS:
            self._cushion = CUSHION_SECONDS
        spare = int((self._slack - self._cushion) * self._rate)
        self.restart()
        self._excess = max(0, spare // self._block * self._block)


def shorten(pcm: Pcm, samples: int, fade: int) -> tuple[Pcm, float]:
    """Cut `samples` out of `pcm` at the place where both sides of the cut sound most alike, with a crossfade.

    In a pause that is the pause; in a vowel it is a whole number of pitch periods. (The join is the overlap-add of
    waveform similarity, Verhelst & Roelands 1993, with the length fixed and the place searched.)

    Args:
        pcm: At least `samples + fade` samples, float32.
        samples: How much shorter the result is.
        fade: Samples of the crossfade.

    Returns:
        The shorter signal, and how unlike the two sides are: 0 = the same, about 1 = unrelated.
    """
    before, after = pcm[: len(pcm) - samples], pcm[samples:]
    distance = _sliding_sum((before - after) ** 2, fade)
    start = int(np.argmin(distance))
    energy = float(np.sum(before[start : start + fade] ** 2) + np.sum(after[start : start + fade] ** 2))
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    joint = before[start : start + fade] * (1.0 - ramp) + after[start : start + fade] * ramp
    shorter = np.concatenate([pcm[:start], joint, pcm[start + samples + fade :]])
    return shorter.astype(np.float32, copy=False), float(distance[start]) / energy if energy > 0 else 0.0


def _sliding_sum(values: Pcm, width: int) -> NDArray[np.float64]:
    total = np.concatenate([np.zeros(1), np.cumsum(values, dtype=np.float64)])
    return np.maximum(total[width:] - total[:-width], 0.0)
