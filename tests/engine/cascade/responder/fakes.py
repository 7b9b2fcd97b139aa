"""A loopback server that does what the test says, request by request, over real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

Script = Callable[["Peer"], None]
"""What to do with one request, in a thread of its own."""


@dataclass
class Peer:
    """One request and the connection it came over."""

    connection: socket.socket
    stop: threading.Event
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def head(self, status: str = "200 OK", kind: str = "text/event-stream", **headers: str) -> None:
        """Send the status line and headers; the reply ends with the connection."""
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.raw("\r\n".join([*lines, "", ""]).encode())

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def event(self, delta: dict[str, Any] | None, finish: str | None = None) -> None:
        """Send one event of a chat stream."""
        choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
        data = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.raw(f"data: {json.dumps(data)}\n\n".encode())

    def text(self, *pieces: str) -> None:
        """Send pieces of the answer."""
        for piece in pieces:
            self.event({"content": piece})

    def end(self) -> None:
        """Send the end of an answer."""
        self.event({}, finish="stop")
        self.raw(b"data: [DONE]\n\n")

    def wait_for_hang_up(self, seconds: float = 10.0) -> None:
        """Send nothing until the client closes the connection."""
        self.connection.settimeout(0.05)
        for _ in range(int(seconds / 0.05)):
            try:
                if self.connection.recv(1024) == b"":
                    self.hung_up.set()
                    return
            except TimeoutError:
                if self.stop.is_set():
                    return
            except OSError:
                self.hung_up.set()
                return

    def reset(self) -> None:
        """Break the connection without an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.connection.close()


class FakeLlmServer:
    """Plays one script per request, in order; the last one again and again."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.requests: list[Peer] = []
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> FakeLlmServer:
        self._threads[0].start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        for thread in list(self._threads):
            thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._handle, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _handle(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            peer = Peer(connection, self._stop)
            try:
                if not _read_request(peer):
                    return
                self.requests.append(peer)
                self.scripts[min(len(self.requests), len(self.scripts)) - 1](peer)
            except OSError:
                peer.hung_up.set()


def _read_request(peer: Peer) -> bool:
    data = b""
    while b"\r\n\r\n" not in data:
        more = peer.connection.recv(65536)
        if not more:
            return False
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    peer.path = first.split()[1]
    peer.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(peer.headers.get("content-length", 0)):
        body += peer.connection.recv(65536)
    peer.body = json.loads(body)
    return True


def answering(*pieces: str) -> Script:
    """Answer with these pieces, in order and to the end."""

    def script(peer: Peer) -> None:
        peer.head()
        peer.event({"role": "assistant", "content": ""})
        peer.text(*pieces)
        peer.end()

    return script


def failing(status: str, body: str = "", kind: str = "application/json", **headers: str) -> Script:
    """Answer with an HTTP error."""

    def script(peer: Peer) -> None:
        peer.head(status, kind, Content_Length=str(len(body.encode())), **headers)
        peer.raw(body.encode())

    return script
