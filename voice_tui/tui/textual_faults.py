"""Faults of the Textual that is installed, mended while they are there."""

from __future__ import annotations

from typing import Any

from textual._styles_cache import StylesCache

_METHOD = "get_inner_outer"


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
