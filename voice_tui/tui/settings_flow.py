"""From a changed setting to its effects: in the app at once, in the session by a command, in the person's file."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from textual.message import Message

from voice_tui.config import Config
from voice_tui.errors import ConfigError
from voice_tui.events import AnyCommand, ChangeSettings, SettingsChanged, Severity, VolumeChanged
from voice_tui.schema import Value, by_path, differing, replaced, value_at
from voice_tui.settings import Settings
from voice_tui.tui.desk import Desk
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.state.text import short_path
from voice_tui.tui.surroundings import Surroundings, WriteSettings

_APP_ONLY = ("ui.",)


class SettingsSaved(Message):
    """The person's file was changed; `config` is what it says now."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config


class SettingsNotSaved(Message):
    """The person's file could not be changed."""

    def __init__(self, error: ConfigError) -> None:
        super().__init__()
        self.error = error


class SettingsApp(Protocol):
    """What a change of settings asks of the app."""

    state: AppState
    surroundings: Surroundings
    files: Desk

    def inform(self, message: str, *, hint: str = "", severity: Severity = "info", title: str = "") -> None:
        """Tell the person something."""
        ...

    def command(self, command: AnyCommand) -> None:
        """Send a command to the session."""
        ...

    def show_settings(self, changed: Sequence[str]) -> None:
        """Let the app itself follow settings that changed."""
        ...

    def draw(self, topics: Topic) -> None:
        """Redraw."""
        ...


class SettingsFlow:
    """Changes settings. UI thread only.

    Args:
        app: Shows, commands, and works on files.
    """

    def __init__(self, app: SettingsApp) -> None:
        self._app = app
        self._before: dict[str, tuple[Value, Value | None]] = {}

    def begin(self) -> None:
        """Say so where nothing will be kept."""
        around = self._app.surroundings
        if not around.settings_kept:
            hint = f"What you change holds until you leave; {short_path(around.settings_path)} stays as it is."
            self._app.inform("Started without your settings file", hint=hint)

    def change(self, values: Mapping[str, Value | None]) -> None:
        """Use other values, checked already, at once, and keep them in the person's file; None = the default."""
        state = self._app.state
        for path in values:
            now = value_at(state.settings, path)
            self._before[path] = (now, now if state.kept.origin(path).source == "file" else None)
        wanted = {path: by_path()[path].default if value is None else value for path, value in values.items()}
        self._use(replaced(state.settings, wanted))
        self._keep(values, self._app.surroundings.save_settings)

    def change_or_command(self, path: str, value: Value, command: AnyCommand) -> None:
        """Change a setting for good; where a flag or the environment fixes it, or it says so already, just for now."""
        state = self._app.state
        if state.kept.fixed(path) or value_at(state.settings, path) == value:
            self._app.command(command)
        else:
            self.change({path: value})

    def said(self, event: VolumeChanged) -> None:
        """Keep what the session has done because the person asked for it in words; just for now where it is fixed."""
        state = self._app.state
        if event.said and not state.kept.fixed("audio.volume") and state.settings.audio.volume != event.volume:
            self.change({"audio.volume": event.volume})

    def told(self, event: SettingsChanged) -> None:
        """Take what the session made of it: what it refused goes back to what it was."""
        state = self._app.state
        later = (state.kept.later | set(event.later)) - set(event.applied)
        state.kept = replace(state.kept, later=later)
        if event.refused:
            names = ", ".join(by_path()[path].title for path in event.refused)
            hint = f"{event.hint}. What was there before is used: {names}." if event.hint else f"Unchanged: {names}."
            self._app.inform(event.message, hint=hint, severity="error", title="Settings")
            self._take_back([path for path in event.refused if path in self._before])
        self._app.draw(Topic.SETTINGS)

    def saved(self, config: Config) -> None:
        """Show where values come from now."""
        state = self._app.state
        state.kept = replace(state.kept, origins=config.origins)
        self._app.draw(Topic.SETTINGS)

    def not_saved(self, error: ConfigError) -> None:
        """Say that a change lasts only as long as the app runs."""
        hint = f"{error.hint}. The change holds until you leave." if error.hint else "The change holds until you leave."
        self._app.inform(error.message, hint=hint, severity="error", title="Settings")

    def _take_back(self, paths: list[str]) -> None:
        before = {path: self._before.pop(path) for path in paths}
        self._use(replaced(self._app.state.settings, {path: value for path, (value, _) in before.items()}))
        around = self._app.surroundings
        self._keep({path: written for path, (_, written) in before.items()}, around.take_back_settings)

    def _use(self, settings: Settings) -> None:
        state = self._app.state
        changed = differing(state.settings, settings)
        state.settings = settings
        if "log.level" in changed:
            logging.getLogger().setLevel(settings.log.level.upper())
        self._app.show_settings(changed)
        if any(not path.startswith(_APP_ONLY) for path in changed):
            self._app.command(ChangeSettings(settings=settings))
        self._app.draw(Topic.SETTINGS)

    def _keep(self, changes: Mapping[str, Value | None], write: WriteSettings | None) -> None:
        if write is None or not changes:
            return

        def save() -> Message | None:
            try:
                config = write(changes)
            except ConfigError as error:
                return SettingsNotSaved(error)
            return SettingsSaved(config) if config is not None else None

        self._app.files.submit(save)
