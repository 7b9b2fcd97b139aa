"""Memories as Markdown: a list that a person can read, change and put back.

A line is `- words *(kind · 2024-03-14 15:00:00Z · by Ken · pinned)*`. Where a line has no such end it is a note; lines
that are no list items (headings, empty ones) are passed over. Recorded clips, ids and history need JSON Lines.
Pure functions; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast, get_args

from memory.errors import MemoryStoreError
from memory.text import clean_text
from memory.types import Kind, Memory

HEADING = "# Memories\n\n"

_ITEM = re.compile(r"[-*+] +(?P<text>.*?)(?: \*\((?P<facts>[^()]*)\)\*)?\s*$")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_ESCAPED = re.compile(r"\\([\\`*_\[\]<>#|~])")
_KINDS = get_args(Kind)


def to_markdown(memories: Iterable[Memory]) -> Iterator[str]:
    """Yield a heading and a line for every memory that is so now; history and suggestions are left out."""
    yield HEADING
    for memory in memories:
        if memory.status == "active":
            facts = [memory.kind, _time(memory.said_at)]
            facts += [f"by {_plain(memory.speaker)}"] if memory.speaker else []
            facts += ["pinned"] if memory.pinned else []
            words = _SPECIAL.sub(r"\\\1", memory.text).replace("\n", "<br>")
            yield f"- {words} *({' · '.join(fact for fact in facts if fact)})*\n"


def from_markdown(lines: Iterable[str]) -> Iterator[Memory | str]:
    """Yield the memory of every list item, or what is wrong with it ("line 3: …")."""
    for number, line in enumerate(lines, 1):
        found = _ITEM.match(line.removeprefix("\ufeff"))
        if found is None:
            continue
        try:
            text = clean_text(_ESCAPED.sub(r"\1", found["text"].replace("<br>", "\n")))
            yield _with_facts(Memory(id="", text=text), found["facts"] or "")
        except (MemoryStoreError, ValueError) as e:
            yield f"line {number}: {e}"


def _with_facts(memory: Memory, facts: str) -> Memory:
    for fact in (part.strip() for part in facts.split("·")):
        if fact in _KINDS:
            memory = replace(memory, kind=cast("Kind", fact))
        elif fact == "pinned":
            memory = replace(memory, pinned=True)
        elif fact.startswith("by "):
            memory = replace(memory, speaker=fact.removeprefix("by "))
        elif fact:
            memory = replace(memory, said_at=_read_time(fact))
    return memory


def _read_time(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise ValueError(f"{text!r} is neither a kind nor a time") from None


def _time(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return ""


def _plain(name: str) -> str:
    return re.sub(r"[()·*]", " ", name).strip()
