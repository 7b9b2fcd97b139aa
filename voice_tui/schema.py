"""`Settings` as a list that can be walked: what the loader checks by, and what help, config.toml and screens show."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_type_hints

import msgspec

from voice_tui.settings import Settings

Value = str | int | float | bool
"""What a setting can hold."""

Kind = Literal["text", "integer", "number", "switch", "choice"]

_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_COMMENT_WIDTH = 100
_SHOWN_CHARS = 60
_HEAD = """\
# voice-tui: every setting with its default.
# Your own file needs only what you change; `voice-tui config path` says where it lies.
# A flag (--set audio.volume=0.8) wins over the environment (VOICE_TUI_AUDIO_VOLUME=0.8), that over the file.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Args:
        section: Table of config.toml. `name`: key in it.
        kind: What sort of value it takes.
        title: Its name for a person, such as "Block size".
        default: Value where nobody sets it.
        description: One or two sentences for a person.
        minimum: Lowest value allowed, or None. `maximum` likewise.
        choices: The values of a "choice".
        live: Applies at once; False = from the next conversation on.
        example: Of a text that must look a certain way; else "".
        annotation: Its type as msgspec sees it.
    """

    section: str
    name: str
    kind: Kind
    title: str
    default: Value
    description: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    live: bool
    example: str
    annotation: Any

    @property
    def path(self) -> str:
        """Such as "audio.block_samples"."""
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"VOICE_TUI_{self.section}_{self.name}".upper()

    def parse(self, text: str) -> Value:
        """Turn a word from a flag or the environment into a value of this setting.

        Raises:
            ValueError: With what it must be, as `check` says it.
        """
        try:
            value = self._from_text(text)
        except (ValueError, KeyError):
            raise ValueError(self._complaint(text)) from None
        return self.check(value)

    def _from_text(self, text: str) -> Value:
        match self.kind:
            case "switch":
                return _SWITCH[text.strip().lower()]
            case "integer":
                return int(text)
            case "number":
                return float(text)
            case "text" | "choice":
                return text

    def check(self, value: object) -> Value:
        """Return `value` as this setting holds it.

        Raises:
            ValueError: With what it must be and what came: "must be a number from 0 to 2, not "loud"".
        """
        try:
            return msgspec.convert(value, self.annotation)
        except msgspec.ValidationError:
            raise ValueError(self._complaint(value)) from None

    def _complaint(self, value: object) -> str:
        return f"must be {self.expected}, not {shown(value)}"

    @property
    def expected(self) -> str:
        """What it takes, for a person: "a whole number from 120 to 1920"."""
        match self.kind:
            case "choice":
                return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
            case "switch":
                return "true or false"
            case "text":
                return f"a text such as {json.dumps(self.example)}" if self.example else "a text"
            case "integer" | "number":
                return f"a {'whole number' if self.kind == 'integer' else 'number'} {self.bounds}".rstrip()

    @property
    def wanted(self) -> str:
        """What to type, one plain sentence: "A whole number from 120 to 1920, please."."""
        match self.kind:
            case "choice":
                return f"One of these, please: {', '.join(self.choices)}."
            case "switch":
                return "On or off, please."
            case "text":
                return "A text like this, please: " + self.example if self.example else "A text, please."
            case "integer" | "number":
                return f"A {'whole number' if self.kind == 'integer' else 'number'} {self.bounds}, please."

    @property
    def bounds(self) -> str:
        """Such as "from 120 to 1920", or "" for none."""
        if self.minimum is None or self.maximum is None:
            return ""
        return f"from {self.minimum:.10g} to {self.maximum:.10g}"


@cache
def settings_schema() -> tuple[Setting, ...]:
    """Return every setting, in the order of config.toml."""
    hints = get_type_hints(Settings)
    return tuple(_setting(section, field) for section in hints for field in msgspec.structs.fields(hints[section]))


def _setting(section: str, field: msgspec.structs.FieldInfo) -> Setting:
    annotation = field.type
    base: Any = annotation.__origin__
    (meta,) = annotation.__metadata__
    choices: tuple[str, ...] = getattr(base, "__args__", ())
    extra: dict[str, Any] = meta.extra or {}
    return Setting(
        section=section,
        name=field.name,
        kind="choice" if choices else _kind(base),
        title=meta.title or field.name.replace("_", " ").capitalize(),
        default=field.default,
        description=meta.description,
        minimum=meta.ge,
        maximum=meta.le,
        choices=choices,
        live=extra.get("live", True),
        example=meta.examples[0] if meta.examples else "",
        annotation=annotation,
    )


def _kind(base: type) -> Kind:
    kinds: dict[type, Kind] = {str: "text", int: "integer", float: "number", bool: "switch"}
    return kinds[base]


@cache
def by_path() -> dict[str, Setting]:
    """Return every setting under its path."""
    return {setting.path: setting for setting in settings_schema()}


def value_at(settings: Settings, path: str) -> Value:
    """Return the value at a path such as "audio.volume"."""
    section, _, name = path.partition(".")
    return getattr(getattr(settings, section), name)


def differing(before: Settings, after: Settings) -> tuple[str, ...]:
    """Return the paths of the settings that are not the same in both, in the order of config.toml."""
    return tuple(path for path in by_path() if value_at(before, path) != value_at(after, path))


def replaced(settings: Settings, values: Mapping[str, Value]) -> Settings:
    """Return the settings with other values, by path; they must have been checked."""
    for path, value in values.items():
        section, _, name = path.partition(".")
        changed = msgspec.structs.replace(getattr(settings, section), **{name: value})
        settings = msgspec.structs.replace(settings, **{section: changed})
    return settings


@cache
def section_texts() -> dict[str, str]:
    """Return each section's one-line description."""
    return {name: (struct.__doc__ or "").strip() for name, struct in get_type_hints(Settings).items()}


def did_you_mean(path: str) -> str:
    """Return "Did you mean `audio.volume`?" for a misspelt path, or ""."""
    near = closest(path, by_path()) or _by_name(path.rpartition(".")[2])
    return f"Did you mean `{near}`?" if near else ""


def _by_name(name: str) -> str:
    """Find a setting whose last part is like `name`: right word, wrong section."""
    names = {setting.name: setting.path for setting in settings_schema()}
    return names.get(closest(name, names), "")


def closest(word: str, words: Iterable[str]) -> str:
    """Return the one of `words` that looks like `word`, or ""."""
    found = difflib.get_close_matches(word, words, n=1, cutoff=0.7)
    return found[0] if found else ""


def shown(value: object) -> str:
    """Return a wrong value in a few words, as the file writes it: "loud" in quotes, a whole table only as "a table"."""
    match value:
        case bool():
            return toml_value(value)
        case str():
            text = json.dumps(value, ensure_ascii=False)
            return text if len(text) <= _SHOWN_CHARS else f'{text[:_SHOWN_CHARS]}…"'
        case dict():
            return "a table"
        case list():
            return "a list"
        case _:
            return str(value)


def toml_value(value: Value) -> str:
    """Return `value` as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def remarks(setting: Setting) -> list[str]:
    """Return the comment above a setting: what it is, what it takes, when it applies; without "#"."""
    text = setting.description
    if setting.bounds:
        text += f" {setting.bounds.capitalize()}."
    if not setting.live:
        text += " Applies to the next conversation."
    return textwrap.wrap(text, _COMMENT_WIDTH)


def default_toml() -> str:
    """Return config.toml with every setting, commented, at its default."""
    lines = [_HEAD.rstrip()]
    section = ""
    for setting in settings_schema():
        if setting.section != section:
            section = setting.section
            lines += ["", "", f"# {section_texts()[section]}", f"[{section}]"]
        lines += ["", *(f"# {line}" for line in remarks(setting)), f"{setting.name} = {toml_value(setting.default)}"]
    return "\n".join(lines) + "\n"
