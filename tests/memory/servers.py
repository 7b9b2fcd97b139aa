"""Memory servers for the tests: a fake one that can misbehave, and the official one from npm."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "turso@0.6.0"
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "turso"


class FakeServer:
    """Answers the pipeline with SQLite; does what `mode` says.

    Modes: "" = serves; a number = answers with that status; "garbage"; "error" = refuses every statement; "hang" = does
    not answer; "cut" = ends the connection; "batons" = leaves streams open.
    """

    def __init__(self, token: str = "") -> None:
        self.mode = ""
        self.token = token
        self.requests: list[dict[str, Any]] = []
        self.db = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self.answering = threading.Lock()
        self.woken = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = outer.answer(self.path, self.headers.get("Authorization", ""), body)
                if status == 0:
                    return
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def answer(self, path: str, authorization: str, body: bytes) -> tuple[int, bytes]:
        record = json.loads(body)
        self.requests.append(record)
        if path != "/v2/pipeline":
            return 404, b""
        if self.token and authorization != f"Bearer {self.token}":
            return 401, authorization.encode()
        if self.mode.isdigit():
            return int(self.mode), b"no"
        if self.mode in ("hang", "cut"):
            if self.mode == "hang":
                self.woken.wait(30)
            return 0, b""
        if self.mode == "garbage":
            return 200, b'{"results": [{"type": "ok"}]}'
        with self.answering:
            results = [self._run(one["stmt"]) for one in record["requests"] if one["type"] == "execute"]
        baton = "b" if self.mode == "batons" and record["baton"] is None else None
        return 200, json.dumps({"baton": baton, "base_url": None, "results": results}).encode()

    def _run(self, statement: dict[str, Any]) -> dict[str, Any]:
        read = {"integer": int, "float": float, "text": str}
        values = [read[arg["type"]](arg["value"]) for arg in statement["args"]]
        if self.mode == "error":
            return {"type": "error", "error": {"message": f"no, {self.token}"}}
        try:
            rows = self.db.execute(statement["sql"], values).fetchall()
        except sqlite3.Error as e:
            return {"type": "error", "error": {"message": str(e)}}
        told = [[_told(value) for value in row] for row in rows]
        return {"type": "ok", "response": {"type": "execute", "result": {"cols": [], "rows": told}}}

    def held(self) -> list[tuple[Any, ...]]:
        """What it keeps: id, whether it is gone, body; nothing before a first client has made the table."""
        if not self.db.execute("select 1 from sqlite_master where name = 'voice_tui_memory'").fetchone():
            return []
        return self.db.execute("select id, gone, body from voice_tui_memory where id <> '' order by id").fetchall()

    def close(self) -> None:
        self.woken.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self.db.close()


def _told(value: object) -> dict[str, object]:
    if isinstance(value, int):
        return {"type": "integer", "value": str(value)}
    if isinstance(value, float):
        return {"type": "float", "value": value}
    return {"type": "null"} if value is None else {"type": "text", "value": value}


def official_program() -> Path:
    """The official server's program, installed by npm under .cache by the first run; skips where that cannot be."""
    program = CACHE / "node_modules" / ".bin" / "turso"
    if not program.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"the official server needs npm, to install {PACKAGE}")
        CACHE.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([npm, "install", "--prefix", CACHE, PACKAGE], capture_output=True, text=True, timeout=50)
        if done.returncode or not program.exists():
            pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.strip()[-200:]}")
    return program


@contextmanager
def official_server(folder: Path) -> Iterator[str]:
    """Run the official server on a file in `folder`; gives its URL."""
    program = official_program()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [program, folder / "server.db", "--sync-server", address]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        _wait_for(address, server)
        yield f"http://{address}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # npm's program starts the server as its child
        server.wait(10)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    host, port = address.split(":")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.skip(f"the official server does not run here: it ended with {server.returncode}")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the official server did not open its port")
