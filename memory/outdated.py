"""Summaries repeat sentences of a conversation: one that was corrected since is taken out, or is not put in.

Inside the caller's transaction.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from memory import rows
from memory.traces import forgotten_words
from memory.types import Memory

OPENING = "We talked about: "
BETWEEN = "; "

MOST_OUTDATED = 1_000
"""Of the corrected memories, the last that are looked for in a conversation that is summed up."""


def patterns_of(memory: Memory) -> list[re.Pattern[str]]:
    """Return what finds the words of a memory in another text."""
    found = (forgotten_words(words) for words in {memory.text, memory.said} - {""})
    return [pattern for pattern in found if pattern is not None]


def corrected_since(db: sqlite3.Connection) -> list[re.Pattern[str]]:
    """Return what finds the words of memories that are no longer so."""
    there = rows.memories(
        db.execute(f"{rows.SELECT} where status = 'superseded' {rows.NEWEST} limit ?", (MOST_OUTDATED,))
    )
    return [pattern for memory in there for pattern in patterns_of(memory)]


def is_outdated(line: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    """Return whether a sentence says what is no longer so."""
    return any(pattern.search(line) for pattern in patterns)


def leave_out(db: sqlite3.Connection, old: Memory, now: float) -> None:
    """Take the sentences that say what is no longer so out of the summaries; one that is left empty goes."""
    patterns = patterns_of(old)
    for summary in rows.memories(db.execute(f"{rows.SELECT} where kind = 'summary'")) if patterns else ():
        lines = summary.text.removeprefix(OPENING).split(BETWEEN)
        kept = [line for line in lines if not is_outdated(line, patterns)]
        if not kept:
            rows.delete(db, summary.id)
        elif len(kept) < len(lines):
            rows.renew(db, replace(summary, text=OPENING + BETWEEN.join(kept)), now)
