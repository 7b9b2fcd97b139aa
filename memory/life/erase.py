"""Forgetting: a memory, its history, and its words wherever the file repeats them. Inside the caller's transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence

from memory.beginnings import ENDS, Beginnings
from memory.file import indexes, rows
from memory.file.conversation_rows import turns_with
from memory.life import history
from memory.summaries import outdated
from memory.summaries.restated import say_again
from memory.text import MAX_TERMS
from memory.traces import BLANK, blanked, forgotten_words, searched, words_of
from memory.types import Memory

Removed = list[tuple[Memory, bytes | None]]


def forget(db: sqlite3.Connection, memory_ids: Sequence[str]) -> Removed:
    """Remove memories with all that was so before them, and take their words out of the transcripts.

    Returns:
        Those that were there with their clips: each one asked for, then its history.
    """
    removed: Removed = []
    for memory_id in memory_ids:
        memory = rows.find(db, memory_id)
        if memory is not None:
            for one in (memory, *history.earlier(db, memory_id)):
                removed.append((one, rows.clip_of(db, one.id)))
                rows.delete(db, one.id)
    if removed:
        _clean_up(db, [memory for memory, _ in removed])
    return removed


def take_back(db: sqlite3.Connection, memory_ids: Sequence[str], now: float, new_id: Callable[[], str]) -> Removed:
    """Undo that memories were kept: they go, and what they took the place of is so again, also in the summaries.

    Args:
        db: In a transaction. `now`: seconds since 1970. `new_id`: makes the id of a summary that comes back.

    Returns:
        Those that were there with their clips.
    """
    removed: Removed = []
    for memory_id in memory_ids:
        memory = rows.find(db, memory_id)
        if memory is not None:
            removed.append((memory, rows.clip_of(db, memory_id)))
            rows.delete(db, memory_id)
    if removed:
        _clean_up(db, [memory for memory, _ in removed])
    for memory, _ in removed:
        for old in history.reinstate(db, memory.id, now):
            say_again(db, old, now, new_id)
    return removed


def _clean_up(db: sqlite3.Connection, gone: Sequence[Memory]) -> None:
    """Take words of removed memories out of turns, titles and summaries, then out of the indexes."""
    stale = _redact(db, gone)
    indexes.purge(db, [name for name in indexes.INDEXES if name in {*indexes.MEMORY_INDEXES, *stale}])


def _redact(db: sqlite3.Connection, gone: Sequence[Memory]) -> Sequence[str]:
    """Blank the words of memories in every turn and title; a summary that has them goes.

    Returns:
        The indexes that still hold something of it.
    """
    touched = [_redact_source(db, memory) for memory in gone]
    texts = words_of(gone)
    found = [(words, pattern) for words in texts if (pattern := forgotten_words(words))]
    touched += [_redact_turns(db, words, pattern) for words, pattern in found]
    patterns, beginnings = [pattern for _, pattern in found], Beginnings(texts)
    touched.append(_redact_cut_off(db, beginnings))
    _redact_titles(db, patterns)
    dropped = _drop_summaries(db, patterns, beginnings)
    return (*(indexes.TURN_INDEXES if any(touched) else ()), *(indexes.MEMORY_INDEXES if dropped else ()))


def _redact_cut_off(db: sqlite3.Connection, beginnings: Beginnings) -> bool:
    """Blank the beginning of the words at the end of answers that were interrupted or broke off.

    No index finds half a word; all these answers are read, which takes 10 ms where 10,000 turns are kept.
    """
    if not beginnings:
        return False
    touched = False
    marks = ", ".join("?" * len(ENDS))
    cut_off = f"role = 'assistant' and (interrupted = 1 or substr(text, -1) not in ({marks}))"
    for seq, text in db.execute(f"select seq, text from turn where {cut_off}", ENDS).fetchall():  # noqa: S608  # marks
        changed = beginnings.blanked(text)
        if changed != text:
            _set_turn(db, seq, changed)
            touched = True
    return touched


def _redact_titles(db: sqlite3.Connection, patterns: Sequence[re.Pattern[str]]) -> None:
    """Blank the words in names that the person gave to conversations."""
    for seq, title in db.execute("select seq, title from conversation where title <> ''").fetchall():
        changed = title
        for pattern in patterns:
            changed = pattern.sub(BLANK, changed)
        if changed != title:
            db.execute("update conversation set title = ? where seq = ?", (changed, seq))


def _drop_summaries(db: sqlite3.Connection, patterns: Sequence[re.Pattern[str]], beginnings: Beginnings) -> bool:
    dropped = False
    for memory_id, text in db.execute("select id, text from memory where kind = 'summary'").fetchall():
        if outdated.is_outdated(text, patterns) or outdated.is_cut_off(text, beginnings):
            rows.delete(db, memory_id)
            dropped = True
    return dropped


def _redact_source(db: sqlite3.Connection, memory: Memory) -> bool:
    """Blank the turn a memory was made from, where it does not repeat the memory's own words."""
    if not (memory.conversation and memory.turn):
        return False
    found = db.execute(
        "select turn.seq, turn.text from turn join conversation on conversation.seq = turn.conversation "
        "where conversation.id = ? and turn.number = ?",
        (memory.conversation, memory.turn),
    ).fetchone()
    pattern = forgotten_words(memory.text)
    if found is None or (pattern is not None and pattern.search(found[1])):
        return False
    _set_turn(db, found[0], blanked(found[1]))
    return True


def _redact_turns(db: sqlite3.Connection, words: str, pattern: re.Pattern[str]) -> bool:
    touched = False
    for seq, text, _ in turns_with(db, searched(words)[:MAX_TERMS]):
        changed = pattern.sub(lambda found: blanked(found.group()), text)
        if changed != text:
            _set_turn(db, seq, changed)
            touched = True
    return touched


def _set_turn(db: sqlite3.Connection, seq: int, text: str) -> None:
    db.execute("update turn set text = ? where seq = ?", (text, seq))


def blank(db: sqlite3.Connection, texts: Sequence[str]) -> None:
    """Take the words of memories that are gone out of turns that were written since."""
    indexes.purge(db, _redact(db, [Memory(id="", text=text) for text in texts]))


def expire(db: sqlite3.Connection, now: float) -> Removed:
    """Forget what was to be kept until now at most."""
    due = db.execute("select id from memory where expires_at > 0 and expires_at <= ?", (now,)).fetchall()
    return forget(db, [memory_id for (memory_id,) in due]) if due else []


def wipe(db: sqlite3.Connection, *, conversations: bool) -> int:
    """Remove every memory, suggestion and fingerprint, and the transcripts if wanted; returns how many memories."""
    gone = rows.memories(db.execute(rows.SELECT))
    for table in _EVERYTHING:
        db.execute(f"delete from {table}")  # noqa: S608  # constant names
    if conversations:
        db.execute("delete from turn")
        db.execute("delete from conversation")
    else:
        _redact(db, gone)
    for name in indexes.INDEXES:
        db.execute(f"insert into {name} ({name}) values ('rebuild')")  # noqa: S608  # constant names
    return len(gone)


_EVERYTHING = ("clip", "memory", "dismissed")
