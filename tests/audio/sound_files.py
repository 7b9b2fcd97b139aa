"""Sound files to write and to hear."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from voice_tui.audio.file import FileAudio
from voice_tui.frame import SAMPLE_RATE


def save(path: Path, pcm: np.ndarray, rate: int = SAMPLE_RATE, **options: str) -> str:
    soundfile.write(path, pcm, rate, **options)
    return str(path)


def read_all(audio: FileAudio, write: bool = False) -> np.ndarray:
    """Read to the end, writing back what is heard if wanted."""
    frames = []
    while not audio.exhausted:
        frame = audio.read(0.25)
        assert frame is not None
        frames.append(frame)
        if write:
            audio.write(frame)
    return np.concatenate(frames)


def heard(source: str) -> np.ndarray:
    audio = FileAudio(source)
    audio.start()
    try:
        return read_all(audio)
    finally:
        audio.close()
