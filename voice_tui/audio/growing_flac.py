"""A FLAC file that can be read at any moment while it grows, also after the program was killed."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice_tui.frame import SAMPLE_RATE

Samples = NDArray[np.int16]
"""Mono samples as 16-bit integers, shape (n,), 24 kHz."""

_BLOCK_SIZE_AT = 8
"""Offset of the block size, two bytes, in the file (RFC 9639, section 8.2: STREAMINFO)."""

_LENGTH_AT = 22
"""Offset of the low 32 bits of the number of samples (of 36; 49 hours fit in them)."""


class GrowingFlac:
    """Writes 24 kHz mono, 16 bit. One thread.

    The encoder writes into memory and what it wrote goes to the file from here: errors of the disk come as `OSError`,
    and the header says after every `flush` how much can be read.

    Args:
        path: Made for this user's eyes only; must not be there.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        from soundfile import SoundFile

        self.samples = 0
        self._sink = _Sink()
        sink: Any = self._sink  # soundfile's stubs do not know files in memory
        self._encoder = SoundFile(sink, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC")
        self._broken = False
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, samples: Samples) -> None:
        """Append samples, any number.

        Raises:
            OSError: The disk is full or gone; what was flushed before stays readable.
        """
        self._encoder.write(samples)
        self.samples += len(samples)

    def flush(self) -> None:
        """Hand what is encoded to the system; at most a block (170 ms) is still in the encoder.

        Raises:
            OSError: As `write`.
        """
        self._drain()
        block = int.from_bytes(self._sink.head[_BLOCK_SIZE_AT : _BLOCK_SIZE_AT + 2], "big")
        if block:
            whole = max(0, self.samples - 1) // block * block  # the encoder looks one sample ahead
            os.pwrite(self._handle, whole.to_bytes(4, "big"), _LENGTH_AT)

    def close(self) -> None:
        """Finish the file. Safe to call twice.

        After an error of the disk nothing more is written: the file then ends where the last good `flush` left it.

        Raises:
            OSError: The rest could not be written; the file is released all the same.
        """
        if self._handle < 0:
            return
        handle = self._handle
        try:
            self._encoder.close()
            if not self._broken:
                self._drain()
        finally:
            self._handle = -1
            os.close(handle)

    def _drain(self) -> None:
        self._broken = True  # until all of it is written: a gap would make everything after it unreadable
        for offset, data in self._sink.take():
            written = 0
            while written < len(data):  # a full disk takes a part first and refuses the rest
                written += os.pwrite(self._handle, data[written:], offset + written)
        self._broken = False


class _Sink(io.RawIOBase):
    """Takes what the encoder writes, with its place in the file. The encoder goes back only to correct the header."""

    def __init__(self) -> None:
        self.head = b""
        self._pieces: list[tuple[int, bytes]] = []
        self._at = 0
        self._end = 0

    def write(self, data: bytes, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]  # soundfile gives bytes
        """Keep a piece."""
        if len(self.head) < 64:
            self.head += data
        self._pieces.append((self._at, bytes(data)))
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def take(self) -> list[tuple[int, bytes]]:
        """Return what was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return pieces
