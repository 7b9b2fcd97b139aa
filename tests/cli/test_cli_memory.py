"""`voice-tui memory …` on a real file."""

from __future__ import annotations

import argparse
import io
import json
import re
import stat
from datetime import datetime
from pathlib import Path

import pytest

from memory.errors import MemoryStoreError
from memory.store import SqliteMemory
from memory.types import NewMemory
from voice_tui import cli_memory
from voice_tui.cli_options import add_common
from voice_tui.paths import state_dir


class Line:
    """Runs command lines and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *options: str) -> None:
        self._capsys = capsys
        self._options = options
        self._parser = argparse.ArgumentParser()
        add_common(self._parser, nested=False)
        cli_memory.register(self._parser.add_subparsers())
        self.err = ""

    def __call__(self, *argv: str, code: int = 0) -> str:
        args = self._parser.parse_args(["memory", *argv, *self._options])
        assert args.run(args) == code
        printed = self._capsys.readouterr()
        self.err = printed.err
        return printed.out

    def json(self, *argv: str, code: int = 0):
        return json.loads(self(*argv, "--json", code=code))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], file: Path) -> Line:
    return Line(capsys, "--store", str(file))


def test_add_list_search_edit_forget(line: Line) -> None:
    assert line("add", "The key is under the pot", "--speaker", "Ken", "--pin").startswith("Remembered: ")
    assert line("add", "the key is under the pot.", "--speaker", "Ken").startswith("Known already, renewed: ")
    line("add", "Anna likes tea")
    listed = line("list").splitlines()
    assert len(listed) == 2
    assert "* Ken: The key is under the pot" in listed[0]
    assert line.err == "2 of 2 memories\n"
    assert line("list", "--limit", "1").splitlines() == listed[:1]

    assert "Anna likes tea" in line("search", "tea", "ann")
    assert line("search", "coffee", code=1) == ""
    short = line("search", "tea").split()[0]
    assert "Anna likes coffee" in line("edit", short, "Anna likes coffee")
    assert line("forget", short).startswith(f"Forgotten: {short}")
    assert "coffee" not in line("list")
    with pytest.raises(MemoryStoreError, match="There is no memory"):
        line("forget", short)


def test_json_everywhere(line: Line) -> None:
    (kept,) = line.json("add", "tea 🍵")
    assert kept["text"] == "tea 🍵"
    assert line.json("list") == [kept] == line.json("search", "tea")
    assert line.json("edit", kept["id"], "coffee")[0]["id"] == kept["id"]
    assert line.json("stats")["memories"] == 1
    assert line.json("check") | {"path": ""} == {
        "ok": True, "memories": 1, "active": 1, "problems": [], "remarks": [], "path": "", "repairs": [],
    }  # fmt: skip
    assert line.json("forget", kept["id"])[0]["text"] == "coffee"


def test_words_may_come_from_stdin(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("from a pipe\n"))
    assert line.json("add", "-")[0]["text"] == "from a pipe"


def test_export_and_import(line: Line, tmp_path: Path, file: Path) -> None:
    with SqliteMemory(file) as store:
        kept = store.add(NewMemory("spoken", clip=b"sound", clip_seconds=2))
        store.add(NewMemory("typed\nin two lines"))
    out = tmp_path / "out.jsonl"
    line("export", "--output", str(out))
    assert line.err == "2 memories exported\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_text("utf-8") == line("export")
    assert "clip" not in json.loads(line("export", "--no-clips").splitlines()[0])

    line("forget", kept.id)
    assert line("import", str(out)) == "1 memories added, 1 known already, 0 lines refused\n"
    assert line.err.startswith("They are found by their words now; by meaning too when ")
    line("import", str(out))
    assert line.err == "", "nothing is new"
    with SqliteMemory(file) as store:
        assert store.clip(kept.id) == b"sound"
    out.write_bytes(b'{"text": "good"}\nbad \xff line\n')
    assert line("import", str(out), code=1) == "1 memories added, 0 known already, 1 lines refused\n"
    assert line.err.startswith("line 2: not JSON")


def test_an_export_to_a_terminal_leaves_the_recordings_out_and_says_so(
    line: Line, tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line("add", "typed")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    line("export")
    assert line.err == "1 memories exported\n", "nothing was left out"
    with SqliteMemory(file) as store:
        store.add(NewMemory("spoken", clip=b"sound" * 10_000, clip_seconds=3))
    shown = line("export")
    assert len(shown) < 2_000 and json.loads(shown.splitlines()[1])["clip_seconds"] == 3
    assert line.err.splitlines()[1:] == [
        "Recordings are not shown in a terminal; --output FILE, or a pipe, gets them too"
    ]
    for plain in (("--no-clips",), ("--format", "markdown")):
        line("export", *plain)
        assert "Recordings" not in line.err
    out = tmp_path / "out.jsonl"
    line("export", "--output", str(out))
    assert "clip" in json.loads(out.read_text("utf-8").splitlines()[1]), "a file gets everything"
    assert "Recordings" not in line.err


def test_an_export_that_fails_leaves_the_old_file(line: Line, tmp_path: Path, file: Path, monkeypatch) -> None:
    line("add", "tea")
    out = tmp_path / "out.jsonl"
    out.write_text("old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("voice_tui.cli_memory_files.os.fdopen", fail)
    with pytest.raises(MemoryStoreError, match="No space left"):
        line("export", "--output", str(out))
    assert out.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.db", "out.jsonl"]


@pytest.mark.parametrize("missing", ["nowhere.jsonl", "."])
def test_an_import_that_cannot_be_read_is_told(line: Line, tmp_path: Path, missing: str) -> None:
    with pytest.raises(MemoryStoreError, match="cannot be read"):
        line("import", str(tmp_path / missing))


def test_check_finds_damage_and_mends_it(line: Line, file: Path) -> None:
    with pytest.raises(MemoryStoreError, match="no memory file yet"):
        line("check")
    file.write_bytes(b"garbage " * 999)
    assert "DAMAGED" in line("check", code=1)
    mended = line("check", "--repair")
    assert "none of its memories could be read" in mended
    assert "ok: 0 memories" in mended


def test_notices_of_the_store_go_to_stderr(line: Line, file: Path) -> None:
    file.write_bytes(b"garbage " * 999)
    assert line("list") == ""
    assert "The memory file was damaged" in line.err


def test_the_file_of_the_settings_is_used(capsys: pytest.CaptureFixture[str], file: Path, private_home: Path) -> None:
    configured = Line(capsys, "--set", f"memory.path={file}")
    configured("add", "tea")
    assert configured.json("stats")["path"] == str(file.resolve())
    assert Line(capsys).json("stats")["path"] == str(private_home / "data" / "voice-tui" / "memory.db")


def test_long_and_odd_memories_take_one_line(line: Line, file: Path) -> None:
    with SqliteMemory(file) as store:
        store.add(NewMemory("word\n" * 500, said_at=1e18))
    listed = line("list")
    assert listed.count("\n") == 1
    assert len(listed) < 250
    assert "????-??-??" in listed
    assert line("list", "--limit", "0") == ""


@pytest.mark.parametrize("argv", [["list", "--limit", "-1"], ["forget"], []])
def test_wrong_usage(line: Line, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        line(*argv)
    assert end.value.code == 2


def test_a_batch_is_imported_with_its_ids_and_asked(line: Line, tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"
    asked = tmp_path / "asked.jsonl"
    turns = [
        ("D1:1", "Ken", "user", "We moved to Lisbon because Anna found work in a bakery"),
        ("D1:2", "assistant", "assistant", "How nice, what does she bake?"),
        ("D1:3", "Ken", "user", "Our dog is called Biscuit"),
    ]
    keys = ("id", "speaker", "role", "text")
    rest = {"said_at": "2024-05-01T10:00:00+00:00", "conversation": "talk 1"}
    said.write_text("\n".join(json.dumps(dict(zip(keys, turn, strict=True)) | rest) for turn in turns))
    assert line.json("import", str(said)) | {"problems": []} == {"added": 3, "known": 0, "refused": 0, "problems": []}

    questions = [
        {"id": "q1", "query": "What is the dog called?", "asked_at": 1_720_000_000, "speaker": "Ken"},
        {"id": 2, "query": "How deep is the Baltic Sea?"},
    ]
    asked.write_text("\n\n".join(map(json.dumps, questions)) + '\n{"id": "x"}\n')
    answers = [json.loads(text) for text in line("recall", "--batch", str(asked), "--json", code=1).splitlines()]
    assert line.err.splitlines()[-1] == "line 4: query is missing"
    assert [answer["id"] for answer in answers] == ["q1", "2"]
    first, second = answers
    assert first["injected"] == ["D1:3"] == [first["candidates"][0]["id"]]
    assert set(first["candidates"][0]) == {"id", "relevance", "importance"}
    assert all(0 <= one[name] <= 1 for one in first["candidates"] for name in ("relevance", "importance"))
    assert second["injected"] == []

    assert "Biscuit" in line("recall", "what", "is", "the", "dog", "called").splitlines()[0]
    assert line.json("recall", "how deep is the Baltic Sea", code=1)["injected"] == []
    with pytest.raises(MemoryStoreError, match="Nothing is asked"):
        line("recall")


def test_wipe_asks_and_removes_everything(line: Line, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line("add", "the safe opens with 88213")
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    assert line("wipe", code=1) == ""
    assert "Nothing was removed" in line.err
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert line("wipe") == "1 memories removed for good\n"
    assert b"88213" not in file.read_bytes()
    line("add", "tea")
    assert line.json("wipe", "--yes") == {"path": str(file), "removed": 1}
    assert line.json("stats")["memories"] == 0


def test_markdown_out_and_in(line: Line, tmp_path: Path) -> None:
    line("add", "the key is under the pot", "--pin")
    target = tmp_path / "notes.md"
    line("export", "--output", str(target))
    assert "1 memories exported" in line.err
    assert "- the key is under the pot *(note · " in target.read_text()
    line("wipe", "--yes")
    assert line("import", str(target)).startswith("1 memories added")
    assert line.json("list")[0]["pinned"] is True
    assert "# Memories" in line("export", "--format", "markdown")


def test_a_corrected_fact_is_counted_apart(line: Line) -> None:
    line("add", "my locker is 217")
    line("add", "my locker is 218")
    figures = line.json("stats")
    assert (figures["memories"], figures["superseded"], figures["suggested"]) == (1, 1, 0)
    assert line("check").startswith("ok: 1 memories in ") and "(and 1 superseded or suggested)" in line("check")
    assert (line.json("check")["memories"], line.json("check")["active"]) == (2, 1)


def test_stats_say_a_day_that_a_person_reads_and_scripts_get_the_number(line: Line) -> None:
    assert re.search(r"^oldest +-$", line("stats"), re.MULTILINE)
    line("add", "tea")
    said_at = line.json("stats")["oldest"]
    assert isinstance(said_at, float)
    day = f"{datetime.fromtimestamp(said_at):%Y-%m-%d %H:%M}"
    assert re.findall(r"^(oldest|newest) +(.*)$", line("stats"), re.MULTILINE) == [("oldest", day), ("newest", day)]


def test_forgetting_takes_every_version_of_the_words_out_of_the_log(line: Line, file: Path) -> None:
    with SqliteMemory(file) as store:
        old = store.add(NewMemory("my locker opens with heron", said="well, my locker opens with heron I think"))
        kept = store.correct(old.id, NewMemory("my locker opens with quetzal", said="no, with the quetzal"))
    log = state_dir() / "text.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("1 user: well, my locker opens with heron I think\n3 user: no, with the quetzal\n5 user: bye\n")
    line("forget", kept.id)
    assert re.sub(r"\.+", "…", log.read_text()) == "1 user: …\n3 user: …\n5 user: bye\n"
    log.unlink()
