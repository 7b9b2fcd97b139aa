"""What closeness in meaning needs of the store and of the model."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from memory.retrieval.words import Reading

T = TypeVar("T")


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

    def count(self) -> int:
        """Return how many active memories there are."""
        ...


class Embeds(Protocol):
    """Turns texts into vectors, and tells their words where it can; see `memory.embedder.process.Embedder`."""

    @property
    def name(self) -> str:
        """What stands beside its vectors."""
        ...

    @property
    def problem(self) -> str:
        """Why it does not answer; "" = it does."""
        ...

    @property
    def space(self) -> str:
        """Name of the space that the words are told in; "" = it tells none."""
        ...

    def read(self, texts: Sequence[str], *, timeout: float, urgent: bool = False) -> Reading | None:
        """Return vectors and words of texts; None where there are none in time."""
        ...

    def warm(self) -> None:
        """Get ready; returns at once."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
