"""`voice-tui memory …`: see, search, change, move and check what is remembered."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from voice_tui.cli_options import add_common, add_json, load_config, print_json, say

if TYPE_CHECKING:
    from memory.embed import Embedder
    from memory.meaning import Progress
    from memory.store import SqliteMemory
    from memory.types import Memory

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # no public name

EMBEDDING_SECONDS = 3_600.0
"""How long a recall waits for vectors that are still to be made; it says how far they are."""

PATIENCE_SECONDS = 30.0
"""How long a question waits for its vector; nobody is in the middle of a sentence here."""

SHOWN_CHARS = 200
"""Characters of a memory that a list shows."""


def register(subparsers: Subparsers) -> None:
    """Add the command `memory` with its actions; every parser sets `run` to its handler."""
    text = "see and change what is remembered"
    parser = subparsers.add_parser("memory", help=text, description=text[0].upper() + text[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_reading(actions)
    _add_changing(actions)
    _add_moving(actions)
    _add_caring(actions)


def _add_reading(actions: Subparsers) -> None:
    shown = _action(actions, "list", "list memories, pinned first, then newest first", show_list)
    _add_page(shown)
    found = _action(actions, "search", "find memories that hold every word", search)
    found.add_argument("words", nargs="+", metavar="WORD", help="the last one may be the beginning of a word")
    _add_page(found)
    asked = _action(actions, "recall", "ask the memory: what it would bring up, and how sure it is", recall)
    asked.add_argument("words", nargs="*", metavar="WORD", help="the question")
    asked.add_argument(
        "--batch",
        metavar="FILE",
        help='ask every line of a file of JSON Lines ({"id", "query", "asked_at"?, "speaker"?}; - is stdin) '
        "and answer each with a line of JSON",
    )


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=_count, default=100, metavar="N", help="show at most N; default 100")


def _add_changing(actions: Subparsers) -> None:
    new = _action(actions, "add", "remember something", add)
    new.add_argument("text", metavar="TEXT", help="what to remember; - reads stdin")
    new.add_argument("--speaker", default="", metavar="NAME", help="who said it")
    new.add_argument("--pin", action="store_true", help="keep it on top")
    changed = _action(actions, "edit", "replace the words of a memory", edit)
    changed.add_argument("id", metavar="ID", help="its id, or the beginning or end of it")
    changed.add_argument("text", metavar="TEXT", help="the new words; - reads stdin")
    gone = _action(actions, "forget", "remove memories for good", forget)
    gone.add_argument("ids", nargs="+", metavar="ID", help="an id, or the beginning or end of one")
    everything = _action(actions, "wipe", "remove everything that is remembered, for good", wipe)
    everything.add_argument("--yes", action="store_true", help="do not ask")
    everything.add_argument("--keep-conversations", action="store_true", help="only blank the memories in transcripts")


def _add_moving(actions: Subparsers) -> None:
    out = _action(actions, "export", "write every memory as a line of JSON, or a list in Markdown", export)
    _add_format(out)
    out.add_argument("--output", metavar="FILE", default="-", help="the file to write; default stdout")
    out.add_argument("--no-clips", action="store_true", help="leave the recordings of spoken notes out")
    into = _action(actions, "import", "put in memories from JSON Lines or Markdown", import_)
    into.add_argument("input", metavar="FILE", help="a JSON object per line, `text` at least, or a list; - is stdin")
    _add_format(into)


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("jsonl", "markdown"), help="default: markdown for a file that ends in .md, else jsonl"
    )


def _is_markdown(args: argparse.Namespace, name: str) -> bool:
    return (args.format or ("markdown" if name.lower().endswith((".md", ".markdown")) else "jsonl")) == "markdown"


def _add_caring(actions: Subparsers) -> None:
    _action(actions, "stats", "say how much is remembered and where", stats)
    looked = _action(actions, "check", "check the memory file; exit code 1 when something is wrong", check)
    looked.add_argument("--repair", action="store_true", help="mend it; a damaged file is kept beside the new one")


def _action(
    actions: Subparsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    add_common(parser, nested=True)
    parser.add_argument("--store", metavar="FILE", type=Path, help="another memory file than that of the settings")
    add_json(parser)
    parser.set_defaults(run=run)
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of memories")
    return int(text)


def store_path(args: argparse.Namespace) -> Path:
    """Return the memory file that a command line means: --store, else the settings', else the place for user data."""
    if args.store is not None:
        return args.store
    from voice_tui.paths import data_dir

    configured = load_config(args).settings.memory.path
    return Path(configured).expanduser() if configured else data_dir() / "memory.db"


@contextmanager
def _open(args: argparse.Namespace, *, meaning: bool = False) -> Generator[SqliteMemory]:
    """Open the store; with `meaning` its memories get their vectors first, if a model is there."""
    from memory.store import SqliteMemory

    with SqliteMemory(store_path(args), embedder=_embedder(args) if meaning else None) as store:
        for notice in store.notices:
            _remark(f"{notice.message}. {notice.hint}")
        if store.meaning and store.count():
            store.meaning.query_seconds = PATIENCE_SECONDS
            if not store.meaning.wait(EMBEDDING_SECONDS, _tell):
                _remark(
                    f"recall goes by words alone: {store.meaning.progress().problem or 'the vectors are not ready'}"
                )
        yield store


def _embedder(args: argparse.Namespace) -> Embedder | None:
    from memory.embed import embedder_of
    from memory.embed_choice import described

    memory = load_config(args).settings.memory
    found = embedder_of(memory.embedder, memory.embedder_model)
    if found is None:
        _remark(described(memory.embedder, memory.embedder_model))
    return found


def _tell(progress: Progress) -> None:
    _remark(f"{progress.done} of {progress.total} memories have a vector")


def _remark(line: str) -> None:
    sys.stderr.write(line + "\n")


def _words(argument: str) -> str:
    return sys.stdin.read() if argument == "-" else argument


def show_list(args: argparse.Namespace) -> int:
    """Print the active memories."""
    with _open(args) as store:
        _print_memories(args, store.list(limit=args.limit), store.count())
    return 0


def search(args: argparse.Namespace) -> int:
    """Print what holds every word; exit code 1 when nothing does."""
    with _open(args) as store:
        found = store.search(" ".join(args.words), limit=args.limit)
        _print_memories(args, found, store.count())
    return 0 if found else 1


def recall(args: argparse.Namespace) -> int:
    """Print what the memory brings up; exit code 1 when that is nothing, or a line of a batch was refused."""
    from memory.errors import MemoryStoreError

    if bool(args.words) == bool(args.batch):
        raise MemoryStoreError(
            "Nothing is asked" if not args.words else "Both a question and a batch are given",
            hint="Give a question, or --batch FILE",
        )
    with _open(args, meaning=True) as store:
        return _recall_batch(store, args.batch) if args.batch else _recall_one(args, store)


def _recall_batch(store: SqliteMemory, name: str) -> int:
    from memory.batch import recall_lines

    refused = 0
    with _lines_of(name) as lines:
        for answer in recall_lines(store, lines):
            if isinstance(answer, str):
                sys.stdout.write(answer)
            else:
                refused += 1
                _remark(str(answer))
    return 1 if refused else 0


def _recall_one(args: argparse.Namespace, store: SqliteMemory) -> int:
    from memory.batch import bring, to_record
    from memory.types import Query

    brought = bring(store, Query(" ".join(args.words), asked_at=store.now()))
    if args.json:
        print_json(to_record(brought))
    else:
        chosen = {one.memory.id for one in brought.injected}
        for one in brought.candidates:
            mark = ">" if one.memory.id in chosen else " "
            say(f"{mark} {one.relevance:.2f}  {_line(one.memory)}{f'  ({one.why})' if one.why else ''}")
        _remark(f"{len(brought.injected)} brought up (>), of {len(brought.candidates)} looked at")
    return 0 if brought.injected else 1


def _print_memories(args: argparse.Namespace, memories: list[Memory], total: int) -> None:
    if args.json:
        from memory.transfer import to_record

        print_json([to_record(memory) for memory in memories])
        return
    for memory in memories:
        say(_line(memory))
    _remark(f"{len(memories)} of {total} memories")


def _line(memory: Memory) -> str:
    from datetime import datetime

    try:
        when = f"{datetime.fromtimestamp(memory.said_at):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):  # an imported time far outside the calendar
        when = "????-??-?? ??:??"
    text = " ".join(memory.text.split())
    text = text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 1] + "…"
    clip = f"  [{memory.clip_seconds:.0f} s recording]" if memory.clip_seconds else ""
    speaker = f"{memory.speaker}: " if memory.speaker else ""
    return f"{memory.id[-8:]}  {when}  {'*' if memory.pinned else ' '} {speaker}{text}{clip}"


def _print_changed(args: argparse.Namespace, what: str, memories: Iterable[Memory]) -> None:
    if args.json:
        from memory.transfer import to_record

        print_json([to_record(memory) for memory in memories])
        return
    for memory in memories:
        say(f"{what}: {_line(memory)}")


def add(args: argparse.Namespace) -> int:
    """Remember something."""
    from memory import commands

    with _open(args) as store:
        kept = commands.add(store, _words(args.text), speaker=args.speaker, pinned=args.pin)
    _print_changed(args, "Remembered" if kept.updated_at == kept.created_at else "Known already, renewed", [kept])
    return 0


def edit(args: argparse.Namespace) -> int:
    """Replace the words of a memory."""
    from memory import commands

    with _open(args) as store:
        _print_changed(args, "Changed", [commands.edit(store, args.id, _words(args.text))])
    return 0


def forget(args: argparse.Namespace) -> int:
    """Remove memories for good."""
    from memory import commands

    with _open(args) as store:
        removed = commands.forget(store, args.ids)
    _scrub_elsewhere(args, [memory.text for memory in removed])
    _print_changed(args, "Forgotten", removed)
    return 0


def wipe(args: argparse.Namespace) -> int:
    """Remove everything for good, after a question; exit code 1 when the answer is no."""
    from memory import commands

    path = store_path(args)
    if not args.yes and not _sure(f"Remove everything that is remembered in {path}? Type yes: "):
        _remark("Nothing was removed")
        return 1
    with _open(args) as store:
        count, texts = commands.wipe(store, conversations=not args.keep_conversations)
    _scrub_elsewhere(args, texts)
    if args.json:
        print_json({"path": str(path), "removed": count})
    else:
        say(f"{count} memories removed for good")
    return 0


def _sure(question: str) -> bool:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _scrub_elsewhere(args: argparse.Namespace, texts: Iterable[str]) -> None:
    """Take forgotten words out of the logs and out of the events of recorded conversations."""
    from voice_tui.paths import recordings_path, state_dir
    from voice_tui.scrub import scrub

    recordings = recordings_path(load_config(args).settings.recordings.path)
    touched = scrub(texts, state_dir(), recordings)
    if any(path.parent.parent == recordings for path in touched):
        _remark("The sound of recorded conversations still holds these words: delete those recordings to erase it")


def export(args: argparse.Namespace) -> int:
    """Write every memory as a line of JSON."""
    from memory import commands

    with _open(args) as store:
        markdown = _is_markdown(args, args.output)
        lines = commands.export_markdown(store) if markdown else commands.export_lines(store, clips=not args.no_clips)
        count = _write_stdout(lines) if args.output == "-" else _write_file(Path(args.output), lines)
    _remark(f"{count - markdown} memories exported")
    return 0


def _write_stdout(lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        sys.stdout.write(line)
        count += 1
    return count


def _write_file(path: Path, lines: Iterable[str]) -> int:
    """Write beside the target and rename, so that a failed export leaves an older one as it was."""
    from memory.errors import MemoryStoreError

    partial = path.with_name(path.name + ".partial")
    try:
        handle = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            count = 0
            for line in lines:
                file.write(line)
                count += 1
        partial.replace(path)
    except OSError as e:
        partial.unlink(missing_ok=True)
        raise MemoryStoreError(f"The export cannot be written: {e.strerror or e}: {path}") from e
    return count


def import_(args: argparse.Namespace) -> int:
    """Put in memories from JSON Lines; exit code 1 when a line was refused."""
    from memory import commands

    with _open(args) as store, _lines_of(args.input) as lines:
        put_in = commands.import_markdown if _is_markdown(args, args.input) else commands.import_lines
        done = put_in(store, lines)
    if args.json:
        print_json(asdict(done))
    else:
        say(f"{done.added} memories added, {done.known} known already, {done.refused} lines refused")
        for problem in done.problems:
            _remark(problem)
    return 1 if done.refused else 0


@contextmanager
def _lines_of(name: str) -> Generator[Iterable[str]]:
    """Open a file or stdin as UTF-8; bytes that are none become U+FFFD."""
    from memory.errors import MemoryStoreError

    try:
        file = open(0 if name == "-" else name, encoding="utf-8", errors="replace", closefd=name != "-")  # noqa: SIM115  # closed below
    except OSError as e:
        raise MemoryStoreError(f"The file cannot be read: {e.strerror or e}: {name}") from e
    with file:
        yield file


def stats(args: argparse.Namespace) -> int:
    """Say how much is remembered and where."""
    from memory import commands

    with _open(args) as store:
        found = commands.stats(store)
    figures = asdict(found) | {"recall": _recalled_by(args)}
    if args.json:
        print_json(figures)
    else:
        figures["vectors"] = ", ".join(f"{model}: {count}" for model, count in found.vectors.items()) or None
        for name, value in figures.items():
            say(f"{name.replace('_', ' '):<12} {'-' if value is None else value}")
    return 0


def _recalled_by(args: argparse.Namespace) -> str:
    from memory.embed_choice import described

    memory = load_config(args).settings.memory
    return described(memory.embedder, memory.embedder_model)


def check(args: argparse.Namespace) -> int:
    """Check the memory file, and mend it when asked to; exit code 1 when something is wrong."""
    from memory import commands

    path = store_path(args)
    repairs = commands.repair(path) if args.repair else ()
    health = commands.check(path)
    if args.json:
        print_json(asdict(health) | {"path": str(path), "repairs": [asdict(notice) for notice in repairs]})
        return 0 if health.ok else 1
    for notice in repairs:
        say(f"{notice.message}. {notice.hint}.")
    for line in (*health.problems, *health.remarks):
        say(line)
    say(
        f"ok: {health.memories} memories in {path}"
        if health.ok
        else f"DAMAGED: {path}; --repair saves what can be read"
    )
    return 0 if health.ok else 1
