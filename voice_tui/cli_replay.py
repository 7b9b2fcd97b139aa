"""`voice-tui replay`: hold a recorded conversation again and see what has become different."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from voice_tui.cli_options import add_common, add_json, flags_of, load_config, print_json, say

if TYPE_CHECKING:
    from voice_tui.schema import Value
    from voice_tui.session.replay import Line, Replay
    from voice_tui.settings import Settings

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # no public name

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}


def register(subparsers: Subparsers) -> None:
    """Add the command `replay`."""
    text = "hold a recorded conversation again and print where the transcript differs"
    parser = subparsers.add_parser(
        "replay",
        help=text,
        description="Feed the microphone, the typed texts and the keys of a recorded conversation through an engine, "
        "with the settings of the recording, and print where the transcript differs. It begins with an empty memory.",
    )
    add_common(parser, nested=True)
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder of a recorded conversation")
    parser.add_argument("--engine", metavar="NAME", help="the same as --set engine.name=NAME")
    parser.add_argument("--output", metavar="FILE", type=Path, help="what the speaker plays now, as wav or flac")
    parser.add_argument("--events", metavar="FILE", type=Path, help="write every event as a line of JSON")
    parser.add_argument("--memory", metavar="FILE", type=Path, help="begin with a copy of this memory file")
    parser.add_argument("--check", action="store_true", help="exit code 1 when the transcript differs")
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Replay a recording."""
    from voice_tui.session.replay import load, replay

    if args.engine:
        args.flags = [*args.flags, ("engine.name", args.engine)]
    changes = _changes(args)
    about = load(args.folder)
    done = replay(
        about,
        args.folder,
        _changed(about.settings, changes),
        output=args.output,
        events=args.events,
        memory=args.memory,
    )
    differences = done.differences
    if args.json:
        print_json(
            {
                "conversation": about.conversation,
                "recorded": [asdict(line) for line in done.recorded],
                "replayed": [asdict(line) for line in done.replayed],
                "differences": [asdict(difference) for difference in differences],
            }
        )
    else:
        _print(done)
    return 1 if args.check and differences else 0


def _changes(args: argparse.Namespace) -> dict[str, Value]:
    """Return what the command line changes; the person's own settings do not count."""
    config = load_config(args)
    return {path: config.value(path) for path, _ in flags_of(args)}


def _changed(settings: Settings, changes: Mapping[str, Value]) -> Settings:
    """Return the settings of the recording with changes."""
    from msgspec.structs import replace

    for path, value in changes.items():
        section, _, name = path.partition(".")
        part = replace(getattr(settings, section), **{name: value})
        settings = replace(settings, **{section: part})
    return settings


def _print(done: Replay) -> None:
    differences = done.differences
    for difference in differences:
        say(f"@ line {difference.at}")
        for sign, side in (("-", difference.recorded), ("+", difference.replayed)):
            for line in side:
                say(f"{sign} {_shown(line)}")
    made = f"recorded with voice-tui {done.about.versions.get('voice-tui', '?')}"
    if differences:
        count = f"{len(differences)} difference{'s' * (len(differences) != 1)}"
        say(f"{count} in {len(done.recorded)} lines, {made}")
    else:
        say(f"The same {len(done.recorded)} lines, {made}")


def _shown(line: Line) -> str:
    return f"{_NAMES[line.role]}: {' '.join(line.text.split())}{' (interrupted)' if line.interrupted else ''}"
