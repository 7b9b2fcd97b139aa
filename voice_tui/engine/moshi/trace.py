"""What went through the model, frame by frame, for whoever compares or looks for a fault."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.errors import EngineError

LONGEST = 450_000
"""Frames (ten hours); later ones are not kept."""


class Trace:
    """Collects frames and writes them as an .npz file: user (n, 8), text (n,), audio (n, 8), step_ms (n,).

    Frames of audio that is not complete yet, at the very beginning, are -1.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._user: list[Codes] = []
        self._text: list[int] = []
        self._audio: list[Codes] = []
        self._ms: list[float] = []

    def note(self, user: Codes, text: int, audio: Codes | None, step_ms: float) -> None:
        """Take a frame."""
        if len(self._text) < LONGEST:
            self._user.append(user)
            self._text.append(text)
            self._audio.append(np.full_like(user, -1) if audio is None else audio)
            self._ms.append(step_ms)

    def write(self) -> None:
        """Write the file.

        Raises:
            EngineError: It cannot be written.
        """
        try:
            with self._path.open("wb") as file:
                np.savez_compressed(
                    file,
                    user=np.array(self._user, np.int32).reshape(-1, 8),
                    text=np.array(self._text, np.int32),
                    audio=np.array(self._audio, np.int32).reshape(-1, 8),
                    step_ms=np.array(self._ms, np.float32),
                )
        except OSError as e:
            raise EngineError(f"Cannot write the trace to {self._path}: {e.strerror}") from e
