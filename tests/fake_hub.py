"""A hub on this machine: model info, HEAD and GET with checksums and ranges, and the faults that real ones have."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SMALL = 10_000
"""Files up to so many bytes are git's, larger ones are behind a redirect, as on the hub."""


@dataclass(frozen=True, slots=True)
class Request:
    """One that came: method, path, the Range header ("" = none), and the token."""

    method: str
    path: str
    range: str
    token: str


@dataclass
class FakeHub:
    """Serves one repository.

    Args:
        name: Of it. `files`: their content. `card`: what its card says.
    """

    name: str
    files: dict[str, bytes]
    card: dict[str, str] = field(default_factory=lambda: {"license": "cc-by-4.0"})
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Part of a path -> status and error code of the answer."""
    cut_after: dict[str, list[int]] = field(default_factory=dict)
    """File -> for each of the next GETs, after how many bytes the connection ends."""
    wrong: set[str] = field(default_factory=set)
    """Files that are sent with a bit flipped."""
    hold_after: dict[str, int] = field(default_factory=dict)
    """File -> bytes after which sending waits until `go_on` is set."""
    go_on: threading.Event = field(default_factory=threading.Event)
    requests: list[Request] = field(default_factory=list)

    def gets(self, file: str) -> list[str]:
        """The ranges that were asked of a file, "" for all of it."""
        checksum = checksum_of(self.files[file])
        ends = (f"/{file}", f"/{checksum}")
        asked = [request for request in self.requests if request.method == "GET" and request.path.endswith(ends)]
        return [
            request.range for request in asked if request.path.startswith("/cdn/") or len(self.files[file]) <= SMALL
        ]

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; gives the address."""
        server = _Server(self)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.go_on.set()
            server.shutdown()
            server.server_close()
            thread.join()


def checksum_of(content: bytes) -> str:
    """As the hub gives it: SHA-256 of large files, git's of small ones."""
    if len(content) > SMALL:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: FakeHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.server.hub, urlsplit(self.path).path
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        hub.requests.append(Request(self.command, path, self.headers.get("Range", ""), token))
        for part, (status, code) in hub.refusals.items():
            if part in path:
                self._send(status, {"X-Error-Code": code} if code else {}, b"no")
                return
        if path == f"/api/models/{hub.name}":
            self._send(200, {"Content-Type": "application/json"}, json.dumps(_info(hub)).encode())
        elif path.startswith(f"/{hub.name}/resolve/{COMMIT}/"):
            self._resolve(path.rpartition("/")[2])
        elif path.startswith("/cdn/"):
            name = next(name for name, content in hub.files.items() if checksum_of(content) == path.rpartition("/")[2])
            self._content(name)
        else:
            self._send(404, {"X-Error-Code": "RepoNotFound"}, b"no")

    def _resolve(self, name: str) -> None:
        content = self.server.hub.files.get(name)
        if content is None:
            self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}, b"no")
        elif len(content) <= SMALL:
            self._content(name)
        else:
            checksum = checksum_of(content)
            linked = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{checksum}"', "X-Repo-Commit": COMMIT}
            place = f"http://127.0.0.1:{self.server.server_port}/cdn/{checksum}"
            self._send(302, {"Location": place, **linked}, b"")

    def _content(self, name: str) -> None:
        hub, content = self.server.hub, self.server.hub.files[name]
        headers = {"ETag": f'"{checksum_of(content)}"', "X-Repo-Commit": COMMIT}
        if name in hub.wrong:
            content = bytes([content[0] ^ 1]) + content[1:]
        begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        body = content[begin:]
        if self.command == "HEAD":
            self._send(200, headers, body)
            return
        self.send_response(206 if begin else 200)
        self._headers(headers, len(body))
        if cuts := hub.cut_after.get(name):
            self.wfile.write(body[: cuts.pop(0)])
            self.close_connection = True
            return
        held = hub.hold_after.get(name, len(body))
        self.wfile.write(body[:held])
        if held < len(body):
            self.wfile.flush()
            hub.go_on.wait(30)
            self.wfile.write(body[held:])

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        self._headers(headers, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _headers(self, headers: dict[str, str], length: int) -> None:
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()


def _info(hub: FakeHub) -> dict[str, object]:
    return {
        "id": hub.name,
        "sha": COMMIT,
        "cardData": hub.card,
        "siblings": [_entry(name, content) for name, content in hub.files.items()],
    }


def _entry(name: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": checksum_of(content)}
    if len(content) > SMALL:
        entry["blobId"] = "0" * 40  # git's own of the pointer, which nobody is to use
        entry["lfs"] = {"sha256": checksum_of(content), "size": len(content), "pointerSize": 134}
    return entry
