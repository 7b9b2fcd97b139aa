"""`voice-tui talk`: a conversation on sound files; what was said is printed, line by line."""

from __future__ import annotations

import argparse
import sys

import msgspec

from voice_tui.cli_options import load_config, say
from voice_tui.errors import ConfigError
from voice_tui.events import UNSURE_BELOW, AnyEvent, Notice, SessionStopped, TranscriptUpdated, TranscriptWithdrawn
from voice_tui.session.talk import talk as converse

SPEAKERS = {"user": "you", "assistant": "assistant", "system": "system"}


def talk(args: argparse.Namespace) -> int:
    """Hold a conversation on sound files."""
    args.flags = [*args.flags, *_named(args)]
    config = load_config(args)
    settings = config.settings
    asked_for_here = config.origin("engine.name").source == "flag" or args.trace is not None
    if args.trace is not None and settings.engine.name != "moshi":
        raise ConfigError("Only the engine moshi writes a trace", hint="Add --engine moshi, or leave out --trace")
    return converse(
        settings,
        args.input,
        args.output,
        realtime=args.realtime,
        events=args.events,
        trace=args.trace,
        stand_in=not asked_for_here,
        on_event=Lines(as_json=args.json).note,
    )


def _named(args: argparse.Namespace) -> list[tuple[str, str]]:
    """The flags that stand for settings."""
    paths = {
        "engine.name": args.engine,
        "moshi.model": args.model,
        "moshi.seed": args.seed,
        "moshi.temperature": args.temperature,
        "moshi.text_temperature": args.temperature,
    }
    return [(path, value) for path, value in paths.items() if value is not None]


class Lines:
    """Prints every turn once it stands: a turn may still grow or be withdrawn until it has been answered.

    Args:
        as_json: One JSON object per line, as in the events, instead of text.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._turns: dict[int, TranscriptUpdated] = {}

    def note(self, event: AnyEvent) -> None:
        """Take an event."""
        if isinstance(event, TranscriptUpdated) and event.final:
            self._turns[event.turn] = event
            if event.role == "assistant":
                self._print()
        elif isinstance(event, TranscriptWithdrawn):
            self._turns.pop(event.turn, None)
        elif isinstance(event, Notice):
            hint = f" ({event.hint})" if event.hint else ""
            sys.stderr.write(f"voice-tui: {event.message}{hint}\n")
        elif isinstance(event, SessionStopped):
            self._print()

    def _print(self) -> None:
        for _, event in sorted(self._turns.items()):
            if self._as_json:
                say(msgspec.json.encode(event).decode())
            else:
                cut = " …" if event.interrupted else ""
                doubt = (
                    " (unsure of the words)" if event.confidence is not None and event.confidence < UNSURE_BELOW else ""
                )
                say(f"{SPEAKERS[event.role]}{doubt}: {event.text}{cut}")
        sys.stdout.flush()
        self._turns.clear()
