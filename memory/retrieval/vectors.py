"""Vectors in the file: one table for each model, kept in step by the file itself.

A memory has a vector of the whole (part 0: "Speaker: text") and, where it has more than one sentence, one of each
sentence (part 1, 2, …). Deleting a memory deletes them, and so does another wording, or becoming anything but active,
by triggers, so that no program that writes to the file can leave a vector of words that are gone. They are
little-endian float32, declared `F32_BLOB`, which libSQL's `vector_distance_cos` reads as well.

What the words of the whole mean (see `memory.retrieval.words`) stands in a table of its own, so that who reads
vectors does not read them, and goes by the same deeds. Every function works inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from memory.file import rows
from memory.retrieval.overlap import Floats
from memory.retrieval.passages import sentences
from memory.retrieval.words import DIMENSION, Small, lead, without_lead

MAX_SENTENCES = 8
"""Sentences of a memory that get a vector of their own."""

AT_ONCE = 500
"""Rows that are asked for by number in one query."""


@dataclass(frozen=True, slots=True)
class Table:
    """Where the vectors of one model stand.

    Args:
        number: Of the model in this file; the table is `vector_<number>`.
        dimension: Numbers of a vector.
        space: In which the words are told, see `memory.embedder.words.Space.name`; "" = none ever was.
    """

    number: int
    dimension: int
    space: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return f"vector_{self.number}"

    @property
    def words(self) -> str:
        """Name of the table of the words."""
        return f"words_{self.number}"

    @property
    def bytes(self) -> int:
        """Length of a vector that is whole."""
        return 4 * self.dimension


@dataclass(frozen=True, slots=True)
class Wordless:
    """A memory that has no vector yet, or no words."""

    seq: int
    speaker: str
    text: str

    @property
    def parts(self) -> list[str]:
        """The texts that get a vector."""
        own = sentences(self.text)[:MAX_SENTENCES]
        return [self.whole, *(lead(self.speaker) + part for part in own if len(own) > 1)]

    @property
    def whole(self) -> str:
        """The first of them, whose words are told."""
        return lead(self.speaker) + self.text


def find(db: sqlite3.Connection, name: str) -> Table | None:
    """Return where the vectors of a model stand, None where it never had any in this file."""
    query = """
        select number, dimension, space from embedder where name = ?
        and exists (select 1 from sqlite_master where type = 'table' and sqlite_master.name = 'vector_' || number)
    """
    row = db.execute(query, (name,)).fetchone()
    return Table(*row) if row else None


def make(db: sqlite3.Connection, name: str, dimension: int, now: float, space: str = "") -> Table:
    """Return the table of a model, made if it is not there; one of another dimension is made anew."""
    there = find(db, name)
    if there and there.dimension == dimension:
        return there
    if there:
        drop(db, there)
    db.execute("delete from embedder where name = ?", (name,))  # its table is gone where the file was salvaged
    number = db.execute(
        "insert into embedder (name, dimension, created_at, space) values (?, ?, ?, ?)", (name, dimension, now, space)
    ).lastrowid
    assert number is not None
    table = Table(number, dimension, space)
    db.execute(
        f"""
        create table {table.name} (
            id integer primary key autoincrement,
            seq integer not null references memory (seq) on delete cascade,
            part integer not null,
            value F32_BLOB({dimension}) not null,
            unique (seq, part)
        )
        """
    )
    db.execute(
        f"""
        create table {table.words} (
            seq integer primary key references memory (seq) on delete cascade,
            value blob not null
        )
        """
    )
    db.execute(
        f"create trigger {table.name}_change after update of text, speaker, status on memory "  # noqa: S608  # a number
        f"when old.text is not new.text or old.speaker is not new.speaker or new.status <> 'active' "
        f"begin delete from {table.name} where seq = old.seq; delete from {table.words} where seq = old.seq; end"
    )
    return table


def drop(db: sqlite3.Connection, table: Table) -> None:
    """Remove the vectors of a model."""
    db.execute(f"drop trigger if exists {table.name}_change")
    for name in (table.name, table.words):
        db.execute(f"drop table if exists {name}")
    db.execute("delete from embedder where number = ?", (table.number,))


def others(db: sqlite3.Connection, table: Table) -> list[Table]:
    """Return the tables of all other models."""
    found = db.execute("select number, dimension, space from embedder where number <> ?", (table.number,))
    return [Table(*row) for row in found]


def without(db: sqlite3.Connection, table: Table, below: int, limit: int) -> list[Wordless]:
    """Return active memories that have no whole vector, the newest first, from below a row."""
    query = (
        f"select seq, speaker, text from memory where {rows.ACTIVE} and seq < ? and not exists "  # noqa: S608
        f"(select 1 from {table.name} v where v.seq = memory.seq and v.part = 0 and length(v.value) = ?) "
        "order by seq desc limit ?"
    )
    return [Wordless(*row) for row in db.execute(query, (below, table.bytes, limit))]


def counts(db: sqlite3.Connection, table: Table) -> tuple[int, int]:
    """Return how many active memories have a vector, and how many there are."""
    total: int = db.execute(f"select count(*) from memory where {rows.ACTIVE}").fetchone()[0]  # noqa: S608
    lacking = f"{rows.ACTIVE} and not exists (select 1 from {table.name} v where v.seq = memory.seq and v.part = 0)"  # noqa: S608
    missing: int = db.execute(f"select count(*) from memory where {lacking}").fetchone()[0]  # noqa: S608
    return total - missing, total


def write(db: sqlite3.Connection, table: Table, memory: Wordless, vectors: Floats) -> None:
    """Write the vectors of a memory's parts, unless it was changed, corrected or forgotten since they were made."""
    if not _is_same(db, memory):
        return
    db.execute(f"delete from {table.name} where seq = ?", (memory.seq,))  # noqa: S608
    db.executemany(
        f"insert into {table.name} (seq, part, value) values (?, ?, ?)",  # noqa: S608
        [(memory.seq, part, vector.astype("<f4").tobytes()) for part, vector in enumerate(vectors)],
    )


def write_words(db: sqlite3.Connection, table: Table, memory: Wordless, words: Small) -> None:
    """Write the words of a memory's whole, likewise."""
    if _is_same(db, memory):
        value = without_lead(words, memory.speaker).tobytes()
        db.execute(f"insert or replace into {table.words} (seq, value) values (?, ?)", (memory.seq, value))  # noqa: S608


def _is_same(db: sqlite3.Connection, memory: Wordless) -> bool:
    same = f"select 1 from memory where seq = ? and text = ? and speaker = ? and {rows.ACTIVE}"  # noqa: S608
    return db.execute(same, (memory.seq, memory.text, memory.speaker)).fetchone() is not None


def untold(db: sqlite3.Connection, table: Table, below: int, limit: int) -> list[Wordless]:
    """Return active memories with a vector whose words are not told, the newest first, from below a row."""
    query = (
        f"select seq, speaker, text from memory where {rows.ACTIVE} and seq < ? "  # noqa: S608
        f"and exists (select 1 from {table.name} v where v.seq = memory.seq and v.part = 0) "
        f"and not exists (select 1 from {table.words} w where w.seq = memory.seq and length(w.value) % ? = 0) "
        "order by seq desc limit ?"
    )
    return [Wordless(*row) for row in db.execute(query, (below, DIMENSION, limit))]


def told(db: sqlite3.Connection, table: Table, seqs: Sequence[int]) -> dict[int, bytes]:
    """Return the words of memories by row, of those whose words are told: DIMENSION bytes each."""
    found: dict[int, bytes] = {}
    for start in range(0, len(seqs), AT_ONCE):
        some = seqs[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"select seq, value from {table.words} where seq in ({marks}) and length(value) % ? = 0"  # noqa: S608
        found |= dict(db.execute(query, (*some, DIMENSION)))
    return found


def told_count(db: sqlite3.Connection, table: Table) -> int:
    """Return of how many memories the words are told."""
    return db.execute(f"select count(*) from {table.words}").fetchone()[0]  # noqa: S608


def tell_anew(db: sqlite3.Connection, table: Table, space: str) -> Table:
    """Forget all words of a model because they are to be told in another space; returns the table as it is then."""
    db.execute(f"delete from {table.words}")  # noqa: S608
    db.execute("update embedder set space = ? where number = ?", (space, table.number))
    return replace(table, space=space)


def newest(db: sqlite3.Connection, table: Table) -> int:
    """Return the number of the vector that was written last."""
    return db.execute(f"select max(id) from {table.name}").fetchone()[0] or 0  # noqa: S608


def after(db: sqlite3.Connection, table: Table, last: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, row of the memory and vector of the whole, of every vector written after `last`."""
    query = f"select id, seq, value from {table.name} where id > ? and part = 0 and length(value) = ? order by id"  # noqa: S608
    yield from db.execute(query, (last, table.bytes))


def held_count(db: sqlite3.Connection, table: Table) -> int:
    """Return how many memories have vectors."""
    return db.execute(f"select count(*) from {table.name} where part = 0").fetchone()[0]  # noqa: S608


def held(db: sqlite3.Connection, table: Table) -> set[int]:
    """Return the rows of all memories that have vectors."""
    return {seq for (seq,) in db.execute(f"select seq from {table.name} where part = 0")}  # noqa: S608


def of(
    db: sqlite3.Connection, table: Table, seqs: Sequence[int], around: Sequence[int] = ()
) -> tuple[list[tuple[int, int]], Floats]:
    """Return vectors: row and part of each, and the vectors, shape (vectors, dimension).

    Args:
        db: A connection.
        table: Whose vectors.
        seqs: Memories of which all parts are wanted. `around`: of which only the whole is wanted, none of `seqs`.
    """
    there = [row for some, parts in ((seqs, ""), (around, "and part = 0")) for row in _ask(db, table, some, parts)]
    found = np.frombuffer(b"".join([value for _, _, value in there]), dtype="<f4").reshape(-1, table.dimension)
    return [(seq, part) for seq, part, _ in there], found


def _ask(db: sqlite3.Connection, table: Table, seqs: Sequence[int], parts: str) -> Iterator[tuple[int, int, bytes]]:
    for start in range(0, len(seqs), AT_ONCE):
        some = seqs[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"select seq, part, value from {table.name} where seq in ({marks}) {parts} and length(value) = ?"  # noqa: S608
        yield from db.execute(query, (*some, table.bytes))
