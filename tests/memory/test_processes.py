"""Several processes on one file, and processes that are killed."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest

from memory.file.health import check
from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.memory.conftest import StartChild

KILLS = 15


def lines(child: subprocess.Popen[str]) -> list[list[str]]:
    """Everything the child said up to its end; a line cut by a kill is no acknowledgement."""
    assert child.stdout is not None
    return [line.split() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


def test_two_processes_write_300_each_and_none_is_lost(path: Path, start_child: StartChild) -> None:
    children = [start_child("write", path, name, 300) for name in ("one", "two")]
    added = [line[1] for child in children for line in lines(child) if line[0] == "added"]
    assert [child.wait(30) for child in children] == [0, 0]
    assert len(set(added)) == 600
    with SqliteMemory(path) as store:
        assert store.count() == 600
        assert {m.id for m in store.everything()} == set(added)
        assert len(store.search("one number", limit=1000)) == 300
    assert check(path).ok


def test_what_one_process_writes_the_other_reads(path: Path, start_child: StartChild) -> None:
    with SqliteMemory(path) as store:
        kept = store.add(NewMemory("from here"))
        added = [line[1] for line in lines(start_child("write", path, "there", 3)) if line[0] == "added"]
        assert {m.id for m in store.list()} == {kept.id, *added}
        assert len(store.candidates("there")) == 0, "a stop word is no evidence"
        assert len(store.candidates("number", limit=3)) == 3


@pytest.mark.timeout(120)
def test_kill_9_loses_nothing_that_was_acknowledged(path: Path, start_child: StartChild) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    rng = random.Random(seed)
    there: set[str] = set()
    acknowledged = 0
    for turn in range(KILLS):
        child = start_child("write", path, f"turn {turn}", 0)
        assert child.stdout is not None
        wanted = rng.randrange(1, 120)
        said: list[list[str]] = []
        while len(said) < wanted:
            said.append(child.stdout.readline().split())
        child.kill()
        said += lines(child)
        child.wait(10)
        for line in said:
            if line[0] == "added":
                there.add(line[1])
            elif line[0] == "forgotten":
                there.discard(line[1])
        acknowledged += len(said)
        with SqliteMemory(path) as store:
            assert store.notices == ()
            found = {m.id for m in store.everything()}
            # the one change that the kill cut off before it was acknowledged may have happened or not
            assert len(there - found) <= 1, f"lost in turn {turn}"
            if there - found:
                assert said[-1][0] == "added", "only a forgetting under way may take one away"
            assert len(found - there) <= 1, f"came back in turn {turn}"
            there = found
    assert acknowledged > KILLS
    assert check(path).ok


def test_a_write_waits_for_another_process_and_then_goes_through(path: Path) -> None:
    with SqliteMemory(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        assert store.count() == 0, "reading does not wait"
        done: list[str] = []
        writing = threading.Thread(target=lambda: done.append(store.add(NewMemory("patience")).id))
        writing.start()
        writing.join(0.2)
        assert writing.is_alive()
        other.execute("commit")
        writing.join(10)
        assert len(done) == 1
        other.close()
        assert store.count() == 1


def test_a_lock_that_stays_is_told_and_nothing_breaks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.file.database.BUSY_MS", 100)
    with SqliteMemory(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(Exception, match="busy") as refusal:
            store.add(NewMemory("no chance"))
        assert "Try again" in refusal.value.hint
        other.execute("rollback")
        other.close()
        assert store.add(NewMemory("now it goes")).text == "now it goes"
        assert store.count() == 1
