"""Forgotten words in files that are not the store's: the logs, and the events of recorded conversations.

Words are overwritten in place by as many full stops, so that a process that is appending to the file is not disturbed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from memory.beginnings import Beginnings
from memory.traces import forgotten_words

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
"""A file that is larger is left alone; logs rotate at 1 MB, an hour of events is a few."""

_UNFINISHED = re.compile(
    r'"type":"transcript"[^\n]*?"text":"(?P<event>[^"\n]*)"[^\n]*?"(?:final":false|interrupted":true)'
    r"|^(?P<line>[^\n]*) \[interrupted\]$",
    re.MULTILINE,
)
"""What was heard or said so far, in the events of a recording and in the text log: it may end within the words."""

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")
"""A line break or a quotation mark in JSON."""


def patterns_of(texts: Iterable[str]) -> list[re.Pattern[str]]:
    """Return what finds the words of forgotten memories in other texts."""
    found = (forgotten_words(text) for text in texts)
    return [pattern for pattern in found if pattern is not None]


def scrub(texts: Iterable[str], logs: Path, recordings: Path) -> list[Path]:
    """Overwrite forgotten words in every log and in the events of every recording; delete what prompts made of a model.

    Args:
        texts: What was forgotten.
        logs: Folder of the logs and prompts. `recordings`: of the recorded conversations. Either may be missing.

    Returns:
        The files that held such words. What cannot be written is logged and left out.
    """
    texts = list(texts)
    patterns, beginnings = patterns_of(texts), Beginnings(texts)
    if patterns:
        _drop_prompts(logs / "prompts")
    return [path for path in _files(logs, recordings) if patterns and _scrub_file(path, patterns, beginnings)]


def _drop_prompts(folder: Path) -> None:
    """Delete every kept prompt: which of them hold the words cannot be seen, and they are made anew."""
    for path in folder.glob("*.safetensors"):
        try:
            path.unlink(missing_ok=True)
        except OSError as e:
            log.warning("forgotten words may still be in %s: %s", path, e)


def _files(logs: Path, recordings: Path) -> Iterator[Path]:
    yield from sorted(logs.glob("*.log*"))
    yield from sorted(recordings.glob("*/events.jsonl"))


def _scrub_file(path: Path, patterns: list[re.Pattern[str]], beginnings: Beginnings) -> bool:
    try:
        if path.stat().st_size > MAX_BYTES:
            return False
        with path.open("r+b") as file:
            before = file.read()
            text = before.decode("utf-8", "surrogateescape")
            words = _ESCAPE.sub(_as_space, text) if path.suffix == ".jsonl" else text
            spots = [found.span() for pattern in patterns for found in pattern.finditer(words)]
            spots += _unfinished(words, beginnings)
            for start, length in _in_bytes(text, spots):
                file.seek(start)
                file.write(b"." * length)
    except OSError as e:
        log.warning("forgotten words may still be in %s: %s", path, e)
        return False
    return bool(spots)


def _as_space(escape: re.Match[str]) -> str:
    return " " * len(escape.group())


def _unfinished(text: str, beginnings: Beginnings) -> Iterator[tuple[int, int]]:
    """Yield where what is not finished ends in the beginning of forgotten words."""
    for found in _UNFINISHED.finditer(text) if beginnings else ():
        group = found.lastgroup or ""
        spot = beginnings.spot(found[group])
        if spot is not None:
            yield found.start(group) + spot[0], found.start(group) + spot[1]


def _in_bytes(text: str, spots: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where spots begin in the file and how long they are."""
    place = begin = 0
    for start, end in sorted(spots):
        begin += _size(text[place:start])
        place = start
        yield begin, _size(text[start:end])


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
