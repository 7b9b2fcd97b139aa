"""Conversations and what was said in them, in the file of the memories and by its one writer."""

from __future__ import annotations

import builtins
import dataclasses
import math
import sqlite3
from collections.abc import Sequence

from memory.errors import MemoryStoreError
from memory.file import conversation_rows as rows
from memory.file import indexes
from memory.store import SqliteMemory
from memory.text import MAX_QUERY_CHARS, MAX_TERMS, MAX_TEXT_CHARS, clean, clean_name, like_pattern, match_all, words
from memory.types import Conversation, Found, Transcript, Turn

Many = builtins.list  # `list` is a method here, as the port names it


class Conversations:
    """Durable transcripts; meets `memory.port.ConversationPort`. Any thread, any number of processes.

    A conversation that is deleted while it goes on comes back with what is said next, and with nothing else.

    Args:
        store: The open file; stays the caller's to close.
    """

    def __init__(self, store: SqliteMemory) -> None:
        self._store = store

    def append(self, conversation: str, turns: Sequence[Turn], *, started_at: float = 0.0) -> None:
        """Keep turns, all or none of them; one whose number is there replaces it."""
        name, now = _checked_id(conversation), self._store.now()
        ready = [turn for turn in (_checked(turn, now) for turn in turns) if turn.text]
        if ready:
            began = started_at if started_at and math.isfinite(started_at) else now
            self._store.write(lambda db: rows.put(db, name, ready, began, now))

    def withdraw(self, conversation: str, number: int) -> bool:
        """Take a turn out that never happened, and its conversation when nothing is left."""

        def work(db: sqlite3.Connection) -> bool:
            there = rows.take_out(db, conversation, number)
            if there:
                indexes.purge(db, indexes.TURN_INDEXES)
            return there

        return self._store.write(work, scrub=True)

    def finish(self, conversation: str, ended_at: float) -> None:
        """Note when a conversation ended; never earlier than what was said last."""
        if math.isfinite(ended_at):
            self._store.write(lambda db: rows.end(db, conversation, ended_at))

    def list(self, *, limit: int = 100, offset: int = 0) -> Many[Conversation]:
        """Return conversations, the one that was last spoken in first."""
        with self._store.reading() as db:
            return rows.select(db, f"{rows.NEWEST} limit ? offset ?", max(0, limit), max(0, offset))

    def count(self) -> int:
        """Return how many there are."""
        with self._store.reading() as db:
            return db.execute("select count(*) from conversation").fetchone()[0]

    def search(self, text: str, *, limit: int = 50) -> Many[Found]:
        """Find conversations with a turn or a title that holds every word.

        Where no word of the index fits (a sign, an emoji, the middle of a word, a script without spaces), the letters
        are looked for anywhere in the turns.
        """
        wanted = clean(text[:MAX_QUERY_CHARS]).strip()
        if not wanted:
            return [Found(conversation, None) for conversation in self.list(limit=limit)]
        patterns = [like_pattern(chunk) for chunk in wanted.split()[:MAX_TERMS]]
        terms = words(wanted)[:MAX_TERMS]
        with self._store.reading() as db:
            found = rows.search_words(db, match_all(terms), patterns, max(0, limit)) if terms else []
            return found or rows.search_letters(db, patterns, max(0, limit))

    def load(self, conversation: str) -> Transcript | None:
        """Return a whole conversation, or None."""
        with self._store.reading() as db:
            return rows.load(db, conversation)

    def latest(self, conversation: str, limit: int) -> Many[Turn]:
        """Return the last turns of a conversation, oldest first."""
        with self._store.reading() as db:
            return rows.latest(db, conversation, max(0, limit))

    def resolve(self, part: str) -> Many[Conversation]:
        """Return up to two conversations whose id is, begins or ends with `part`: enough to see if it is unique."""
        if not part:
            return []
        pattern = like_pattern(part)
        with self._store.reading() as db:
            return rows.select(db, "where id = ?", part) or rows.select(
                db,
                "where id like ? escape '\\' or id like ? escape '\\' limit 2",
                pattern.removeprefix("%"),
                pattern.removesuffix("%"),
            )

    def rename(self, conversation: str, title: str) -> Conversation:
        """Give it a name; the old one leaves no trace.

        Raises:
            MemoryStoreError: If it is not there.
        """
        return self._store.write(lambda db: rows.rename(db, conversation, clean_name(title)), scrub=True)

    def delete(self, conversations: Sequence[str]) -> Many[Transcript]:
        """Remove conversations, their words and their index entries; returns what was removed, for undo."""

        def work(db: sqlite3.Connection) -> Many[Transcript]:
            removed = [found for found in (rows.remove(db, name) for name in conversations) if found]
            if removed:
                indexes.purge(db, indexes.TURN_INDEXES)
            return removed

        return self._store.write(work, scrub=True)

    def restore(self, transcripts: Sequence[Transcript]) -> None:
        """Put whole conversations in, one transaction each; those that are there are left alone."""
        for transcript in transcripts:
            ready = dataclasses.replace(
                transcript, turns=tuple(_checked(turn, self._store.now()) for turn in transcript.turns)
            )
            self._store.write(lambda db, ready=ready: rows.restore(db, ready))


def _checked_id(conversation: str) -> str:
    name = clean_name(conversation)
    if not name:
        raise MemoryStoreError("A conversation without an id cannot be kept", hint="This is a fault of the program")
    return name


def _checked(turn: Turn, now: float) -> Turn:
    """Return the turn as it may be written: clean words, numbers in range, times set."""
    sure = turn.confidence
    return dataclasses.replace(
        turn,
        text=clean(turn.text).strip()[:MAX_TEXT_CHARS],
        speaker=clean_name(turn.speaker),
        at=turn.at if math.isfinite(turn.at) else 0.0,
        said_at=turn.said_at if turn.said_at and math.isfinite(turn.said_at) else now,
        confidence=min(1.0, max(0.0, sure)) if sure is not None and math.isfinite(sure) else None,
    )
