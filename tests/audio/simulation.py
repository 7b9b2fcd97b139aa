"""A speaker and a writer on simulated clocks: what a device would do, without waiting for it."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np

from voice_tui.audio.playout import Playout
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE

BLOCK = 240


def tone(start: int, count: int, hertz: float = 200.0, amplitude: float = 0.5) -> np.ndarray:
    """Samples `start` to `start + count` of an endless sine."""
    t = np.arange(start, start + count) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


def run(
    playout: Playout,
    seconds: float,
    *,
    late: Callable[[int], float] = lambda frame: 0.003,
    late_block: Callable[[int], float] = lambda block: 0.0,
    source: Callable[[int], np.ndarray] = lambda frame: tone(frame * FRAME_SAMPLES, FRAME_SAMPLES),
    writer_ppm: float = 0.0,
) -> tuple[np.ndarray, list[float]]:
    """Write one frame per 80 ms and take one block per 10 ms.

    Args:
        late: Seconds by which frame n is written late; a later frame is never written before an earlier one.
        late_block: Seconds by which block n is taken late, below 10 ms.
        source: The samples of frame n.
        writer_ppm: How much faster the writer's clock is.

    Returns:
        All that was played, and per frame how long after its regular time its end was out of the ring, seconds.
    """
    events: list[tuple[float, int, str]] = []
    written = 0.0
    for frame in range(int(seconds / FRAME_SECONDS)):
        written = max(written, frame * FRAME_SECONDS * (1 - writer_ppm / 1e6) + late(frame))
        heapq.heappush(events, (written, frame, "write"))
    for block in range(int(seconds * SAMPLE_RATE / BLOCK)):
        heapq.heappush(events, (block * BLOCK / SAMPLE_RATE + late_block(block), block, "fill"))
    played, delays = [], []
    while events:
        now, number, event = heapq.heappop(events)
        if event == "fill":
            out = np.full(BLOCK, 9.0, dtype=np.float32)
            playout.fill(out, now)
            played.append(out)
        else:
            playout.stepped()
            playout.write(source(number), now)
            regular = number * FRAME_SECONDS * (1 - writer_ppm / 1e6)
            delays.append(now - regular + playout.pending(now) / SAMPLE_RATE)
    return np.concatenate(played), delays


def steepest(pcm: np.ndarray) -> float:
    """The largest step between two samples: a click is a large one."""
    return float(np.abs(np.diff(pcm)).max())
