"""What the speaker was given, for the echo canceller: the far end of the conversation, in step with the microphone."""

from __future__ import annotations

import numpy as np

from voice_tui.audio.resample import Resampler
from voice_tui.audio.ring import Ring
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame, silence

CAPACITY_FRAMES = 8
"""Most that waits. Overflow: the oldest is lost, and the canceller finds the new delay by itself."""

SLACK_FRAMES = 3
"""More than this waiting means that the microphone skipped: on to now."""


class FarEnd:
    """A tap on the speaker's callback.

    The callback calls `push`, which copies; the session's main thread calls `frame` once per captured frame. Both
    clocks tick alike, so what comes out lags what was pushed by about as much as the captured frame does.

    Args:
        rate: Samples per second of what is pushed.
    """

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._need = round(FRAME_SECONDS * rate)
        self._ring = Ring(CAPACITY_FRAMES * self._need)
        self._resampler = Resampler(rate, SAMPLE_RATE, live=True)
        self._partial = silence(0)
        self._scratch = silence(self._need)
        self._began = False

    def push(self, pcm: Frame) -> None:
        """Take a block that goes to the device. The callback's thread."""
        self._ring.write(pcm)

    def frame(self) -> Frame:
        """Return what was played while the frame last captured came in; silence where nothing was."""
        waiting = self._ring.fill
        if not self._began or waiting > SLACK_FRAMES * self._need:
            self._ring.drop(max(0, waiting - self._need))
            self._began = waiting > 0
        count = self._ring.read(self._scratch)
        self._partial = np.concatenate([self._partial, self._resampler.process(self._scratch[:count])])
        out = silence()
        ready = min(len(self._partial), FRAME_SAMPLES)
        out[:ready] = self._partial[:ready]
        self._partial = self._partial[ready:]
        return out
