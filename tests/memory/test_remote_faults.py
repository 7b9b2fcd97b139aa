"""A server that is away, refuses the token, or talks nonsense; and the thread that goes on beside it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.errors import MemoryStoreError
from memory.remote import exchange as remote_module
from memory.remote.exchange import Remote
from memory.remote.hrana import HranaError, Statement, answer
from memory.remote.http import address_of
from memory.remote.state import RemoteState
from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.memory.servers import FakeServer

LIMIT = 20.0


@pytest.fixture
def server() -> Iterator[FakeServer]:
    made = FakeServer(token="sesame-4711")
    yield made
    made.close()


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not met():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


def state_of(store: SqliteMemory) -> RemoteState:
    found = store.remote_state()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("mode", "token", "trouble", "detail"),
    [
        ("", "wrong-0815", "refused", "the token was refused (401)"),
        ("", "", "refused", "the server wants a token (401)"),
        ("403", "sesame-4711", "refused", "the token was refused (403)"),
        ("500", "sesame-4711", "failed", "answered 500"),
        ("301", "sesame-4711", "failed", "answered 301"),
        ("503", "sesame-4711", "unreachable", "does not serve now (503)"),
        ("garbage", "sesame-4711", "failed", "answered less than it was asked"),
        ("error", "sesame-4711", "failed", "refused a statement: no, [token]"),
        ("cut", "sesame-4711", "unreachable", "does not answer"),
        ("hang", "sesame-4711", "unreachable", "no answer in time"),
    ],
)
def test_trouble_is_told_and_nothing_is_lost(
    path: Path, server: FakeServer, caplog: pytest.LogCaptureFixture, mode: str, token: str, trouble: str, detail: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.mode = mode
    tokens = [token]
    with SqliteMemory(path) as store:
        remote = Remote(store, server.url, lambda: tokens[0], timeout=0.2 if mode == "hang" else 5)
        key = store.add(NewMemory("The key is under the pot")).id
        found = remote.exchange()
        assert (found.trouble, found.waiting) == (trouble, 1)
        assert detail in found.detail
        assert found.since > 0
        assert detail in caplog.text
        assert state_of(store) == found
        server.mode, tokens[0] = "", "sesame-4711"
        server.woken.set()
        remote._line.timeout = 5
        again = remote.exchange()
        assert (again.trouble, again.detail, again.waiting) == ("", "", 0), "with the token that is right by now"
        assert [name for name, *_ in server.held()] == [key]
        remote.close()
    for secret in ("sesame-4711", "wrong-0815"):
        assert secret not in caplog.text
        assert secret.encode() not in path.read_bytes()


def test_nobody_there(path: Path) -> None:
    with SqliteMemory(path) as store:
        remote = Remote(store, "http://127.0.0.1:9", lambda: "x")
        store.add(NewMemory("The key is under the pot"))
        assert remote.exchange().trouble == "unreachable"
        assert store.recall("where is the key?") != []


def test_rows_that_are_no_memories_are_passed_over(path: Path, server: FakeServer) -> None:
    with SqliteMemory(path) as store:
        remote = Remote(store, server.url, lambda: server.token)
        assert remote.exchange().trouble == ""
        bodies = [
            "",
            "[]",
            '{"text": "no id"}',
            '{"id": "x", "text": "another id"}',
            '{"id": "e", "text": 5.5}',
            "\x00",
        ]
        bodies += ['{"id": "g", "text": "\\u0000good\\u001b[31m", "kind": "fact", "new": [1], "clip_seconds": 9}']
        for n, body in enumerate(bodies):
            server.db.execute("insert into voice_tui_memory values (?, 0, 0, 1.0, ?, ?)", ("abcdefg"[n], n + 1, body))
        assert remote.exchange().trouble == ""
        assert [(m.id, m.text, m.clip_seconds) for m in store.list()] == [("g", "good[31m", 0.0)]
        server.db.execute("insert into voice_tui_memory values (?, 0, 0, 'soon', 99, ?)", ("h", "{}"))
        assert remote.exchange().detail == "the server holds a row that is no memory"
        remote.close()


@pytest.mark.parametrize("deed", ["drop table voice_tui_memory", "delete from voice_tui_memory where seq > 1"])
def test_a_server_that_was_made_anew_or_set_back_gets_everything_again(
    path: Path, server: FakeServer, deed: str
) -> None:
    with SqliteMemory(path) as store:
        remote = Remote(store, server.url, lambda: server.token)
        for n in range(3):
            store.add(NewMemory(f"Fact number {n}", id=f"m{n}"))
        gone = store.add(NewMemory("gone", id="z"))
        store.forget([gone.id])
        assert remote.exchange().trouble == ""
        before = server.held()
        server.db.execute(deed)
        remote.exchange()  # learns that the table is gone
        assert remote.exchange().trouble == ""
        assert server.held() == before
        assert store.count() == 3
        remote.close()


def test_streams_that_the_server_leaves_open_are_closed(path: Path, server: FakeServer) -> None:
    server.mode = "batons"
    with SqliteMemory(path) as store:
        remote = Remote(store, server.url, lambda: server.token)
        assert remote.exchange().trouble == ""
        assert server.requests[-1] == {"baton": "b", "requests": [{"type": "close"}]}
        remote.close()


def test_another_server_gets_everything(path: Path, server: FakeServer) -> None:
    other = FakeServer()
    with SqliteMemory(path) as store:
        store.add(NewMemory("told before there was a server", id="m"))
        for one in (server, other):
            remote = Remote(store, one.url, lambda one=one: one.token)
            assert remote.exchange().trouble == ""
            assert [name for name, *_ in one.held()] == ["m"]
            remote.close()
    other.close()


def test_without_a_server_nothing_is_noted(path: Path) -> None:
    with SqliteMemory(path) as store:
        store.forget([store.add(NewMemory("x y z")).id])
        assert store.remote_state() is None
        with store.reading() as db:
            assert db.execute("select count(*) from change").fetchone() == (0,)


def test_the_thread_sends_takes_over_and_goes_on_after_trouble(
    tmp_path: Path, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_module, "ASK_SECONDS", 0.05)
    monkeypatch.setattr(remote_module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(remote_module, "FIRST_PAUSE", 0.05)
    told = threading.Event()
    server.mode = "500"
    with SqliteMemory(tmp_path / "a.db") as desk, SqliteMemory(tmp_path / "b.db") as lap:
        desk.keep_in_step(Remote(desk, server.url, lambda: server.token))
        lap.keep_in_step(Remote(lap, server.url, lambda: server.token, changed=told.set))
        kept = desk.add(NewMemory("The key is under the pot"))
        until(lambda: state_of(desk).trouble == "failed")
        assert [one.memory for one in desk.recall("where is the key?")] == [kept]
        server.mode = ""
        until(lambda: lap.get(kept.id) is not None)
        assert told.is_set()
        with SqliteMemory(tmp_path / "a.db") as another_program:
            another_program.forget([kept.id])
        until(lambda: lap.get(kept.id) is None)
        until(lambda: (state_of(desk).trouble, state_of(desk).waiting) == ("", 0))
        server.mode = "hang"
        desk.add(NewMemory("while it hangs"))
        before = len(server.requests)
        until(lambda: len(server.requests) > before)
        began = time.monotonic()
    assert time.monotonic() - began < 2.0, "closing does not wait for the server"


@pytest.mark.parametrize(
    ("url", "host", "port", "secure"),
    [
        ("libsql://my-db.example.io", "my-db.example.io", 443, True),
        ("https://db.example.io:8443/", "db.example.io", 8443, True),
        (" http://127.0.0.1:8080 ", "127.0.0.1", 8080, False),
        ("http://[::1]:8080", "::1", 8080, False),
    ],
)
def test_addresses(url: str, host: str, port: int, secure: bool) -> None:
    found = address_of(url)
    assert (found.host, found.port, found.secure) == (host, port, secure)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "db.example.io",
        "ftp://x",
        "http://",
        "https://x:99999",
        "libsql://me:word@x",
        "https://x?authToken=1",
        "//[",
    ],
)
def test_what_is_no_address(path: Path, url: str) -> None:
    with SqliteMemory(path) as store:
        with pytest.raises(MemoryStoreError, match="address of the memory server"):
            Remote(store, url, lambda: "")
        assert store.remote_state() is None


def test_the_token_does_not_travel_in_the_clear(path: Path) -> None:
    with SqliteMemory(path) as store:
        found = Remote(store, "http://192.0.2.1:8080", lambda: "sesame").exchange()
        assert (found.trouble, found.detail) == (
            "refused",
            "the token is not sent without encryption: use https:// or libsql://",
        )


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b"null", b'{"results": [5]}', b"[" * 100_000])
def test_an_answer_that_is_none(body: bytes) -> None:
    with pytest.raises(HranaError):
        answer(body, 1)


def test_values_of_every_sort_come_back(server: FakeServer) -> None:
    values = ("a\x01b", 2**53 + 1, 1.5, float("inf"), -3)
    requested = Statement(f"select {', '.join('?' * len(values))}, null", values)
    from memory.remote.hrana import request

    _, body = server.answer("/v2/pipeline", f"Bearer {server.token}", request([requested]))
    assert answer(body, 1).rows == (((*values[:3], 0.0, -3, None),),)
