"""How loud it is: a peak that is polled, so that no message per block is needed."""

from __future__ import annotations

import numpy as np

from voice_tui.frame import Pcm


class PeakMeter:
    """Holds the highest absolute sample since it was last taken. One thread (the session's main thread)."""

    def __init__(self) -> None:
        self._peak = 0.0

    def add(self, pcm: Pcm) -> None:
        """Look at these samples; any number, finite."""
        self._peak = max(self._peak, float(np.max(np.abs(pcm), initial=0.0)))

    def take(self) -> float:
        """Return the peak (0-1) and start again from 0."""
        peak, self._peak = self._peak, 0.0
        return peak
