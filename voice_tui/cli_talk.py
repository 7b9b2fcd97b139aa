"""`voice-tui talk`: a conversation on sound files; what was said is printed, line by line."""

from __future__ import annotations

import argparse
import sys

import msgspec

from voice_tui.cli_options import load_config, say
from voice_tui.events import AnyEvent, Notice, SessionStopped, TranscriptUpdated, TranscriptWithdrawn
from voice_tui.session.talk import talk as converse

SPEAKERS = {"user": "you", "assistant": "assistant", "system": "system"}


def talk(args: argparse.Namespace) -> int:
    """Hold a conversation on sound files."""
    if args.engine:
        args.flags = [*args.flags, ("engine.name", args.engine)]
    config = load_config(args)
    lines = Lines(as_json=args.json)
    return converse(
        config.settings, args.input, args.output, realtime=args.realtime, events=args.events, on_event=lines.note
    )


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
                say(f"{SPEAKERS[event.role]}: {event.text}{cut}")
        sys.stdout.flush()
        self._turns.clear()
