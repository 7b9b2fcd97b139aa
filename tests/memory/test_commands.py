"""What the command line is made of: moving memories as JSON Lines, naming them, figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import commands
from memory.errors import MemoryStoreError
from memory.file.migrations import MIGRATIONS
from memory.formats.transfer import LineError, from_line, to_line
from memory.store import ROWS_PER_TRANSACTION, SqliteMemory
from memory.types import Memory, NewMemory

MEMORIES = st.builds(
    Memory,
    id=st.text(st.characters(exclude_categories=("Cs",)), min_size=1),
    text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(lambda t: t.strip()),
    kind=st.sampled_from(["fact", "note", "summary"]),
    role=st.sampled_from(["user", "assistant"]),
    said_at=st.floats(0, 1e11),
    pinned=st.booleans(),
    confidence=st.floats(0, 1),
    status=st.sampled_from(["active", "superseded"]),
)


@given(MEMORIES, st.none() | st.binary())
def test_a_line_brings_back_what_was_written(memory: Memory, clip: bytes | None) -> None:
    line = to_line(memory, clip)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert from_line(line) == (memory, clip)


def test_a_line_needs_only_text() -> None:
    memory, clip = from_line('{"text": "I like tea", "unknown": [1], "speaker": null}')
    assert (memory, clip) == (Memory(id="", text="I like tea"), None)


def test_times_may_be_written_for_people() -> None:
    assert from_line('{"text": "x", "said_at": "2024-05-01T10:00:00+02:00"}')[0].said_at == 1714550400
    assert from_line('{"text": "x", "said_at": "2024-05-01T08:00:00"}')[0].said_at == 1714550400
    assert from_line('{"text": "x", "id": 17}')[0].id == "17"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "text is missing"),
        ('{"text": " "}', "text is missing"),
        ('{"text": 1.5}', "text: not a string"),
        ('{"text": "x", "pinned": 1}', "pinned: neither true nor false"),
        ('{"text": "x", "kind": "rumour"}', "kind: 'rumour' is none of"),
        ('{"text": "x", "said_at": "yesterday"}', "said_at: "),
        ('{"text": "x", "said_at": true}', "said_at: not a number"),
        ('{"text": "x", "confidence": 1' + "0" * 400 + "}", "confidence: "),
        ('{"text": "x", "clip": "*"}', "clip: not base64"),
    ],
)
def test_what_is_no_memory_is_told(line: str, why: str) -> None:
    with pytest.raises(LineError, match=why.replace("[", r"\[")):
        from_line(line)


def test_export_and_import_carry_everything(store: SqliteMemory, tmp_path: Path) -> None:
    store.add(NewMemory("spoken", clip=b"\0\xffsound", clip_seconds=2.5, pinned=True))
    store.add(NewMemory("line one\nline two 🎂", speaker="Ken", role="assistant", kind="fact", conversation="c"))
    lines = list(commands.export_lines(store))
    with SqliteMemory(tmp_path / "other.db") as other:
        assert commands.import_lines(other, lines) == commands.Imported(2, 0, 0)
        assert list(other.everything()) == list(store.everything())
        spoken = other.search("spoken")[0]
        assert other.clip(spoken.id) == b"\0\xffsound"
        assert commands.import_lines(other, lines) == commands.Imported(0, 2, 0), "twice does no harm"
        assert list(commands.export_lines(other)) == lines
    assert all("clip" not in json.loads(line) for line in commands.export_lines(store, clips=False))


def test_import_passes_over_bad_lines_and_names_them(store: SqliteMemory) -> None:
    lines = ['\ufeff{"text": "one"}\n', "\n", "nonsense\n", '{"text": "x", "said_at": NaN}\n', '{"text": "two"}']
    done = commands.import_lines(store, lines)
    assert (done.added, done.refused) == (2, 2)
    assert done.problems[0].startswith("line 3: not JSON")
    assert done.problems[1].startswith("line 4: ")
    assert {m.text for m in store.list()} == {"one", "two"}
    assert all(len(m.id) == 32 and m.said_at > 0 for m in store.list())


def test_import_tells_only_the_first_problems(store: SqliteMemory) -> None:
    done = commands.import_lines(store, ["x"] * 1200)
    assert (done.refused, len(done.problems)) == (1200, commands.SHOWN_PROBLEMS)
    assert done.problems[-1].startswith("line 20:")


def test_import_is_one_transaction_per_some_hundred(store: SqliteMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store._writer is not None
    runs: list[int] = []
    run = store._writer.run
    monkeypatch.setattr(store._writer, "run", lambda *a, **k: runs.append(1) or run(*a, **k))
    lines = [json.dumps({"text": f"fact {n}"}) for n in range(ROWS_PER_TRANSACTION * 2 + 1)]
    assert commands.import_lines(store, lines).added == len(lines)
    assert len(runs) == 3
    assert store.count() == len(lines)


def test_the_same_words_twice_in_one_file_are_one_memory(store: SqliteMemory) -> None:
    assert commands.import_lines(store, ['{"text": "tea"}', '{"text": "Tea."}']) == commands.Imported(1, 1, 0)


def test_a_memory_may_be_named_by_part_of_its_id(store: SqliteMemory) -> None:
    one = store.add(NewMemory("one", id="aaa111"))
    two = store.add(NewMemory("two", id="aaa222"))
    assert commands.find_one(store, "aaa111") == one
    assert commands.find_one(store, "222") == two
    assert commands.find_one(store, "aaa2") == two
    with pytest.raises(MemoryStoreError, match="More than one"):
        commands.find_one(store, "aaa")
    for nothing in ("", "%", "zzz", "a1"):
        with pytest.raises(MemoryStoreError, match="There is no memory"):
            commands.find_one(store, nothing)


def test_forget_is_all_or_none(store: SqliteMemory) -> None:
    one, two = store.add(NewMemory("one", id="aaa")), store.add(NewMemory("two", id="bbb"))
    with pytest.raises(MemoryStoreError, match="There is no memory 'ccc'"):
        commands.forget(store, ["aaa", "ccc"])
    assert store.count() == 2
    assert commands.forget(store, ["aaa", "bbb"]) == [one, two]
    assert store.count() == 0


def test_add_and_edit(store: SqliteMemory) -> None:
    kept = commands.add(store, "tea", speaker="Ken", pinned=True)
    assert (kept.speaker, kept.pinned) == ("Ken", True)
    assert commands.edit(store, kept.id[-8:], "coffee").text == "coffee"


def test_stats(store: SqliteMemory) -> None:
    empty = commands.stats(store)
    assert (empty.memories, empty.oldest, empty.newest, empty.clip_bytes) == (0, None, None, 0)
    store.add(NewMemory("one", said_at=5.0, clip=b"12345", clip_seconds=1))
    store.add(NewMemory("two", said_at=9.0, pinned=True))
    figures = commands.stats(store)
    assert (figures.memories, figures.pinned, figures.spoken, figures.clip_bytes) == (2, 1, 1, 5)
    assert (figures.oldest, figures.newest) == (5.0, 9.0)
    assert (figures.schema, figures.read_only, figures.path) == (list(MIGRATIONS)[-1], False, str(store.path))
    assert figures.file_bytes > 4096
