"""What the microphone gave and nobody has read yet, and the silence that stands in for a missing microphone.

The device's callback calls `push`, which copies; the session's main thread calls `read`. Overflow policy: a full ring
loses its oldest frame (`overruns`); a reader that is more than two frames late is brought back to now (`skipped`),
because an assistant that answers the past is worse than one that missed a syllable.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from threading import Event
from typing import Protocol

import numpy as np

from voice_tui.audio.level import PeakMeter
from voice_tui.audio.resample import Resampler
from voice_tui.audio.ring import Ring
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame, Pcm, as_frame, silence

CAPTURE_FRAMES = 12
"""Most frames that wait: about 1 s."""

LATE_FRAMES = 2
"""Frames that may wait besides the one that is read next."""


class FrameSource(Protocol):
    """Where the next frame comes from."""

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or None when none came within `timeout` seconds."""
        ...


class Capture:
    """The microphone's queue.

    Args:
        rate: Samples per second that `push` gives; resampled to 24 kHz when it is another.
        clock: Seconds, monotonic.
    """

    def __init__(self, rate: int = SAMPLE_RATE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.device_overflows = 0
        """Times the device said that it lost input."""
        self._rate = rate
        self._clock = clock
        self._frame = round(FRAME_SECONDS * rate)
        self._ring = Ring(CAPTURE_FRAMES * self._frame, unit=self._frame)
        self._resampler = Resampler(rate, SAMPLE_RATE, live=True)
        self._partial = silence(0)
        self._scratch = silence(self._frame)
        self._arrived = Event()
        self._wanted = self._frame
        self._skipped = 0
        self._meter = PeakMeter()

    @property
    def waiting(self) -> int:
        """Samples at 24 kHz that were captured and not read."""
        return len(self._partial) + self._ring.fill * SAMPLE_RATE // self._rate

    @property
    def overruns(self) -> int:
        """Frames lost because the ring was full, or that the device says it lost."""
        return self._ring.lost // self._frame + self.device_overflows

    @property
    def skipped(self) -> int:
        """Frames thrown away because the reader was late."""
        return self._skipped

    def take_peak(self) -> float:
        """Return the highest sample (0-1) of what was read since the last call."""
        return self._meter.take()

    def push(self, pcm: Pcm) -> None:
        """Take a block from the device. The callback's thread; copies and returns."""
        self._ring.write(pcm)
        if self._ring.fill >= self._wanted:
            self._arrived.set()

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, waiting up to `timeout` seconds for it. Reader's thread."""
        self._catch_up()
        deadline = self._clock() + timeout
        while (frame := self._assemble()) is None:
            if not self._wait(deadline - self._clock()):
                return None
        self._meter.add(frame)
        return frame

    def forget(self) -> None:
        """Drop what waits: it is too old to be answered. Reader's thread."""
        self._ring.drop(self._ring.fill)
        self._partial = silence(0)
        self._resampler.reset()

    def _catch_up(self) -> None:
        frames = self._ring.fill / self._frame
        if frames > 1 + LATE_FRAMES:
            self._skipped += self._ring.drop((math.floor(frames) - 1) * self._frame) // self._frame

    def _assemble(self) -> Frame | None:
        while len(self._partial) < FRAME_SAMPLES:
            count = self._ring.read(self._scratch[: self._missing()])
            if count == 0:
                return None
            piece = self._resampler.process(self._scratch[:count])
            self._partial = np.concatenate([self._partial, piece])
        frame, self._partial = self._partial[:FRAME_SAMPLES], self._partial[FRAME_SAMPLES:]
        return as_frame(frame)

    def _missing(self) -> int:
        """Samples of the device that complete the frame, going by the rates alone."""
        return min(self._frame, math.ceil((FRAME_SAMPLES - len(self._partial)) * self._rate / SAMPLE_RATE))

    def _wait(self, seconds: float) -> bool:
        self._wanted = self._missing()
        self._arrived.clear()
        return self._ring.fill >= self._wanted or (seconds > 0 and self._arrived.wait(seconds))


class PacedSilence:
    """Frames of silence at the pace of real time, for when there is no microphone.

    Args:
        clock: Seconds, monotonic. `sleep` waits on that clock.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._due = clock() + FRAME_SECONDS

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame when it is due, or None when that is later than `timeout` seconds from now."""
        wait = self._due - self._clock()
        self._sleep(max(0.0, min(wait, timeout)))
        if wait > timeout:
            return None
        late = -wait > LATE_FRAMES * FRAME_SECONDS
        self._due = FRAME_SECONDS + (self._clock() if late else self._due)
        return silence()
