"""The schema: from blank to today, and what is refused."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.errors import MemoryStoreError
from memory.file import migrations
from memory.file.database import connect
from memory.file.migrations import APPLICATION_ID, MIGRATIONS, Migration, applied, migrate, pending
from memory.store import SqliteMemory
from memory.types import NewMemory


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(f"{path.as_uri()}?mode=rwc")
    yield connection
    connection.close()


def schema(db: sqlite3.Connection) -> list[str]:
    return [sql for (sql,) in db.execute("select sql from sqlite_master where sql is not null order by name")]


def m002_mood(db: sqlite3.Connection) -> None:
    db.execute("alter table memory add column mood text not null default ''")
    db.execute("create table mood (name text primary key) strict")


def m003_broken(db: sqlite3.Connection) -> None:
    db.execute("create table half (name text) strict")
    db.execute("update memory set nothing = 1")


def later(*steps: Migration) -> dict[str, Migration]:
    return {**MIGRATIONS, **{step.__name__: step for step in steps}}


def test_names_are_numbered_without_a_gap() -> None:
    assert [name[:4] for name in MIGRATIONS] == [f"m{number:03d}" for number in range(1, len(MIGRATIONS) + 1)]
    assert all(step.__doc__ for step in MIGRATIONS.values())


def test_forward_from_blank_with_a_record_each(db: sqlite3.Connection) -> None:
    assert pending(db) == list(MIGRATIONS)
    assert migrate(db, 12.0) == list(MIGRATIONS)
    assert pending(db) == []
    assert db.execute("select name, applied_at from migration").fetchall() == [(name, 12.0) for name in MIGRATIONS]
    assert db.execute("pragma application_id").fetchone() == (APPLICATION_ID,)
    assert migrate(db, 13.0) == [], "nothing is done twice"


@pytest.mark.parametrize("version", list(MIGRATIONS))
def test_every_older_schema_arrives_at_the_same_place(db: sqlite3.Connection, tmp_path: Path, version: str) -> None:
    assert migrate(db, 1.0, until=version)[-1] == version
    migrate(db, 2.0)
    blank = connect(f"{(tmp_path / 'blank.db').as_uri()}?mode=rwc")
    migrate(blank, 1.0)
    assert schema(db) == schema(blank)
    blank.close()


def test_the_next_step_keeps_what_is_there(path: Path, db: sqlite3.Connection) -> None:
    with SqliteMemory(path) as store:
        kept = store.add(NewMemory("The key is under the pot", clip=b"sound", clip_seconds=1))
    assert migrate(db, 5.0, later(m002_mood)) == ["m002_mood"]
    assert db.execute("select id, text, mood from memory").fetchall() == [(kept.id, kept.text, "")]
    assert db.execute("select count(*) from memory_stem where memory_stem match 'key'").fetchone() == (1,)


def test_a_step_that_fails_leaves_nothing_behind(db: sqlite3.Connection) -> None:
    migrate(db, 1.0)
    before = schema(db)
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        migrate(db, 2.0, later(m003_broken))
    assert schema(db) == before
    assert applied(db) == list(MIGRATIONS)
    assert not db.in_transaction


def test_a_newer_file_is_refused_and_left_alone(path: Path, db: sqlite3.Connection) -> None:
    migrate(db, 1.0, later(m002_mood))
    db.close()
    before = path.read_bytes()
    with pytest.raises(MemoryStoreError, match="newer version") as refusal:
        SqliteMemory(path)
    assert "Update" in refusal.value.hint
    assert "m002_mood" in refusal.value.message
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(path: Path, db: sqlite3.Connection) -> None:
    db.execute("create table recipe (name text)")
    db.execute("insert into recipe values ('soup')")
    before = path.read_bytes()
    with pytest.raises(MemoryStoreError, match="another program"):
        SqliteMemory(path)
    assert db.execute("select name from recipe").fetchall() == [("soup",)]
    assert applied(db) == []
    assert path.read_bytes() == before


def test_an_index_that_only_libsql_reads_is_refused(path: Path, db: sqlite3.Connection) -> None:
    migrate(db, 1.0)
    db.execute("create index v on memory (content_hash)")
    db.execute("pragma writable_schema = on")
    sql = "create index v on memory (libsql_vector_idx(content_hash))"
    db.execute("update sqlite_master set sql = ? where name = 'v'", (sql,))
    db.close()
    with pytest.raises(MemoryStoreError, match="libSQL"):
        SqliteMemory(path)
    assert [p.name for p in path.parent.iterdir()] == ["memory.db"], "nothing was moved aside"


def test_many_threads_open_a_blank_file_at_once(path: Path) -> None:
    started, errors = threading.Barrier(6), []

    def opener(name: int) -> None:
        started.wait(10)
        try:
            with SqliteMemory(path) as store:
                store.add(NewMemory(f"from {name}"))
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=opener, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    with SqliteMemory(path) as store:
        assert store.count() == 6
        with store.reading() as db:
            assert migrations.applied(db) == list(MIGRATIONS)
