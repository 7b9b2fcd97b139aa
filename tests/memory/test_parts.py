"""The small parts: ids, clips for undo, the writer's thread and the readers' connections."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import MemoryStoreError
from memory.file import writer as writing
from memory.file.connection import IDLE_READERS, Readers
from memory.file.database import connect
from memory.file.writer import Writer
from memory.ids import IdMaker
from memory.life.undo import UndoClips


@given(st.lists(st.floats(0, 4e9), min_size=1, max_size=200))
def test_ids_always_rise(times: list[float]) -> None:
    make = IdMaker()
    ids = [make(now) for now in times]
    assert ids == sorted(set(ids))
    assert all(len(i) == 32 and int(i, 16) >= 0 for i in ids)


def test_ids_sort_by_time_across_makers_and_are_uuid7() -> None:
    earlier, later = IdMaker()(1_700_000_000.000), IdMaker()(1_700_000_000.001)
    assert earlier < later
    assert int(earlier[:12], 16) == 1_700_000_000_000
    assert earlier[12] == "7"
    assert earlier[16] in "89ab"


def test_ids_of_many_threads_differ() -> None:
    make = IdMaker()
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(make, [1.0] * 2000))
    assert len(set(ids)) == 2000


def test_undo_drops_the_oldest_clip_first_and_counts_it() -> None:
    clips = UndoClips(room=10)
    clips.keep("a", b"12345")
    clips.keep("b", None)
    clips.keep("c", b"12345")
    clips.keep("a", b"123456")  # the newest now
    assert (clips.get("a"), clips.get("b"), clips.get("c")) == (b"123456", None, None)
    assert clips.dropped == 1
    clips.keep("big", b"x" * 11)
    assert (clips.get("big"), clips.get("a"), clips.dropped) == (None, None, 3)


@pytest.fixture
def writer(path: Path):
    db = connect(f"{path.as_uri()}?mode=rwc")
    db.execute("create table t (x)")
    made = Writer(db, path)
    yield made
    made.close()


def test_writer_takes_back_what_failed_and_goes_on(writer: Writer) -> None:
    def wrong(db) -> None:
        db.execute("insert into t values (1)")
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        writer.run(wrong)
    with pytest.raises(MemoryStoreError, match="no such table"):
        writer.run(lambda db: db.execute("insert into absent values (1)"))
    assert writer.run(lambda db: db.execute("select count(*) from t").fetchone()) == (0,)


def test_a_full_queue_makes_the_caller_wait_and_is_counted(path: Path, writer: Writer, monkeypatch) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.05)
    running, go_on = threading.Event(), threading.Event()

    def slow(_) -> None:
        running.set()
        go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(writer.run, slow)
        assert running.wait(10)
        for _ in range(writing.QUEUE_JOBS):
            writer._jobs.put_nowait(writing._Job(lambda db: db.execute("insert into t values (1)"), False))
        with pytest.raises(MemoryStoreError, match="Too much is waiting"):
            writer.run(lambda db: None)
        assert writer.waits == 1
        with pytest.raises(MemoryStoreError, match="did not finish"):
            held.result(10)
        go_on.set()
    monkeypatch.setattr(writing, "PATIENCE", 30.0)
    assert writer.run(lambda db: db.execute("select count(*) from t").fetchone()) == (writing.QUEUE_JOBS,)


def test_a_write_that_gave_up_waiting_is_not_done_later(path: Path, writer: Writer, monkeypatch) -> None:
    running, go_on = threading.Event(), threading.Event()

    def slow(_) -> None:
        running.set()
        go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(writer.run, slow)
        assert running.wait(10)
        monkeypatch.setattr(writing, "PATIENCE", 0.05)
        with pytest.raises(MemoryStoreError, match="did not finish"):
            writer.run(lambda db: db.execute("insert into t values (1)"))
        monkeypatch.setattr(writing, "PATIENCE", 30.0)
        go_on.set()
        held.exception(10)
    assert writer.run(lambda db: db.execute("select count(*) from t").fetchone()) == (0,)


def test_close_finishes_what_waits(path: Path) -> None:
    db = connect(f"{path.as_uri()}?mode=rwc")
    db.execute("create table t (x)")
    writer = Writer(db, path)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: writer.run(lambda db: db.execute("insert into t values (?)", (n,))), range(40)))
    writer.close()
    again = connect(f"{path.as_uri()}?mode=ro")
    assert again.execute("select count(*) from t").fetchone() == (len(done),)
    again.close()
    with pytest.raises(MemoryStoreError, match="closed"):
        writer.run(lambda db: None)


def test_readers_share_no_connection_and_keep_few(path: Path) -> None:
    connect(f"{path.as_uri()}?mode=rwc").close()
    readers = Readers(f"{path.as_uri()}?mode=rw")
    lent = [readers.lend() for _ in range(IDLE_READERS + 3)]
    connections = [one.__enter__() for one in lent]
    assert len({id(db) for db in connections}) == len(connections)
    for one in lent:
        one.__exit__(None, None, None)
    assert len(readers._idle) == IDLE_READERS
    readers.close()
    assert readers._idle == []


def test_a_reader_cannot_write(store) -> None:
    with pytest.raises(MemoryStoreError, match="read-only"), store.reading() as db:
        db.execute("delete from memory")
