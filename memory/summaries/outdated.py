"""Summaries repeat sentences of a conversation: one that was corrected since is taken out, or is not put in.

Inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from memory.beginnings import Beginnings
from memory.file import rows
from memory.traces import forgotten_words, words_of
from memory.types import Memory

OPENING = "We talked about: "
BETWEEN = "; "

CUT = "…"
"""What a sentence of a summary ends with that was too long for it."""

MOST_OUTDATED = 1_000
"""Of the corrected memories, the last that are looked for in a conversation that is summed up."""


def patterns_of(memory: Memory) -> list[re.Pattern[str]]:
    """Return what finds the words of a memory in another text."""
    found = (forgotten_words(words) for words in words_of([memory]))
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


def lines_of(summary: str) -> list[str]:
    """Return the sentences of a summary."""
    return summary.removeprefix(OPENING).split(BETWEEN)


def is_cut_off(summary: str, beginnings: Beginnings) -> bool:
    """Return whether a summary has a sentence that was too long for it and ends in the beginning of such words."""
    return any(line.endswith(CUT) and beginnings.spot(line) is not None for line in lines_of(summary))


def says(line: str, patterns: Sequence[re.Pattern[str]], beginnings: Beginnings) -> bool:
    """Return whether a sentence of a summary says such words, if only as far as there was room."""
    return is_outdated(line, patterns) or is_cut_off(line, beginnings)


def leave_out(db: sqlite3.Connection, old: Memory, now: float) -> None:
    """Take the sentences that say what is no longer so out of the summaries; one that is left empty goes."""
    patterns, beginnings = patterns_of(old), Beginnings(words_of([old]))
    for summary in rows.memories(db.execute(f"{rows.SELECT} where kind = 'summary'")) if patterns else ():
        lines = lines_of(summary.text)
        kept = [line for line in lines if not says(line, patterns, beginnings)]
        if not kept:
            rows.delete(db, summary.id)
            db.execute("insert or ignore into dismissed (content_hash, at) values (?, ?)", (emptied(summary), now))
        elif len(kept) < len(lines):
            rewrite(db, summary, kept, now)


def rewrite(db: sqlite3.Connection, summary: Memory, lines: Sequence[str], now: float) -> None:
    """Give a summary other sentences; where another says the same already, it goes."""
    changed = replace(summary, text=OPENING + BETWEEN.join(lines))
    if rows.same_words(db, changed) is None:
        rows.renew(db, changed, now)
    else:
        rows.delete(db, summary.id)


def emptied(summary: Memory) -> bytes:
    """Return what says that nothing was left of the summary of a conversation, without its words."""
    return hashlib.blake2b(f"emptied {summary.conversation or summary.id}".encode(), digest_size=16).digest()
