"""The list of models: the catalogue, what else lies in the hub's cache, and the one that is configured."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from voice_tui.models import hub_cache
from voice_tui.models.catalogue import LM_FILES, MIMI_FILE, MODELS, Model, known
from voice_tui.models.fit import Fit, Measured, fit_of, results
from voice_tui.models.machine import Machine

Installed = Literal["yes", "partly", "no"]


class Row(msgspec.Struct, frozen=True):
    """One model.

    Args:
        name: Repository, or folder. `title`: for a person.
        size: Bytes to download; of what is there, on disk; 0 = unknown until the hub tells.
        on_disk: Bytes. `installed`: "partly" = a download was broken off.
        folder: Where its files are; "" = nowhere. `local`: a folder of the person's own, which is never removed.
        in_use: Whether the settings name it.
    """

    name: str
    title: str
    size: int
    on_disk: int
    licence: str
    gated: bool
    remark: str
    installed: Installed
    fits: Fit
    folder: str = ""
    local: bool = False
    in_use: bool = False


def rows(machine: Machine, configured: str) -> list[Row]:
    """Return every model there is to choose from; reads folders only.

    Args:
        machine: This one. `configured`: the setting moshi.model.
    """
    measured = results(machine)
    listed = {model.name: model for model in MODELS}
    listed |= {name: known(name) for name in hub_cache.names() if name not in listed and _converses(name)}
    found = [_of_hub(model, machine, measured.get(model.name), configured) for model in listed.values()]
    folder = Path(configured).expanduser()
    if configured not in listed and folder.is_dir():
        found.append(_of_folder(configured, folder, machine, measured.get(configured)))
    return found


def weights_in(folder: Path) -> int:
    """Return the bytes of the language model in a folder; 0 = there is none."""
    return next((size for name in LM_FILES.values() if (size := _size(folder / name))), 0)


def _quantised(folder: Path | None, model: Model | None = None) -> bool:
    """Whether the language model is, by the name of its file: that in the folder, else the one to be downloaded."""
    there = {name for name in LM_FILES.values() if folder is not None and (folder / name).exists()}
    names = there or {name for name, _ in (model.files if model else ())}
    return LM_FILES[0] not in names and not names.isdisjoint(LM_FILES.values())


def _converses(name: str) -> bool:
    """Whether a repository of the cache has the files of a model like these."""
    snapshot = hub_cache.snapshot_of(name)
    return snapshot is not None and (snapshot / MIMI_FILE).exists() and weights_in(snapshot) > 0


def _of_hub(model: Model, machine: Machine, measured: Measured | None, configured: str) -> Row:
    kept = hub_cache.kept(model.name)
    installed: Installed = (
        "yes" if kept.complete and kept.snapshot and weights_in(kept.snapshot) else "partly" if kept.bytes else "no"
    )
    weights = (weights_in(kept.snapshot) if kept.snapshot else 0) or model.weights
    return Row(
        name=model.name,
        title=model.title,
        size=kept.bytes if installed == "yes" else model.size,
        on_disk=kept.bytes,
        licence=model.licence,
        gated=model.gated,
        remark=model.remark,
        installed=installed,
        fits=fit_of(weights, machine, measured, quantised=_quantised(kept.snapshot, model)),
        folder=str(kept.snapshot or ""),
        in_use=model.name == configured,
    )


def _of_folder(name: str, folder: Path, machine: Machine, measured: Measured | None) -> Row:
    size = sum(_sizes(folder.iterdir()))
    fits = fit_of(weights_in(folder), machine, measured, quantised=_quantised(folder))
    title, remark = folder.name, "A folder of your own"
    there: Installed = "yes" if weights_in(folder) else "partly"
    return Row(name, title, size, size, "", False, remark, there, fits, str(folder), local=True, in_use=True)


def _sizes(paths: Iterable[Path]) -> Iterable[int]:
    return (_size(path) for path in paths)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
