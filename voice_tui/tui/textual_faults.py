"""Faults of the Textual that is installed, mended while they are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import wraps
from typing import Any

from textual._styles_cache import StylesCache
from textual.strip import Strip

_METHOD = "get_inner_outer"


def mend() -> None:
    """Mend all of them; more than once does nothing more."""
    release_closed_screens()
    release_drawn_lines()


def release_closed_screens() -> None:
    """Let the drawn lines of widgets go with the widgets.

    `StylesCache.get_inner_outer` is cached by arguments that include the cache of one widget's lines, and so keeps
    up to 1,024 of them: after twenty dialogs half a million objects, and every collection of garbage holds the UI
    thread for 0.4 s (https://github.com/Textualize/textual/issues/6665). It uses nothing of the instance, as its
    first parameter `cls` says; as a class method its key is the two colours alone. Where it is one, nothing is done.
    """
    method: Any = vars(StylesCache).get(_METHOD)
    if hasattr(method, "cache_clear"):
        setattr(StylesCache, _METHOD, classmethod(method))


def release_drawn_lines() -> None:
    """Let a drawn line go when nobody needs it.

    A `Strip` that is divided keeps its parts for the next time; when there is only one, that is the strip itself, and
    then only a collection of garbage can free it: ten objects for every line that is ever drawn. The same answer comes
    here without being kept.
    """
    if not _keeps_itself():
        return
    divide = Strip.divide

    @wraps(divide)
    def divided(self: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
        places = list(cuts)
        return [self] if places == [self.cell_length] else divide(self, places)

    Strip.divide = divided


def _keeps_itself() -> bool:
    strip = Strip([], 0)
    strip.divide([0])
    cache: Any = getattr(strip, "_divide_cache", None)
    parts = [cache.get(key) for key in cache.keys()] if cache is not None else []  # noqa: SIM118  # it is no mapping
    return any(part is strip for kept in parts for part in kept)
