"""The exchange with a server, for people with several machines: the file here is what the program works with.

A thread of its own sends what waits in the file and takes over what other machines changed. Nothing waits for it: a
server that is away costs nothing but that its news come later. Two programs on one file may both do it; every step may
be done twice.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from memory.errors import MemoryStoreError
from memory.remote import changes as changes
from memory.remote import server as server
from memory.remote.changes import Link
from memory.remote.hrana import HranaError, Row, Statement, answer, goodbye, request
from memory.remote.http import Line, RemoteError, address_of
from memory.remote.merge import Merged, merge
from memory.remote.state import RemoteState, Trouble, state

T = TypeVar("T")

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Records of one request."""

GATHER_SECONDS = 0.3
"""After a change, for what comes with it."""

ASK_SECONDS = 30.0
"""How often the server is asked for news."""

LOOK_SECONDS = 2.0
"""How often the file is looked at for what other programs changed."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""After a failure; doubled each time."""


class Vault(Protocol):
    """The store, as far as it is needed here; see `memory.store.SqliteMemory`."""

    read_only: bool

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lend a reading connection."""
        ...

    def write(self, work: Callable[[sqlite3.Connection], T], *, scrub: bool = False) -> T:
        """Run a transaction."""
        ...

    def now(self) -> float:
        """Return seconds since 1970."""
        ...


class Remote:
    """Keeps a store in step with a server. Any thread.

    Args:
        store: With the file that is worked with.
        url: Of the server, see `remote_http.address_of`.
        token: Returns the token, "" = none; called on this object's thread, before the first exchange and after a
            refusal, and may take its time.
        forgotten: Takes words that were forgotten on another machine, to take them out of logs; on this thread.
        changed: Called after something came in or the state changed; on this thread.

    Raises:
        MemoryStoreError: The URL is none, or the file is read-only.
    """

    def __init__(
        self,
        store: Vault,
        url: str,
        token: Callable[[], str],
        *,
        forgotten: Callable[[Sequence[str]], object] = len,
        changed: Callable[[], object] = lambda: None,
        timeout: float | None = None,
    ) -> None:
        self._store = store
        self._token = token
        self._forgotten = forgotten
        self._changed = changed
        self.url = url.strip()
        self._line = Line(address_of(url))
        if timeout is not None:
            self._line.timeout = timeout
        self._asked_for_token = False
        self._prepared = False
        self._woken = threading.Event()
        self._ended = threading.Event()
        self._failures = 0
        self._thread: threading.Thread | None = None
        store.write(lambda db: changes.connect(db, self.url))

    def start(self) -> None:
        """Begin, on a thread of its own; returns at once."""
        self._thread = threading.Thread(target=self._loop, name="memory-remote", daemon=True)
        self._thread.start()

    def poke(self) -> None:
        """Something was changed: look soon. Returns at once."""
        self._woken.set()

    def close(self, timeout: float = 2.0) -> None:
        """End; what was not sent waits in the file. Safe to call twice."""
        self._ended.set()
        self._line.hang_up()
        self._woken.set()
        if self._thread:
            self._thread.join(timeout)

    def exchange(self) -> RemoteState:
        """Take over what is new and send what waits, now; returns how it stands then. Takes as long as the server.

        Raises:
            MemoryStoreError: The file cannot be written.
        """
        trouble: Trouble = ""
        detail = ""
        try:
            self._take_all()
            if self._send_some():
                while self._send_some():
                    pass
                self._take_all()  # one's own as well: from there on the server is read
        except RemoteError as e:
            trouble, detail = e.trouble, e.detail
        except HranaError as e:
            trouble, detail, self._prepared = "failed", str(e), False
        if self._line.token:
            detail = detail.replace(self._line.token, "[token]")  # whatever a server repeats
        return self._note(trouble, detail)

    def _note(self, trouble: Trouble, detail: str) -> RemoteState:
        before = self._state()
        if (before.trouble, before.detail) != (trouble, detail):
            if trouble:
                log.warning("the memory server: %s", detail)
            now = self._store.now()
            self._store.write(lambda db: changes.note_trouble(db, trouble, detail, now))
        self._asked_for_token &= trouble != "refused"
        return self._state()

    def _state(self) -> RemoteState:
        with self._store.reading() as db:
            found = state(db)
        assert found is not None
        return found

    def _link(self) -> Link:
        with self._store.reading() as db:
            found = changes.link(db)
        self._require_mine(found)
        assert found is not None
        return found

    def _require_mine(self, link: Link | None) -> None:
        """Another program that has other settings may have given the file another server."""
        if link is None or link.url != self.url:
            raise RemoteError("failed", "the file is kept in step with another server by now")

    def _take_all(self) -> None:
        while True:
            link = self._link()
            first = [] if self._prepared else server.prepare(secrets.token_hex(8))
            *_, named, last, found = self._call([*first, *server.ask(link.seen, AT_ONCE)])
            self._prepared = True
            name, top = _head(named, last)
            if link.server and (name != link.server or top < link.seen):
                log.warning("the memory server was made anew: everything is sent again")
                self._store.write(_forget_server)
                continue
            records = [server.record_of(row) for row in found]
            seen = max([link.seen, *(one.seq for one in records)])
            if records or not link.server:
                self._take(name, seen, records)
            if len(records) < AT_ONCE:
                return

    def _take(self, name: str, seen: int, records: Sequence[server.Record]) -> None:
        now = self._store.now()

        def work(db: sqlite3.Connection) -> Merged:
            self._require_mine(changes.link(db))
            done = merge(db, records, now)
            changes.reached(db, name, seen)
            return done

        merged = self._store.write(work, scrub=bool(records))
        if merged.refused:
            log.warning("%s records of the memory server hold no memory", merged.refused)
        if merged.forgotten:
            self._forgotten(merged.forgotten)
        if merged.taken or merged.forgotten:
            self._changed()

    def _send_some(self) -> bool:
        with self._store.reading() as db:
            if not _waits(db):
                return False
        records = self._store.write(lambda db: changes.waiting(db, AT_ONCE))
        if records:
            self._call([server.put(one) for one in records])
            self._store.write(lambda db: self._settle(db, records))
        return bool(records) and not self._ended.is_set()

    def _settle(self, db: sqlite3.Connection, records: Sequence[server.Record]) -> None:
        self._require_mine(changes.link(db))
        changes.settle(db, records)

    def _call(self, statements: Sequence[Statement]) -> tuple[tuple[Row, ...], ...]:
        if not self._asked_for_token:
            self._line.token = self._token()
            self._asked_for_token = True
        found = answer(self._line.send(request(statements)), len(statements))
        if found.baton:
            self._line.send(goodbye(found.baton))
        return found.rows

    # --- its thread ---

    def _loop(self) -> None:
        try:
            with self._store.reading() as watched:
                self._watch(watched)
        except MemoryStoreError as e:
            if not self._ended.is_set():
                log.warning("nothing is exchanged with the memory server any more: %s", e)
        except Exception:  # top of the thread
            log.exception("nothing is exchanged with the memory server any more")

    def _watch(self, watched: sqlite3.Connection) -> None:
        due, seen = time.monotonic(), -1
        told: RemoteState | None = None
        while not self._ended.is_set():
            version: int = watched.execute("pragma data_version").fetchone()[0]
            if time.monotonic() >= due or (version != seen and not self._failures and _waits(watched)):
                found = self._attempt()
                due = time.monotonic() + self._pause(found)
                if found != told:
                    told = found
                    self._changed()
            seen = version
            if self._woken.wait(min(max(0.0, due - time.monotonic()), LOOK_SECONDS)):
                self._woken.clear()
                self._ended.wait(GATHER_SECONDS)

    def _attempt(self) -> RemoteState | None:
        try:
            return self.exchange()
        except MemoryStoreError as e:
            if not self._ended.is_set():
                log.warning("the exchange with the memory server waits: %s", e)
            return None

    def _pause(self, found: RemoteState | None) -> float:
        if found is not None and not found.trouble:
            self._failures = 0
            return ASK_SECONDS
        self._failures += 1
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures - 1, 10))


def _waits(db: sqlite3.Connection) -> bool:
    return db.execute("select 1 from change where waiting = 1").fetchone() is not None


def _forget_server(db: sqlite3.Connection) -> None:
    changes.reached(db, "", 0)
    changes.send_everything(db)


def _head(named: Sequence[Row], last: Sequence[Row]) -> tuple[str, int]:
    """Return the server's name and its last `seq`."""
    match named, last:
        case [(str(name),)], [(int(top),)]:
            return name, top
        case _:
            raise HranaError("the server does not keep what it is told")
