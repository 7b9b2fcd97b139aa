"""Checksums: huggingface_hub calls every file in its cache by the checksum that the hub gave for it.

Large files have their SHA-256 (64 digits), small ones git's SHA-1 of "blob SIZE\\0" and the content (40 digits).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from voice_tui.errors import ModelError

CHUNK_BYTES = 4 << 20


class _Digest(Protocol):
    """A checksum that is being made."""

    def update(self, data: bytes, /) -> None:
        """Take more."""
        ...

    def hexdigest(self) -> str:
        """Return it."""
        ...


Advance = Callable[[str, int], None]
"""Name of the file, bytes read of it so far."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one file.

    Args:
        file: Name. `good`: None = the hub gave no checksum for it.
        blob: The file itself, behind the link.
    """

    file: str
    size: int
    good: bool | None
    blob: Path


def check_file(path: Path, advance: Advance = lambda name, size: None) -> Checked:
    """Compare one file of a snapshot with its checksum.

    Raises:
        ModelError: It cannot be read.
    """
    blob = path.resolve()
    try:
        size = blob.stat().st_size
        digest = _digest(blob, size)
        if digest is None:
            return Checked(path.name, size, None, blob)
        done = 0
        with blob.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                done += len(chunk)
                advance(path.name, done)
    except OSError as e:
        raise ModelError(f"{path} cannot be read: {e.strerror}", hint="Download the model again") from e
    return Checked(path.name, size, digest.hexdigest() == blob.name, blob)


def _digest(blob: Path, size: int) -> _Digest | None:
    if len(blob.name) == 64:
        return hashlib.sha256()
    if len(blob.name) == 40:
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return None


def check(folder: Path, advance: Advance = lambda name, size: None) -> list[Checked]:
    """Check every file of a snapshot, by name.

    Raises:
        ModelError: One cannot be read.
    """
    return [check_file(path, advance) for path in sorted(folder.iterdir()) if path.is_file() or path.is_symlink()]
