"""The memory in one SQLite file."""

from __future__ import annotations

import builtins
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from memory.file import rows
from memory.file.connection import Readers, open_file
from memory.file.conversation_rows import source
from memory.file.faults import explain, read_only_error
from memory.file.writer import Writer, closed_error
from memory.ids import IdMaker
from memory.life import changes, erase, history
from memory.life.undo import UndoClips
from memory.retrieval.passages import let_go
from memory.text import MAX_QUERY_CHARS, MAX_TERMS, clean, clean_name, clean_text, like_pattern, match_all, words
from memory.types import Memory, NewMemory, Provenance, Query, Recollection
from memory.understanding.understood import meant_at, understood

if TYPE_CHECKING:
    from memory.recall import Recaller
    from memory.remote.exchange import Remote
    from memory.remote.state import RemoteState
    from memory.retrieval.meaning import Meaning
    from memory.retrieval.ports import Embeds

T = TypeVar("T")

Many = builtins.list  # `list` is a method here, as the port names it

ROWS_PER_TRANSACTION = 500
"""Memories that are put in at once, so that a long import never keeps others from writing for long."""


class SqliteMemory:
    """A durable memory in one SQLite file; meets `memory.port.MemoryPort`. Any thread, any number of processes.

    Writes run on one thread of their own and are on the disk when they return. Reads have a connection each and never
    wait for a write. What is forgotten is overwritten in the file, in its index and in its log.

    Args:
        path: The file; made if missing.
        clock: Seconds since 1970.
        embedder: For recall by meaning, closed with the store; None = recall goes by words alone.

    Raises:
        MemoryStoreError: If the file cannot be opened, or was written by a newer version.
    """

    def __init__(
        self, path: Path | str, *, clock: Callable[[], float] = time.time, embedder: Embeds | None = None
    ) -> None:
        self.path = Path(path).expanduser().resolve()
        self._clock = clock
        self._new_id = IdMaker()
        self._undo = UndoClips()
        opened = open_file(self.path, clock())
        self.notices = opened.notices
        """What the person should know: the file is read-only, or was damaged and repaired."""
        self.read_only = opened.read_only
        self._readers = Readers(opened.uri)
        self._closed = False
        self._embedder = embedder
        self._meaning: Meaning | None = None
        self._remote: Remote | None = None
        self._meaning_lock = threading.Lock()
        if opened.read_only:
            opened.db.close()
        self._writer = None if opened.read_only else Writer(opened.db, self.path)

    def add(self, new: NewMemory) -> Memory:
        """Keep a memory; the same words of the same person give the one that is there, its time renewed.

        A new one has `updated_at == created_at`, a renewed one a later `updated_at`.
        """
        now = self._clock()
        memory = self._ready(new, now)
        return self.write(lambda db: changes.add(db, memory, new.clip))

    def correct(self, memory_id: str, new: NewMemory) -> Memory:
        """Keep a memory that takes the place of another, which becomes its history.

        Raises:
            MemoryStoreError: If the other is not there.
        """
        now = self._clock()
        memory = self._ready(new, now)

        def work(db: sqlite3.Connection) -> Memory:
            rows.require(db, memory_id)
            kept = changes.add(db, memory, new.clip)
            there = rows.require(db, memory_id)  # what gives the same slot another value is history already
            if there.id != kept.id and there.status != "superseded":
                history.supersede(db, there, kept)
            return rows.require(db, kept.id)

        return self.write(work)

    def suggest(self, new: NewMemory) -> Memory | None:
        """Keep what was inferred until the person says yes or no; None when it is known or was dismissed before."""
        now = self._clock()
        memory = replace(self._ready(new, now), status="suggested", explicit=False)

        def work(db: sqlite3.Connection) -> Memory | None:
            there = rows.same_words(db, memory)
            known = there is not None and there.status != "superseded"
            if known or history.was_dismissed(db, memory):
                return None
            return changes.add(db, memory, new.clip)

        return self.write(work)

    def suggestions(self, *, limit: int = 50) -> Many[Memory]:
        """Return what waits for the person's yes, newest first."""
        with self.reading() as db:
            return history.suggestions(db, max(0, limit))

    def approve(self, memory_id: str) -> Memory:
        """A suggestion becomes a memory."""
        now = self._clock()
        return self.write(lambda db: history.approve(db, memory_id, now))

    def dismiss(self, memory_id: str) -> Memory:
        """Remove a suggestion for good; it is not made again."""
        now = self._clock()
        return self.write(lambda db: history.dismiss(db, memory_id, now), scrub=True)

    def history(self, memory_id: str) -> Many[Memory]:
        """Return what was so before a memory took its place, newest first."""
        with self.reading() as db:
            return history.earlier(db, memory_id)

    def provenance(self, memory_id: str) -> Provenance | None:
        """Return where a memory comes from and what it was before, None where it is gone."""
        with self.reading() as db:
            found = rows.find(db, memory_id)
            if found is None:
                return None
            title, turn = source(db, found.conversation, found.turn)
            return Provenance(found, title, turn, tuple(history.earlier(db, memory_id)))

    def take_back(self, memory_ids: Sequence[str]) -> Many[Memory]:
        """Undo `add` or `correct`: remove memories; what they took the place of is so again, and summaries say so."""
        now, new_id = self._clock(), lambda: self._new_id(self._clock())
        return self._undoable(self.write(lambda db: erase.take_back(db, memory_ids, now, new_id), scrub=True))

    def annotate(self, memory_id: str, conversation: str, turn: int) -> Memory | None:
        """Note which turn a memory comes from, unless that is known; None where it is gone."""
        now, name = self._clock(), clean_name(conversation)
        return self.write(lambda db: changes.annotate(db, memory_id, name, turn, now))

    def get(self, memory_id: str) -> Memory | None:
        """Return one memory, or None."""
        with self.reading() as db:
            return rows.find(db, memory_id)

    def list(self, *, limit: int = 100, offset: int = 0) -> Many[Memory]:
        """Return active memories, pinned first, then newest first."""
        return self._select(f"where {rows.ACTIVE} {rows.NEWEST} limit ? offset ?", max(0, limit), max(0, offset))

    def count(self) -> int:
        """Return how many active memories there are."""
        with self.reading() as db:
            return db.execute(f"select count(*) from memory where {rows.ACTIVE}").fetchone()[0]  # noqa: S608

    def search(self, text: str, *, limit: int = 50) -> Many[Memory]:
        """Find as the person types: every word (the last as a prefix) must occur; "" lists all.

        Where no word of the index fits (a sign, an emoji, the middle of a word, a script without spaces), the letters
        are looked for anywhere in the text.
        """
        wanted = clean(text[:MAX_QUERY_CHARS]).strip()
        if not wanted:
            return self.list(limit=limit)
        return self._search_words(wanted, max(0, limit)) or self._search_letters(wanted, max(0, limit))

    def recall(self, query: str | Query, *, limit: int = 3) -> Many[Recollection]:
        """Return what bears on `query`, best first; empty when nothing does."""
        with self.reading() as db:
            return self._recaller.recall(db, _asked(query), limit, self.meaning)

    def candidates(self, query: str | Query, *, limit: int = 15) -> Many[Recollection]:
        """Return what comes nearest to `query`, best first, whatever its relevance."""
        with self.reading() as db:
            return self._recaller.candidates(db, _asked(query), limit, self.meaning)

    def edit(self, memory_id: str, text: str) -> Memory:
        """Replace the words of a memory; its clip is kept."""
        cleaned, now = clean_text(text), self._clock()
        there = self.get(memory_id)
        meant = meant_at(cleaned, there.said_at if there else now)
        return self.write(lambda db: changes.edit(db, memory_id, cleaned, meant, now), scrub=True)

    def forget(self, memory_ids: Sequence[str]) -> Many[Memory]:
        """Remove memories with their history, words, index entries and clips; returns what was removed, for undo.

        Their words are taken out of the transcripts as well, and stay out when the forgetting is undone.
        """
        return self._undoable(self.write(lambda db: erase.forget(db, memory_ids), scrub=True))

    def blank(self, texts: Sequence[str]) -> None:
        """Take the words of forgotten memories out of turns that were written since."""
        self.write(lambda db: erase.blank(db, texts), scrub=True)

    def expire(self) -> Many[Memory]:
        """Forget what was to be kept until now at most; returns it."""
        now = self._clock()
        with self.reading() as db:
            due = db.execute("select 1 from memory where expires_at > 0 and expires_at <= ?", (now,)).fetchone()
        return self._undoable(self.write(lambda db: erase.expire(db, now), scrub=True)) if due else []

    def wipe(self, *, conversations: bool = True) -> int:
        """Remove everything for good, with no undo, and hand the room in the file back; returns how many memories.

        Args:
            conversations: Remove the transcripts too; else only the memories' words in them.
        """
        gone = self.write(lambda db: erase.wipe(db, conversations=conversations), scrub=True)
        self._undo.clear()
        self.compact()
        return gone

    def compact(self) -> None:
        """Write the file anew without unused room."""
        self._require_writer().run(lambda db: db.execute("vacuum"), scrub=True, alone=True)

    def _undoable(self, removed: erase.Removed) -> Many[Memory]:
        for memory, clip in removed:
            self._undo.keep(memory.id, clip)
        return [memory for memory, _ in removed]

    def _ready(self, new: NewMemory, now: float) -> Memory:
        return understood(rows.checked(self._named(rows.made_from(new, now), now), new.clip, now))

    def restore(self, memories: Sequence[Memory]) -> None:
        """Undo `forget`: put them back, with their clips while this object lives and there is room for them."""
        self.put([(memory, self._undo.get(memory.id)) for memory in memories])

    def put(self, memories: Sequence[tuple[Memory, bytes | None]]) -> int:
        """Put whole memories in as they are; those whose id or words are there already are left alone.

        One transaction for every ROWS_PER_TRANSACTION of them.

        Args:
            memories: Each with its clip or None; an empty id is made, a time of 0 is now.

        Returns:
            How many were put in.
        """
        now = self._clock()
        ready = [(rows.checked(self._named(memory, now), clip, now), clip) for memory, clip in memories]
        batches = [ready[i : i + ROWS_PER_TRANSACTION] for i in range(0, len(ready), ROWS_PER_TRANSACTION)]
        return sum(self.write(lambda db, batch=batch: changes.put(db, batch)) for batch in batches)

    def pin(self, memory_id: str, pinned: bool) -> Memory:
        """Keep a memory on top, or let it go down again."""
        now = self._clock()
        return self.write(lambda db: rows.renew(db, replace(rows.require(db, memory_id), pinned=pinned), now))

    def clip(self, memory_id: str) -> bytes | None:
        """Return the recorded clip of a spoken note as an encoded sound file, or None."""
        with self.reading() as db:
            return rows.clip_of(db, memory_id)

    def resolve(self, part: str) -> Many[Memory]:
        """Return up to two memories whose id is, begins or ends with `part`: enough to see whether it is unique."""
        exact = self.get(part)
        if exact or not part:
            return [exact] if exact else []
        pattern = like_pattern(part)
        where = "where id like ? escape '\\' or id like ? escape '\\' limit 2"
        return self._select(where, pattern.removeprefix("%"), pattern.removesuffix("%"))

    def everything(self, *, batch: int = ROWS_PER_TRANSACTION) -> Iterator[Memory]:
        """Yield every memory of any status, oldest id first, without keeping the file busy in between."""
        last = ""
        while found := self._select("where id > ? order by id limit ?", last, batch):
            yield from found
            last = found[-1].id

    def close(self) -> None:
        """Write what is left and release the file. Safe to call twice."""
        for part in (self._remote, self._meaning, self._embedder):
            if part:
                part.close()
        self._closed = True
        self._readers.close()
        if self._writer:
            self._writer.close()

    def __enter__(self) -> SqliteMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def model(self) -> str:
        """Name of the model that recall by meaning goes by; "" = by words alone."""
        return self._embedder.name if self._embedder else ""

    @property
    def meaning(self) -> Meaning | None:
        """The vectors of the memories; None without an embedder."""
        with self._meaning_lock:
            if self._embedder and self._meaning is None:
                from memory.retrieval.meaning import Meaning  # numpy

                self._meaning = Meaning(self, self._embedder)
            return self._meaning

    def keep_in_step(self, remote: Remote) -> None:
        """Exchange with a server from now on, until this is closed, which closes `remote` as well."""
        self._remote = remote
        remote.start()

    @property
    def remote(self) -> str:
        """URL of the server that this exchanges with; "" = none."""
        return self._remote.url if self._remote else ""

    def remote_state(self) -> RemoteState | None:
        """Return how the exchange with a server stands, None where there is none."""
        from memory.remote.state import state

        with self.reading() as db:
            return state(db)

    @cached_property
    def _recaller(self) -> Recaller:
        from memory.recall import Recaller  # numpy, which a process that never recalls does without

        return Recaller()

    def _named(self, memory: Memory, now: float) -> Memory:
        return replace(memory, id=clean_name(memory.id) or self._new_id(now))

    def write(self, work: Callable[[sqlite3.Connection], T], *, scrub: bool = False) -> T:
        """Run `work` as one transaction of the file's only writer; see `Writer.run`."""
        try:
            return self._require_writer().run(work, scrub=scrub)
        finally:
            if scrub:
                let_go()
            for part in (self._meaning, self._remote):
                if part:
                    part.poke()

    def _require_writer(self) -> Writer:
        if self._closed:
            raise closed_error()
        if self._writer is None:
            raise read_only_error(self.path)
        return self._writer

    def now(self) -> float:
        """Return the time by this store's clock, seconds since 1970."""
        return self._clock()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Lend a reading connection for the length of a `with` block."""
        if self._closed:
            raise closed_error()
        try:
            with self._readers.lend() as db:
                yield db
        except sqlite3.Error as e:
            raise explain(e, self.path) from e

    def _select(self, rest: str, *values: object) -> Many[Memory]:
        with self.reading() as db:
            return rows.memories(db.execute(f"{rows.SELECT} {rest}", values))

    def _search_words(self, text: str, limit: int) -> Many[Memory]:
        terms = words(text)[:MAX_TERMS]
        if not terms:
            return []
        found = "where seq in (select rowid from memory_word where memory_word match ?)"
        return self._select(f"{found} and {rows.ACTIVE} {rows.NEWEST} limit ?", match_all(terms), limit)

    def _search_letters(self, text: str, limit: int) -> Many[Memory]:
        chunks = text.split()[:MAX_TERMS]
        each = " and ".join(["(text like ? escape '\\' or speaker like ? escape '\\')"] * len(chunks))
        patterns = [like_pattern(chunk) for chunk in chunks for _ in range(2)]
        return self._select(f"where {rows.ACTIVE} and {each} {rows.NEWEST} limit ?", *patterns, limit)


def _asked(query: str | Query) -> Query:
    return Query(query) if isinstance(query, str) else query
