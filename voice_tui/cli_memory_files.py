"""`voice-tui memory export` and `import`: memories out to files and in from them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from voice_tui.cli_memory_store import action, opened, remark
from voice_tui.cli_options import print_json, say

if TYPE_CHECKING:
    from voice_tui.cli_memory_store import Subparsers

FOUND_BY = (
    "They are found by their words now; by meaning too when the app or “voice-tui memory recall” has read them, "
    "where an embedding model is installed"
)


def add_moving(actions: Subparsers) -> None:
    """Add `export` and `import` to the actions of `memory`."""
    out = action(actions, "export", "write every memory as a line of JSON, or a list in Markdown", export)
    _add_format(out)
    out.add_argument("--output", metavar="FILE", default="-", help="the file to write; default stdout")
    out.add_argument("--no-clips", action="store_true", help="leave the recordings of spoken notes out")
    into = action(actions, "import", "put in memories from JSON Lines or Markdown", import_)
    into.add_argument("input", metavar="FILE", help="a JSON object per line, `text` at least, or a list; - is stdin")
    _add_format(into)


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format", choices=("jsonl", "markdown"), help="default: markdown for a file that ends in .md, else jsonl"
    )


def _is_markdown(args: argparse.Namespace, name: str) -> bool:
    return (args.format or ("markdown" if name.lower().endswith((".md", ".markdown")) else "jsonl")) == "markdown"


def export(args: argparse.Namespace) -> int:
    """Write every memory as a line of JSON."""
    from memory import commands

    with opened(args) as store:
        markdown = _is_markdown(args, args.output)
        readable = args.output == "-" and sys.stdout.isatty()  # a recording is one line of a hundred thousand letters
        clips = not (args.no_clips or readable)
        lines = commands.export_markdown(store) if markdown else commands.export_lines(store, clips=clips)
        count = _write_stdout(lines) if args.output == "-" else _write_file(Path(args.output), lines)
        left_out = commands.stats(store).spoken if readable and not (markdown or args.no_clips) else 0
    remark(f"{count - markdown} memories exported")
    if left_out:
        remark("Recordings are not shown in a terminal; --output FILE, or a pipe, gets them too")
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

    with opened(args) as store, lines_of(args.input) as lines:
        put_in = commands.import_markdown if _is_markdown(args, args.input) else commands.import_lines
        done = put_in(store, lines)
    if args.json:
        print_json(asdict(done))
    else:
        say(f"{done.added} memories added, {done.known} known already, {done.refused} lines refused")
        for problem in done.problems:
            remark(problem)
        if done.added:
            remark(FOUND_BY)
    return 1 if done.refused else 0


@contextmanager
def lines_of(name: str) -> Generator[Iterable[str]]:
    """Open a file or stdin as UTF-8; bytes that are none become U+FFFD."""
    from memory.errors import MemoryStoreError

    try:
        file = open(0 if name == "-" else name, encoding="utf-8", errors="replace", closefd=name != "-")  # noqa: SIM115  # closed below
    except OSError as e:
        raise MemoryStoreError(f"The file cannot be read: {e.strerror or e}: {name}") from e
    with file:
        yield file
