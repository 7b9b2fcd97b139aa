"""The terminal app: what it is handed of the world around it."""

from __future__ import annotations

import argparse
import contextlib
import logging
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from voice_tui.audio.choice import DeviceInfo, Kind
from voice_tui.cli_options import flags_of, open_settings
from voice_tui.config import SettingsFile, settings_path
from voice_tui.paths import log_path, memory_path, recordings_path, state_dir
from voice_tui.scrub import scrub
from voice_tui.settings import Settings

if TYPE_CHECKING:
    from memory.port import ConversationPort
    from memory.store import SqliteMemory
    from voice_tui.tui.screens.devices import DeviceNames
    from voice_tui.tui.surroundings import Setup, Shelf, Surroundings, Survey

log = logging.getLogger(__name__)

SETUP_DONE = "setup-done"
"""File in the state directory whose presence says that the first run was shown."""

SURVEY_SECONDS = 60.0
"""Longest time the doctor gets; on a slow machine a recogniser takes seconds to load."""


def app(args: argparse.Namespace) -> int:
    """Open the terminal app."""
    file = open_settings(args)
    from voice_tui.session.host import SessionHost
    from voice_tui.tui.run import run_app

    settings = file.config.settings
    return run_app(
        settings, SessionHost(settings), lambda: _open_memory(file.config.settings), surroundings(file, args)
    )


def surroundings(file: SettingsFile, args: argparse.Namespace) -> Surroundings:
    """Return the places and helpers that the app works with."""
    from voice_tui.tui.surroundings import ModelKeeping, Surroundings

    return Surroundings(
        settings_path=settings_path(args.config) if args.no_config else file.config.file,
        settings_kept=not args.no_config,
        log_path=log_path(),
        list_devices=_device_names,
        origins=file.config.origins,
        save_settings=None if args.no_config else file.change,
        take_back_settings=None if args.no_config else file.take_back,
        scrub=lambda texts: scrub(texts, state_dir(), recordings_path(file.config.settings.recordings.path)),
        setup=_setup(args),
        models=ModelKeeping(_look_at_models, tuple(_own_command(args))),
        conversations=lambda: _open_conversations(file.config.settings),
    )


def _setup(args: argparse.Namespace) -> Setup:
    """Return the first run: shown once, and when asked for."""
    from voice_tui.tui.surroundings import Setup

    mark = state_dir() / SETUP_DONE
    return Setup(wanted=args.setup or not mark.exists(), survey=lambda: _survey(args), done=lambda: _note_setup(mark))


def _note_setup(mark: Path) -> None:
    with contextlib.suppress(OSError):  # then it is shown once more
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()


def _survey(args: argparse.Namespace) -> Survey:
    """Let the doctor look, in a process of its own: it loads what the app must not."""
    from voice_tui.tui.surroundings import Survey

    command = [*_own_command(args), "doctor", "--json"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SURVEY_SECONDS, check=False
        )
        found = msgspec.json.decode(done.stdout, type=Survey)
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError) as e:
        log.warning("the doctor did not answer: %s", e)
        return Survey()
    return Survey(tuple(check for check in found.checks if check.name != "terminal"), found.servers)  # it has none


def _own_command(args: argparse.Namespace) -> list[str]:
    """Return how another process of ours is started with the same settings."""
    config = ["--config", str(args.config)] if args.config is not None else []
    config += ["--no-config"] if args.no_config else []
    flags = [word for path, value in flags_of(args) for word in ("--set", f"{path}={value}")]
    return [sys.executable, "-m", "voice_tui", *config, *flags]


def _look_at_models(settings: Settings) -> Shelf:
    from voice_tui.models.machine import detect_gpu_level, detect_machine, level_words, machine_words
    from voice_tui.models.shelf import rows
    from voice_tui.tui.surroundings import Shelf

    machine = detect_machine()
    level = detect_gpu_level(machine, remote=bool(settings.llm.base_url))
    return Shelf(f"{machine_words(machine)} · {level_words(level)}", tuple(rows(machine, settings.moshi.model)))


def _device_names() -> DeviceNames:
    from voice_tui.device_list import ask_devices
    from voice_tui.tui.screens.devices import DeviceNames

    found = ask_devices()
    return DeviceNames(inputs=_names(found, "input"), outputs=_names(found, "output"))


def _names(devices: list[DeviceInfo], kind: Kind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(device.name for device in devices if device.channels(kind)))


@contextmanager
def _open_conversations(settings: Settings) -> Generator[ConversationPort]:
    from memory.conversations import Conversations

    with _open_memory(settings) as store:
        yield Conversations(store)


def _open_memory(settings: Settings) -> SqliteMemory:
    from memory.store import SqliteMemory

    return SqliteMemory(memory_path(settings.memory.path))
