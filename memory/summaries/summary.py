"""What a conversation was about, in the user's own words: its most telling sentences, picked by rules.

Pure functions but for the SQL of what still waits; any thread.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Sequence
from itertools import zip_longest

from memory.correct import is_correction
from memory.extract import SURE_TO_INFER, extract
from memory.summaries.outdated import BETWEEN, CUT, OPENING, is_outdated
from memory.text import content_words
from memory.traces import BLANK
from memory.types import Conversation, NewMemory, Transcript, Turn
from memory.understanding.guards import is_order, is_question, sensitive, sentences
from memory.understanding.when_words import plain

MOST_SENTENCES = 3
MOST_CHARS = 140
"""Of one sentence."""

MOST_TURNS = 400
"""The last of a conversation that are read: a long evening, and still less than a tenth of a second."""

FEWEST_TURNS = 4
"""Turns of the user from which a conversation is worth a summary."""

FEWEST_WORDS = 3
"""That say something, in a sentence that tells what a conversation was about."""

_NO_NEWS = re.compile(
    r"\b(?:no language model|needs a language model|without a language model|i have no notes?|no timer is running|"
    r"i did not catch that|did you say:|you (?:told me|said):)",
    re.IGNORECASE,
)
"""What the assistant says to a question that it cannot answer, or answers from a note, which is kept as it is; see
`voice_tui.engine.cascade.responder.plain` and `notes`."""

_COMMAND = re.compile(
    r"(?:(?:half |full |the )?volume|louder|softer|quieter|undo|(?:a |the )?timer (?:for|of)|reminder|remember|"
    r"(?:how|what|which|when|are|is)\b.* (?:timers?|alarms?)|how (?:much time|long) is left|"
    r"what (?:do|did|can|have) (?:you|i) (?:do|say|know|remember|tell|told))\b"
)
"""What is said to the assistant about itself."""

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
    turns = transcript.turns[-MOST_TURNS:]
    found = [
        line
        for turn, reply in zip_longest(turns, turns[1:])
        if _counts(turn)
        for line in sentences(turn.text)
        if _tells(line) and not is_outdated(line, corrected) and not (is_question(line) and _told_nothing_new(reply))
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


def _told_nothing_new(reply: Turn | None) -> bool:
    return reply is not None and reply.role == "assistant" and _NO_NEWS.search(reply.text) is not None


def _tells(line: str) -> bool:
    """Whether a sentence says what the talk was about: no word to the assistant, no correction, nothing private."""
    meant_for_it = is_order(line) or is_correction(line) or _COMMAND.match(plain(line))
    return len(content_words(line)) >= FEWEST_WORDS and not meant_for_it and not sensitive(line)


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
