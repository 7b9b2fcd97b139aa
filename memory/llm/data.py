"""Words for a language model that are data and never orders.

Memories may hold anything that was ever said or typed near the microphone. Each stands as one line of JSON; characters
that could close its block or imitate a chat template's own marks are escaped, so that nothing breaks out of its string.
Pure functions; any thread.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping

Ask = Callable[[str, str], str | None]
"""Asks a language model: rules, then data; its whole answer, or None where there is none in time. Any thread."""

MAX_CHARS = 500
"""Of one text; more would crowd everything else out of the window."""

_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>[]|&`"}


def as_line(fields: Mapping[str, str | bool | int]) -> str:
    """Return one line of JSON; texts among the fields must come from `plain`."""
    return json.dumps(dict(fields), ensure_ascii=False).translate(_ESCAPED)


def plain(text: str) -> str:
    """Return one line without control, invisible and direction-changing characters, of bounded length."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    visible = "".join(c for c in visible if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    line = " ".join(visible.split())
    return line if len(line) <= MAX_CHARS else f"{line[:MAX_CHARS]}…"


def json_in(answer: str) -> object:
    """Return the JSON array or object that an answer holds, whatever stands around it; None where there is none."""
    starts = [place for mark in "[{" if (place := answer.find(mark)) >= 0]
    if not starts:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(answer[min(starts) :])
    except (ValueError, RecursionError):
        return None
    return found
