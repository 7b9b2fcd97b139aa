"""The command line: `voice-tui` opens the app, everything else is a command.

Importing this module is cheap; every command imports what it needs when it runs. A command's parser sets
`run=handler` where `handler(args) -> int` returns the exit code and raises `VoiceTuiError` for what a person must know.

Exit codes: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import voice_tui
from voice_tui import cli_conversations, cli_dev, cli_eval, cli_memory, cli_models, cli_preflight, cli_replay
from voice_tui.cli_options import add_common, add_json, command_line
from voice_tui.errors import VoiceTuiError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # no public name

Handler = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        argv: Without the program's name; None = this process's.

    Returns:
        The exit code.
    """
    _accept_any_terminal()
    args = build_parser().parse_args(argv)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _silence_stdout()
        return 0
    except Exception as error:
        return report(error)


def _accept_any_terminal() -> None:
    """A terminal that is not UTF-8 shows "?" for what it lacks, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _silence_stdout() -> None:
    """Keep Python from complaining about the closed pipe at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report(error: Exception) -> int:
    """Say on stderr what failed; what we did not foresee goes to the log with its traceback."""
    from memory.errors import MemoryStoreError

    if isinstance(error, VoiceTuiError | MemoryStoreError):
        _complain(error.message, error.hint)
    else:
        log = _log_unforeseen(error)
        _complain(f"unexpected {type(error).__name__}: {error}", f"the details are in {log}" if log else "")
    return 1


def _complain(message: str, hint: str) -> None:
    sys.stderr.write(f"voice-tui: {message}\n" + (f"  {hint}\n" if hint else ""))


def _log_unforeseen(error: Exception) -> Path | None:
    import logging

    from voice_tui import logs

    log = logs.set_up()
    logging.getLogger(__name__).error("Unforeseen error", exc_info=error)
    return log.path


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = command_line("voice-tui", "Talk with a private, local assistant.")
    parser.add_argument("--version", action="version", version=f"voice-tui {voice_tui.__version__}")
    add_common(parser, nested=False)
    parser.add_argument("--setup", action="store_true", help="show the first run again: devices, checks, engine, hello")
    parser.set_defaults(run=_app)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", description="without one, the app opens")
    for add in (_add_talk, _add_say, cli_memory.register, cli_conversations.register, cli_replay.register):
        add(commands)
    for add in (cli_models.register, cli_preflight.register, cli_eval.register):
        add(commands)
    for add in (_add_devices, _add_doctor, _add_config, cli_dev.register):
        add(commands)
    return parser


def _command(commands: Subparsers, name: str, text: str, run: Handler) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    add_common(parser, nested=True)
    parser.set_defaults(run=run)
    return parser


def _add_talk(commands: Subparsers) -> None:
    parser = _command(commands, "talk", "hold a conversation on sound files, without a terminal", _talk)
    parser.add_argument(
        "--input", required=True, metavar="FILE", help="what the user says: wav, flac, mp3 …; - is stdin"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="what the speaker plays, as a wav or flac file")
    parser.add_argument("--realtime", action="store_true", help="take as long as the sound lasts")
    parser.add_argument("--events", metavar="FILE", type=Path, help="write every event as a line of JSON")
    parser.add_argument("--engine", metavar="NAME", help="the same as --set engine.name=NAME")
    moshi = parser.add_argument_group("with --engine moshi")
    moshi.add_argument("--model", metavar="NAME", help="the same as --set moshi.model=NAME: a folder, or a hub name")
    moshi.add_argument("--seed", metavar="N", help="the same as --set moshi.seed=N")
    moshi.add_argument("--temperature", metavar="T", help="sets both moshi.temperature and moshi.text_temperature")
    moshi.add_argument("--trace", metavar="FILE", type=Path, help="write codes, text and time of every frame (.npz)")
    add_json(parser)


def _add_say(commands: Subparsers) -> None:
    parser = _command(commands, "say", "speak a text with the configured voice", _say)
    parser.add_argument("text", metavar="TEXT", help="what to say; - reads stdin")
    parser.add_argument("--voice", metavar="NAME", help="another voice than tts.voice, such as en-gb")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write a wav file instead of using the speaker")


def _add_devices(commands: Subparsers) -> None:
    add_json(_command(commands, "devices", "list microphones and speakers", _devices))


def _add_doctor(commands: Subparsers) -> None:
    add_json(_command(commands, "doctor", "check what works here and say how to fix the rest", _doctor))


def _add_config(commands: Subparsers) -> None:
    parser = commands.add_parser(
        "config", help="show, change and validate the settings", description="Show, change and validate the settings."
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add_json(_command(actions, "path", "print where the settings file lies", _config_path))
    show = _command(actions, "show", "print every setting and where its value comes from", _config_show)
    show.add_argument("--default", action="store_true", help="print a config.toml with every setting at its default")
    add_json(show)
    get = _command(actions, "get", "print the value of one setting", _config_get)
    change = _command(actions, "set", "write one setting into your file, its comments kept", _config_set)
    unset = _command(actions, "unset", "take one setting out of your file, back to its default", _config_unset)
    for parser in (get, change, unset):
        parser.add_argument("key", metavar="KEY", help="such as audio.volume; `voice-tui config show` lists them")
        add_json(parser)
    change.add_argument("value", metavar="VALUE", help="such as 0.8, on, or a text")
    add_json(_command(actions, "validate", "name everything that is wrong with the settings", _config_validate))


def _app(args: argparse.Namespace) -> int:
    from voice_tui import cli_app

    return cli_app.app(args)


def _talk(args: argparse.Namespace) -> int:
    from voice_tui import cli_talk

    return cli_talk.talk(args)


def _say(args: argparse.Namespace) -> int:
    from voice_tui import cli_say

    return cli_say.say(args)


def _devices(args: argparse.Namespace) -> int:
    from voice_tui import cli_system

    return cli_system.devices(args)


def _doctor(args: argparse.Namespace) -> int:
    from voice_tui import cli_system

    return cli_system.doctor(args)


def _config_path(args: argparse.Namespace) -> int:
    from voice_tui import cli_config

    return cli_config.path(args)


def _config_show(args: argparse.Namespace) -> int:
    from voice_tui import cli_config

    return cli_config.show(args)


def _config_get(args: argparse.Namespace) -> int:
    from voice_tui import cli_config

    return cli_config.get(args)


def _config_set(args: argparse.Namespace) -> int:
    from voice_tui import cli_config

    return cli_config.set_value(args)


def _config_unset(args: argparse.Namespace) -> int:
    from voice_tui import cli_config

    return cli_config.unset(args)


def _config_validate(args: argparse.Namespace) -> int:
    from voice_tui import cli_config

    return cli_config.validate(args)
