"""A recorder in a folder, and sound to tell apart."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from voice_tui.events import ConversationStarted, Notice, RecordingChanged
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE
from voice_tui.session.recording import Recorder
from voice_tui.settings import Settings

PATIENCE = 20.0


def noise(seed: int, frames: int = 1) -> np.ndarray:
    samples = np.random.default_rng(seed).integers(-9000, 9000, frames * FRAME_SAMPLES)
    return (samples / 32768).astype(np.float32)


def track(folder: Path, name: str) -> np.ndarray:
    samples, rate = soundfile.read(folder / f"{name}.flac", dtype="int16")
    assert rate == SAMPLE_RATE
    return samples


@dataclass
class Recorded:
    """A recorder in a folder, and what it told."""

    root: Path
    size: int = 2048
    least_frames: int = 0
    settings: Settings = field(default_factory=Settings)
    clock: Callable[[], float] = time.time
    told: list[Notice | RecordingChanged] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder = Recorder(
            self.root, self.settings, self.told.append, clock=self.clock, size=self.size, least_frames=self.least_frames
        )

    @property
    def notices(self) -> list[Notice]:
        return [event for event in self.told if isinstance(event, Notice)]

    def begin(self, name: str = "c1") -> None:
        self.recorder.note(ConversationStarted(conversation=name))

    def end(self) -> Path:
        self.recorder.close(PATIENCE)
        return self.folders()[0]

    def folders(self) -> list[Path]:
        return sorted(self.root.iterdir())
