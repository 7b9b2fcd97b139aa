"""Any text comes back as it was; what is forgotten leaves no trace in the file."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.file import indexes, rows
from memory.file.health import check
from memory.life import erase
from memory.store import SqliteMemory
from memory.text import clean
from memory.types import Memory, NewMemory

BLANK = Memory(id="", text="")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)  # surrogates and controls included
WORDY = st.lists(
    st.sampled_from(["key", "Anna", "the", "🎂", "שלום", "明日", "naïve", "\0", '"', "*", "NOT"]), max_size=12
)


def file_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with other memories in it, as a real one has."""
    path = tmp_path_factory.mktemp("traces") / "memory.db"
    with SqliteMemory(path) as store:
        for number in range(50):
            store.add(NewMemory(f"some other thought, number {number}"))
    return path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT | WORDY.map(" ".join), last=st.booleans())
def test_add_get_search_forget_leaves_nothing(shared: Path, text: str, last: bool) -> None:
    secret = f"zq{secrets.token_hex(12)}"
    written = f"{text} {secret}" if last else f"{secret} {text}"
    with SqliteMemory(shared) as store:
        before = file_bytes(shared)
        kept = store.add(NewMemory(written, speaker=f"sp{secret}", clip=f"clip{secret}".encode() * 50, clip_seconds=1))
        assert kept.text == clean(written).strip()
        assert store.get(kept.id) == kept
        assert store.search(secret) == [kept]
        assert kept in store.search(written, limit=100) or len(written.split()) > 32
        assert [r.memory for r in store.candidates(secret)] == [kept]
        assert secret.encode() in file_bytes(shared), "or the check below could not fail"
        assert store.forget([kept.id]) == [kept]
        after = file_bytes(shared)  # while it is open: the log counts as well
        assert secret.encode() not in after
        for word in kept.text.split():
            raw = word.encode()
            assert len(raw) < 8 or raw in before or raw not in after
    assert secret.encode() not in file_bytes(shared)


def test_what_an_edit_takes_out_leaves_nothing(store: SqliteMemory, path: Path) -> None:
    kept = store.add(NewMemory("my password is swordfish99"))
    store.add(NewMemory("another thing"))
    store.edit(kept.id, "I told you a password once")
    assert b"swordfish" not in file_bytes(path)


def test_the_index_outlives_thousands_of_removals(store: SqliteMemory, path: Path) -> None:
    """Merging an index of some size lifts it by a level, and SQLite before 3.43 cannot read one with over 2,000."""
    stays = [replace(BLANK, text=f"{secrets.token_hex(4)} stays {number}") for number in range(1000)]
    assert store.put([(memory, None) for memory in stays]) == 1000
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma foreign_keys = on")
    db.execute("pragma synchronous = off")
    highest = 0
    for number in range(1200):
        row = replace(BLANK, id=f"id{number}", text=f"passing {number}", said_at=1.0, created_at=1.0, updated_at=1.0)
        db.execute("begin")
        rows.insert(db, row, None)
        db.execute("commit")
        db.execute("begin")
        erase.forget(db, [row.id])
        db.execute("commit")
        highest = max(highest, *(indexes.levels(db, index) for index in indexes.INDEXES))
    db.close()
    assert 16 < highest <= indexes.MAX_LEVELS + 4
    assert len(store.search("stays", limit=2000)) == store.count() == 1000
    store.add(NewMemory("and there is room for more"))
    store.close()
    assert check(path).ok


def test_a_reader_in_the_way_only_puts_the_scrubbing_off(store: SqliteMemory, path: Path, monkeypatch) -> None:
    monkeypatch.setattr("memory.file.writer.SCRUB_BUSY_MS", 10)
    kept = store.add(NewMemory("swordfish99"))
    with store.reading() as db:
        db.execute("begin")
        assert db.execute("select count(*) from memory").fetchone() == (1,)
        store.forget([kept.id])
        assert b"swordfish" in file_bytes(path), "the reader still sees the old log"
        db.execute("commit")
    store.add(NewMemory("the next write"))
    assert b"swordfish" not in file_bytes(path)


def test_what_a_killed_process_left_in_the_log_goes_with_the_next_write(tmp_path: Path, path: Path) -> None:
    killed = tmp_path / "killed" / "memory.db"
    killed.parent.mkdir()
    with SqliteMemory(path) as store:
        kept = store.add(NewMemory("swordfish99"))
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("pragma foreign_keys = on")
        erase.forget(db, [kept.id])  # committed, and then no time to clean the log
        db.close()
        for end in ("", "-wal"):
            shutil.copy(f"{path}{end}", f"{killed}{end}")
    assert b"swordfish" in file_bytes(killed)
    with SqliteMemory(killed) as store:
        store.add(NewMemory("the next write"))
        assert b"swordfish" not in file_bytes(killed)


@pytest.mark.parametrize(
    "text",
    [
        "🎂👩‍👩‍👧‍👦 family",
        "مرحبا بالعالم",
        "\u202eright to left\u202c",
        "line one\nline two\ttabbed",
        "e\u0301" * 100,
        "word " * 200_000,
        "x" * 1_000_000,
    ],
    ids=["emoji", "arabic", "override", "lines", "combining", "1 MB of words", "1 MB of one word"],
)
def test_unusual_text_comes_back_as_it_was(store: SqliteMemory, text: str) -> None:
    kept = store.add(NewMemory(text))
    found = store.get(kept.id)
    assert found is not None
    assert found.text == text.strip()
    assert store.search(text[:40]) == [kept]
    assert store.forget([kept.id]) == [kept]


def test_what_text_cannot_hold_is_taken_out(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("a\0b\x1b[31mred\x07 \ud83c\udf82 \ud800 end\r\nnext"))
    assert kept.text == "ab[31mred 🎂 \ufffd end\nnext"


def test_far_too_long_is_refused(store: SqliteMemory) -> None:
    with pytest.raises(Exception, match="too long"):
        store.add(NewMemory("x" * 4_000_001))
