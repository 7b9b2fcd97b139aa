"""A correction that was undone: the summaries say again what they had stopped saying, in the words of the transcript.

Inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

from memory.beginnings import Beginnings
from memory.file import rows
from memory.file.conversation_rows import load, turns_with
from memory.summaries import outdated
from memory.summaries.summary import as_memory, telling
from memory.text import MAX_TERMS
from memory.traces import searched, words_of
from memory.types import Conversation, Memory

MOST_CONVERSATIONS = 50
"""In which the words were said, the last; the summaries of earlier ones stay as they are."""


def say_again(db: sqlite3.Connection, back: Memory, now: float, new_id: Callable[[], str]) -> None:
    """Put what is so again back into the summaries that would have it.

    Nothing else of a summary changes, and one that the person forgot does not come back.

    Args:
        db: In a transaction.
        back: What is so again, active already.
        now: Seconds since 1970. `new_id`: makes the id of a summary that was left empty.
    """
    patterns, beginnings = outdated.patterns_of(back), Beginnings(words_of([back]))
    talks = {
        conversation: seq
        for words in words_of([back])
        for seq, text, conversation in turns_with(db, searched(words)[:MAX_TERMS])
        if outdated.is_outdated(text, patterns)
    }
    no_longer = outdated.corrected_since(db) if talks else []
    for conversation in sorted(talks, key=lambda one: -talks[one])[:MOST_CONVERSATIONS]:
        transcript = load(db, conversation)
        if transcript is None:
            continue
        order = telling(transcript, no_longer)
        lines = [line for line in order if outdated.says(line, patterns, beginnings)]
        if lines:
            _put_in(db, transcript.conversation, lines, order, now, new_id)


def _put_in(
    db: sqlite3.Connection,
    head: Conversation,
    lines: Sequence[str],
    order: Sequence[str],
    now: float,
    new_id: Callable[[], str],
) -> None:
    summary = rows.made_from(as_memory(head, ""), now)
    of_this = "where conversation = ? and conversation <> '' and kind = 'summary' and status = 'active'"
    there = next(iter(rows.memories(db.execute(f"{rows.SELECT} {of_this}", (head.id,)))), None)
    if there is not None:
        said = outdated.lines_of(there.text)
        both = _merged(said, lines, order)
        if both != said:
            outdated.rewrite(db, there, both, now)
        return
    mark = (outdated.emptied(summary),)
    if db.execute("delete from dismissed where content_hash = ?", mark).rowcount:
        fresh = replace(summary, id=new_id(), text=outdated.OPENING + outdated.BETWEEN.join(lines))
        if rows.same_words(db, fresh) is None:
            rows.insert(db, fresh, None)


def _merged(said: Sequence[str], lines: Sequence[str], order: Sequence[str]) -> list[str]:
    """Return sentences with others put in where they stood: before the first that comes after them."""
    merged = list(said)
    for line in lines:
        if line not in merged:
            later = order[order.index(line) + 1 :]
            place = next((index for index, one in enumerate(merged) if one in later), len(merged))
            merged.insert(place, line)
    return merged
