"""What the command line does with a memory, as plain functions: objects in, objects out, nothing printed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from memory.errors import MemoryStoreError
from memory.file import health
from memory.file.connection import open_existing
from memory.file.faults import StoreNotice
from memory.file.rows import checked
from memory.formats.markdown import from_markdown, to_markdown
from memory.formats.transfer import LineError, from_line, to_line
from memory.remote.state import state
from memory.store import ROWS_PER_TRANSACTION, SqliteMemory
from memory.traces import words_of
from memory.types import Memory, NewMemory

SHOWN_PROBLEMS = 20
"""Lines of an import whose faults are told; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import.

    Args:
        added: Memories that are new in the store.
        known: Lines whose id or words were there already.
        refused: Lines that are no memories.
        problems: "line 3: text is missing", the first SHOWN_PROBLEMS of them.
    """

    added: int
    known: int
    refused: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreStats:
    """A store in figures.

    Args:
        path: The file.
        memories: Active ones. `pinned`, `spoken` (with a clip): of all.
        suggested: Those that wait for a yes. `superseded`: what was so before a correction.
        conversations: Transcripts kept.
        oldest: When the first was said, seconds since 1970; None for an empty store. `newest` likewise.
        clip_bytes: Size of all clips.
        file_bytes: Size of the file and its log.
        vectors: Active memories that have one, by name of the model.
        schema: The last migration. `sqlite`: version of the library.
        read_only: Nothing can be written.
        server: How the exchange with a server stands; None = this file never had one.
    """

    path: str
    memories: int
    suggested: int
    superseded: int
    conversations: int
    pinned: int
    spoken: int
    oldest: float | None
    newest: float | None
    clip_bytes: int
    file_bytes: int
    vectors: dict[str, int]
    schema: str
    sqlite: str
    read_only: bool
    server: str | None = None


def find_one(store: SqliteMemory, part: str) -> Memory:
    """Return the memory whose id is, begins or ends with `part`.

    Raises:
        MemoryStoreError: If there is none, or more than one.
    """
    found = store.resolve(part)
    if not found:
        raise MemoryStoreError(f"There is no memory {part!r}", hint="`voice-tui memory list` shows the ids")
    if len(found) > 1:
        raise MemoryStoreError(f"More than one memory has an id like {part!r}", hint="Give more of its digits")
    return found[0]


def add(store: SqliteMemory, text: str, *, speaker: str = "", pinned: bool = False) -> Memory:
    """Keep what the person typed."""
    return store.add(NewMemory(text, speaker=speaker, pinned=pinned))


def edit(store: SqliteMemory, part: str, text: str) -> Memory:
    """Replace the words of the memory that `part` names (see `find_one`)."""
    return store.edit(find_one(store, part).id, text)


def forget(store: SqliteMemory, parts: Sequence[str]) -> list[Memory]:
    """Remove the memories that `parts` name (see `find_one`): all of them, or none if one cannot be found."""
    wanted = {find_one(store, part).id for part in parts}
    return store.forget(sorted(wanted))


def export_lines(store: SqliteMemory, *, clips: bool = True) -> Iterator[str]:
    """Yield every memory as a line of JSON, oldest first.

    Args:
        store: Where from.
        clips: With the recorded clips, as base64.
    """
    for memory in store.everything():
        yield to_line(memory, store.clip(memory.id) if clips and memory.clip_seconds else None)


def export_markdown(store: SqliteMemory) -> Iterator[str]:
    """Yield what is so now as a Markdown list, see `memory.formats.markdown`."""
    return to_markdown(store.everything())


def import_markdown(store: SqliteMemory, lines: Iterable[str]) -> Imported:
    """Put in the items of a Markdown list."""
    return _import(store, ((one, None) if isinstance(one, Memory) else one for one in from_markdown(lines)))


def wipe(store: SqliteMemory, *, conversations: bool) -> tuple[int, tuple[str, ...]]:
    """Remove everything for good.

    Args:
        store: Where. `conversations`: the transcripts too.

    Returns:
        How many memories there were, and their words, to be taken out of other files.
    """
    texts = tuple(words_of(store.everything()))
    return store.wipe(conversations=conversations), texts


def import_lines(store: SqliteMemory, lines: Iterable[str]) -> Imported:
    """Put in what the lines hold; a line that is no memory is told and passed over.

    Args:
        store: Where to.
        lines: JSON Lines, see `memory.formats.transfer`; empty lines are skipped.
    """
    return _import(store, _entries(lines))


def _import(store: SqliteMemory, entries: Iterator[_Entry]) -> Imported:
    added = known = refused = 0
    problems: list[str] = []
    for batch in _batches(entries):
        good = [entry for entry in batch if not isinstance(entry, str)]
        new = store.put(good)
        added, known, refused = added + new, known + len(good) - new, refused + len(batch) - len(good)
        problems += [entry for entry in batch if isinstance(entry, str)][: SHOWN_PROBLEMS - len(problems)]
    return Imported(added, known, refused, tuple(problems))


_Entry = tuple[Memory, bytes | None] | str


def _entries(lines: Iterable[str]) -> Iterator[_Entry]:
    """Yield for every line its memory and clip, or what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            memory, clip = from_line(line.removeprefix("\ufeff"))
            checked(memory, clip, now=1.0)  # refused here, with its number, and not in the store with its whole batch
            yield memory, clip
        except (LineError, MemoryStoreError) as e:
            yield f"line {number}: {e}"


def _batches(entries: Iterator[_Entry]) -> Iterator[list[_Entry]]:
    while batch := list(islice(entries, ROWS_PER_TRANSACTION)):
        yield batch


def stats(store: SqliteMemory) -> StoreStats:
    """Count what is in a store."""
    with store.reading() as db:
        active, suggested, superseded, pinned, spoken, oldest, newest = db.execute(
            "select coalesce(sum(status = 'active'), 0), coalesce(sum(status = 'suggested'), 0), "
            "coalesce(sum(status = 'superseded'), 0), coalesce(sum(pinned), 0), "
            "coalesce(sum(clip_seconds > 0), 0), min(said_at), max(said_at) from memory"
        ).fetchone()
        clip_bytes = db.execute("select coalesce(sum(length(sound)), 0) from clip").fetchone()[0]
        talks = db.execute("select count(*) from conversation").fetchone()[0]
        schema = db.execute("select max(name) from migration").fetchone()[0]
    remote = store.remote_state()
    return StoreStats(
        path=str(store.path),
        memories=active,
        suggested=suggested,
        superseded=superseded,
        conversations=talks,
        pinned=pinned,
        spoken=spoken,
        oldest=oldest,
        newest=newest,
        clip_bytes=clip_bytes,
        file_bytes=sum(_size(store.path.with_name(store.path.name + end)) for end in ("", "-wal")),
        vectors=_vectors(store),
        schema=schema,
        sqlite=sqlite3.sqlite_version,
        read_only=store.read_only,
        server=f"{remote.words} ({remote.url})" if remote else None,
    )


def _vectors(store: SqliteMemory) -> dict[str, int]:
    from memory.retrieval import vectors  # numpy, which no other command needs

    with store.reading() as db:
        names = [name for (name,) in db.execute("select name from embedder order by number")]
        return {name: vectors.counts(db, table)[0] for name in names if (table := vectors.find(db, name))}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def server_state(path: Path) -> str:
    """Return in words how a file's exchange with a server stands; "" where that cannot be said. Changes nothing."""
    if not path.expanduser().is_file():
        return ""
    try:
        with closing(open_existing(path)) as db:
            found = state(db)
    except sqlite3.Error:  # an older file; the check of the file says more
        return ""
    return found.words if found else ""


def check(path: Path) -> health.Health:
    """Check a file without opening it as a store, which would mend it (see `memory.file.health.check`)."""
    return health.check(path)


def repair(path: Path) -> tuple[StoreNotice, ...]:
    """Mend a file (see `memory.file.health.repair`)."""
    return health.repair(path)
