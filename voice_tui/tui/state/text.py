"""Text from outside (recognition, a language model, a file name) made safe to draw: it is data, never control codes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

MAX_CHARS = 20_000
"""Longest text of one turn that is kept; a flood is cut here and marked with an ellipsis."""

_KEPT_FORMAT = {"\u200c", "\u200d"}  # the joiners that emoji and some scripts need
_DROPPED_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def plain(text: str, *, lines: bool = True) -> str:
    """Return `text` without anything that could move the cursor, change colours or reorder the row.

    Removed: C0 and C1 control characters, escape sequences' introducers, bidirectional overrides, lone surrogates.
    Letters of every script stay.

    Args:
        text: Anything.
        lines: Keep line breaks; else they become spaces.
    """
    cut = text[:MAX_CHARS] + "…" if len(text) > MAX_CHARS else text
    cut = cut.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(_safe(char, lines) for char in cut)


def one_line(text: str) -> str:
    """Return `text` made safe, on one line, runs of blanks collapsed."""
    return " ".join(plain(text, lines=False).split())


def short_path(path: Path) -> str:
    """Return a path for a person: "~" for the home folder."""
    try:
        return one_line(f"~/{path.relative_to(Path.home())}")
    except (ValueError, RuntimeError):  # elsewhere, or there is no home
        return one_line(str(path))


def _safe(char: str, lines: bool) -> str:
    if char in "\n\u2028\u2029":
        return "\n" if lines else " "
    if char in _KEPT_FORMAT or unicodedata.category(char) not in _DROPPED_CATEGORIES:
        return char
    return ""
