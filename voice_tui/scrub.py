"""Forgotten words in files that are not the store's: the logs, and the events of recorded conversations.

Words are overwritten in place by as many full stops, so that a process that is appending to the file is not disturbed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from memory.beginnings import ENDS, Beginnings
from memory.traces import forgotten_words

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
"""A file that is larger is left alone; logs rotate at 1 MB, an hour of events is a few."""

_EVENT = re.compile(
    r'"type":"transcript"[^\n]*?"role":"(?P<role>\w+)","text":"(?P<text>[^"\n]*)","final":(?P<final>\w+),'
    r'"interrupted":(?P<cut>\w+)'
)
_LINE = re.compile(r"^(?P<text>[^\n]* (?P<role>assistant): [^\n]*?)(?P<cut> \[interrupted\])?$", re.MULTILINE)
"""Turns in the events of a recording and in the text log."""

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
            recorded = path.suffix == ".jsonl"
            words = _ESCAPE.sub(_as_space, text) if recorded else text
            spots = [found.span() for pattern in patterns for found in pattern.finditer(words)]
            spots += _unfinished((_EVENT if recorded else _LINE).finditer(words), beginnings)
            for start, length in _in_bytes(text, spots):
                file.seek(start)
                file.write(b"." * length)
    except OSError as e:
        log.warning("forgotten words may still be in %s: %s", path, e)
        return False
    return bool(spots)


def _as_space(escape: re.Match[str]) -> str:
    return " " * len(escape.group())


def _unfinished(turns: Iterable[re.Match[str]], beginnings: Beginnings) -> Iterator[tuple[int, int]]:
    """Yield where what was only heard or said so far ends in the beginning of forgotten words."""
    for turn in turns:
        spot = beginnings.spot(turn["text"]) if _breaks_off(turn.groupdict()) else None
        if spot is not None:
            start = turn.start("text")
            yield start + spot[0], start + spot[1]


def _breaks_off(turn: Mapping[str, str | None]) -> bool:
    """Whether a turn may end within the words: a partial, or an answer that was interrupted or broke off."""
    if turn.get("final") == "false" or turn["cut"] not in (None, "false"):
        return True
    return turn["role"] == "assistant" and not (turn["text"] or "").rstrip().endswith(ENDS)


def _in_bytes(text: str, spots: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where spots begin in the file and how long they are."""
    place = begin = 0
    for start, end in sorted(spots):
        begin += _size(text[place:start])
        place = start
        yield begin, _size(text[start:end])


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
