"""The cepstral mean: what microphone, room and voice add to every frame, taken off before recognition.

Pocketsphinx starts every stream with a fixed mean that fits nobody; with the speaker's own, its errors fall by a third
(measured in `benchmarks/stt_wer.py`). So the mean of what was heard is kept, and saved for the next start.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

Mean = NDArray[np.float64]
"""Shape (13,): mean of each cepstral coefficient."""

SIZE = 13

TYPICAL: Mean = np.array([50.4, -5.7, -0.8, 0.2, -3.0, -3.8, -4.3, -3.5, -1.2, -1.7, -0.7, -1.1, 1.2])
"""Where nothing is known: the average over recordings of many speakers and microphones."""

WINDOW = 500
"""Frames that the mean given at the start weighs in pocketsphinx (`CMN_WIN` in its cmn.h)."""

WINDOW_LIMIT = 800
"""Frames after which pocketsphinx lets the older ones fade (`CMN_WIN_HWM`)."""

PRIOR_SECONDS = 1.2
"""What was known before weighs as much as this much of an utterance: over so short a time the mean depends as much on
which words are said as on who says them. Halves the error at 1.2 s (measured on 200 recordings)."""

MEMORY_FRAMES = 1_000.0
"""How long the kept mean remembers, 10 s of speech: a new microphone or speaker takes over within a few turns."""

MAX_FRAMES_OF_ONE = 400.0
"""One utterance weighs at most this much, 4 s."""


class Speaker:
    """How the person who speaks here sounds.

    Args:
        path: File it is kept in, or None to forget it. A broken file counts as none.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.mean: Mean = TYPICAL
        self.frames = 0.0
        self.level = 0.0
        """How loud the speaker gets, 0-1; 0 = not known."""
        if path is not None:
            self._load(path)

    @property
    def known(self) -> bool:
        """Whether anything was learned yet."""
        return self.frames > 0

    def expected(self, heard: Mean, seconds: float) -> Mean:
        """Return the likely mean of a whole utterance.

        Args:
            heard: The mean of its first `seconds`; tells whether it is the known speaker or just anybody.
        """
        same = self.known and distance(heard, self.mean) <= distance(heard, TYPICAL)
        before = self.mean if same else TYPICAL
        return before + (heard - before) * (seconds / (seconds + PRIOR_SECONDS))

    def learn(self, heard: Mean, level: float, frames: int) -> None:
        """Take in the mean and the loudness of one utterance that had words."""
        weight = min(float(frames), MAX_FRAMES_OF_ONE)
        self.level = (self.level * self.frames + level * weight) / (self.frames + weight)
        self.mean = (self.mean * self.frames + heard * weight) / (self.frames + weight)
        self.frames = min(self.frames + weight, MEMORY_FRAMES)

    def save(self) -> None:
        """Write it to its file, whole or not at all; a full disk costs only the mean.

        Raises nothing: what is lost is learned again within a few turns.
        """
        if self._path is None:
            return
        data = msgspec.json.encode(_State([round(float(value), 4) for value in self.mean], self.level, self.frames))
        with contextlib.suppress(OSError):
            _replace(self._path, data)

    def _load(self, path: Path) -> None:
        try:
            state = msgspec.json.decode(path.read_bytes(), type=_State)
        except (OSError, msgspec.MsgspecError):
            return
        mean = np.array(state.mean)
        sane = mean.shape == (SIZE,) and bool(np.all(np.abs(mean) < 500)) and 0 < state.level <= 1
        if sane and state.frames > 0:
            self.mean, self.level, self.frames = mean, state.level, min(state.frames, MEMORY_FRAMES)


class _State(msgspec.Struct, frozen=True):
    mean: list[float]
    level: float
    frames: float


def parse(text: str) -> Mean:
    """Read pocketsphinx's notation."""
    return np.array([float(value) for value in text.split(",")])


def notation(mean: Mean) -> str:
    """Write pocketsphinx's notation."""
    return ",".join(f"{value:.6g}" for value in mean)


def unmixed(after: Mean, before: Mean, frames: int) -> Mean:
    """Return the mean of the frames alone, from pocketsphinx's running mean.

    Args:
        after: Its mean after `frames` frames. `before`: the one it was given.
        frames: How many; at least 1.
    """
    share = 1.0
    while frames > 0:
        block = min(frames, WINDOW_LIMIT - WINDOW + 1)
        share *= WINDOW / (WINDOW + block)
        frames -= block
    return before + (after - before) / (1.0 - share)


def distance(a: Mean, b: Mean) -> float:
    """Return how far two means are apart (Euclidean); whole utterances of different speakers: about 20."""
    return float(np.linalg.norm(a - b))


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
