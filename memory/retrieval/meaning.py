"""Closeness in meaning: keeps a vector of every memory, in the file and in a matrix, and compares a question with them.

A thread of its own, woken by what is written and asked, gives vectors to memories that have none, the newest first,
takes over what other processes wrote, and when nothing else is to be done tells the words of memories that lack them.
What it has done stands in the file, so that it goes on where it was when the program is started again. After a change
of model the memories are recalled by words alone until most have a vector of the new one; then the vectors of the old
one are removed.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from memory.errors import MemoryStoreError
from memory.retrieval import vectors
from memory.retrieval.candidates import Candidate
from memory.retrieval.closeness import after_of, known_closeness, seqs_of, set_after_closeness, set_closeness
from memory.retrieval.matrix import Matrix
from memory.retrieval.overlap import Floats
from memory.retrieval.ports import Embeds, Vault
from memory.retrieval.vectors import Table, Wordless
from memory.retrieval.words import Reading, Small

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Memories that are embedded at once: a question waits at most for these, some 50 ms."""

LOADED_AT_ONCE = 256
"""Vectors that are put into the matrix before the thread yields, a millisecond's work."""

YIELD_SECONDS = 0.001

BATCH_SECONDS = 90.0
"""How long the thread waits for one batch."""

AGAIN_SECONDS = 5.0
"""After a failure of the embedder or of the file."""

ENOUGH = 0.9
"""Share of the memories that must have a vector before closeness counts: half a picture would push aside the rest."""

QUERY_SECONDS = 0.08
"""How long a question waits for its vector; then it is recalled by words alone."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the vectors are.

    Args:
        model: Whose. `done`: memories that have one, and their words where they are told. `total`: memories.
        problem: Why there are no more; "" = none.
    """

    model: str
    done: int
    total: int
    problem: str = ""


class Meaning:
    """The vectors of one store. Any thread.

    Args:
        store: Whose memories.
        embedder: Closed together with this.

    Attributes:
        query_seconds: How long a question waits for its vector.
    """

    def __init__(self, store: Vault, embedder: Embeds) -> None:
        self.query_seconds = QUERY_SECONDS
        self._store = store
        self._embedder = embedder
        self._table: Table | None = None
        self._matrix: Matrix | None = None
        self._last = 0
        self._complete = False
        self._woken = threading.Condition()
        self._wake = False
        self._idle = False
        self._closed = False
        self._thread: threading.Thread | None = None

    # --- asking ---

    def read(self, text: str, patience: float = 0.0) -> Reading | None:
        """Return vector and words of a question, None where they cannot be had in time or help nothing.

        It is waited for `query_seconds`, or `patience` seconds where that is more.
        """
        self.poke()
        if not self._complete:
            return None
        found = self._embedder.read([text], timeout=max(self.query_seconds, patience), urgent=True)
        return found if self._matrix is not None else None

    def nearest(self, vector: Floats, count: int) -> list[int]:
        """Return the rows of the memories that are closest, best first."""
        return self._matrix.nearest(vector, count) if self._matrix is not None else []

    def measure(self, db: sqlite3.Connection, vector: Floats, candidates: Sequence[Candidate]) -> bool:
        """Set how close candidates and their neighbours are, by the vectors in the file as it is now.

        Returns:
            Whether most of them have a vector.
        """
        if self._table is None or not candidates:
            return False
        seqs, around = seqs_of(candidates)
        keys, found = vectors.of(db, self._table, seqs, around)
        return set_closeness(candidates, keys, found, vector) >= ENOUGH * len(candidates)

    def measure_after(
        self, db: sqlite3.Connection, vector: Floats, measured: Sequence[Candidate], candidates: Sequence[Candidate]
    ) -> None:
        """Set how close what was said after some of the candidates is that were measured."""
        if self._table is not None:
            known = known_closeness(measured)
            keys, found = vectors.of(db, self._table, (), after_of(candidates, known))
            known |= {seq: close for (seq, _), close in zip(keys, (found @ vector).tolist(), strict=True)}
            set_after_closeness(candidates, known)

    def told(self, db: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, bytes]:
        """Return the words of memories by row as they stand in the file; those that are not told are left out."""
        table = self._table
        if table is None or not table.space or table.space != self._embedder.space:
            return {}
        return vectors.told(db, table, seqs)

    # --- keeping in step ---

    def warm(self) -> None:
        """Get ready for the first question: where there are memories, start the embedder and load the vectors.

        Returns at once.
        """
        self.poke()

    def poke(self) -> None:
        """Something may have changed: look soon. Returns at once."""
        with self._woken:
            if self._closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="memory-meaning", daemon=True)
                self._thread.start()
            self._wake = True
            self._idle = False
            self._woken.notify_all()

    def wait(self, timeout: float, tell: Callable[[Progress], None] | None = None) -> bool:
        """Wait until every memory has its vector; returns whether that is so. Words are told on after that.

        Args:
            timeout: Seconds.
            tell: Called about once a second.
        """
        until = time.monotonic() + timeout
        self.poke()
        while True:
            with self._woken:
                if self._woken.wait_for(
                    lambda: self._idle or self._closed, min(1.0, max(0.0, until - time.monotonic()))
                ):
                    return self._complete
            if tell:
                tell(self.progress())
            if time.monotonic() >= until or self._embedder.problem:
                return False

    def progress(self) -> Progress:
        """Return how far the vectors are."""
        with self._store.reading() as db:
            table = vectors.find(db, self._embedder.name)
            done, total = vectors.counts(db, table) if table else (0, -1)
            told = vectors.told_count(db, table) if table and table.space == self._embedder.space else 0
        done = min(done, told) if self._embedder.space else done
        return Progress(self._embedder.name, done, total if table else self._store.count(), self._embedder.problem)

    def close(self) -> None:
        """End the thread and the embedder. Safe to call twice."""
        with self._woken:
            self._closed = True
            self._woken.notify_all()
        self._embedder.close()
        if self._thread:
            self._thread.join(5.0)

    def _loop(self) -> None:
        try:
            with self._store.reading() as watched:
                self._watch(watched)
        except MemoryStoreError as e:
            log.warning("the memories get no vectors: %s", e)

    def _watch(self, watched: sqlite3.Connection) -> None:
        """Look after every wake-up whether anything was written to the file, by whomever."""
        seen, pause = -1, None
        while self._sleep(pause):
            try:
                version: int = watched.execute("pragma data_version").fetchone()[0]
                if version != seen or pause is not None:
                    pause = None if self._step() else AGAIN_SECONDS
                    seen = -1 if self._wake else version
            except (MemoryStoreError, sqlite3.Error) as e:
                if not self._closed:
                    log.warning("the vectors of the memories wait: %s", e)
                pause = AGAIN_SECONDS

    def _sleep(self, pause: float | None) -> bool:
        """Wait until woken, or for `pause`; returns whether to go on."""
        with self._woken:
            if pause is None and not self._wake:
                self._idle = True
                self._woken.notify_all()
            self._woken.wait_for(lambda: self._wake or self._closed, pause)
            self._wake = False
            return not self._closed

    def _step(self) -> bool:
        """Bring file and matrix up to date; returns whether nothing is left to do."""
        if self._store.read_only:
            with self._store.reading() as db:
                self._table = vectors.find(db, self._embedder.name)
            done = True
        else:
            done = self._fill()
        if self._table is not None:
            self._load(self._table)
            self._judge(self._table)
        return self._tell_words(self._table) if done and self._table and not self._store.read_only else done

    def _tell_words(self, table: Table) -> bool:
        """Tell the words of memories that have a vector and lack them, the newest first, until something is asked.

        Returns:
            Whether nothing went wrong.
        """
        if not self._embedder.space:
            return True
        if table.space != self._embedder.space:
            self._table = table = self._store.write(
                lambda db: vectors.tell_anew(db, table, self._embedder.space), scrub=bool(table.space)
            )
        below = 1 << 62
        while not self._closed and not self._rest():
            with self._store.reading() as db:
                some = vectors.untold(db, table, below, AT_ONCE)
            if not some:
                return True
            below = some[-1].seq
            found = self._embedder.read([memory.whole for memory in some], timeout=BATCH_SECONDS)
            if found is None or not found.words:
                return False
            self._store.write(lambda db, told=found.words, some=some: _write_words(db, table, some, told))
        return True

    def _rest(self) -> bool:
        """Say that what questions need is done; returns whether something new is to be looked after first."""
        with self._woken:
            if not self._wake:
                self._idle = True
                self._woken.notify_all()
            return self._wake

    def _fill(self) -> bool:
        """Give vectors to memories that have none, the newest first."""
        below = 1 << 62
        while not self._closed:
            with self._store.reading() as db:
                table = self._table = vectors.find(db, self._embedder.name)
                some = vectors.without(db, table, below, AT_ONCE) if table else _any(db, AT_ONCE)
            if not some:
                if table and below == 1 << 62:
                    self._drop_others(table)
                if below == 1 << 62:
                    return True
                below = 1 << 62  # again from the top: what came in the meantime
                continue
            below = some[-1].seq
            if not self._embed(some):
                return False
            if self._table is not None:
                self._load(self._table)
        return True

    def _embed(self, some: Sequence[Wordless]) -> bool:
        texts = [part for memory in some for part in memory.parts]
        found = self._embedder.read(texts, timeout=BATCH_SECONDS)
        if found is None:
            return False
        now, space = self._store.now(), self._embedder.space

        def write(db: sqlite3.Connection) -> Table:
            table = vectors.make(db, self._embedder.name, found.vectors.shape[1], now, space)
            start = 0
            for memory in some:
                count = len(memory.parts)
                vectors.write(db, table, memory, found.vectors[start : start + count])
                if found.words and table.space == space:
                    vectors.write_words(db, table, memory, found.words[start])
                start += count
            return table

        table = self._store.write(write)
        if self._table is None or (table.number, table.dimension) != (self._table.number, self._table.dimension):
            self._matrix, self._last = None, 0
        self._table = table
        return True

    def _drop_others(self, table: Table) -> None:
        with self._store.reading() as db:
            old = vectors.others(db, table)
        for one in old:
            self._store.write(lambda db, one=one: vectors.drop(db, one), scrub=True)

    def _load(self, table: Table) -> None:
        """Bring the matrix up to what is in the file."""
        with self._store.reading() as db:
            renewed = vectors.newest(db, table) < self._last  # the table was made anew, perhaps by another process
            if self._matrix is None or self._matrix.dimension != table.dimension or renewed:
                self._matrix, self._last = Matrix(table.dimension), 0
            for count, (number, seq, value) in enumerate(vectors.after(db, table, self._last), start=1):
                self._matrix.put(seq, np.frombuffer(value, dtype="<f4"))
                self._last = number
                if count % LOADED_AT_ONCE == 0:
                    time.sleep(YIELD_SECONDS)
        self._matrix.shorten()

    def _judge(self, table: Table) -> None:
        """Take out what is gone, and see whether there is enough to go by."""
        with self._store.reading() as db:
            done, total = vectors.counts(db, table)
            if self._matrix is not None and len(self._matrix) != vectors.held_count(db, table):
                self._matrix.keep(vectors.held(db, table))
        self._complete = total > 0 and done >= ENOUGH * total
        if self._complete:
            self._embedder.warm()


def _write_words(db: sqlite3.Connection, table: Table, some: Sequence[Wordless], words: Sequence[Small]) -> None:
    for memory, own in zip(some, words, strict=True):
        vectors.write_words(db, table, memory, own)


def _any(db: sqlite3.Connection, limit: int) -> list[Wordless]:
    """Return the newest memories, of a file that has no vectors of this model."""
    query = "select seq, speaker, text from memory where status = 'active' order by seq desc limit ?"
    return [Wordless(*row) for row in db.execute(query, (limit,))]
