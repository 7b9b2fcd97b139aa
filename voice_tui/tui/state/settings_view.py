"""The settings as a person sees them: found by words, with their value, origin and effect in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voice_tui.config import Origin
from voice_tui.schema import Setting, Value, settings_schema, value_at
from voice_tui.settings import Settings
from voice_tui.tui.state.text import one_line

_GROUPS = {
    "stt": "Ears",
    "tts": "Voice",
    "llm": "Language model",
    "ui": "Look",
}
_EMPTY = {
    "audio.input": "system default",
    "audio.output": "system default",
    "memory.path": "place for user data",
    "recordings.path": "place for user data",
    "llm.base_url": "none",
    "llm.model": "the server's choice",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known about the settings besides their values.

    Args:
        path: The person's file.
        origins: Path of a setting -> where its value comes from, for those that are not at their default.
        later: Paths of those that were changed and apply to the next conversation.
    """

    path: Path = field(default_factory=lambda: Path("config.toml"))
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin])
    later: frozenset[str] = frozenset()

    def origin(self, path: str) -> Origin:
        """Return where a value comes from."""
        return self.origins.get(path, Origin("default"))

    def fixed(self, path: str) -> str:
        """Return what keeps the file from changing this value, for a person; "" = nothing does."""
        origin = self.origin(path)
        if origin.source == "flag":
            return f"The flag {origin.where} sets this for as long as the app runs, so it cannot be changed here."
        if origin.source == "env":
            return f"The environment variable {origin.where} sets this, so it cannot be changed here."
        return ""


@dataclass(frozen=True, slots=True)
class Group:
    """Settings that belong together."""

    title: str
    settings: tuple[Setting, ...]


def groups(query: str = "") -> list[Group]:
    """Return all settings, or those that hold every word of `query`, in the order of config.toml."""
    words = query.lower().split()
    found: dict[str, list[Setting]] = {}
    for setting in settings_schema():
        text = f"{setting.path} {setting.title} {group_title(setting)} {setting.description}".lower()
        if all(word in text for word in words):
            found.setdefault(setting.section, []).append(setting)
    return [Group(group_title(several[0]), tuple(several)) for several in found.values()]


def group_title(setting: Setting) -> str:
    """Return the name of the group, for a person."""
    return _GROUPS.get(setting.section, setting.section.capitalize())


def words_for(setting: Setting, value: Value) -> str:
    """Return a value for a person, on one line."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return one_line(value) or _EMPTY.get(setting.path, "empty")
    return f"{value:.10g}"


def typed(setting: Setting, value: Value) -> str:
    """Return a value as a person would type it."""
    return value if isinstance(value, str) else words_for(setting, value)


def is_changed(setting: Setting, settings: Settings) -> bool:
    """Whether the value is not the default."""
    return value_at(settings, setting.path) != setting.default


def facts(setting: Setting, kept: Kept) -> list[tuple[str, str]]:
    """Return name and text of what is worth knowing beside the description."""
    origin = kept.origin(setting.path)
    place = {
        "default": "the default",
        "file": f"your file, {origin.where.rpartition(', ')[2]}" if ", " in origin.where else "your file",
        "env": f"the variable {origin.where}",
        "flag": f"the flag {origin.where}",
    }[origin.source]
    found = [("Default", words_for(setting, setting.default)), ("Comes from", one_line(place))]
    if setting.bounds:
        found.insert(0, ("Takes", setting.bounds))
    found.append(("Applies", _applies(setting, kept)))
    found.append(("In the file", setting.path))
    return found


def _applies(setting: Setting, kept: Kept) -> str:
    if setting.path in kept.later:
        return "saved; from the next conversation on"
    return "at once" if setting.live else "from the next conversation on"
