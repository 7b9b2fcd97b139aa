"""`voice-tui config path | show | get | set | unset | validate`."""

from __future__ import annotations

import argparse
import sys

from voice_tui.cli_options import examine_config, load_config, print_json, say
from voice_tui.config import Config, Problem, Problems, save
from voice_tui.errors import ConfigError, ProviderError
from voice_tui.schema import (
    Setting,
    Value,
    by_path,
    default_toml,
    did_you_mean,
    replaced,
    settings_schema,
    toml_value,
)


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


def get(args: argparse.Namespace) -> int:
    """Print one setting's value, a text without quotes."""
    setting = _setting(args.key)
    config = load_config(args)
    value = config.value(setting.path)
    if args.json:
        print_json(_as_json(config, setting))
    else:
        say(value if isinstance(value, str) else toml_value(value))
    return 0


def set_value(args: argparse.Namespace) -> int:
    """Write one setting into the file; a value that is refused leaves the file as it is."""
    setting = _setting(args.key)
    try:
        value = setting.parse(args.value)
    except ValueError:
        raise ConfigError(f"{setting.path} cannot be {args.value!r}", hint=setting.wanted) from None
    config, _ = examine_config(args)
    if setting.section == "tts":
        _check_speech(config, setting, value)
    return _keep(args, setting, value)


def unset(args: argparse.Namespace) -> int:
    """Take one setting out of the file, back to its default."""
    return _keep(args, _setting(args.key), None)


def _setting(key: str) -> Setting:
    setting = by_path().get(key)
    if setting is None:
        raise ConfigError(
            f"There is no setting {key!r}", hint=did_you_mean(key) or "`voice-tui config show` lists the settings."
        )
    return setting


def _check_speech(config: Config, setting: Setting, value: Value) -> None:
    """Refuse a voice that the program which speaks does not have."""
    from voice_tui.engine.cascade.providers import check_voice

    try:
        check_voice(replaced(config.settings, {setting.path: value}))
    except ProviderError as e:
        raise ConfigError(f"{setting.path} cannot be {value!r}: {e.message}", hint=e.hint) from e


def _keep(args: argparse.Namespace, setting: Setting, value: Value | None) -> int:
    """Change the file, and say what holds now."""
    if args.no_config:
        raise ConfigError("Without a settings file there is nothing to write into", hint="Leave out --no-config")
    save(examine_config(args)[0].file, {setting.path: value})
    config, _ = examine_config(args)
    if args.json:
        print_json(_as_json(config, setting))
        return 0
    say(f"{_line(config, setting)}  # {_from(config, setting)}")
    if (origin := config.origin(setting.path)).source in ("env", "flag"):
        say(f"{origin.where} wins over {config.file}, where it was changed.")
    return 0


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
        problems.add(f"tts.voice: {e.message}", config.origin("tts.voice").where, e.hint)


def _problem(problem: Problem) -> dict[str, str]:
    return {"message": problem.message, "where": problem.where, "hint": problem.hint}
