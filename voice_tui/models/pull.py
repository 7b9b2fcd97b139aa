"""Downloads a model into the hub's cache: space first, then what is missing, then its checksums.

A download is broken off by ending the process that makes it (Ctrl+C, or a signal): what has come stays in the cache,
and the next pull goes on there. `refs/main`, by which others find the model, is written when everything is there.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_tui.errors import ModelError
from voice_tui.models.catalogue import CONFIG_FILE, LM_FILES, MIMI_FILE, TEXT_FILE, is_hub_name
from voice_tui.models.hub import BrokenOffError, Hub, HubFile, Listing, refuse_offline
from voice_tui.models.hub_cache import hub_cache, place_of
from voice_tui.models.progress import TICK_SECONDS, Pace, Progress, amount
from voice_tui.models.verify import check_file

SPARE_BYTES = 200_000_000
"""Left free on the disk besides."""

Report = Callable[[Progress], None]
"""Told how far it is, from a thread of its own."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of it.

    Args:
        folder: Where the files are. `size`: of all, bytes. `fetched`: of those, bytes that were downloaded now.
        licence: As the hub names it; "" = it names none.
    """

    name: str
    folder: Path
    size: int
    fetched: int
    licence: str


PAUSES = (1.0, 2.0, 5.0, 10.0)
"""Before another try, when the hub broke off and nothing came since the last one; seconds."""


def pull(name: str, report: Report = lambda progress: None, *, pauses: Sequence[float] = PAUSES) -> Pulled:
    """Download what is missing or damaged of a model. Main thread of a process of its own, so that it can be ended.

    Args:
        name: Repository, such as "kyutai/moshiko-mlx-q4". `report`: see `Report`. `pauses`: see `PAUSES`.

    Raises:
        ModelError: The hub cannot be asked or refuses, the files do not make a model, there is no room, or what came
            is damaged.
    """
    if not is_hub_name(name):
        raise ModelError(
            f"{name} is no name of a model", hint="voice-tui models list shows the names, such as kyutai/moshiko-mlx-q4"
        )
    refuse_offline(name)
    report(Progress("asking the hub", 0, 0))
    hub = Hub()
    listing = hub.listing(name)
    blobs = place_of(name) / "blobs"
    if CONFIG_FILE in listing.files:
        hub.fetch(name, CONFIG_FILE, listing.commit)
    folder = place_of(name) / "snapshots" / listing.commit
    files = needed_files(name, listing.files, _config(folder / CONFIG_FILE))
    before = sum(_there(blobs, file) for file in files)
    _discard_damaged(folder, files, blobs, report)
    _check_space(files, blobs)
    for file in files:
        with _watched(file, files, blobs, report):
            _fetch(hub, name, file, listing.commit, pauses)
        _check_arrived(name, folder / file.name)
    _publish(place_of(name), listing)
    size = sum(file.size for file in files)
    return Pulled(name, folder, size, max(0, size - before), listing.licence)


def _fetch(hub: Hub, name: str, file: HubFile, commit: str, pauses: Sequence[float]) -> None:
    """Download a file, going on where it was broken off as long as something comes."""
    blobs, left, came = place_of(name) / "blobs", list(pauses), 0
    while True:
        try:
            hub.fetch(name, file.name, commit)
        except BrokenOffError:
            there = _there(blobs, file)
            if there > came:
                came, left = there, list(pauses)
            if not left:
                raise
            time.sleep(left.pop(0))
        else:
            return


def needed_files(name: str, there: Mapping[str, HubFile], config: Mapping[str, Any]) -> list[HubFile]:
    """Return the files that make a model, small ones first.

    Args:
        name: Of the model. `there`: files of its repository. `config`: its config.json; empty = it has none.

    Raises:
        ModelError: Some are missing there.
    """
    choices = (
        ("language model", [str(config.get("moshi_name", "")), *LM_FILES.values()]),
        ("codec", [str(config.get("mimi_name", "")), MIMI_FILE]),
        ("text tokenizer", [str(config.get("tokenizer_name", "")), TEXT_FILE]),
    )
    names = {what: next((file for file in files if file in there), "") for what, files in choices}
    missing = [what for what, file in names.items() if not file]
    if missing:
        raise ModelError(
            f"{name} holds no {' and no '.join(missing)} that voice-tui can use",
            hint="Choose a Moshi model: voice-tui models list",
        )
    found = [there[file] for file in (*names.values(), CONFIG_FILE) if file in there]
    return sorted(found, key=lambda file: file.size)


def _config(path: Path) -> dict[str, Any]:
    try:
        read: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(read) if isinstance(read, dict) else {}  # pyright: ignore[reportUnknownArgumentType]  # from JSON


def _incomplete(blobs: Path, file: HubFile) -> Path:
    return blobs / f"{file.checksum}.incomplete"


def _there(blobs: Path, file: HubFile) -> int:
    """Bytes of a file that are on the disk already."""
    for path in (blobs / file.checksum, _incomplete(blobs, file)):
        try:
            return min(path.stat().st_size, file.size)
        except OSError:
            continue
    return 0


def _discard_damaged(folder: Path, files: Iterable[HubFile], blobs: Path, report: Report) -> None:
    """Delete what came before and is not as it should be, so that it is downloaded anew."""
    for file in files:
        rest = _incomplete(blobs, file)
        if rest.exists() and rest.stat().st_size > file.size:
            rest.unlink()
        link = folder / file.name
        if not link.is_symlink() and not link.exists():
            continue
        report(Progress(f"checking {file.name}", 0, file.size))
        if not link.exists() or check_file(link).good is False:
            link.resolve().unlink(missing_ok=True)
            link.unlink(missing_ok=True)


def _check_space(files: Iterable[HubFile], blobs: Path) -> None:
    missing = sum(file.size - _there(blobs, file) for file in files)
    folder = next(path for path in (hub_cache(), *hub_cache().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if missing and missing + SPARE_BYTES > free:
        raise ModelError(
            f"There is not enough room in {hub_cache()}: {amount(missing)} are missing, {amount(free)} are free",
            hint="Make room, remove another model, or set HF_HUB_CACHE to a folder on another disk",
        )


@contextmanager
def _watched(file: HubFile, files: list[HubFile], blobs: Path, report: Report) -> Generator[None]:
    """Report what grows on the disk, from a thread of its own: the library does not say."""
    done, pace, total = threading.Event(), Pace(), sum(each.size for each in files)

    def look() -> None:
        there = sum(_there(blobs, each) for each in files)
        report(pace.report(f"downloading {file.name}", there, total, time.monotonic()))

    def watch() -> None:
        while not done.wait(TICK_SECONDS):
            look()

    look()
    watcher = threading.Thread(target=watch, name="download-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    look()


def _check_arrived(name: str, path: Path) -> None:
    checked = check_file(path)
    if checked.good is False:
        checked.blob.unlink()
        path.unlink(missing_ok=True)
        raise ModelError(
            f"{checked.file} of {name} arrived damaged: its checksum is not the hub's",
            hint="Pull again; if it stays so, the mirror or the network changes files",
        )


def _publish(place: Path, listing: Listing) -> None:
    """Let others find the model, and drop what earlier downloads left over."""
    for path in place.glob("blobs/*.incomplete"):
        path.unlink(missing_ok=True)
    main = place / "refs" / "main"
    main.parent.mkdir(parents=True, exist_ok=True)
    main.write_text(listing.commit)
