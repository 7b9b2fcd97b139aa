"""What huggingface_hub keeps on this disk, in its layout; touches no network and loads no library.

`models--OWNER--NAME/` holds `blobs/` (files, called by their checksum), `snapshots/COMMIT/` (links to them) and
`refs/main` (the commit in use). A download that was broken off is `blobs/CHECKSUM.incomplete`.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from voice_tui.errors import ModelError


@dataclass(frozen=True, slots=True)
class Kept:
    """What is there of a repository.

    Args:
        snapshot: Folder of the revision in use; None = no file was completed.
        bytes: On disk, of all revisions. `unfinished`: of those, bytes of downloads that were broken off.
        complete: Whether the last download came to its end.
    """

    snapshot: Path | None
    bytes: int
    unfinished: int
    complete: bool


def hub_cache() -> Path:
    """Return the folder where huggingface_hub keeps what it downloaded."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def place_of(name: str) -> Path:
    """Return the folder of a repository, whether it exists or not."""
    return hub_cache() / f"models--{name.replace('/', '--')}"


def snapshot_of(name: str) -> Path | None:
    """Return the revision that "main" points to, else the newest that is there."""
    place = place_of(name)
    try:
        snapshot = place / "snapshots" / (place / "refs" / "main").read_text().strip()
        if snapshot.is_dir():
            return snapshot
    except OSError:
        pass
    snapshots = sorted(place.glob("snapshots/*"), key=lambda path: path.stat().st_mtime)
    return snapshots[-1] if snapshots else None


def kept(name: str) -> Kept:
    """Look what is there of a repository."""
    place = place_of(name)
    sizes = {path.name: _size(path) for path in place.glob("blobs/*")}
    unfinished = sum(size for file, size in sizes.items() if file.endswith(".incomplete"))
    loose = (path for path in place.glob("snapshots/*/*") if not path.is_symlink())  # where a disk has no links
    total = sum(sizes.values()) + sum(map(_size, loose))
    snapshot = snapshot_of(name)
    done = snapshot is not None and not unfinished and (place / "refs" / "main").is_file()
    return Kept(snapshot, total, unfinished, done)


def _size(path: Path) -> int:
    """Bytes of a file; 0 for what is gone meanwhile: a download that has ended is renamed."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0


def names() -> list[str]:
    """Return the repositories of models that are there."""
    folders = sorted(path.name for path in hub_cache().glob("models--*--*") if path.is_dir())
    return [folder.removeprefix("models--").replace("--", "/", 1) for folder in folders]


def remove(name: str) -> int:
    """Delete a repository from the disk and return how many bytes that were.

    Raises:
        ModelError: It is not there, or cannot be deleted.
    """
    place = place_of(name)
    if not place.is_dir():
        raise ModelError(
            f"The model {name} is not on this machine (looked in {place})", hint="See: voice-tui models list"
        )
    size = kept(name).bytes
    try:
        shutil.rmtree(place)
        shutil.rmtree(hub_cache() / ".locks" / place.name, ignore_errors=True)
    except OSError as e:
        raise ModelError(f"{place} cannot be deleted: {e.strerror}", hint="Check who may write there") from e
    return size
