"""Vectors when things go wrong: the embedder's process is killed at work, the file is locked, a memory is huge."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from memory.embedder import process as embed
from memory.embedder.process import Embedder, embedder_of
from memory.retrieval import meaning as meaning_module
from memory.store import SqliteMemory
from memory.types import Memory, NewMemory
from tests.memory.models import FakeEmbedder, tiny_model

LIMIT = 30.0


@pytest.fixture
def embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Embedder:
    monkeypatch.setattr(embed, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(meaning_module, "AGAIN_SECONDS", 0.02)
    made = embedder_of("numpy", str(tiny_model(tmp_path / "tiny")))
    assert made is not None
    return made


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not met():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.002)


def done(store: SqliteMemory) -> int:
    assert store.meaning is not None
    return store.meaning.progress().done


def test_an_embedder_killed_at_work_is_replaced_and_every_memory_gets_its_vector(
    path: Path, embedder: Embedder
) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    rng = random.Random(seed)
    count = 400
    with SqliteMemory(path, embedder=embedder) as store:
        store.put([(Memory(f"m{n}", f"the key number {n} is under a pot"), None) for n in range(count)])
        assert store.meaning is not None
        store.meaning.warm()
        for _ in range(3):
            wanted = min(count - 1, done(store) + rng.randrange(8, 60))
            until(lambda wanted=wanted: done(store) >= wanted)
            pid = embedder.pid
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
            assert store.candidates("where is the key") != [], "recall goes on, by words if need be"
        until(lambda: done(store) == count)
        assert store.meaning.wait(LIMIT)
        assert embedder.starts > 1
        with store.reading() as db:
            assert db.execute("select count(*), count(distinct seq) from vector_1 where part = 0").fetchone() == (
                count,
                count,
            )


def test_a_locked_file_only_puts_the_vectors_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.file.database.BUSY_MS", 20)
    monkeypatch.setattr(meaning_module, "AGAIN_SECONDS", 0.02)
    asked = FakeEmbedder()
    with SqliteMemory(path) as store:
        store.add(NewMemory("My automobile stands in Bridge Street", id="car"))
    with SqliteMemory(path, embedder=asked) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        assert store.meaning is not None
        store.meaning.warm()
        until(lambda: len(asked.asked) >= 2)  # it came back after the first refusal
        assert store.candidates("my automobile") != []
        other.execute("rollback")
        other.close()
        until(lambda: done(store) == 1)
        assert store.meaning.wait(LIMIT)
        assert store.candidates("where is the vehicle parked")[0].memory.id == "car"


@pytest.mark.parametrize("text", ["key. the " * 125_000, "x🔑" * 250_000], ids=["sentences", "one word"])
def test_a_memory_of_a_megabyte_gets_its_vector_like_any_other(path: Path, embedder: Embedder, text: str) -> None:
    with SqliteMemory(path, embedder=embedder) as store:
        huge = store.add(NewMemory(text))
        small = store.add(NewMemory("the pot"))
        assert store.meaning is not None
        assert store.meaning.wait(LIMIT)
        assert done(store) == 2
        store.meaning.query_seconds = LIMIT
        assert small.id in [one.memory.id for one in store.candidates("where is the pot")]
        store.forget([huge.id])
        assert store.meaning.wait(LIMIT)
        assert done(store) == 1
