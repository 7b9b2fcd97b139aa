"""Sound files of any kind, read block by block as 24 kHz mono."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np

from voice_tui.audio.resample import Resampler
from voice_tui.errors import AudioFileError
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm, clean, silence

if TYPE_CHECKING:
    from soundfile import SoundFile

STDIN = "-"

_BLOCK_SECONDS = 0.5
_SPOOL_LIMIT = 4 << 30
_FORMATS_HINT = "WAV, FLAC, MP3 and OGG work"


class FileReader:
    """Reads a sound file frame by frame; never more than half a second of it is in memory.

    Args:
        source: A path, a pipe, or "-" for standard input.

    Raises:
        AudioFileError: It is missing, unreadable, empty or no sound.
    """

    def __init__(self, source: str) -> None:
        self.name = "standard input" if source == STDIN else Path(source).name
        self._file = _opened(source, self.name)
        self._resampler = Resampler(self._file.samplerate, SAMPLE_RATE)
        self._block = max(1, round(_BLOCK_SECONDS * self._file.samplerate))
        self._ready = silence(0)
        self._ended = False
        self._read = 0
        self.damage = ""
        """Why reading ended early, for a person; "" as long as nothing is wrong."""
        if self._more() == 0:
            self.close()
            raise AudioFileError(f"{self.name} has no sound in it", hint="Record it again, or choose another file")

    @property
    def rate(self) -> int:
        """Samples per second in the file."""
        return self._file.samplerate

    def read(self) -> Frame | None:
        """Return the next frame, the last one filled up with silence; None after the end."""
        while len(self._ready) < FRAME_SAMPLES and not self._ended:
            self._more()
        if not len(self._ready):
            return None
        frame, self._ready = self._ready[:FRAME_SAMPLES], self._ready[FRAME_SAMPLES:]
        return np.concatenate([frame, silence(FRAME_SAMPLES - len(frame))])

    @property
    def exhausted(self) -> bool:
        """Whether the next `read` gives None."""
        while not len(self._ready) and not self._ended:
            self._more()
        return not len(self._ready)

    def close(self) -> None:
        """Release the file. Safe to call twice."""
        self._file.close()

    def _more(self) -> int:
        """Read another block into `_ready`; returns how many samples of the file came."""
        block = self._next_block()
        self._read += len(block)
        pieces = [self._ready, self._resampler.process(block)]
        if len(block) == 0:
            pieces.append(self._resampler.finish())
            self._ended = True
        self._ready = clean(np.concatenate(pieces))
        return len(block)

    def _next_block(self) -> Pcm:
        from soundfile import SoundFileError

        try:
            block = self._file.read(self._block, dtype="float32", always_2d=True)
        except SoundFileError as e:
            seconds = self._read / self._file.samplerate
            self.damage = f"{self.name} is damaged after {seconds:.1f} s and was heard up to there: {e}"
            return silence(0)
        return clean(cast(Pcm, block)).mean(axis=1, dtype=np.float32)


def _opened(source: str, name: str) -> SoundFile:
    from soundfile import SoundFile, SoundFileError

    handle = _spooled(sys.stdin.buffer, name) if source == STDIN else _regular(source, name)
    with handle:
        try:
            return SoundFile(os.dup(handle.fileno()), closefd=True)
        except SoundFileError as e:
            reason = getattr(e, "error_string", "it is damaged")
            raise AudioFileError(f"{name} is not a sound file that can be read: {reason}", hint=_FORMATS_HINT) from e


def _regular(source: str, name: str) -> IO[bytes]:
    """Open a path; a pipe is read to its end into a temporary file, since sound files are read back and forth."""
    path = Path(source)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioFileError(f"{source} is a directory", hint="Name a sound file in it")
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise AudioFileError(f"{source} is a device and no sound file", hint=_FORMATS_HINT)
        handle = path.open("rb")
    except OSError as e:
        raise AudioFileError(f"{source} cannot be read: {e.strerror}", hint="Check the path and its permissions") from e
    if not stat.S_ISREG(mode):
        with handle:
            return _spooled(handle, name)
    return _not_empty(handle, name)


def _spooled(source: IO[bytes], name: str) -> IO[bytes]:
    if source.isatty():
        raise AudioFileError("Nothing comes in on standard input", hint="Pipe a sound file into it, or name one")
    spool = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes it
    try:
        while piece := source.read(1 << 20):
            spool.write(piece)
            if spool.tell() > _SPOOL_LIMIT:
                raise AudioFileError(f"{name} is longer than 4 GiB", hint="Cut it into parts")
    except BaseException as e:
        spool.close()
        if isinstance(e, OSError):
            raise AudioFileError(f"{name} cannot be read: {e.strerror}", hint="Save it as a file first") from e
        raise
    spool.seek(0)
    return _not_empty(spool, name)


def _not_empty(handle: IO[bytes], name: str) -> IO[bytes]:
    if os.fstat(handle.fileno()).st_size == 0:
        handle.close()
        raise AudioFileError(f"{name} is empty", hint=_FORMATS_HINT)
    return handle
