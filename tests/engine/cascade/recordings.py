"""Real recordings from ../shared for tests of the ears; where they are missing, such tests say so and are skipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from voice_tui.audio.codec import decode
from voice_tui.engine.cascade.ports import STT_RATE
from voice_tui.frame import SAMPLE_RATE, Pcm

SPEECH = Path(__file__).resolve().parents[4] / "shared/data/speech"

needs_recordings = pytest.mark.skipif(not SPEECH.is_dir(), reason="the recordings in ../shared are not here")


def recording(name: str) -> Pcm:
    """A recording of the manifest, float32, 16 kHz."""
    return to_16k(decode((SPEECH / f"{name}.flac").read_bytes()))


def to_16k(pcm: Pcm) -> Pcm:
    """24 kHz samples at the rate of the ears."""
    return np.asarray(soxr.resample(pcm, SAMPLE_RATE, STT_RATE), dtype=np.float32)


def with_room(pcm: Pcm, before: float = 0.4, after: float = 0.3) -> Pcm:
    """The same with faint noise before and after it, as a microphone gives; seconds."""
    noise = np.random.default_rng(0).normal(0.0, 1e-4, round((before + after) * STT_RATE)).astype(np.float32)
    start = round(before * STT_RATE)
    return np.concatenate((noise[:start], pcm, noise[start:]))
