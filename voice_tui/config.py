"""Load the settings: flag, then environment, then file, then default; every problem is found at once and named.

`voice_tui.settings` is the schema, `voice_tui.schema` walks it, `voice_tui.config_file` reads and saves the file.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal, cast, get_type_hints

from voice_tui import config_file
from voice_tui.config_file import ConfigFile, Edit, edited, text_of, undone, write
from voice_tui.config_file import save as save
from voice_tui.errors import ConfigError
from voice_tui.paths import data_dir as data_dir
from voice_tui.paths import log_path as log_path
from voice_tui.paths import state_dir as state_dir
from voice_tui.paths import user_path as user_path
from voice_tui.schema import (
    Setting,
    Value,
    by_path,
    closest,
    did_you_mean,
    section_texts,
    settings_schema,
    shown,
    value_at,
)
from voice_tui.settings import Settings

FILE_VARIABLE = "VOICE_TUI_CONFIG"
"""Names another file than the user's own."""

NO_FILE = Path(os.devnull)
"""Stands for the file where none is to be read or written: --no-config."""

WITHOUT_FILE = "`voice-tui --no-config` (make run ARGS=--no-config) starts without the file and leaves it as it is"
"""The way on where the file is what is wrong."""

UNDOABLE = 16
"""Changes of the file that can be undone to the byte; of older ones the values are written back."""

Source = Literal["flag", "env", "file", "default"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Args:
        source: What kind of place.
        where: For a person: the flag, the variable, or file and line.
    """

    source: Source
    where: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the settings.

    Args:
        message: What, with the path, such as "audio.volume must be a number from 0 to 2, not "loud"".
        where: File and line, flag or variable; "" where the message says it.
        hint: What to do.
        in_file: It is in the settings file, so that what starts without the file starts.
    """

    message: str
    where: str
    hint: str = ""
    in_file: bool = False

    def __str__(self) -> str:
        return self.text + (f" ({self.hint})" if self.hint else "")

    @property
    def text(self) -> str:
        """The message and the place, without the hint."""
        return f"{self.message} [{self.where}]" if self.where else self.message


class Problems:
    """Collects what is wrong, so that a person sees all of it at once."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def add(self, message: str, where: str, hint: str = "", *, in_file: bool = False) -> None:
        """Note a problem."""
        self._found.append(Problem(message, where, hint, in_file))

    @property
    def way_on(self) -> str:
        """How to start all the same; "" where leaving the file out does not help."""
        return WITHOUT_FILE if self._found and all(problem.in_file for problem in self._found) else ""

    def raise_if_any(self) -> None:
        """Raise one error that tells all.

        Raises:
            ConfigError: If anything was added.
        """
        if not self._found:
            return
        first = self._found[0]
        if len(self._found) == 1:
            raise ConfigError(first.text, hint=_sentences(first.hint, self.way_on))
        lines = "".join(f"\n  {problem}" for problem in self._found)
        raise ConfigError(f"{len(self._found)} settings are wrong:{lines}", hint=self.way_on)


def _sentences(*parts: str) -> str:
    """Join hints; only the last one may go without its stop."""
    said = [part for part in parts if part]
    return " ".join([*(part if part.endswith((".", "?")) else f"{part}." for part in said[:-1]), *said[-1:]])


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force, and where each comes from.

    Args:
        settings: Every value.
        file: The file that is read and saved to; it need not exist.
        origins: Path of a setting -> origin, for those that are not at their default.
    """

    settings: Settings
    file: Path
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin])

    def origin(self, path: str) -> Origin:
        """Return where the value at `path` (such as "audio.volume") comes from."""
        return self.origins.get(path, Origin("default"))

    def value(self, path: str) -> Value:
        """Return the value at `path`."""
        return value_at(self.settings, path)


def load(
    flags: Sequence[tuple[str, str]] = (), *, file: Path | None = None, environment: Mapping[str, str] | None = None
) -> Config:
    """Load the settings.

    Args:
        flags: (path, text) of each --set, later ones win.
        file: From --config; None = VOICE_TUI_CONFIG, else the user's own file, which need not exist.
        environment: None = this process's.

    Raises:
        ConfigError: With every problem there is.
    """
    config, problems = examine(flags, file=file, environment=environment)
    problems.raise_if_any()
    return config


class SettingsFile:
    """Changes the person's file, and knows where every value comes from. Blocks; any thread, one change at a time.

    Args:
        flags: See `load`, also for the other two; what stands above the file is the same as long as this lives.

    Raises:
        ConfigError: With every problem there is.
    """

    def __init__(
        self,
        flags: Sequence[tuple[str, str]] = (),
        *,
        file: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._flags = tuple(flags)
        self._file = file
        self._environment = dict(os.environ if environment is None else environment)
        self._lock = Lock()
        self._edits: deque[Edit] = deque(maxlen=UNDOABLE)
        self.config = self._load()
        """As last read."""

    def change(self, changes: Mapping[str, Value | None]) -> Config:
        """Write other values, or None for the default, and return what now holds.

        Raises:
            ConfigError: The file is wrong (it is then left as it is) or cannot be written.
        """
        with self._lock:
            self._load()
            return self._write([*self._latest(), self._edited(changes)])

    def take_back(self, values: Mapping[str, Value | None]) -> Config:
        """Undo the latest change of each setting in `values`: the file is, to the byte, as if nobody had made it.

        Args:
            values: What they were before, None = the default; written where the file is not as `change` left it.

        Raises:
            ConfigError: As `change`.
        """
        with self._lock:
            self._load()
            edits = self._latest()
            known = bool(values) and all(any(path in edit.changes for edit in edits) for path in values)
            return self._write(undone(self.config.file, edits, values) if known else [*edits, self._edited(values)])

    def _latest(self) -> list[Edit]:
        """Return the changes that can be undone: those since somebody else wrote the file."""
        edits = list(self._edits)
        return edits if edits and edits[-1].after == text_of(self.config.file) else []

    def _edited(self, changes: Mapping[str, Value | None]) -> Edit:
        return edited(self.config.file, text_of(self.config.file), changes)

    def _write(self, edits: Sequence[Edit]) -> Config:
        write(self.config.file, edits[-1].after)
        self._edits = deque(edits, maxlen=UNDOABLE)
        self.config = self._load()
        return self.config

    def _load(self) -> Config:
        return load(self._flags, file=self._file, environment=self._environment)


def examine(
    flags: Sequence[tuple[str, str]] = (), *, file: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Config, Problems]:
    """Load like `load`, but return what is right together with what is wrong; a wrong value stays at its default."""
    environment = os.environ if environment is None else environment
    problems = Problems()
    path, required = _which(file, environment)
    layers = _Layers(problems)
    layers.add_file(_read(path, required, problems))
    layers.add_environment(environment)
    layers.add_flags(flags)
    return Config(_build(layers.values), path, layers.origins), problems


def settings_path(file: Path | None = None) -> Path:
    """Return the file that would be read, whether it exists or not; see `load`."""
    return _which(file, os.environ)[0]


def _which(file: Path | None, environment: Mapping[str, str]) -> tuple[Path, bool]:
    """Return the file to read, and whether somebody asked for it by name."""
    if file is not None:
        return file, True
    if named := environment.get(FILE_VARIABLE):
        return Path(named).expanduser(), True
    return user_path(), False


def _read(path: Path, required: bool, problems: Problems) -> ConfigFile:
    if path != NO_FILE and (required or path.exists()):
        try:
            return config_file.read(path)
        except ConfigError as e:
            problems.add(e.message, "", e.hint, in_file=path.exists())
    return ConfigFile(path, {}, {})


class _Layers:
    """Values from weak to strong: what is added later wins."""

    def __init__(self, problems: Problems) -> None:
        self.values: dict[str, Value] = {}
        self.origins: dict[str, Origin] = {}
        self._problems = problems

    def add_file(self, file: ConfigFile) -> None:
        for section, content in file.values.items():
            where = file.where(section)
            if section not in section_texts():
                message = f"There is no section or setting called {section}"
                self._problems.add(message, where, _section_hint(section), in_file=True)
            elif isinstance(content, dict):
                self._add_section(file, section, cast("dict[str, Any]", content))
            else:
                message = f"{section} must be a section with a line [{section}], not {shown(content)}"
                self._problems.add(message, where, in_file=True)

    def _add_section(self, file: ConfigFile, section: str, content: dict[str, Any]) -> None:
        for name, value in content.items():
            path = f"{section}.{name}"
            self._put(path, value, Origin("file", file.where(path)), Setting.check)

    def add_environment(self, environment: Mapping[str, str]) -> None:
        known = {setting.variable: setting.path for setting in settings_schema()}
        sections = tuple(f"VOICE_TUI_{section}_".upper() for section in section_texts())
        for variable, text in environment.items():
            if variable in known:
                self._put(known[variable], text, Origin("env", variable), Setting.parse)
            elif variable.startswith(sections):
                near = closest(variable, known)
                hint = f"Did you mean {near}?" if near else "`voice-tui config show` lists the settings"
                self._problems.add(f"Unknown environment variable {variable}", "environment", hint)

    def add_flags(self, flags: Sequence[tuple[str, str]]) -> None:
        for path, text in flags:
            self._put(path, text, Origin("flag", f"--set {path}"), Setting.parse)

    def _put(self, path: str, value: Any, origin: Origin, accept: Callable[[Setting, Any], Value]) -> None:
        setting = by_path().get(path)
        if setting is None:
            message = f"There is no setting called {path}"
            self._problems.add(message, origin.where, did_you_mean(path), in_file=origin.source == "file")
            return
        try:
            self.values[path] = accept(setting, value)
        except ValueError as e:
            self._problems.add(f"{path} {e}", origin.where, in_file=origin.source == "file")
        else:
            self.origins[path] = origin


def _section_hint(section: str) -> str:
    near = closest(section, section_texts())
    return f"Did you mean `[{near}]`?" if near else did_you_mean(section)


def _build(values: Mapping[str, Value]) -> Settings:
    structs = get_type_hints(Settings)
    content: dict[str, dict[str, Value]] = {section: {} for section in structs}
    for path, value in values.items():
        section, _, name = path.partition(".")
        content[section][name] = value
    return Settings(**{section: struct(**content[section]) for section, struct in structs.items()})
