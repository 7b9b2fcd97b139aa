"""`voice-tui conversations …`: list, read, find, name, take out and remove what was said."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from voice_tui.cli_memory_store import action, opened, remark
from voice_tui.cli_options import print_json, say, whole_number

if TYPE_CHECKING:
    from memory.conversations import Conversations
    from memory.types import Conversation, Transcript, Turn
    from voice_tui.cli_memory_store import Subparsers

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}


def register(subparsers: Subparsers) -> None:
    """Add the command `conversations` with its actions; every parser sets `run` to its handler."""
    text = "read, find and remove transcripts of conversations"
    parser = subparsers.add_parser("conversations", help=text, description=text[0].upper() + text[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_reading(actions)
    _add_changing(actions)


def _add_reading(actions: Subparsers) -> None:
    _add_limit(action(actions, "list", "list conversations, the latest first", show_list))
    found = action(actions, "search", "find conversations in which somebody said every word", search)
    found.add_argument("words", nargs="+", metavar="WORD", help="the last one may be the beginning of a word")
    _add_limit(found)
    _add_id(action(actions, "show", "print what was said", show))
    out = action(actions, "export", "write a transcript as Markdown, or as JSON with --json", export)
    _add_id(out)
    out.add_argument("--output", metavar="FILE", type=Path, help="the file to write; default stdout")


def _add_changing(actions: Subparsers) -> None:
    named = action(actions, "rename", "give a conversation a name", rename)
    _add_id(named)
    named.add_argument("title", metavar="TITLE", help='the name; "" takes it away')
    gone = action(actions, "delete", "remove conversations for good; memories stay", delete)
    gone.add_argument("ids", nargs="+", metavar="ID", help="an id, or the beginning or end of one")


def _add_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="its id, or the beginning or end of it")


def _add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=whole_number(), default=100, metavar="N", help="show at most N; default 100")


@contextmanager
def _open(args: argparse.Namespace) -> Generator[Conversations]:
    from memory.conversations import Conversations

    with opened(args) as store:
        yield Conversations(store)


def _find_one(talks: Conversations, part: str) -> Conversation:
    from memory.errors import MemoryStoreError

    found = talks.resolve(part)
    if not found:
        hint = "`voice-tui conversations list` shows the ids"
        raise MemoryStoreError(f"There is no conversation {part!r}", hint=hint)
    if len(found) > 1:
        raise MemoryStoreError(f"More than one conversation has an id like {part!r}", hint="Give more of it")
    return found[0]


def _load(talks: Conversations, part: str) -> Transcript:
    from memory.errors import MemoryStoreError

    transcript = talks.load(_find_one(talks, part).id)
    if transcript is None:
        raise MemoryStoreError("That conversation has just been deleted by another program")
    return transcript


def show_list(args: argparse.Namespace) -> int:
    """Print the conversations."""
    with _open(args) as talks:
        found, total = talks.list(limit=args.limit), talks.count()
    if args.json:
        print_json([asdict(conversation) for conversation in found])
        return 0
    for conversation in found:
        say(_line(conversation))
    remark(f"{len(found)} of {total} conversations")
    return 0


def search(args: argparse.Namespace) -> int:
    """Print the conversations in which every word was said, each with the turn; exit code 1 when there is none."""
    with _open(args) as talks:
        found = talks.search(" ".join(args.words), limit=args.limit)
    if args.json:
        print_json([asdict(hit) for hit in found])
    else:
        for hit in found:
            say(_line(hit.conversation))
            if hit.turn is not None:
                say(f"    {_spoken(hit.turn)}")
    return 0 if found else 1


def show(args: argparse.Namespace) -> int:
    """Print what was said."""
    from memory.formats.transcripts import local_time, to_record

    with _open(args) as talks:
        transcript = _load(talks, args.id)
    if args.json:
        print_json(to_record(transcript))
        return 0
    say(f"{transcript.conversation.title} ({local_time(transcript.conversation.started_at)})")
    for turn in transcript.turns:
        say(f"{local_time(turn.said_at, form='%H:%M:%S')} {_spoken(turn)}")
    return 0


def export(args: argparse.Namespace) -> int:
    """Write a transcript as Markdown or JSON."""
    import json

    from memory.formats.transcripts import to_markdown, to_record

    with _open(args) as talks:
        transcript = _load(talks, args.id)
    text = (
        json.dumps(to_record(transcript), indent=2, ensure_ascii=False) + "\n" if args.json else to_markdown(transcript)
    )
    if args.output is None:
        sys.stdout.write(text)
        return 0
    from voice_tui.config_file import replace_text

    replace_text(args.output, text)
    remark(f"{len(transcript.turns)} turns written to {args.output}")
    return 0


def rename(args: argparse.Namespace) -> int:
    """Give a conversation a name."""
    with _open(args) as talks:
        changed = talks.rename(_find_one(talks, args.id).id, args.title)
    _print_changed(args, "Renamed", [changed])
    return 0


def delete(args: argparse.Namespace) -> int:
    """Remove conversations for good: all of them, or none if one cannot be found."""
    with _open(args) as talks:
        gone = talks.delete([_find_one(talks, part).id for part in args.ids])
    _print_changed(args, "Deleted", [transcript.conversation for transcript in gone])
    return 0


def _print_changed(args: argparse.Namespace, what: str, conversations: list[Conversation]) -> None:
    if args.json:
        print_json([asdict(conversation) for conversation in conversations])
        return
    for conversation in conversations:
        say(f"{what}: {_line(conversation)}")


def _line(conversation: Conversation) -> str:
    from memory.formats.transcripts import local_time

    turns = f"{conversation.turns} turns" if conversation.turns != 1 else "1 turn"
    return f"{conversation.id}  {local_time(conversation.ended_at)}  {turns:>10}  {conversation.title}"


def _spoken(turn: Turn) -> str:
    name = turn.speaker or _NAMES[turn.role]
    return f"{name}: {' '.join(turn.text.split())}{' …' if turn.interrupted else ''}"
