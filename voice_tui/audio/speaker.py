"""The session's side of the speaker: 24 kHz in, the device's rate in the queue, counters in 24 kHz again."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from voice_tui.audio.level import PeakMeter
from voice_tui.audio.playout import Playout
from voice_tui.audio.resample import Resampler
from voice_tui.frame import SAMPLE_RATE, Pcm, clean, silence

STANDSTILL_SECONDS = 0.25
"""So long a queue whose device has gone stands still, before it empties itself: whoever speaks is told meanwhile, and
what nobody heard does not count as heard."""


class Speaker:
    """Writes to a playout that a device empties, or that empties itself in real time while there is none.

    All methods: session's main thread. The device's callback uses `playout` directly.

    Args:
        rate: Samples per second of the device.
        block: Samples that it takes at a time.
        connected: Whether a device empties `playout`.
        clock: Seconds, monotonic; the same that the callback gives to `Playout.fill`.
    """

    def __init__(self, rate: int, block: int, *, connected: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.playout = Playout(rate, block, live=connected)
        self._rate = rate
        self._clock = clock
        self._resampler = Resampler(SAMPLE_RATE, rate, live=True)
        self._meter = PeakMeter()
        self._drained_at = clock()

    def write(self, pcm: Pcm) -> None:
        """Queue samples at 24 kHz, any number; broken ones are cleaned."""
        pcm = clean(pcm)
        self._meter.add(pcm)
        self._drain()
        begins = not self.playout.speaking
        out = self._resampler.process(pcm)
        if begins:  # what the filter keeps back would be a gap after the first frame
            out = np.concatenate([silence(self._resampler.inside), out])
        self.playout.write(out, self._clock())

    def stepped(self) -> None:
        """A step of the loop is over; see `Playout.stepped`."""
        self._drain()
        self.playout.stepped()
        if not self.playout.speaking:
            self._resampler.reset()  # its last 10 ms would come after the end, as a click of their own

    def flush(self) -> int:
        """Drop what is queued, with a fade; returns how many samples at 24 kHz."""
        self._drain()
        self._resampler.reset()
        return self._at_24k(self.playout.flush())

    def pending(self) -> int:
        """Samples at 24 kHz that were written and not heard yet."""
        self._drain()
        return self._at_24k(self.playout.pending(self._clock()))

    @property
    def queued(self) -> int:
        """Samples at 24 kHz in the queue, without what the device holds."""
        self._drain()
        return self._at_24k(self.playout.queued)

    @property
    def trimmed(self) -> int:
        """Samples at 24 kHz that were written and that nobody heard."""
        return self._at_24k(self.playout.trimmed)

    def take_peak(self) -> float:
        """Return the highest sample (0-1) written since the last call."""
        return self._meter.take()

    def disconnect(self) -> None:
        """The device is gone: after `STANDSTILL_SECONDS` the queue empties itself at the pace of real time."""
        self.playout.live = False
        self.playout.latency = 0
        self._drained_at = self._clock() + STANDSTILL_SECONDS

    def take_over(self, before: Speaker) -> None:
        """Go on with what `before`, disconnected by now, has not played; the speech goes on where it would be."""
        before._drain()
        rest = before.playout.take()
        if len(rest):
            resampler = Resampler(before._rate, self._rate)
            self.playout.write(np.concatenate([resampler.process(rest), resampler.finish()]), self._clock())

    def _drain(self) -> None:
        if self.playout.live:
            return
        now = self._clock()
        due = max(0, int((now - self._drained_at) * self._rate))
        self._drained_at += due / self._rate
        count = min(due, self.playout.queued)  # never to the point of an underrun: nobody listens
        if count > 0:
            self.playout.fill(silence(count), now)

    def _at_24k(self, samples: int) -> int:
        return samples * SAMPLE_RATE // self._rate
