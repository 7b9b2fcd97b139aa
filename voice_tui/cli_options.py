"""What all commands share: --config, --no-config and --set, loading by them, and JSON output."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from voice_tui.config import NO_FILE, Config, Problems, SettingsFile, examine


class _Parser(argparse.ArgumentParser):
    """Complains of arguments that it does not know by itself, with its own usage; argparse leaves that to the topmost.

    Parsers of commands are made by the class of the parser that they are added to.
    """

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # pyright: ignore[reportIncompatibleMethodOverride]  # overloads that differ in the namespace only
        """Return what was parsed; exits with 2 where something is left over."""
        parsed, left = super().parse_known_args(args, namespace)
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}")
        return parsed, left


def command_line(name: str, description: str) -> argparse.ArgumentParser:
    """Return a parser whose commands complain of arguments with their own usage."""
    return _Parser(prog=name, description=description)


def add_common(parser: argparse.ArgumentParser, *, nested: bool) -> None:
    """Add --config, --no-config and --set, which may stand before or after the command.

    Args:
        nested: For a command's own parser; keeps it from wiping out what stood before the command.
    """
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--config", metavar="FILE", type=Path, default=argparse.SUPPRESS if nested else None, help="another config.toml"
    )
    group.add_argument(
        "--no-config",
        action="store_true",
        default=argparse.SUPPRESS if nested else False,
        help="without any config.toml: it is neither read nor written",
    )
    group.add_argument(
        "--set",
        metavar="SECTION.NAME=VALUE",
        type=_assignment,
        action="append",
        default=[],
        dest="flags_after" if nested else "flags",
        help="change one setting for this run, such as --set audio.volume=0.5; may be repeated",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add --json."""
    parser.add_argument("--json", action="store_true", help="print JSON for scripts")


def _assignment(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals or "." not in path:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form section.name=value")
    return path.strip(), value


def flags_of(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Return every --set of a command line, in order."""
    return [*args.flags, *getattr(args, "flags_after", [])]


def file_of(args: argparse.Namespace) -> Path | None:
    """Return the settings file that a command line names; None = the one that is looked for."""
    return NO_FILE if args.no_config else args.config


def load_config(args: argparse.Namespace) -> Config:
    """Load the settings as the command line asks, and start the log at their level.

    Raises:
        ConfigError: With every problem there is.
    """
    return open_settings(args).config


def open_settings(args: argparse.Namespace) -> SettingsFile:
    """Load the settings like `load_config`, and be able to change the person's file.

    Raises:
        ConfigError: With every problem there is.
    """
    from voice_tui import logs

    file = SettingsFile(flags_of(args), file=file_of(args))
    logs.set_up(file.config.settings.log.level)
    return file


def examine_config(args: argparse.Namespace) -> tuple[Config, Problems]:
    """Load the settings as the command line asks; wrong ones stay at their default and are told."""
    return examine(flags_of(args), file=file_of(args))


def print_json(value: Any) -> None:
    """Print `value` as indented JSON."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def say(line: str = "") -> None:
    """Print a line for the person."""
    sys.stdout.write(line + "\n")


def whole_number(least: int = 0) -> Callable[[str], int]:
    """Return what reads an argument that is a whole number from `least` on."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
        return int(text)

    return read
