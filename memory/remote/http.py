"""The way to the server: one HTTP request at a time, with limits of time and size; never follows a redirect."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from urllib.parse import urlsplit

from memory.errors import MemoryStoreError
from memory.remote.hrana import PATH
from memory.remote.state import Trouble

TIMEOUT = 10.0
"""Of connecting, and of every wait for bytes, seconds."""

MOST_BYTES = 32 * 1024 * 1024
"""Of an answer."""

_SCHEMES = {"libsql": ("https", 443), "https": ("https", 443), "http": ("http", 80)}


class RemoteError(Exception):
    """An exchange failed.

    Args:
        trouble: Of which sort.
        detail: For a person; never holds the token.
    """

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.trouble: Trouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is.

    Args:
        secure: By TLS.
        prefix: What stands before the path of the protocol.
    """

    host: str
    port: int
    secure: bool
    prefix: str = ""

    @property
    def shown(self) -> str:
        """For a person."""
        return f"{self.host}:{self.port}"

    @property
    def here(self) -> bool:
        """Whether it is this machine."""
        if self.host == "localhost":
            return True
        with suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return False


def address_of(url: str) -> Address:
    """Return the address that a URL means.

    Raises:
        MemoryStoreError: It is none that this can talk to.
    """
    try:
        parts = urlsplit(url.strip())
        scheme, usual = _SCHEMES[parts.scheme]
        host, port = parts.hostname, parts.port or usual
    except (ValueError, KeyError):
        host, scheme, port, parts = None, "", 0, urlsplit("")
    if not host:
        raise MemoryStoreError(
            "The address of the memory server is none that can be used",
            hint="Write it as libsql://NAME, https://NAME or http://127.0.0.1:PORT (setting memory.remote)",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise MemoryStoreError(
            "The address of the memory server holds more than an address",
            hint="The token belongs in VOICE_TUI_SYNC_TOKEN or the key ring, not in the setting memory.remote",
        )
    return Address(host, port, scheme == "https", parts.path.rstrip("/"))


@dataclass(slots=True)
class Line:
    """Sends requests to one server. One thread; `hang_up` from any.

    Args:
        address: Of the server.
        token: "" = none. Goes nowhere but into the header of requests to that server.
        timeout: Seconds.
    """

    address: Address
    token: str = field(default="", repr=False)
    timeout: float = TIMEOUT
    _open: http.client.HTTPConnection | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def send(self, body: bytes) -> bytes:
        """Return the server's answer.

        Raises:
            RemoteError: There is none, or it says no.
        """
        if self.token and not self.address.secure and not self.address.here:
            raise RemoteError("refused", "the token is not sent without encryption: use https:// or libsql://")
        connection = self._connection()
        try:
            connection.request("POST", self.address.prefix + PATH, body, self._headers())
            reply = connection.getresponse()
            data = reply.read(MOST_BYTES + 1)
            status = reply.status
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise RemoteError("unreachable", f"{self.address.shown} does not answer: {_why(e)}") from e
        finally:
            with self._lock:
                self._open = None
            connection.close()
        if status in (401, 403):
            said = "the token was refused" if self.token else "the server wants a token"
            raise RemoteError("refused", f"{said} ({status})")
        if status in (502, 503, 504):
            raise RemoteError("unreachable", f"{self.address.shown} does not serve now ({status})")
        if status != 200:
            raise RemoteError("failed", f"{self.address.shown} answered {status}")
        if len(data) > MOST_BYTES:
            raise RemoteError("failed", f"{self.address.shown} answered more than can be read")
        return data

    def hang_up(self) -> None:
        """End what is under way, and refuse all that follows."""
        with self._lock:
            self._closed = True
            sock = self._open.sock if self._open else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(SHUT_RDWR)

    def _connection(self) -> http.client.HTTPConnection:
        address = self.address
        made = (
            http.client.HTTPSConnection(
                address.host, address.port, timeout=self.timeout, context=ssl.create_default_context()
            )
            if address.secure
            else http.client.HTTPConnection(address.host, address.port, timeout=self.timeout)
        )
        with self._lock:
            if self._closed:
                raise RemoteError("unreachable", "the memory is closed")
            self._open = made
        return made

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "voice-tui"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or error}"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return "it answers, but not with HTTP"  # the words of these errors may repeat what was sent
