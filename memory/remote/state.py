"""How the exchange of memories with a server stands, as the file tells it. Light: the app draws it."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Literal

Trouble = Literal["", "unreachable", "refused", "failed"]
"""Why there is no exchange: no way there; the token does not do; the server answers, but not as it should."""

_WORDS: dict[Trouble, str] = {
    "unreachable": "server unreachable",
    "refused": "token refused",
    "failed": "server in trouble",
}


@dataclass(frozen=True, slots=True)
class RemoteState:
    """How the exchange with the server stands.

    Args:
        url: Of the server.
        waiting: Changes that are still to be sent.
        trouble: Why there is no exchange; "" = there is. `detail`: the same for a person.
        since: When that began, seconds since 1970; 0 = nothing was tried yet.
    """

    url: str
    waiting: int
    trouble: Trouble = ""
    detail: str = ""
    since: float = 0.0

    @property
    def words(self) -> str:
        """For a person, in a few words: "in step", "3 to send", "server unreachable since 14:02"."""
        if self.trouble:
            since = time.strftime(" since %H:%M", time.localtime(self.since))
            waiting = f", {self.waiting} to send" if self.waiting else ""
            return f"{_WORDS[self.trouble]}{since}{waiting}"
        return f"{self.waiting} to send" if self.waiting else "in step"


def state(db: sqlite3.Connection) -> RemoteState | None:
    """Return how the exchange stands, None where there is no server."""
    row = db.execute("select url, trouble, detail, since from remote where url <> ''").fetchone()
    if row is None:
        return None
    waiting = db.execute("select count(*) from change where waiting = 1").fetchone()[0]
    return RemoteState(row[0], waiting, row[1], row[2], row[3])
