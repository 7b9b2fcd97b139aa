"""What the models screen knows, and the words for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from textual.content import Content

from voice_tui.tui.state.text import one_line

if TYPE_CHECKING:
    from voice_tui.models.shelf import Row
    from voice_tui.settings import Settings

Kind = Literal["pull", "verify", "preflight"]

_DIM = "$foreground 60%"
_WORDS: dict[Kind, str] = {"pull": "downloading", "verify": "checking", "preflight": "measuring"}
_FITS = {"yes": "$text-success", "no": "$text-warning", "unknown": _DIM}

WIDE = 66
"""From so many cells on the licence stands in the table."""

_COLUMNS = (16, 8, 9, 21)
"""Cells of title, size, here, fits; the licence gets the rest."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done in a process of its own.

    Args:
        name, title: Of the model. `phase`: what exactly; "" = nothing was said yet. `words`: how far it is.
        share: 0 to 1, or None = not known. `stopping`: the person has had enough.
    """

    kind: Kind
    name: str
    title: str
    phase: str = ""
    words: str = ""
    share: float | None = None
    stopping: bool = False


@dataclass(frozen=True, slots=True)
class Models:
    """What the screen shows.

    Args:
        machine: This one, in words. `rows`: the list; empty until it was looked.
        loaded: Whether a first answer has come. `error`: why there is none.
        work: What is under way. `damaged`: names of models with files that are not as they should be.
    """

    machine: str = ""
    rows: tuple[Row, ...] = ()
    loaded: bool = False
    error: str = ""
    work: Work | None = None
    damaged: frozenset[str] = field(default_factory=frozenset[str])


def in_use(row: Row, settings: Settings) -> bool:
    """Whether this is what the person talks with."""
    return settings.engine.name == "moshi" and settings.moshi.model == row.name


def size_words(row: Row) -> str:
    """Return its size."""
    from voice_tui.models.progress import amount

    return amount(row.size) if row.size else "unknown"


def here_words(row: Row, *, damaged: bool) -> str:
    """Return whether it is on this machine."""
    if damaged:
        return "damaged"
    if row.installed == "partly" and row.size:
        return f"{100 * row.on_disk // row.size} % here"
    return {"yes": "installed", "partly": "partly", "no": "–"}[row.installed]


def heading(width: int) -> Content:
    """Return the line above the table."""
    cells = ("  Model", "Size", "Here", "Fits this machine", "Licence")
    return Content.styled(_columns(cells, width), _DIM)


def row_content(row: Row, settings: Settings, width: int, *, damaged: bool) -> Content:
    """Return a model as it stands in the table, one line of at most `width` cells."""
    mark = "● " if in_use(row, settings) else "  "
    fits = row.fits.words + ("" if row.fits.measured or row.fits.verdict != "yes" else " est.")
    cells = (mark + one_line(row.title), size_words(row), here_words(row, damaged=damaged), fits, row.licence or "–")
    line = Content(_columns(cells, width))
    start = sum(_COLUMNS[:3]) + 3
    here = sum(_COLUMNS[:2]) + 2
    colour = "$text-error" if damaged else "$text-success" if row.installed == "yes" else ""
    line = line.stylize("$text-success", 0, 1)
    line = line.stylize(colour, here, here + _COLUMNS[2]) if colour else line
    return line.stylize(_FITS[row.fits.verdict], start, start + _COLUMNS[3]).truncate(width, ellipsis=True)


def _columns(cells: tuple[str, ...], width: int) -> str:
    if width < _COLUMNS[0]:
        return cells[0]
    shown = cells if width >= WIDE else cells[:4]
    fixed = [_fitted(cell, size) for cell, size in zip(shown[:4], _COLUMNS, strict=True)]
    return " ".join([*fixed, *(_fitted(cell, max(0, width - sum(_COLUMNS) - 4)) for cell in shown[4:])])


def _fitted(text: str, cells: int) -> str:
    return text.ljust(cells) if len(text) <= cells else text[: max(0, cells - 1)] + "…"


def about(row: Row) -> Content:
    """Return what else there is to know of a model."""
    how = "Measured here." if row.fits.measured else "Estimated by its size; m measures, before a download too."
    where = f"\n{one_line(row.folder)}" if row.local else ""
    gate = " Its licence must be accepted on the hub first, and HF_TOKEN be set." if row.gated else ""
    licence = f" Licence: {one_line(row.licence)}." if row.licence else ""
    return Content.assemble(
        (one_line(row.name), "bold $text-accent"),
        (where, _DIM),
        (f"\n{one_line(row.remark)}.{licence}{gate} {how}" if row.remark else f"\n{how}", _DIM),
    )


def work_words(work: Work, drawn: Content) -> Content:
    """Return what is under way, two lines; `drawn` is the bar of its share."""
    what = "stopping …" if work.stopping else work.phase or f"{_WORDS[work.kind]} …"
    return Content.assemble(drawn, " " if drawn.plain else "", work.words, "\n", (f"{work.title}: {what}", _DIM))


def empty_words(models: Models) -> Content:
    """Return why the list is empty."""
    if models.error:
        return Content.styled(one_line(models.error), "$text-error")
    return Content.styled("Looking what this machine can hold …", _DIM)
