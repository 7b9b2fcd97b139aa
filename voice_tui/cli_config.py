"""`voice-tui config path | show | validate`."""

from __future__ import annotations

import argparse
import sys

from voice_tui.cli_options import examine_config, load_config, print_json, say
from voice_tui.config import Config, Problem, Problems
from voice_tui.errors import ProviderError
from voice_tui.schema import Setting, default_toml, settings_schema, toml_value


def path(args: argparse.Namespace) -> int:
    """Print where the settings file lies, whether it is there or not."""
    config, _ = examine_config(args)
    if args.json:
        print_json({"path": str(config.file), "exists": config.file.exists()})
    else:
        say(str(config.file))
    return 0


def show(args: argparse.Namespace) -> int:
    """Print every setting in force with its origin, or the commented defaults."""
    if args.default:
        sys.stdout.write(default_toml())
        return 0
    config = load_config(args)
    if args.json:
        print_json({setting.path: _as_json(config, setting) for setting in settings_schema()})
        return 0
    width = max(len(_line(config, setting)) for setting in settings_schema())
    for setting in settings_schema():
        say(f"{_line(config, setting):{min(width, 60)}}  # {_from(config, setting)}")
    return 0


def _line(config: Config, setting: Setting) -> str:
    return f"{setting.path} = {toml_value(config.value(setting.path))}"


def _from(config: Config, setting: Setting) -> str:
    origin = config.origin(setting.path)
    return f"{origin.source}: {origin.where}" if origin.where else origin.source


def _as_json(config: Config, setting: Setting) -> dict[str, object]:
    origin = config.origin(setting.path)
    return {
        "value": config.value(setting.path),
        "default": setting.default,
        "source": origin.source,
        "where": origin.where,
        "description": setting.description,
    }


def validate(args: argparse.Namespace) -> int:
    """Check everything; exit code 1 if anything is wrong."""
    config, problems = examine_config(args)
    _check_voice(config, problems)
    if args.json:
        print_json({"file": str(config.file), "problems": [_problem(problem) for problem in problems]})
    else:
        for problem in problems:
            say(str(problem))
        there = "" if config.file.exists() else " (not there, so the defaults hold)"
        say(f"{config.file}{there}: " + (f"{len(problems)} wrong" if problems else "no problems"))
    return 1 if problems else 0


def _check_voice(config: Config, problems: Problems) -> None:
    """Note a voice that the program which speaks does not have."""
    from voice_tui.engine.cascade.providers import check_voice

    try:
        check_voice(config.settings)
    except ProviderError as e:
        problems.add(f"{e.message} - at `$.tts.voice`", config.origin("tts.voice").where, e.hint)


def _problem(problem: Problem) -> dict[str, str]:
    return {"message": problem.message, "where": problem.where, "hint": problem.hint}
