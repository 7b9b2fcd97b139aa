"""Timings of the loop: windows of the last 30 s, percentiles when asked."""

from __future__ import annotations

from collections import deque

from voice_tui.audio.port import AudioStats
from voice_tui.events import Stats
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE
from voice_tui.session.front import Front

WINDOW_FRAMES = 375
"""Frames in a window: 30 s."""


class Window:
    """The last values of one measurement. Single thread; adding costs well under a microsecond."""

    def __init__(self, size: int = WINDOW_FRAMES) -> None:
        self._values: deque[float] = deque(maxlen=size)
        self.last = 0.0

    def add(self, value: float) -> None:
        """Note a value."""
        self.last = value
        self._values.append(value)

    def percentiles(self, *shares: float) -> tuple[float, ...]:
        """Return the values below which these shares (0-1) lie, by nearest rank; zeros when nothing was noted."""
        ordered = sorted(self._values)
        if not ordered:
            return tuple(0.0 for _ in shares)
        return tuple(ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in shares)


class Timings:
    """How long frames took. The loop's thread only.

    Args (attributes):
        frames: Frames processed, counted by the owner. `step_ms`: the engine's part. `overhead_ms`: the loop's own.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.step_ms = Window()
        self.overhead_ms = Window()

    def add(self, step: float, whole: float) -> None:
        """Note a frame: seconds in the engine, and seconds in all."""
        self.step_ms.add(1000 * step)
        self.overhead_ms.add(1000 * (whole - step))


def snapshot(
    audio: AudioStats,
    timings: Timings,
    front: Front,
    *,
    at: float,
    dropped_events: int,
    volume: float,
) -> Stats:
    """Return all counters as an event; see `Stats` for what each is."""
    p50, p95, p99 = timings.step_ms.percentiles(0.5, 0.95, 0.99)
    (overhead,) = timings.overhead_ms.percentiles(0.99)
    per_ms = SAMPLE_RATE / 1000
    return Stats(
        at=at,
        frames=timings.frames,
        step_ms=timings.step_ms.last,
        step_p50_ms=p50,
        step_p95_ms=p95,
        step_p99_ms=p99,
        overhead_p99_ms=overhead,
        lag_ms=max(0, audio.capture_samples - FRAME_SAMPLES) / per_ms,
        capture_ms=audio.capture_samples / per_ms,
        playout_ms=audio.playout_samples / per_ms,
        overruns=audio.overruns,
        underruns=audio.underruns,
        skipped=audio.skipped,
        trimmed_ms=audio.trimmed_samples / per_ms,
        dropped_events=dropped_events,
        input_peak=audio.input_peak,
        output_peak=audio.output_peak,
        muted=front.muted,
        talk_mode=front.mode,
        talking=front.talking,
        volume=volume,
    )
