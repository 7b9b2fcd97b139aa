"""Another sample rate, by libsoxr: for files, and for devices that refuse 24 kHz."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np

from voice_tui.frame import Pcm, silence


class _Stream(Protocol):
    """What is used of soxr, whose arrays have no types."""

    def resample_chunk(self, x: Pcm, last: bool = False) -> Pcm: ...
    def clear(self) -> None: ...


class Resampler:
    """Resamples a mono signal piece by piece; the pieces together are exactly as long as the signal at the new rate.

    Args:
        rate_in: Samples per second of what comes, `rate_out` of what goes; equal rates pass through untouched.
        live: For devices. libsoxr's usual filters give their output in bursts of up to 50 ms; its variable-rate filters
            give as much as they take, 5-15 ms late, with images 60 dB down (measured with soxr 1.1).
    """

    def __init__(self, rate_in: int, rate_out: int, *, live: bool = False) -> None:
        self._rates = (rate_in, rate_out)
        self._taken = 0
        self._given = 0
        self._stream: _Stream | None = None
        if rate_in != rate_out:
            from soxr import ResampleStream

            self._stream = cast(_Stream, ResampleStream(rate_in, rate_out, 1, dtype="float32", quality="HQ", vr=live))

    @property
    def inside(self) -> int:
        """Samples of the running signal that are owed at the new rate."""
        return max(0, self._due() - self._given)

    def process(self, pcm: Pcm) -> Pcm:
        """Return what `pcm` (any number of samples) makes available."""
        if self._stream is None:
            return pcm
        self._taken += len(pcm)
        return self._count(self._stream.resample_chunk(np.ascontiguousarray(pcm, dtype=np.float32)))

    def finish(self) -> Pcm:
        """Return the rest of the signal; the next `process` begins a new one."""
        if self._stream is None:
            return silence(0)
        tail = self._stream.resample_chunk(silence(0), last=True)
        missing = max(0, self._due() - self._given - len(tail))
        tail = np.concatenate([tail, silence(missing)])[: self._due() - self._given]
        self.reset()
        return tail

    def reset(self) -> None:
        """Forget the running signal."""
        self._taken = self._given = 0
        if self._stream is not None:
            self._stream.clear()

    def _due(self) -> int:
        rate_in, rate_out = self._rates
        return 0 if self._stream is None else (self._taken * rate_out + rate_in // 2) // rate_in

    def _count(self, pcm: Pcm) -> Pcm:
        self._given += len(pcm)
        return pcm
