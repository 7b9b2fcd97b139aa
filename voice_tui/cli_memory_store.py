"""What every action of `voice-tui memory` and `voice-tui conversations` needs: its options and the open file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from voice_tui.cli_options import add_common, add_json, load_config

if TYPE_CHECKING:
    from memory.embedder.process import Embedder
    from memory.retrieval.meaning import Progress
    from memory.store import SqliteMemory

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # no public name

EMBEDDING_SECONDS = 3_600.0
"""How long a recall waits for vectors that are still to be made; it says how far they are."""

PATIENCE_SECONDS = 30.0
"""How long a question waits for its vector; nobody is in the middle of a sentence here."""


def action(
    actions: Subparsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """Add an action on the memory file; its handler `run` returns the exit code."""
    parser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    add_common(parser, nested=True)
    parser.add_argument("--store", metavar="FILE", type=Path, help="another memory file than that of the settings")
    add_json(parser)
    parser.set_defaults(run=run)
    return parser


def store_path(args: argparse.Namespace) -> Path:
    """Return the memory file that a command line means: --store, else the settings', else the place for user data."""
    if args.store is not None:
        return args.store
    from voice_tui.paths import memory_path

    return memory_path(load_config(args).settings.memory.path)


@contextmanager
def opened(args: argparse.Namespace, *, meaning: bool = False) -> Generator[SqliteMemory]:
    """Open the store; with `meaning` its memories get their vectors first, if a model is there."""
    from memory.store import SqliteMemory

    with SqliteMemory(store_path(args), embedder=_embedder(args) if meaning else None) as store:
        for notice in store.notices:
            remark(f"{notice.message}. {notice.hint}")
        if store.meaning and store.count():
            store.meaning.query_seconds = PATIENCE_SECONDS
            if not store.meaning.wait(EMBEDDING_SECONDS, _tell):
                remark(f"recall goes by words alone: {store.meaning.progress().problem or 'the vectors are not ready'}")
        yield store


def _embedder(args: argparse.Namespace) -> Embedder | None:
    from memory.embedder.choice import described
    from memory.embedder.process import embedder_of

    memory = load_config(args).settings.memory
    found = embedder_of(memory.embedder, memory.embedder_model)
    if found is None:
        remark(described(memory.embedder, memory.embedder_model))
    return found


def _tell(progress: Progress) -> None:
    remark(f"{progress.done} of {progress.total} memories can be found by meaning; the others are being read …")


def remark(line: str) -> None:
    """Tell a person beside what is asked for: on stderr."""
    sys.stderr.write(line + "\n")
