"""`voice-tui memory …`: see, search, change, move and check what is remembered."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from voice_tui.cli_memory_files import add_moving, lines_of
from voice_tui.cli_memory_store import action, opened, remark, store_path
from voice_tui.cli_options import load_config, print_json, say, whole_number

if TYPE_CHECKING:
    from memory.store import SqliteMemory
    from memory.types import Memory
    from voice_tui.cli_memory_store import Subparsers

SHOWN_CHARS = 200
"""Characters of a memory that a list shows."""


def register(subparsers: Subparsers) -> None:
    """Add the command `memory` with its actions; every parser sets `run` to its handler."""
    text = "see and change what is remembered"
    parser = subparsers.add_parser("memory", help=text, description=text[0].upper() + text[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_reading(actions)
    _add_changing(actions)
    add_moving(actions)
    _add_caring(actions)


def _add_reading(actions: Subparsers) -> None:
    shown = action(actions, "list", "list memories, pinned first, then newest first", show_list)
    _add_page(shown)
    found = action(
        actions,
        "search",
        "find memories by words alone: every word must occur (memory recall goes by meaning too)",
        search,
    )
    found.add_argument("words", nargs="+", metavar="WORD", help="the last one may be the beginning of a word")
    _add_page(found)
    asked = action(
        actions, "recall", "ask the memory by words and meaning: what it would bring up, and how sure it is", recall
    )
    asked.add_argument("words", nargs="*", metavar="WORD", help="the question")
    asked.add_argument(
        "--batch",
        metavar="FILE",
        help='ask every line of a file of JSON Lines ({"id", "query", "asked_at"?, "speaker"?}; - is stdin) '
        "and answer each with a line of JSON",
    )


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=whole_number(), default=100, metavar="N", help="show at most N; default 100")


def _add_changing(actions: Subparsers) -> None:
    new = action(actions, "add", "remember something", add)
    new.add_argument("text", metavar="TEXT", help="what to remember; - reads stdin")
    new.add_argument("--speaker", default="", metavar="NAME", help="who said it")
    new.add_argument("--pin", action="store_true", help="keep it on top")
    changed = action(actions, "edit", "replace the words of a memory", edit)
    changed.add_argument("id", metavar="ID", help="its id, or the beginning or end of it")
    changed.add_argument("text", metavar="TEXT", help="the new words; - reads stdin")
    gone = action(actions, "forget", "remove memories for good", forget)
    gone.add_argument("ids", nargs="+", metavar="ID", help="an id, or the beginning or end of one")
    everything = action(actions, "wipe", "remove everything that is remembered, for good", wipe)
    everything.add_argument("--yes", action="store_true", help="do not ask")
    everything.add_argument("--keep-conversations", action="store_true", help="only blank the memories in transcripts")


def _add_caring(actions: Subparsers) -> None:
    action(actions, "stats", "say how much is remembered and where", stats)
    action(actions, "sync", "exchange memories with the server of the settings, now", sync)
    looked = action(actions, "check", "check the memory file; exit code 1 when something is wrong", check)
    looked.add_argument("--repair", action="store_true", help="mend it; a damaged file is kept beside the new one")


def _words(argument: str) -> str:
    return sys.stdin.read() if argument == "-" else argument


def show_list(args: argparse.Namespace) -> int:
    """Print the active memories."""
    with opened(args) as store:
        _print_memories(args, store.list(limit=args.limit), store.count())
    return 0


def search(args: argparse.Namespace) -> int:
    """Print what holds every word; exit code 1 when nothing does."""
    with opened(args) as store:
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
    with opened(args, meaning=True) as store:
        return _recall_batch(store, args.batch) if args.batch else _recall_one(args, store)


def _recall_batch(store: SqliteMemory, name: str) -> int:
    from memory.batch import recall_lines

    refused = 0
    with lines_of(name) as lines:
        for answer in recall_lines(store, lines):
            if isinstance(answer, str):
                sys.stdout.write(answer)
            else:
                refused += 1
                remark(str(answer))
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
        remark(f"{len(brought.injected)} brought up (>), of {len(brought.candidates)} looked at")
    return 0 if brought.injected else 1


def _print_memories(args: argparse.Namespace, memories: list[Memory], total: int) -> None:
    if args.json:
        from memory.formats.transfer import to_record

        print_json([to_record(memory) for memory in memories])
        return
    for memory in memories:
        say(_line(memory))
    remark(f"{len(memories)} of {total} memories")


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
        from memory.formats.transfer import to_record

        print_json([to_record(memory) for memory in memories])
        return
    for memory in memories:
        say(f"{what}: {_line(memory)}")


def add(args: argparse.Namespace) -> int:
    """Remember something."""
    from memory import commands

    with opened(args) as store:
        kept = commands.add(store, _words(args.text), speaker=args.speaker, pinned=args.pin)
    _print_changed(args, "Remembered" if kept.updated_at == kept.created_at else "Known already, renewed", [kept])
    return 0


def edit(args: argparse.Namespace) -> int:
    """Replace the words of a memory."""
    from memory import commands

    with opened(args) as store:
        _print_changed(args, "Changed", [commands.edit(store, args.id, _words(args.text))])
    return 0


def forget(args: argparse.Namespace) -> int:
    """Remove memories for good."""
    from memory import commands
    from memory.traces import words_of

    with opened(args) as store:
        removed = commands.forget(store, args.ids)
    _scrub_elsewhere(args, words_of(removed))
    _print_changed(args, "Forgotten", removed)
    return 0


def wipe(args: argparse.Namespace) -> int:
    """Remove everything for good, after a question; exit code 1 when the answer is no."""
    from memory import commands

    path = store_path(args)
    if not args.yes and not _sure(f"Remove everything that is remembered in {path}? Type yes: "):
        remark("Nothing was removed")
        return 1
    with opened(args) as store:
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
        remark("The sound of recorded conversations still holds these words: delete those recordings to erase it")


def stats(args: argparse.Namespace) -> int:
    """Say how much is remembered and where."""
    from memory import commands

    with opened(args) as store:
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
    from memory.embedder.choice import described

    memory = load_config(args).settings.memory
    return described(memory.embedder, memory.embedder_model)


def sync(args: argparse.Namespace) -> int:
    """Send what waits and take over what is new; exit code 1 when the server could not be used."""
    from memory.errors import MemoryStoreError
    from voice_tui.session.sharing import remote_of

    settings = load_config(args).settings
    if not settings.memory.remote:
        raise MemoryStoreError("There is no memory server", hint="Name one in the settings (memory.remote)")
    with opened(args) as store:
        state = remote_of(store, settings).exchange()
        found = {"server": state.url, "state": state.words, "detail": state.detail, "memories": store.count()}
    if args.json:
        print_json(found)
    else:
        say(f"{state.words}: {found['memories']} memories here, {state.url}")
        if state.detail:
            remark(state.detail)
    return 1 if state.trouble else 0


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
