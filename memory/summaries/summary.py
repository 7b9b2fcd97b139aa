"""What a conversation was about, in the user's own words: its most telling sentences, picked by rules.

Pure functions but for the SQL of what still waits; any thread.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence

from memory.extract import SURE_TO_INFER, extract
from memory.summaries.outdated import BETWEEN, CUT, OPENING, is_outdated
from memory.text import content_words
from memory.traces import BLANK
from memory.types import Conversation, NewMemory, Transcript, Turn
from memory.understanding.guards import is_order, sensitive, sentences

MOST_SENTENCES = 3
MOST_CHARS = 140
"""Of one sentence."""

MOST_TURNS = 400
"""The last of a conversation that are read: a long evening, and still less than a tenth of a second."""

FEWEST_TURNS = 4
"""Turns of the user from which a conversation is worth a summary."""

FEWEST_WORDS = 3
"""That say something, in a sentence that tells what a conversation was about."""

_WAITING = f"""
    select conversation.id from conversation where conversation.id <> ?
    and (select count(*) from turn where turn.conversation = conversation.seq and turn.role = 'user') >= {FEWEST_TURNS}
    order by conversation.ended_at desc limit 50
"""  # noqa: S608  # a constant


def summary_of(transcript: Transcript, corrected: Sequence[re.Pattern[str]] = ()) -> str:
    """Return the summary, "" where the conversation holds too little for one.

    Args:
        transcript: The conversation.
        corrected: What finds sentences that are no longer so; they are left out.
    """
    best = telling(transcript, corrected)
    return OPENING + BETWEEN.join(best) if len(best) >= 2 else ""


def telling(transcript: Transcript, corrected: Sequence[re.Pattern[str]]) -> list[str]:
    """Return the sentences that tell most of what a conversation was about, in their order; see `summary_of`."""
    found = [
        line
        for turn in transcript.turns[-MOST_TURNS:]
        if _counts(turn)
        for line in sentences(turn.text)
        if _tells(line) and not is_outdated(line, corrected)
    ]
    distinct = list(dict.fromkeys(found))
    best = sorted(distinct, key=lambda line: -_weight(line))[:MOST_SENTENCES]
    return [_short(line) for line in distinct if line in best]


def as_memory(head: Conversation, text: str) -> NewMemory:
    """Return the summary of a conversation as it is kept."""
    return NewMemory(
        text,
        kind="summary",
        said_at=head.ended_at,
        conversation=head.id,
        explicit=False,
        importance=0.4,
        slot=f"summary|{head.id}",
    )


def _counts(turn: Turn) -> bool:
    sure = turn.confidence is None or turn.confidence >= SURE_TO_INFER
    return turn.role == "user" and sure and BLANK not in turn.text


def _tells(line: str) -> bool:
    return len(content_words(line)) >= FEWEST_WORDS and not is_order(line) and not sensitive(line)


def _weight(line: str) -> float:
    """Facts about the person first, then what has most to say."""
    return 10.0 * bool(extract(line)) + min(8, len(content_words(line)))


def _short(line: str) -> str:
    line = line.replace(BETWEEN, ", ")
    return line.rstrip(".") if len(line) <= MOST_CHARS else line[: MOST_CHARS - 1].rstrip() + CUT


def closed_without_summary(db: sqlite3.Connection, but: str, limit: int) -> list[str]:
    """Return conversations that are worth a summary and were never summed up, newest first."""
    ids = [conversation for (conversation,) in db.execute(_WAITING, (but,))]
    done = "select 1 from dismissed where content_hash = ?"
    return [one for one in ids if db.execute(done, (_mark(one),)).fetchone() is None][:limit]


def mark_summarised(db: sqlite3.Connection, conversation: str, now: float) -> None:
    """Do not sum this conversation up again, also where the person forgets the summary."""
    db.execute("insert or ignore into dismissed (content_hash, at) values (?, ?)", (_mark(conversation), now))


def _mark(conversation: str) -> bytes:
    return hashlib.blake2b(f"summary of {conversation}".encode(), digest_size=16).digest()
