"""The unit of sound that everything here passes on: one 80 ms frame, 24 kHz, mono, float32."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_tui.errors import FrameShapeError

SAMPLE_RATE = 24_000
"""Samples per second inside voice-tui; devices and files are resampled at the edge."""

FRAME_SAMPLES = 1_920
"""Samples in a frame: 80 ms at 24 kHz, the frame of the Mimi codec."""

FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE
"""Seconds in a frame."""

Pcm = NDArray[np.float32]
"""Mono samples, shape (n,), float32 in [-1, 1], 24 kHz unless a docstring says otherwise."""

Frame = NDArray[np.float32]
"""A `Pcm` of exactly FRAME_SAMPLES samples."""


def silence(samples: int = FRAME_SAMPLES) -> Pcm:
    """Return `samples` zeros, float32."""
    return np.zeros(samples, dtype=np.float32)


def as_frame(pcm: Pcm) -> Frame:
    """Check that `pcm` is one frame and make it safe to process.

    NaN becomes 0 and the rest is clipped to [-1, 1]: a broken driver must not poison a model's state.

    Args:
        pcm: Shape (FRAME_SAMPLES,), float32.

    Returns:
        The same array when it was clean, else a cleaned copy.

    Raises:
        FrameShapeError: If the shape or dtype is another.
    """
    if pcm.shape != (FRAME_SAMPLES,) or pcm.dtype != np.float32:
        raise FrameShapeError(f"Expected one frame ({FRAME_SAMPLES},) float32, got {pcm.shape} {pcm.dtype}")
    return clean(pcm)


def clean(pcm: Pcm) -> Pcm:
    """Return `pcm` with every sample finite and in [-1, 1]; the same array when it already is."""
    peak = float(np.max(np.abs(pcm), initial=0.0))
    if peak <= 1.0:  # False for NaN as well
        return pcm
    return np.clip(np.nan_to_num(pcm, nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)


def amplified(pcm: Pcm, gain: float) -> Pcm:
    """Return `pcm` times `gain`, clean; the same array at 1.0."""
    return pcm if gain == 1.0 else clean(np.multiply(pcm, gain, dtype=np.float32))
