"""What every part of the app may ask of it: the state, the worker threads, and ways to tell the person something."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from textual import events, on
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer

from voice_tui.events import AnyCommand, Severity
from voice_tui.schema import Value
from voice_tui.session.port import SessionPort
from voice_tui.settings import Settings
from voice_tui.tui import keys
from voice_tui.tui.catalogue import BY_ID, Entry
from voice_tui.tui.desk import Desk, Said
from voice_tui.tui.errand import ErrandDone, ErrandTold
from voice_tui.tui.key_order import KeyOrder
from voice_tui.tui.model_flow import ModelFlow, ModelRemoved, ModelsListed
from voice_tui.tui.settings_flow import SettingsFlow, SettingsNotSaved, SettingsSaved
from voice_tui.tui.standby import Standby, StandbyScreen, Standing
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.state.notices import INFO_SECONDS, TOAST_SECONDS, NoticeRecord, notice
from voice_tui.tui.state.settings_view import Kept
from voice_tui.tui.surroundings import Surroundings
from voice_tui.tui.sweeper import Sweeper
from voice_tui.tui.textual_faults import mend
from voice_tui.tui.toasts import SMALL_ROWS, give_way
from voice_tui.tui.widgets.chips import chip_variables

BELOW_SECONDS = 1.0
"""How often what lies behind a dialog is redrawn: every such time costs the whole screen, dimmed."""

PREPARE_SECONDS = 0.1
"""How often it is looked whether the next screen may be made ready."""

SWEEP_SECONDS = 0.3
"""How often it is looked whether garbage may be collected."""

_TOAST_TITLES: dict[Severity, str] = {"info": "", "warning": "Warning", "error": "Problem"}


@runtime_checkable
class Drawing(Protocol):
    """A screen that shows the state."""

    def draw(self, topics: Topic) -> None:
        """Redraw the parts that `topics` names."""
        ...


class DialogsLoaded(Message):
    """Every dialog's code is there; what is loaded from now on is little."""


class TimeToPrepare(Message):
    """The next screen may be made ready."""


class BaseApp(App[int]):
    """The app without its screens and actions.

    Args:
        session: See `VoiceTuiApp`, also for the other two.
    """

    def __init__(self, session: SessionPort, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__()
        mend()
        self.session = session
        self.surroundings = surroundings
        self.state = AppState(settings, surroundings.clock)
        self.state.kept = Kept(surroundings.settings_path, surroundings.origins)
        self.settings_flow = SettingsFlow(self)
        self.models = ModelFlow(self)
        self.files = Desk("files", self.post_message)
        self.shelves = Desk("memories", self.post_message)
        self.standby = Standby(self)
        self._keys = KeyOrder(self, super().on_event)
        self._sweeper = Sweeper(time.monotonic())
        self._stale_below = Topic.NONE
        self._below_timer: Timer | None = None
        self._preparing: Timer | None = None

    def draw(self, topics: Topic) -> None:
        """Redraw what `topics` names: at once on the screen in front, soon on those behind it.

        Nothing while the app closes its screens.
        """
        if not self.is_running:
            return
        _draw(self.screen_stack[-1:], topics)
        if len(self.screen_stack) > 1:
            self._stale_below |= topics
            if self._below_timer is None and self._background_screens:
                self._below_timer = self.set_timer(BELOW_SECONDS, self._draw_below)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """What is seen behind the screen in front. Read by Textual at every drawing.

        Textual names the next one also where nothing of it is seen: whatever changes on it is laid out then, and drawn
        as a part of the screen that covers it.
        """
        stack = self._screen_stack
        if stack and stack[-1].styles.background.a == 1:
            return []
        return cast("list[Screen[Any]]", super()._background_screens)  # pyright: ignore[reportUnknownMemberType]  # Screen[Unknown] in Textual

    def get_css_variables(self) -> dict[str, str]:
        """Called by Textual; the theme's colours, and those of our own that are made of them."""
        variables = super().get_css_variables()
        return variables | chip_variables(variables, ansi=self.native_ansi_color)

    def pop_screen(self) -> AwaitComplete:
        """Leave the screen in front; the one behind it shows what happened meanwhile."""
        leaving = self.screen
        left = super().pop_screen()
        if isinstance(leaving, StandbyScreen) and leaving.up and leaving not in self.screen_stack:
            leaving.leave()
        self.call_next(self._draw_below)
        return left

    def _draw_below(self) -> None:
        if self._below_timer is not None:
            self._below_timer.stop()
            self._below_timer = None
        topics, self._stale_below = self._stale_below, Topic.NONE
        if self.is_running and topics:
            _draw(self.screen_stack, topics)

    def load_ahead(self, load: Callable[[], None]) -> None:
        """Let `load` load the code of all dialogs, so that the first to be opened opens like the tenth."""

        def loaded() -> Message:
            load()
            return DialogsLoaded()

        self.files.submit(loaded)

    @on(DialogsLoaded)
    def _dialogs_loaded(self) -> None:
        if not self.is_headless:  # the collector is the whole process's
            self.standby.expect(self.standing())
            self._preparing = self.set_interval(PREPARE_SECONDS, self._prepare)

    def standing(self) -> list[Standing[Any]]:
        """Return what stands by."""
        return []

    def _prepare(self) -> None:
        if self._sweeper.quiet(time.monotonic()):
            self.post_message(TimeToPrepare())

    @on(TimeToPrepare)
    async def _prepare_next(self) -> None:
        """Make one screen ready when nobody would notice; garbage is ours from when all are there.

        Keys are messages of the app like this one, and wait until it is done: none goes to a screen that nobody sees.
        """
        if len(self.screen_stack) > 1:
            return
        if not await self.standby.prepare() and self._preparing is not None:
            self._preparing.stop()
            self._sweeper.begin()
            self.set_interval(SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        self._sweeper.look(time.monotonic(), gc.get_count()[2])

    async def on_event(self, event: events.Event) -> None:
        """Called by Textual with everything that comes from the terminal."""
        if isinstance(event, events.InputEvent):
            self._sweeper.pressed(time.monotonic())
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def key_of(self, entry: Entry) -> str:
        """Return the keys of an entry, the person's key map included; "" for none."""
        return self.surroundings.keymap.get(entry.id, entry.key)

    def action_help_quit(self) -> None:
        """Ctrl+C copies and interrupts elsewhere: say which key leaves."""
        leave = keys.long(self.key_of(BY_ID["quit"]))
        self.inform("Ctrl+C does not leave voice-tui", hint=f"{leave} does.")

    async def carry_out(self, entry: Entry) -> None:
        """Do what an entry of the catalogue says, with its owner."""
        raise NotImplementedError

    def command(self, command: AnyCommand) -> None:
        """Send a command to the session."""
        self.session.send(command)

    def change_settings(self, values: Mapping[str, Value | None]) -> None:
        """Use other settings, by path and checked already: in this session, in later ones, and in the person's file.

        None takes a setting back to its default.
        """
        self.settings_flow.change(values)

    def show_settings(self, changed: Sequence[str]) -> None:
        """Bring settings of the app itself onto the screen; `changed` lists the paths that are not as before."""
        if "ui.theme" in changed and self.state.settings.ui.theme in self.available_themes:
            self.theme = self.state.settings.ui.theme

    def inform(self, message: str, *, hint: str = "", severity: Severity = "info", title: str = "") -> None:
        """Say one thing to the person: as a toast, and kept in the log screen."""
        toast = self.state.say(notice(self.state.clock(), severity, message, hint, title))
        if toast is not None:
            self.toast(toast)
        self.draw(Topic.EVENTS)

    def toast(self, record: NoticeRecord) -> None:
        """Show a notice for a while; its text is data and never read as markup."""
        text = f"{record.message}\n{record.hint}" if record.hint else record.message
        severity = "information" if record.severity == "info" else record.severity
        title = record.title or _TOAST_TITLES[record.severity]
        if self.size.height < SMALL_ROWS:  # there may be room for one line only
            title = ""
        self.notify(
            text,
            title=title,
            severity=severity,
            timeout=INFO_SECONDS if record.severity == "info" else TOAST_SECONDS,
            markup=False,
        )
        self._toasts_give_way()

    def _toasts_give_way(self) -> None:
        if self.is_running:
            self.call_after_refresh(give_way, self.screen)

    @on(events.DescendantFocus)
    def _focus_moved(self) -> None:
        self._toasts_give_way()

    @on(Said)
    def _said(self, event: Said) -> None:
        self.inform(event.message, hint=event.hint, severity=event.severity, title=event.title)

    @on(ModelsListed)
    def _models_listed(self, event: ModelsListed) -> None:
        self.models.listed(event)

    @on(ModelRemoved)
    def _model_removed(self, event: ModelRemoved) -> None:
        self.models.removed(event)

    @on(ErrandTold)
    def _errand_told(self, event: ErrandTold) -> None:
        self.models.told(event)

    @on(ErrandDone)
    def _errand_done(self, event: ErrandDone) -> None:
        self.models.done(event)

    @on(SettingsSaved)
    def _settings_saved(self, event: SettingsSaved) -> None:
        self.settings_flow.saved(event.config)

    @on(SettingsNotSaved)
    def _settings_not_saved(self, event: SettingsNotSaved) -> None:
        self.settings_flow.not_saved(event.error)


def _draw(screens: Sequence[Screen[Any]], topics: Topic) -> None:
    for screen in screens:
        if isinstance(screen, Drawing) and screen.is_mounted:
            screen.draw(topics)
