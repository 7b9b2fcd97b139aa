"""Between rows and conversations: their SQL. Every function works inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

from memory.errors import MemoryStoreError
from memory.file.rows import FRESH_SECONDS, TICK
from memory.text import quoted
from memory.types import Conversation, Found, Transcript, Turn

TITLE_CHARS = 80
"""Of the first words, where nobody gave a name."""

NEWEST = "order by conversation.ended_at + conversation.late desc, conversation.id desc"

_COLUMNS = tuple(f.name for f in fields(Turn))
_BOOLS = frozenset({"interrupted", "typed"})
_NAMES = ", ".join(_COLUMNS)
_LIST = ", ".join(f"turn.{name}" for name in _COLUMNS)
_ASSIGNMENTS = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "number")
_PUT = (
    f"insert into turn (conversation, {_NAMES}) values (?, {', '.join('?' * len(_COLUMNS))}) "  # noqa: S608  # constant names
    f"on conflict (conversation, number) do update set {_ASSIGNMENTS}"
)

_OF_THIS = "from turn where turn.conversation = conversation.seq"
_WORDS = f"select substr(turn.text, 1, {4 * TITLE_CHARS}) {_OF_THIS}"
_HEAD = (
    "conversation.id, conversation.title, conversation.started_at, conversation.ended_at, "
    f"(select count(*) {_OF_THIS}), "
    f"coalesce(({_WORDS} and turn.role = 'user' order by turn.number limit 1), "
    f"({_WORDS} order by turn.number limit 1), '')"
)
_HEAD_COLUMNS = 6


def put(db: sqlite3.Connection, conversation: str, turns: Sequence[Turn], started_at: float, now: float) -> None:
    """Write turns, and the conversation where there is none; what was just said makes it the last in order."""
    db.execute(
        "insert or ignore into conversation (id, title, started_at, ended_at) values (?, '', ?, ?)",
        (conversation, started_at, started_at),
    )
    seq = _require(db, conversation)
    db.executemany(_PUT, [(seq, *astuple(turn)) for turn in turns])
    said_at = max(turn.said_at for turn in turns)
    end(db, conversation, said_at)
    if abs(now - said_at) <= FRESH_SECONDS:
        _place_last(db, seq)


def _place_last(db: sqlite3.Connection, seq: int) -> None:
    """Put a conversation behind all others, also when the clock was set back since they ended."""
    before = "(select ended_at + late from conversation where seq <> :seq order by ended_at + late desc limit 1)"
    db.execute(
        f"update conversation set late = {before} + :tick - ended_at where seq = :seq and ended_at + late <= {before}",  # noqa: S608  # constant names
        {"seq": seq, "tick": TICK},
    )


def end(db: sqlite3.Connection, conversation: str, at: float) -> None:
    """Note that something happened in a conversation at that time."""
    db.execute("update conversation set ended_at = max(ended_at, ?) where id = ?", (at, conversation))


def take_out(db: sqlite3.Connection, conversation: str, number: int) -> bool:
    """Remove a turn, and an unnamed conversation when it was the last; returns whether the turn was there."""
    seq = _seq(db, conversation)
    gone = db.execute("delete from turn where conversation = ? and number = ?", (seq, number)).rowcount > 0
    db.execute(
        "delete from conversation where seq = ? and title = '' "
        "and not exists (select 1 from turn where turn.conversation = conversation.seq)",
        (seq,),
    )
    return gone


def select(db: sqlite3.Connection, rest: str, *values: object) -> list[Conversation]:
    """Return the conversations that `rest` (where, order, limit) picks."""
    return [_conversation(row) for row in db.execute(f"select {_HEAD} from conversation {rest}", values)]  # noqa: S608  # constant names


def load(db: sqlite3.Connection, conversation: str) -> Transcript | None:
    """Return a whole conversation."""
    found = select(db, "where id = ?", conversation)
    if not found:
        return None
    return Transcript(found[0], tuple(_turns(db, "order by turn.number", conversation)))


def latest(db: sqlite3.Connection, conversation: str, limit: int) -> list[Turn]:
    """Return the last turns, oldest first."""
    return _turns(db, "order by turn.number desc limit ?", conversation, limit)[::-1]


def source(db: sqlite3.Connection, conversation: str, number: int) -> tuple[str, Turn | None]:
    """Return the name of a conversation and one of its turns; "" and None where they are not there."""
    found = select(db, "where id = ?", conversation)
    turns = _turns(db, "and turn.number = ?", conversation, number)
    return (found[0].title if found else ""), (turns[0] if turns else None)


def rename(db: sqlite3.Connection, conversation: str, title: str) -> Conversation:
    """Give a name, or take it away."""
    db.execute("update conversation set title = ? where seq = ?", (title, _require(db, conversation)))
    return select(db, "where id = ?", conversation)[0]


def remove(db: sqlite3.Connection, conversation: str) -> Transcript | None:
    """Delete a conversation with its turns; returns it."""
    found = load(db, conversation)
    db.execute("delete from conversation where id = ?", (conversation,))
    return found


def restore(db: sqlite3.Connection, transcript: Transcript) -> None:
    """Write a whole conversation, unless it is there."""
    head = transcript.conversation
    title = head.title if head.named else ""
    added = db.execute(
        "insert or ignore into conversation (id, title, started_at, ended_at) values (?, ?, ?, ?)",
        (head.id, title, head.started_at, head.ended_at),
    ).rowcount
    if added:
        seq = _require(db, head.id)
        db.executemany(_PUT, [(seq, *astuple(turn)) for turn in transcript.turns])


def search_words(db: sqlite3.Connection, match: str, patterns: Sequence[str], limit: int) -> list[Found]:
    """Find turns by the index, titles by their letters."""
    return _search(db, "seq in (select rowid from turn_word where turn_word match ?)", [match], patterns, limit)


def search_letters(db: sqlite3.Connection, patterns: Sequence[str], limit: int) -> list[Found]:
    """Find turns and titles by their letters."""
    return _search(db, _all_like("turn.text", len(patterns)), patterns, patterns, limit)


def turns_with(db: sqlite3.Connection, terms: Sequence[str]) -> list[tuple[int, str, str]]:
    """Return the row, the words and the conversation of every turn that holds all of the terms."""
    if not terms:
        return []
    return db.execute(
        "select turn.seq, turn.text, conversation.id from turn join conversation on conversation.seq = "
        "turn.conversation where turn.seq in (select rowid from turn_word where turn_word match ?)",
        (" ".join(map(quoted, terms)),),
    ).fetchall()


def _search(
    db: sqlite3.Connection, turns: str, values: Sequence[str], patterns: Sequence[str], limit: int
) -> list[Found]:
    titles = _all_like("conversation.title", len(patterns))
    query = (
        f"with hit (conversation, number) as (select conversation, min(number) from turn where {turns} "  # noqa: S608  # constant names
        f"group by conversation) select {_HEAD}, {_LIST} from conversation "
        "left join hit on hit.conversation = conversation.seq "
        "left join turn on turn.conversation = hit.conversation and turn.number = hit.number "
        f"where hit.number is not null or ({titles}) {NEWEST} limit ?"
    )
    return [_found(row) for row in db.execute(query, (*values, *patterns, limit))]


def _found(row: Sequence[Any]) -> Found:
    head, turn = row[:_HEAD_COLUMNS], row[_HEAD_COLUMNS:]
    return Found(_conversation(head), None if turn[0] is None else _turn(turn))


def _all_like(column: str, count: int) -> str:
    return " and ".join([f"{column} like ? escape '\\'"] * count)


def _turns(db: sqlite3.Connection, rest: str, *values: object) -> list[Turn]:
    join = "from turn join conversation on conversation.seq = turn.conversation where conversation.id = ?"
    return [_turn(row) for row in db.execute(f"select {_LIST} {join} {rest}", values)]


def _conversation(row: Sequence[Any]) -> Conversation:
    name, title, started_at, ended_at, turns, words = row
    return Conversation(name, title or _first(words), started_at, ended_at, turns, named=bool(title))


def _first(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"


def _turn(row: Sequence[Any]) -> Turn:
    values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    for name in _BOOLS:
        values[name] = bool(values[name])
    return Turn(**values)


def _seq(db: sqlite3.Connection, conversation: str) -> int | None:
    row = db.execute("select seq from conversation where id = ?", (conversation,)).fetchone()
    return row[0] if row else None


def _require(db: sqlite3.Connection, conversation: str) -> int:
    seq = _seq(db, conversation)
    if seq is None:
        raise MemoryStoreError(
            "That conversation is not there any more", hint="It may have been deleted by another program"
        )
    return seq
