"""Vectors through the life of a memory: corrected, suggested, expired, forgotten, wiped, brought back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.file.migrations import MIGRATIONS, migrate
from memory.learn import sum_up
from memory.retrieval.vectors import Wordless, make, write
from memory.store import SqliteMemory
from memory.types import NewMemory, Turn
from tests.memory.conftest import Clock
from tests.memory.models import FakeEmbedder

LIMIT = 30.0
ASKED = "where is the vehicle parked"
CAR = NewMemory("My automobile stands in Bridge Street", id="car")


@pytest.fixture
def store(path: Path, clock: Clock) -> SqliteMemory:
    return SqliteMemory(path, clock=clock, embedder=FakeEmbedder())


def settle(store: SqliteMemory) -> None:
    assert store.meaning is not None
    store.meaning.wait(LIMIT)


def embedded(store: SqliteMemory) -> set[str]:
    """Ids of the memories that have a vector, of which file and matrix must have the same."""
    settle(store)
    with store.reading() as db:
        if not db.execute("select 1 from sqlite_master where name = 'vector_1'").fetchone():
            return set()
        found = dict(db.execute("select seq, memory.id from memory join vector_1 using (seq) where part = 0"))
        every = {seq for (seq,) in db.execute("select seq from vector_1")}
    assert store.meaning is not None
    matrix = store.meaning._matrix
    held = set(matrix._places) if matrix else set()
    assert held == set(found) == every
    return set(found.values())


def recalled(store: SqliteMemory, text: str = ASKED) -> list[str]:
    return [one.memory.id for one in store.candidates(text)]


def test_a_correction_takes_the_vector_and_gets_its_own(store: SqliteMemory) -> None:
    store.add(CAR)
    assert embedded(store) == {"car"}
    new = store.correct("car", NewMemory("My automobile stands in Mill Lane", id="new"))
    assert embedded(store) == {"new"}
    assert recalled(store) == ["new"]
    store.forget([new.id])
    assert embedded(store) == set()
    assert recalled(store) == []
    store.close()


def test_what_is_so_again_gets_its_vector_again(store: SqliteMemory) -> None:
    store.add(CAR)
    new = store.correct("car", NewMemory("My automobile stands in Mill Lane"))
    assert embedded(store) == {new.id}
    store.take_back([new.id])
    assert embedded(store) == {"car"}
    assert recalled(store) == ["car"]
    store.close()


def test_a_suggestion_has_no_vector_before_the_yes(store: SqliteMemory) -> None:
    guess = store.suggest(CAR)
    store.add(NewMemory("Anna drinks tea", id="tea"))
    assert guess is not None
    assert embedded(store) == {"tea"}
    assert "car" not in recalled(store)
    store.approve("car")
    assert embedded(store) == {"car", "tea"}
    assert recalled(store)[0] == "car"
    store.close()


def forgotten(store: SqliteMemory, clock: Clock) -> None:
    del clock
    store.forget(["car"])


def expired(store: SqliteMemory, clock: Clock) -> None:
    clock.now += 100
    assert [memory.id for memory in store.expire()] == ["car"]


def wiped(store: SqliteMemory, clock: Clock) -> None:
    del clock
    store.wipe()


@pytest.mark.parametrize("deed", [forgotten, expired, wiped])
def test_nothing_is_left_of_what_goes(
    store: SqliteMemory, clock: Clock, path: Path, deed: Callable[[SqliteMemory, Clock], None]
) -> None:
    store.add(NewMemory("My quokka automobile stands in Bridge Street", id="car", expires_at=clock.now + 50))
    store.add(NewMemory("Anna drinks tea", id="tea"))
    assert embedded(store) == {"car", "tea"}
    with store.reading() as db:
        (value,) = db.execute("select value from vector_1 join memory using (seq) where memory.id = 'car'").fetchone()
    deed(store, clock)
    assert embedded(store) == (set() if deed is wiped else {"tea"})
    assert recalled(store) == ([] if deed is wiped else ["tea"])
    raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert not re.search(rb"quokka|Bridge Street", raw)
    assert value not in raw, "the vector, from which words can be guessed"
    store.add(NewMemory("A new vehicle", id="fresh"))  # in the row that became free
    assert "fresh" in embedded(store)
    assert recalled(store)[0] == "fresh"
    store.close()


def test_undo_brings_the_vector_back(store: SqliteMemory) -> None:
    store.add(CAR)
    assert embedded(store) == {"car"}
    removed = store.forget(["car"])
    assert embedded(store) == set()
    store.restore(removed)
    assert embedded(store) == {"car"}
    assert recalled(store) == ["car"]
    store.close()


def test_summaries_and_notes_have_vectors(store: SqliteMemory, clock: Clock) -> None:
    said = ("I live in Bergen since May", "My sister works at the harbour", "We buy a vehicle", "I like green paint")
    turns = [Turn(n, "user", text, said_at=clock.now) for n, text in enumerate(said, start=1)]
    Conversations(store).append("over", turns)
    (summary,) = sum_up(store, but="")
    spoken = store.add(NewMemory("the gate code", kind="note", clip=b"sound", clip_seconds=1.0))
    assert embedded(store) == {summary.id, spoken.id}
    store.close()


def test_a_correction_while_its_vector_is_made_leaves_none(path: Path) -> None:
    with SqliteMemory(path) as store:
        old = store.add(CAR)
        store.correct("car", NewMemory("My automobile stands in Mill Lane"))
        table = store.write(lambda db: make(db, "fake", 64, 0.0))
        (vector,) = FakeEmbedder()._vector(old.text)[None, :]
        store.write(lambda db: write(db, table, Wordless(1, "", old.text), vector[None, :]))
        with store.reading() as db:
            assert db.execute("select count(*) from vector_1").fetchone() == (0,)


def older_vectors(db: sqlite3.Connection) -> None:
    """Make the table of a model as versions before the fifth step did: its trigger does not look at the status."""
    db.execute("insert into embedder (name, dimension, created_at) values ('fake', 4, 0.0)")
    db.execute(
        "create table vector_1 (id integer primary key autoincrement, seq integer not null references memory (seq) on "
        "delete cascade, part integer not null, value F32_BLOB(4) not null, unique (seq, part))"
    )
    db.execute(
        "create trigger vector_1_change after update of text, speaker on memory when old.text is not new.text or "
        "old.speaker is not new.speaker begin delete from vector_1 where seq = old.seq; end"
    )


def test_an_older_file_loses_the_vectors_of_what_is_not_so(path: Path) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    migrate(db, 0.0, {name: step for name, step in MIGRATIONS.items() if name < "m005"})
    db.close()
    db = sqlite3.connect(path, isolation_level=None)
    older_vectors(db)
    for seq, status in ((1, "active"), (2, "superseded")):
        db.execute(
            "insert into memory (seq, id, text, kind, role, speaker, said_at, created_at, updated_at, conversation, "
            "status, pinned, explicit, confidence, importance, clip_seconds, content_hash) "
            "values (?, ?, 'words', 'note', 'user', '', 1, 1, 1, '', ?, 0, 1, 1, 1, 0, ?)",
            (seq, str(seq), status, bytes([seq])),
        )
        db.execute("insert into vector_1 (seq, part, value) values (?, 0, x'00')", (seq,))
    migrate(db, 0.0)
    assert db.execute("select seq from vector_1").fetchall() == [(1,)]
    db.execute("update memory set status = 'superseded'")
    assert db.execute("select count(*) from vector_1").fetchone() == (0,)
    db.close()
