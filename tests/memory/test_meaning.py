"""Recall by meaning: vectors in the file and in memory, kept in step with the memories whoever changes them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from memory.retrieval import meaning as meaning_module
from memory.retrieval import vectors
from memory.retrieval.matrix import BLOCK, LARGE, Matrix
from memory.store import SqliteMemory
from memory.types import Memory, NewMemory, Query
from tests.memory.models import FakeEmbedder

LIMIT = 30.0


def opened(path: Path, embedder: FakeEmbedder | None = None) -> SqliteMemory:
    return SqliteMemory(path, embedder=embedder or FakeEmbedder())


def settle(store: SqliteMemory) -> None:
    assert store.meaning is not None
    assert store.meaning.wait(LIMIT)


def rows(path: Path) -> list[tuple[int, int, int]]:
    db = sqlite3.connect(path)
    try:
        return db.execute("select seq, part, length(value) from vector_1 order by seq, part").fetchall()
    finally:
        db.close()


def fill(store: SqliteMemory) -> None:
    store.add(NewMemory("My automobile stands in Bridge Street", id="car"))
    store.add(NewMemory("We have a puppy. Biscuit is the name we gave it", id="dog", speaker="Ken"))
    store.add(NewMemory("Anna prefers hot chocolate in the evening", id="drink"))


def test_what_was_said_in_other_words_is_found(path: Path) -> None:
    with opened(path) as store:
        fill(store)
        by_words = store.candidates("where is the vehicle parked")
        assert "car" not in [one.memory.id for one in by_words if one.coverage > 0]
        settle(store)
        found = store.candidates("where is the vehicle parked")
        assert found[0].memory.id == "car"
        assert found[0].relevance > found[1].relevance
        assert store.candidates("tell me about the animal")[0].memory.id == "dog"


def test_without_vectors_in_time_recall_goes_by_words(path: Path) -> None:
    embedder = FakeEmbedder()
    with opened(path, embedder) as store:
        fill(store)
        settle(store)
        embedder.answers = 0
        assert [one.memory.id for one in store.candidates("what does Anna prefer")][:1] == ["drink"]
        assert store.candidates("where is the vehicle") == []


def test_vectors_follow_every_change(path: Path) -> None:
    with opened(path) as store:
        fill(store)
        settle(store)
        whole = 4 * 64
        assert rows(path) == [(1, 0, whole), (2, 0, whole), (2, 1, whole), (2, 2, whole), (3, 0, whole)]
        store.edit("car", "My tea is in the kitchen")
        settle(store)
        assert store.candidates("where is the vehicle parked")[0].memory.id != "car"
        assert store.candidates("some coffee")[0].memory.id == "car"
        store.forget(["dog"])
        settle(store)
        assert {seq for seq, *_ in rows(path)} == {1, 3}
        assert store.meaning is not None
        assert store.meaning._matrix is not None
        assert len(store.meaning._matrix) == 2
        assert "dog" not in [one.memory.id for one in store.candidates("tell me about the animal")]


def test_what_another_process_changes_is_taken_over(path: Path) -> None:
    with opened(path) as ours:
        fill(ours)
        settle(ours)
        with SqliteMemory(path) as other:  # one without an embedder, such as the command line's
            other.add(NewMemory("They moved to Lisbon", id="town"))
            other.forget(["dog"])
        settle(ours)
        found = [one.memory.id for one in ours.candidates("which city do they live in")]
        assert found[0] == "town"
        assert "dog" not in found
        assert len(rows(path)) == 3


def test_vectors_are_made_on_from_where_they_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_module, "AT_ONCE", 2)
    embedder = FakeEmbedder()
    embedder.answers = 2
    with opened(path, embedder) as store:
        store.put([(Memory(f"m{n}", f"fact number {n}"), None) for n in range(7)])
        assert store.meaning is not None
        assert not store.meaning.wait(LIMIT)
        progress = store.meaning.progress()
        assert (progress.done, progress.total, progress.problem) == (4, 7, "it was killed")
        assert store.candidates("fact number 3") != [], "by words"
    again = FakeEmbedder()
    with opened(path, again) as store:
        settle(store)
        assert sorted(again.asked) == ["fact number 0", "fact number 1", "fact number 2"]
        assert store.meaning is not None
        assert store.meaning.progress() == meaning_module.Progress("fake", 7, 7)


def test_another_model_makes_all_anew_and_the_old_vectors_go(path: Path) -> None:
    with opened(path) as store:
        fill(store)
        settle(store)
    with opened(path, FakeEmbedder("other", 48)) as store:
        settle(store)
        assert store.candidates("where is the vehicle parked")[0].memory.id == "car"
    db = sqlite3.connect(path)
    assert db.execute("select name, dimension from embedder").fetchall() == [("other", 48)]
    tables = [name for (name,) in db.execute("select name from sqlite_master where name like 'vector_%'")]
    assert [name for name in tables if not name.endswith("_change")] == ["vector_2"]
    declared = db.execute("select type from pragma_table_info('vector_2') where name = 'value'").fetchone()[0]
    assert declared == "F32_BLOB(48)"
    db.close()


def test_vectors_of_another_length_are_made_anew(path: Path) -> None:
    with opened(path) as store:
        fill(store)
        settle(store)
        store.write(lambda db: db.execute("update vector_1 set value = x'00ff' where seq = 1"))
        assert all(one.relevance >= 0 for one in store.candidates("where is the vehicle parked"))
        settle(store)
        assert all(length == 4 * 64 for *_, length in rows(path))
    with opened(path, FakeEmbedder(dimension=96)) as store:  # the same name, another model
        store.add(NewMemory("one more"))
        settle(store)
        assert {length for *_, length in rows(path)} == {4 * 96}


def test_words_that_change_while_their_vector_is_made_get_none(path: Path) -> None:
    with SqliteMemory(path) as store:
        store.add(NewMemory("new words", id="a"))
        table = store.write(lambda db: vectors.make(db, "fake", 4, 0.0))
        old = vectors.Wordless(1, "", "old words")
        store.write(lambda db: vectors.write(db, table, old, np.ones((1, 4), np.float32)))
        assert rows(path) == []


def test_forgotten_vectors_leave_no_trace_in_the_file(path: Path) -> None:
    with opened(path) as store:
        fill(store)
        settle(store)
        db = sqlite3.connect(path)
        (value,) = db.execute("select value from vector_1 where seq = 2 and part = 0").fetchone()
        db.close()
        store.forget(["dog"])
        settle(store)
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    assert not any(value in file.read_bytes() for file in files if file.exists())


def test_a_read_only_file_is_searched_by_the_vectors_it_has(path: Path) -> None:
    with opened(path) as store:
        fill(store)
        settle(store)
        store.read_only = True
        assert store.meaning is not None
        store.meaning.poke()
        assert store.candidates(Query("where is the vehicle parked"))[0].memory.id == "car"


def test_the_matrix_finds_what_a_full_comparison_finds() -> None:
    seed = 20_241_121
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(BLOCK + 300, 16)).astype(np.float32)
    matrix = Matrix(16)
    for seq, vector in enumerate(table, start=1):
        matrix.put(seq, vector)
    kept = {int(seq) for seq in rng.choice(len(table), 2_000, replace=False) + 1}
    matrix.keep(kept)
    table[9] = 100
    matrix.put(10, table[9])  # a place that was free
    kept.add(10)
    asked = rng.normal(size=16).astype(np.float32)
    scores = {seq: float(table[seq - 1] @ asked) for seq in kept}
    assert matrix.nearest(asked, 20) == sorted(scores, key=lambda seq: -scores[seq])[:20]
    assert len(matrix) == len(kept)
    assert Matrix(4).nearest(np.ones(4, np.float32), 3) == []


def test_the_first_look_at_many_vectors_loses_none_and_follows_what_changes() -> None:
    seed = 20_241_122
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    spread = np.arange(1, 129) ** -0.5  # of a sentence model's vectors most lies in few directions
    table = (rng.normal(size=(LARGE + BLOCK, 128)) * spread).astype(np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    asked = table[5] + 0.02 * rng.normal(size=128).astype(np.float32)
    matrix = Matrix(128)
    for seq in range(LARGE):
        matrix.put(seq, table[seq])
    matrix.shorten()
    assert len(matrix._short) == len(matrix._blocks)
    for seq in range(LARGE, len(table)):
        matrix.put(seq, table[seq])  # makes room for more
    order = np.argsort(-(table @ asked), kind="stable").tolist()
    assert matrix.nearest(asked, 60) == order[:60]
    matrix.keep(set(range(len(table))) - {order[0]})
    assert not any(block[row].any() for block, row in _rows_of(matrix, order[0]))
    assert matrix.nearest(asked, 60) == order[1:61]
    matrix.put(7_000_000, asked)  # in the place that was free
    assert matrix.nearest(asked, 2) == [7_000_000, order[1]]


def _rows_of(matrix: Matrix, seq: int) -> list[tuple[np.ndarray, int]]:
    return [(kind[seq // BLOCK], seq % BLOCK) for kind in (matrix._blocks, matrix._short)]
