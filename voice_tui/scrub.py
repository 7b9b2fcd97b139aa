"""Forgotten words in files that are not the store's: the logs, and the events of recorded conversations.

Words are overwritten in place by as many full stops, so that a process that is appending to the file is not disturbed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from memory.traces import forgotten_words

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
"""A file that is larger is left alone; logs rotate at 1 MB, an hour of events is a few."""


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
    patterns = patterns_of(texts)
    if patterns:
        _drop_prompts(logs / "prompts")
    return [path for path in _files(logs, recordings) if patterns and _scrub_file(path, patterns)]


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


def _scrub_file(path: Path, patterns: list[re.Pattern[str]]) -> bool:
    try:
        if path.stat().st_size > MAX_BYTES:
            return False
        with path.open("r+b") as file:
            before = file.read()
            text = before.decode("utf-8", "surrogateescape")
            spots = [spot for pattern in patterns for spot in _spots(text, pattern)]
            for start, length in spots:
                file.seek(start)
                file.write(b"." * length)
    except OSError as e:
        log.warning("forgotten words may still be in %s: %s", path, e)
        return False
    return bool(spots)


def _spots(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield where words stand, in bytes."""
    for found in pattern.finditer(text):
        with suppress(UnicodeEncodeError):
            start = len(text[: found.start()].encode("utf-8", "surrogateescape"))
            yield start, len(found.group().encode("utf-8", "surrogateescape"))
