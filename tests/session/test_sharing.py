"""Memories on several machines, as a session sets it up: settings, token, events."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.remote.changes import disconnect
from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.memory.servers import FakeServer
from voice_tui.cli import main
from voice_tui.config import Config
from voice_tui.doctor import check_memory_server
from voice_tui.events import AnyEvent, MemoryShared, Notice
from voice_tui.schema import replaced
from voice_tui.session.build import open_memory
from voice_tui.session.sharing import TOKEN_VARIABLE, server_token
from voice_tui.settings import Settings

LIMIT = 20.0


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    made = FakeServer(token="sesame-4711")
    monkeypatch.setenv(TOKEN_VARIABLE, " sesame-4711\n")
    yield made
    made.close()


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not met():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


def settings_with(folder: Path, url: str) -> Settings:
    return replaced(
        Settings(), {"memory.path": str(folder / "memory.db"), "memory.remote": url, "memory.embedder": "none"}
    )


def test_a_session_keeps_in_step_and_tells_the_app(tmp_path: Path, server: FakeServer) -> None:
    told: list[AnyEvent] = []
    with open_memory(settings_with(tmp_path, server.url), tell=told.append) as memory:
        kept = memory.add(NewMemory("The key is under the pot"))
        until(lambda: bool(server.requests) and [name for name, *_ in server.held()] == [kept.id])
        until(lambda: MemoryShared(state="in step", at=0.0) in told)
    with open_memory(settings_with(tmp_path, ""), tell=told.append) as memory:
        assert memory.remote_state() is None, "a server that is no longer set"
        memory.forget([kept.id])
    with open_memory(settings_with(tmp_path, server.url), tell=told.append):
        until(lambda: [gone for _, gone, _ in server.held()] == [1])


def test_words_that_another_machine_forgot_go_out_of_the_logs(
    tmp_path: Path, server: FakeServer, private_home: Path
) -> None:
    from voice_tui.paths import state_dir

    settings = settings_with(tmp_path, server.url)
    with open_memory(settings, tell=lambda event: None) as memory:
        kept = memory.add(NewMemory("My locker opens with quetzal 88213"))
        until(lambda: bool(server.requests) and len(server.held()) == 1)
    state_dir().mkdir(parents=True, exist_ok=True)
    log = state_dir() / "text.log"
    log.write_text("12:00 user: my locker opens with quetzal 88213\n")
    server.db.execute("update voice_tui_memory set gone = 1, body = '', seq = seq + 1 where id = ?", (kept.id,))
    with open_memory(settings, tell=lambda event: None) as memory:
        until(lambda: memory.get(kept.id) is None)
        until(lambda: "88213" not in log.read_text())


def test_a_wrong_address_is_told_and_the_memories_stay_here(tmp_path: Path) -> None:
    told: list[AnyEvent] = []
    with open_memory(settings_with(tmp_path, "ftp://x"), tell=told.append) as memory:
        assert isinstance(told[0], Notice)
        assert "address of the memory server" in told[0].message
        memory.add(NewMemory("The key is under the pot"))


def test_the_token_comes_from_the_key_ring_where_the_environment_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "security" if sys.platform == "darwin" else "secret-tool"
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server_token() == ""
    program = tmp_path / name
    program.write_text('#!/bin/sh\n[ "$VOICE_TUI_TEST_LOCKED" ] && exit 1\necho "from the ring: $*"\n')
    program.chmod(0o755)
    found = server_token()
    assert found.startswith("from the ring: ")
    assert "voice-tui" in found
    assert "memory-server" in found
    monkeypatch.setenv("VOICE_TUI_TEST_LOCKED", "1")
    assert server_token() == ""
    monkeypatch.setenv(TOKEN_VARIABLE, "from the environment")
    assert server_token() == "from the environment"
    assert os.environ[TOKEN_VARIABLE] == "from the environment"


@pytest.mark.parametrize(
    ("mode", "token", "status", "detail"),
    [
        ("", "sesame-4711", "ok", "answers; 1 to send"),
        ("", "wrong-0815", "note", "the token was refused (401)"),
        ("garbage", "sesame-4711", "note", "the server's answer is not that of a libSQL server"),
        ("503", "sesame-4711", "note", "does not serve now"),
    ],
)
def test_the_doctor_says_how_the_server_does(
    tmp_path: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch, mode: str, token: str, status: str, detail: str
) -> None:
    settings = settings_with(tmp_path, server.url)
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with SqliteMemory(settings.memory.path) as store:
        store.write(lambda db: db.execute("insert into remote (one, url) values (1, 'http://x')"))
        store.add(NewMemory("The key is under the pot"))
    server.mode = mode
    (found,) = check_memory_server(Config(settings, tmp_path / "config.toml", {}))
    assert (found.name, found.status) == ("memory server", status)
    assert detail in found.detail
    assert token not in found.detail + found.fix
    with SqliteMemory(settings.memory.path) as store:
        store.write(disconnect)
    assert check_memory_server(Config(settings_with(tmp_path, ""), tmp_path / "config.toml", {})) == []
    (wrong,) = check_memory_server(Config(settings_with(tmp_path, "x"), tmp_path / "config.toml", {}))
    assert wrong.status == "failed"


def test_the_command_exchanges_now(
    tmp_path: Path, server: FakeServer, capsys: pytest.CaptureFixture[str], private_home: Path
) -> None:
    file = str(tmp_path / "memory.db")
    sync = ["--set", f"memory.remote={server.url}", "memory", "sync", "--store", file]
    assert main(["memory", "add", "The key is under the pot", "--store", file]) == 0
    assert main(sync) == 0
    assert f"in step: 1 memories here, {server.url}" in capsys.readouterr().out
    assert len(server.held()) == 1
    assert main(["memory", "stats", "--store", file]) == 0
    assert f"in step ({server.url})" in capsys.readouterr().out
    server.mode = "503"
    assert main([*sync, "--json"]) == 1
    said = capsys.readouterr()
    assert '"state": "server unreachable since' in said.out
    assert "sesame" not in said.out + said.err
    assert main(["memory", "sync", "--store", file]) != 0
    assert "There is no memory server" in capsys.readouterr().err
