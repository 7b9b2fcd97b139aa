"""A room in which the assistant's speaker and microphone stand: sound for a real session, faster than real time.

`RoomAudio` meets the session's `AudioPort`. What the session plays comes back into the microphone through a measured
room response, later and softer as told; recordings of people are added where a script puts them. Time is counted in
frames, so a run is the same on every machine.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice_tui.audio.codec import decode
from voice_tui.audio.port import AudioStats
from voice_tui.events import DevicesChanged
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame, Pcm, silence

DATA = Path(__file__).resolve().parents[2] / "shared/data/speech"
BLOCK = SAMPLE_RATE // 100
SINC = 24
"""Samples on either side that a value between two samples is made of."""

HISS = 10 ** (-66 / 20)
"""The microphone's own noise, RMS; no real microphone gives digital silence."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording: name, float32 24 kHz, kind, words."""

    name: str
    pcm: Pcm
    kind: str
    words: str

    @property
    def onset(self) -> float:
        """Seconds to the first 10 ms block within 20 dB of the loudest."""
        return float(np.flatnonzero(_loud(self.pcm, 20.0))[0]) * 0.01

    @property
    def end(self) -> float:
        """Seconds to the end of the last such block."""
        return float(np.flatnonzero(_loud(self.pcm, 20.0))[-1] + 1) * 0.01


def clips(*kinds: str, data: Path = DATA) -> list[Clip]:
    """Return the recordings of these kinds, in the manifest's order."""
    with (data / "manifest.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] in kinds]
    return [
        Clip(row["file"], decode((data / row["file"]).read_bytes()), row["kind"], row["transcript"]) for row in rows
    ]


def speech_level(pcm: Pcm) -> float:
    """Return the RMS of the blocks within 30 dB of the loudest: how loud it is while somebody speaks."""
    blocks = _blocks(pcm)[_loud(pcm, 30.0)]
    return float(np.sqrt(np.mean(np.square(blocks))))


class RoomAudio:
    """Implements `AudioPort` on a simulated room.

    Args:
        response: Impulse response from speaker to microphone, any scale.
        echo_db: Level of the echo of a voice against that voice as played.
        delay: Seconds that speaker and microphone devices add.
        at_frame: Called with the port and the session time before each frame; may `say` something; False ends it.
        seed: Of the microphone's noise.
    """

    def __init__(
        self, response: Pcm, echo_db: float, delay: float, at_frame: Callable[[RoomAudio, float], bool], seed: int = 1
    ) -> None:
        self._response = _scaled(response, echo_db)
        self._delay = round(delay * SAMPLE_RATE)
        self._at_frame = at_frame
        self._random = np.random.default_rng(seed)
        self._frames = 0
        self._queue = silence(0)
        self._played = silence()
        self._echo = silence(self._delay + len(self._response) + 2 * FRAME_SAMPLES)
        self._before = silence()
        self._later = 0.0
        self.drift = 0.0
        """By how much the echo falls behind from now on, samples per sample: two devices, two clocks."""
        self._near = silence(0)
        self._over = False
        self.flushed_at: list[float] = []
        """When the session silenced sound that was still to be heard."""
        self.spoken_seconds = 0.0
        """How long the assistant has been heard."""

    def say(self, pcm: Pcm, within: float = 0.0) -> None:
        """Let somebody in the room say this, `within` seconds from now."""
        start = round(within * SAMPLE_RATE)
        if len(self._near) < start + len(pcm):
            self._near = np.concatenate([self._near, silence(start + len(pcm) - len(self._near))])
        self._near[start : start + len(pcm)] += pcm

    def start(self) -> DevicesChanged:
        """The room is there."""
        return DevicesChanged("Room", "Room", SAMPLE_RATE, SAMPLE_RATE)

    @property
    def over(self) -> bool:
        """Whether nothing more is heard: the answer that is cut then was cut by the end."""
        return self._over

    def now(self) -> float:
        """Seconds of sound."""
        return self._frames * FRAME_SECONDS

    def read(self, timeout: float) -> Frame | None:
        """Return what the microphone took up while the next 80 ms were played."""
        if not self._at_frame(self, self.now()):
            self._over = True
        self._frames += 1
        self._played = silence()
        count = min(FRAME_SAMPLES, len(self._queue))
        self._played[:count] = self._queue[:count]
        self._queue = self._queue[count:]
        self.spoken_seconds += FRAME_SECONDS * float(np.max(np.abs(self._played)) > 1e-3)
        heard = self._next_echo() + (HISS * self._random.standard_normal(FRAME_SAMPLES)).astype(np.float32)
        near = self._near[:FRAME_SAMPLES]
        heard[: len(near)] += near
        self._near = self._near[FRAME_SAMPLES:]
        return np.clip(heard, -1.0, 1.0)

    def played(self) -> Frame:
        """Return what was played meanwhile."""
        return self._played

    @property
    def exhausted(self) -> bool:
        """Whether the script is over."""
        return self._over

    def write(self, pcm: Pcm) -> None:
        """Play after what is queued."""
        self._queue = np.concatenate([self._queue, pcm])

    def flush(self) -> int:
        """Drop what is queued."""
        dropped = len(self._queue)
        if dropped and not self._over:
            self.flushed_at.append(self.now())
        self._queue = silence(0)
        return dropped

    def pending(self) -> int:
        """Samples not yet played."""
        return len(self._queue)

    def stats(self) -> AudioStats:
        """Nothing is ever lost in this room."""
        return AudioStats(playout_samples=len(self._queue))

    def poll(self) -> DevicesChanged | None:
        """The room stays."""
        return None

    def close(self) -> None:
        """Leave the room."""

    def _next_echo(self) -> Frame:
        size = 1 << (FRAME_SAMPLES + len(self._response)).bit_length()
        spectrum = np.fft.rfft(self._played, size) * np.fft.rfft(self._response, size)
        tail = np.fft.irfft(spectrum, size)[: FRAME_SAMPLES + len(self._response)].astype(np.float32)
        self._echo[self._delay : self._delay + len(tail)] += tail
        window = np.concatenate([self._before, self._echo[: 2 * FRAME_SAMPLES]])
        later = np.asarray(self._later + self.drift * np.arange(1, FRAME_SAMPLES + 1), dtype=np.float64)
        out = window[FRAME_SAMPLES : 2 * FRAME_SAMPLES].copy() if not np.any(later) else _late(window, later)
        self._later = float(later[-1])
        self._before = self._echo[:FRAME_SAMPLES].copy()
        self._echo = np.concatenate([self._echo[FRAME_SAMPLES:], silence()])
        return out


def _late(window: Pcm, later: NDArray[np.float64]) -> Frame:
    """Return the middle one of three frames, each of its samples so many samples later, up to a frame either way."""
    at = np.arange(FRAME_SAMPLES, 2 * FRAME_SAMPLES) - later
    whole = np.floor(at).astype(int)
    taps = np.arange(1 - SINC, SINC + 1)
    distance = taps - (at - whole)[:, np.newaxis]
    shape = np.sinc(distance) * np.cos(np.pi * distance / (2 * SINC + 2)) ** 2
    return np.einsum("nt,nt->n", window[whole[:, np.newaxis] + taps], shape).astype(np.float32)


def made_up_response(seconds: float, seed: int) -> Pcm:
    """Return another room: the direct sound, then noise that loses 60 dB in `seconds` (RT60)."""
    count = round(1.2 * seconds * SAMPLE_RATE)
    noise = np.random.default_rng(seed).standard_normal(count) * 10 ** (-3 * np.arange(count) / (seconds * SAMPLE_RATE))
    noise[: SAMPLE_RATE // 1000] = 0.0
    response = 0.7 * noise / np.sqrt(np.sum(np.square(noise)))
    response[0] = 1.0
    return response.astype(np.float32)


def _scaled(response: Pcm, echo_db: float) -> Pcm:
    """Scale a response so that noise with a voice's spectrum comes back at `echo_db`."""
    random = np.random.default_rng(7).standard_normal(SAMPLE_RATE)
    voice = np.convolve(random, np.ones(8) / 8, "same").astype(np.float32)
    if not np.any(response):
        return response
    echo = np.convolve(voice, response)[: len(voice)]
    return response * np.float32(10 ** (echo_db / 20) * np.std(voice) / np.std(echo))


def _blocks(pcm: Pcm) -> Pcm:
    return pcm[: len(pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)


def _loud(pcm: Pcm, within_db: float) -> NDArray[np.bool_]:
    level: Pcm = np.sqrt(np.mean(np.square(_blocks(pcm)), axis=1))
    return level > level.max() * 10 ** (-within_db / 20)
