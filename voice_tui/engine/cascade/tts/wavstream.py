"""A WAV stream that is still being written, to 24 kHz float32 without the silence at both ends."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import soxr

from voice_tui.errors import ProviderError
from voice_tui.frame import SAMPLE_RATE, Pcm

SILENCE = 10 ** (-50 / 20)
"""Samples below this level (-50 dBFS) at either end are silence."""

LEAD_SAMPLES = SAMPLE_RATE // 100
"""Of the silence before the first sound, this much stays (10 ms), so that a soft onset is not cut."""

MAX_HEADER_BYTES = 1 << 16
"""A longer header is none: whatever sends it would go on for ever."""

TAIL_SAMPLES = SAMPLE_RATE * 3 // 20
"""Of the silence after the last sound, at most this much stays (150 ms): the breath between two sentences."""


def decode_stream(data: Iterable[bytes]) -> Iterator[Pcm]:
    """Yield the sound of a WAV stream as it comes.

    Args:
        data: The bytes in pieces of any size; 16-bit mono PCM of any rate. The lengths in its header are ignored, as a
            program that writes to a pipe cannot know them.

    Yields:
        Float32 in [-1, 1], 24 kHz; nothing at all when the stream is empty or holds only silence.

    Raises:
        ProviderError: The stream is no such WAV.
    """
    pieces = iter(data)
    rate, rest = _read_header(pieces)
    if not rate:
        return
    trimmer = SilenceTrimmer()
    resampler: Any = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
    for pcm in _samples(rest, pieces):
        yield from trimmer.push(np.asarray(resampler.resample_chunk(pcm), dtype=np.float32))
    last = np.asarray(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True), dtype=np.float32)
    yield from trimmer.push(last)
    yield from trimmer.flush()


class SilenceTrimmer:
    """Drops silence before the first sound and after the last; silence in between is kept."""

    def __init__(self) -> None:
        self._begun = False
        self._quiet = np.zeros(0, dtype=np.float32)

    def push(self, pcm: Pcm) -> list[Pcm]:
        """Take the next samples; returns what can be passed on now."""
        loud = np.flatnonzero(np.abs(pcm) > SILENCE)
        if not loud.size:
            self._quiet = np.concatenate((self._quiet, pcm))
            return []
        end = int(loud[-1]) + 1
        sound = np.concatenate((self._quiet, pcm[:end]))
        if not self._begun:
            start = self._quiet.size + int(loud[0])
            sound = sound[max(0, start - LEAD_SAMPLES) :]
            self._begun = True
        self._quiet = pcm[end:].copy()
        return [np.clip(sound, -1.0, 1.0)]

    def flush(self) -> list[Pcm]:
        """Nothing more will come; returns the breath after the last sound."""
        return [self._quiet[:TAIL_SAMPLES]] if self._begun and self._quiet.size else []


def _read_header(pieces: Iterator[bytes]) -> tuple[int, bytes]:
    """Read up to the samples.

    Returns:
        Samples per second, or 0 when there was nothing at all, and the bytes of samples read with the header.
    """
    head = b""
    for piece in pieces:
        head += piece
        found = _parse_header(head)
        if found is not None:
            return found[0], head[found[1] :]
        if len(head) > MAX_HEADER_BYTES:
            break
    if head:
        raise ProviderError("The voice sent something that is no sound", hint="Run: voice-tui doctor")
    return 0, b""


def _parse_header(head: bytes) -> tuple[int, int] | None:
    """Return the rate and where the samples start; None while bytes are missing. RIFF: chunks of id, length, body."""
    if len(head) >= 12 and (head[:4] != b"RIFF" or head[8:12] != b"WAVE"):
        raise ProviderError("The voice sent something that is no sound", hint="Run: voice-tui doctor")
    rate, at = 0, 12
    while len(head) >= at + 8:
        name, length = struct.unpack_from("<4sI", head, at)
        if name == b"data" and rate:
            return rate, at + 8
        if name == b"fmt " and len(head) >= at + 24:
            form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, at + 8)
            if (form, channels, bits) != (1, 1, 16) or not 8_000 <= rate <= 192_000:
                raise ProviderError(
                    "The voice sent sound in a form that is not understood", hint="Choose another voice"
                )
        at += 8 + length + length % 2
    return None


def _samples(first: bytes, pieces: Iterator[bytes]) -> Iterator[Pcm]:
    """Yield int16 bytes as float32, whatever the cuts between pieces."""
    odd = first
    for piece in pieces:
        data = odd + piece
        whole = len(data) - len(data) % 2
        odd = data[whole:]
        if whole:
            yield _to_float(data[:whole])
    if len(odd) >= 2:
        yield _to_float(odd[: len(odd) - len(odd) % 2])


def _to_float(data: bytes) -> Pcm:
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(32768.0)
