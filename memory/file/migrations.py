"""The schema, as numbered steps from a blank file to today's.

Each step runs in one transaction together with its record in the table `migration`, so a file is never between two
steps. A step that was released is never changed; the next change is a new step at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

from memory.errors import MemoryStoreError

APPLICATION_ID = 0x564D454D
"""Written into the file's header ("VMEM"), so that a file of another program is not taken for ours."""

Migration = Callable[[sqlite3.Connection], None]

MIGRATIONS: dict[str, Migration] = {}
"""Name to step, in order."""


def migration(step: Migration) -> Migration:
    """Register a step under its function's name; its docstring says what it is for."""
    MIGRATIONS[step.__name__] = step
    return step


@migration
def m001_memories(db: sqlite3.Connection) -> None:
    """Memories, the clips of spoken ones, and two indexes of their words.

    `memory_stem` (word stems) answers questions; `memory_word` (words as written) answers a search while it is typed,
    where "runni" must already find "running". Both take their text from `memory`, so that words are stored once.
    """
    db.execute(f"pragma application_id = {APPLICATION_ID}")
    db.execute("create table migration (name text primary key, applied_at real not null) strict")
    db.execute(
        """
        create table memory (
            seq integer primary key,
            id text not null unique,
            text text not null,
            kind text not null,
            role text not null,
            speaker text not null,
            said_at real not null,
            created_at real not null,
            updated_at real not null,
            conversation text not null,
            status text not null,
            pinned integer not null,
            explicit integer not null,
            confidence real not null,
            importance real not null,
            clip_seconds real not null,
            content_hash blob not null unique
        ) strict
        """
    )
    db.execute("create index memory_newest on memory (status, pinned desc, said_at desc, id desc)")
    db.execute(
        """
        create table clip (
            seq integer primary key references memory (seq) on delete cascade,
            sound blob not null
        ) strict
        """
    )
    _word_index(db, "memory_stem", "porter unicode61 remove_diacritics 2", of="memory")
    _word_index(db, "memory_word", "unicode61 remove_diacritics 2", of="memory")


@migration
def m002_conversations(db: sqlite3.Connection) -> None:
    """Conversations and what was said in them, with an index of the words."""
    db.execute(
        """
        create table conversation (
            seq integer primary key,
            id text not null unique,
            title text not null,
            started_at real not null,
            ended_at real not null
        ) strict
        """
    )
    db.execute("create index conversation_newest on conversation (ended_at desc, id desc)")
    db.execute(
        """
        create table turn (
            seq integer primary key,
            conversation integer not null references conversation (seq) on delete cascade,
            number integer not null,
            role text not null,
            text text not null,
            speaker text not null,
            at real not null,
            said_at real not null,
            interrupted integer not null,
            typed integer not null,
            confidence real,
            unique (conversation, number)
        ) strict
        """
    )
    _word_index(db, "turn_word", "unicode61 remove_diacritics 2", of="turn")


@migration
def m003_vectors(db: sqlite3.Connection) -> None:
    """What was said before and after what, and the models whose vectors stand in tables of their own.

    `memory_talk` finds the neighbours of a turn in its conversation. The table of a model's vectors is made when that
    model is first used (see `memory.retrieval.vectors`), because its declaration says how many numbers a vector has.
    """
    db.execute("create index memory_talk on memory (conversation, said_at, seq) where conversation <> ''")
    db.execute(
        """
        create table embedder (
            number integer primary key,
            name text not null unique,
            dimension integer not null,
            created_at real not null
        ) strict
        """
    )


@migration
def m004_provenance(db: sqlite3.Connection) -> None:
    """The time meant, the turn and the words a memory comes from, and what took its place when it was corrected.

    `dismissed` holds the fingerprints of suggestions that the person did not want, so that they are not made again.
    """
    for column in (
        "meant_at real not null default 0",
        "meant_until real not null default 0",
        "turn integer not null default 0",
        "slot text not null default ''",
        "said text not null default ''",
        "superseded_by text not null default ''",
        "expires_at real not null default 0",
    ):
        db.execute(f"alter table memory add column {column}")
    db.execute("create index memory_slot on memory (slot) where slot <> ''")
    db.execute("create index memory_history on memory (superseded_by) where superseded_by <> ''")
    db.execute("create index memory_expiry on memory (expires_at) where expires_at > 0")
    db.execute("create table dismissed (content_hash blob primary key, at real not null) strict")


@migration
def m005_active_vectors(db: sqlite3.Connection) -> None:
    """Only active memories have vectors: what is corrected loses its own, by the trigger of each table."""
    for (number,) in db.execute("select number from embedder").fetchall():
        table = f"vector_{number}"
        if not db.execute("select 1 from sqlite_master where type = 'table' and name = ?", (table,)).fetchone():
            continue
        db.execute(f"drop trigger if exists {table}_change")
        db.execute(
            f"create trigger {table}_change after update of text, speaker, status on memory "  # noqa: S608  # a number
            "when old.text is not new.text or old.speaker is not new.speaker or new.status <> 'active' "
            f"begin delete from {table} where seq = old.seq; end"
        )
        db.execute(f"delete from {table} where seq in (select seq from memory where status <> 'active')")  # noqa: S608


@migration
def m006_remote(db: sqlite3.Connection) -> None:
    """What is exchanged with a server, once there is one: which memories changed when, and what was sent.

    `change` holds no words: what was forgotten is an id and a time. Triggers fill it, so that whatever program writes
    to the file, its changes are sent one day. See `memory.remote.changes`.
    """
    db.execute(
        """
        create table remote (
            one integer primary key check (one = 1),
            url text not null,
            server text not null default '',
            seen integer not null default 0,
            trouble text not null default '',
            detail text not null default '',
            since real not null default 0
        ) strict
        """
    )
    db.execute(
        """
        create table change (
            id text primary key,
            round integer not null default 0,
            gone integer not null default 0,
            at real not null,
            waiting integer not null default 1
        ) strict
        """
    )
    db.execute("create index change_waiting on change (at) where waiting = 1")
    now = "(julianday('now') - 2440587.5) * 86400.0"
    later = "at = max(excluded.at, change.at + 0.001), waiting = 1"
    on = "when exists (select 1 from remote)"
    put = "insert into change (id, gone, at) values"
    for event, row, gone, extra in (
        ("insert", "new", 0, "round = change.round + (change.gone > 0), gone = 0, "),
        ("update", "new", 0, "gone = 0, "),
        ("delete", "old", 1, "gone = 1, "),
    ):
        db.execute(
            f"create trigger change_{event} after {event} on memory {on} begin "
            f"{put} ({row}.id, {gone}, {now}) on conflict (id) do update set {extra}{later}; end"
        )


@migration
def m007_order(db: sqlite3.Connection) -> None:
    """`late`: seconds that something stands later in lists than its time says; the clock had been set back by then."""
    db.execute("alter table memory add column late real not null default 0")
    db.execute("alter table conversation add column late real not null default 0")
    db.execute("drop index memory_newest")
    db.execute("create index memory_newest on memory (status, pinned desc, said_at + late desc, id desc)")
    db.execute("create index memory_order on memory (said_at + late)")
    db.execute("drop index conversation_newest")
    db.execute("create index conversation_newest on conversation (ended_at + late desc, id desc)")


@migration
def m008_words(db: sqlite3.Connection) -> None:
    """What the words of memories mean one by one, beside the vectors of each model, and in which space it is told.

    Empty at first: they are told in the background (see `memory.retrieval.meaning`).
    """
    db.execute("alter table embedder add column space text not null default ''")
    for (number,) in db.execute("select number from embedder").fetchall():
        vectors, words = f"vector_{number}", f"words_{number}"
        if not db.execute("select 1 from sqlite_master where type = 'table' and name = ?", (vectors,)).fetchone():
            continue
        db.execute(
            f"""
            create table {words} (
                seq integer primary key references memory (seq) on delete cascade,
                value blob not null
            )
            """
        )
        db.execute(f"drop trigger if exists {vectors}_change")
        db.execute(
            f"create trigger {vectors}_change after update of text, speaker, status on memory "  # noqa: S608  # a number
            "when old.text is not new.text or old.speaker is not new.speaker or new.status <> 'active' "
            f"begin delete from {vectors} where seq = old.seq; delete from {words} where seq = old.seq; end"
        )


def _word_index(db: sqlite3.Connection, name: str, tokenizer: str, *, of: str) -> None:
    add = f"insert into {name} (rowid, text, speaker) values (new.seq, new.text, new.speaker)"  # noqa: S608
    columns = f"{name}, rowid, text, speaker"
    take_out = f"insert into {name} ({columns}) values ('delete', old.seq, old.text, old.speaker)"  # noqa: S608
    db.execute(
        f"create virtual table {name} using fts5 "
        f"(text, speaker, content='{of}', content_rowid='seq', tokenize='{tokenizer}')"
    )
    db.execute(f"create trigger {name}_add after insert on {of} begin {add}; end")
    db.execute(f"create trigger {name}_remove after delete on {of} begin {take_out}; end")
    db.execute(
        f"create trigger {name}_change after update of text, speaker on {of} "
        f"when old.text is not new.text or old.speaker is not new.speaker begin {take_out}; {add}; end"
    )


def applied(db: sqlite3.Connection) -> list[str]:
    """Return the names of the steps that the file has been through."""
    if not db.execute("select 1 from sqlite_master where type = 'table' and name = 'migration'").fetchone():
        return []
    return [name for (name,) in db.execute("select name from migration order by name")]


def pending(db: sqlite3.Connection, known: Mapping[str, Migration] = MIGRATIONS) -> list[str]:
    """Return the names of the steps still to do, in order.

    Raises:
        MemoryStoreError: If the file is newer than this program, or not a file of memories at all.
    """
    done = applied(db)
    if newer := [name for name in done if name not in known]:
        raise MemoryStoreError(
            f"The memory file was written by a newer version of this program (it has {newer[-1]!r})",
            hint="Update this program, or choose another file in the settings ([memory] path)",
        )
    _refuse_strangers(db, blank=not done)
    return [name for name in known if name not in done]


def _refuse_strangers(db: sqlite3.Connection, *, blank: bool) -> None:
    if blank and db.execute("select 1 from sqlite_master").fetchone():
        raise MemoryStoreError(
            "This file is a database of another program",
            hint="Choose another file for the memories; this one was left as it is",
        )
    if db.execute("select 1 from sqlite_master where sql like '%libsql_vector_idx%'").fetchone():
        raise MemoryStoreError(  # SQLite would count rows by that index, which it cannot read, and say 0
            "The memory file has an index that only libSQL can read",
            hint="Drop that index with libSQL, or export the memories there and import them here",
        )


def migrate(
    db: sqlite3.Connection, now: float, known: Mapping[str, Migration] = MIGRATIONS, *, until: str | None = None
) -> list[str]:
    """Bring the file to today's schema; a second process doing the same at the same time does no harm.

    Args:
        db: A connection in autocommit mode.
        now: Seconds since 1970, for the record.
        known: The steps to choose from.
        until: The last step to do; None = all.

    Returns:
        The names of the steps done.

    Raises:
        MemoryStoreError: As `pending`.
    """
    done: list[str] = []
    while pending(db, known) and until not in done:
        db.execute("begin immediate")
        try:
            if todo := pending(db, known):  # again, now that no one else can write
                known[todo[0]](db)
                db.execute("insert into migration (name, applied_at) values (?, ?)", (todo[0], now))
                done.append(todo[0])
            db.execute("commit")
        except BaseException:
            db.execute("rollback")
            raise
    return done
