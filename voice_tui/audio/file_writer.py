"""Recordings that appear under their name only when they are whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import TracebackType

from voice_tui.errors import AudioFileError
from voice_tui.frame import SAMPLE_RATE, Pcm

_FORMATS = {".wav": "WAV", ".flac": "FLAC"}


class FileWriter:
    """Writes 24 kHz mono, 16 bit, into a temporary file beside `path`, which takes its place at `close`.

    A writer that is closed early, by Ctrl-C for example, leaves a readable file of what was written until then.

    Args:
        path: Ends in .wav or .flac; an older file of that name stays until `close`.

    Raises:
        AudioFileError: It cannot be written there.
    """

    def __init__(self, path: str | Path) -> None:
        from soundfile import SoundFile, SoundFileError

        self._path = Path(path)
        form = _FORMATS.get(self._path.suffix.lower())
        if form is None:
            raise AudioFileError(f"{path} is no kind of file that can be written", hint="Use .wav or .flac")
        if self._path.is_dir():
            raise AudioFileError(f"{path} is a directory", hint="Name a file in it")
        try:
            handle, temporary = tempfile.mkstemp(
                dir=self._path.parent, prefix=f".{self._path.stem}-", suffix=self._path.suffix
            )
        except OSError as e:
            raise AudioFileError(f"{path} cannot be written: {e.strerror}", hint="Choose another folder") from e
        self._temporary = Path(temporary)
        try:
            self._file = SoundFile(handle, "w", SAMPLE_RATE, 1, "PCM_16", format=form, closefd=True)
        except SoundFileError as e:
            self._temporary.unlink()
            raise AudioFileError(f"{path} cannot be written: {e}", hint="Choose another place") from e

    def write(self, pcm: Pcm) -> None:
        """Append samples, any number, in [-1, 1].

        Raises:
            AudioFileError: The disk is full or gone; what was written before stays readable.
        """
        from soundfile import SoundFileError

        try:
            self._file.write(pcm)
        except (SoundFileError, AssertionError, OSError) as e:  # soundfile asserts that all was written
            raise AudioFileError(f"{self._path} cannot be written any further: {e}", hint="Is the disk full?") from e

    def close(self) -> None:
        """Put the file in its place. Safe to call twice.

        Raises:
            AudioFileError: It could not be put there.
        """
        if self._file.closed:
            return
        try:
            self._file.close()
            self._temporary.chmod(0o666 & ~_umask())
            self._temporary.replace(self._path)
        except OSError as e:
            raise AudioFileError(f"{self._path} cannot be written: {e}", hint=f"It is in {self._temporary}") from e

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
