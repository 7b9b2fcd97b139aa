"""The terminal app: a view of one session. It sends commands and draws events, and knows nothing of sound or models."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from threading import Thread
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from voice_tui.events import (
    Interrupt,
    MemoriesFound,
    MemoryChanged,
    MemoryShared,
    NewConversation,
    PushToTalk,
    SessionStarted,
    SetMute,
    SetTalkMode,
    SettingsChanged,
    SetVolume,
    VolumeChanged,
)
from voice_tui.session.port import SessionPort
from voice_tui.settings import Settings
from voice_tui.tui import dialogs, keys
from voice_tui.tui.base import BaseApp
from voice_tui.tui.catalogue import BY_ID, ENTRIES, Entry, applies, bindings
from voice_tui.tui.diagnostics import diagnostics
from voice_tui.tui.going_on import GoingOn
from voice_tui.tui.inbox import Inbox
from voice_tui.tui.keeper import Keeper, MemoriesListed, MemoryDetailed, MemoryDone, MemoryFactory
from voice_tui.tui.memory_flow import MemoryFlow
from voice_tui.tui.panes import Pane
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.standby import Standing
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.surroundings import Surroundings
from voice_tui.tui.talk_keeper import TalkKeeper, TalkMissing
from voice_tui.tui.terminal import hung_up
from voice_tui.tui.widgets.memories import MemoryWanted, SearchChanged
from voice_tui.tui.widgets.prompt import Prompt

FALLBACK_THEME = "textual-dark"

SESSION_SECONDS = 0.3
"""What the session is given to end in order before its process is killed."""

LOOK_SECONDS = 2.0
"""How often the app looks whether its terminal is still there, should no signal say so."""

DESK_SECONDS = 0.2
"""What the memory's file is given to be closed; whatever was written is on disk already."""


class EventsWaiting(Message):
    """The inbox has something."""


class VoiceTuiApp(BaseApp):
    """One session on screen.

    Args:
        session: Started after the first paint; events come from its own thread.
        memory_factory: Opens the store, after the first paint and off the UI thread.
        settings: As loaded.
        surroundings: Places and helpers.
    """

    TITLE = "voice-tui"
    CSS_PATH = ["app.tcss", "dialogs.tcss"]  # noqa: RUF012  # as Textual declares it
    ENABLE_COMMAND_PALETTE = False  # Textual's; ours stands by
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app"), Binding("ctrl+c", "help_quit", show=False, system=True)]

    def __init__(
        self,
        session: SessionPort,
        memory_factory: MemoryFactory,
        settings: Settings,
        surroundings: Surroundings | None = None,
    ) -> None:
        super().__init__(session, settings, surroundings or Surroundings())
        self.inbox = Inbox(self._wake)
        self._keeper = Keeper(memory_factory, self.shelves, self.surroundings.scrub)
        self._memories = MemoryFlow(self, self._keeper)
        talks = self.surroundings.conversations
        self._talks = TalkKeeper(talks, self.shelves) if talks is not None else None
        self._going_on = GoingOn(self, self._talks)
        self._dropped_told = 0
        self._closer: Thread | None = None
        self._applicable: tuple[str, ...] = ()
        self.set_keymap(self.surroundings.keymap)
        if settings.ui.theme in self.available_themes:
            self.theme = settings.ui.theme

    # ---------------------------------------------------------------- start and end

    def get_default_screen(self) -> Screen[None]:
        """Called by Textual."""
        return MainScreen(self.state, lambda name: keys.long(self.key_of(BY_ID[name])))

    def standing(self) -> list[Standing[Any]]:
        """Every screen that is opened often."""
        return dialogs.standing(self, self._talks)

    def on_mount(self) -> None:
        """Paint first; everything that takes time begins after."""
        self._catch_signals()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.files.start()
        self.shelves.start()
        self.files.submit(lambda: self.session.start(self.inbox.put))
        self.load_ahead(dialogs.load)
        self._check_keymap()
        self._memories.begin()
        if self.surroundings.setup.wanted:
            dialogs.open_first_run(self)
        self.settings_flow.begin()
        theme = self.state.settings.ui.theme
        if theme not in self.available_themes:
            self.inform(
                f"There is no theme “{theme}”; {FALLBACK_THEME} is used",
                hint=f"{keys.long(self.key_of(BY_ID['theme']))} chooses one; the setting is ui.theme.",
                severity="warning",
            )

    def _check_keymap(self) -> None:
        unknown = sorted(set(self.surroundings.keymap) - BY_ID.keys())
        if unknown:
            message = f"Keys are set for what does not exist: {', '.join(unknown)}"
            self.inform(message, hint=f"There are: {', '.join(BY_ID)}", severity="warning")

    async def action_quit(self) -> None:
        """Leave."""
        self._leave(0)

    def _leave(self, code: int) -> None:
        """End session and desks while the terminal is being restored; Textual takes 0.2 s for that."""
        self._begin_closing()
        self.exit(code)

    def shut_down(self, timeout: float) -> None:
        """Wait until session and desks have ended, at most `timeout` seconds. Called when the terminal is restored."""
        self._begin_closing().join(timeout)

    def _begin_closing(self) -> Thread:
        if self._closer is None:
            self._closer = Thread(target=self._end_everything, name="closing", daemon=True)
            self._closer.start()
        return self._closer

    def _end_everything(self) -> None:
        self.models.close(DESK_SECONDS)
        self._keeper.close()
        if self._talks is not None:
            self._talks.close()
        self.session.close(timeout=SESSION_SECONDS)
        self.shelves.close(DESK_SECONDS)
        self.files.close(DESK_SECONDS)

    def _catch_signals(self) -> None:
        """A signal must not leave the terminal in raw mode."""
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(NotImplementedError):  # not on Windows
                loop.add_signal_handler(number, self._leave, 128 + number)
        self.set_interval(LOOK_SECONDS, self._leave_with_terminal)

    def _leave_with_terminal(self) -> None:
        """Nobody can see that the microphone is open when the terminal has gone."""
        if hung_up():
            self._leave(128 + signal.SIGHUP)

    # ---------------------------------------------------------------- events in, commands out

    def _wake(self) -> None:
        """Called from the session's thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self.post_message(EventsWaiting())

    @on(EventsWaiting)
    def _take_events(self) -> None:
        topics = Topic.NONE
        for event in self.inbox.drain():
            changed, toast = self.state.apply(event)
            topics |= changed
            if toast is not None:
                self.toast(toast)
            if isinstance(event, MemoryChanged | MemoryShared):
                self._memories.refresh()
            elif isinstance(event, SessionStarted):
                self._memories.session_began()
            elif isinstance(event, MemoriesFound):
                self._memories.found(event)
            elif isinstance(event, SettingsChanged):
                self._settings_told(event)
            elif isinstance(event, VolumeChanged):
                self.settings_flow.said(event)
            self._going_on.after(event)
        self._tell_dropped()
        self.draw(topics)

    def draw(self, topics: Topic) -> None:
        """Redraw what `topics` names, and the keys when other things can be done now."""
        super().draw(topics)
        applicable = tuple(entry.bar_now(self.state) for entry in ENTRIES if entry.applies(self.state))
        if applicable != self._applicable:
            self._applicable = applicable
            self.refresh_bindings()

    def _settings_told(self, event: SettingsChanged) -> None:
        self.settings_flow.told(event)
        if "memory.path" in event.applied:  # another file from now on
            for keeper in (self._keeper, self._talks):
                if keeper is not None:
                    keeper.close()
            self._memories.refresh()

    def _tell_dropped(self) -> None:
        dropped = self.inbox.dropped
        if dropped > self._dropped_told:
            self.inform(f"{dropped - self._dropped_told} events were left out: they came faster than they can be drawn")
            self._dropped_told = dropped

    @on(Input.Submitted, "#prompt")
    def _send_text(self, event: Input.Submitted) -> None:
        if isinstance(event.input, Prompt):
            self._going_on.submitted(event.input, event.value)

    # ---------------------------------------------------------------- results of work off this thread

    @on(MemoriesListed)
    def _memories_listed(self, event: MemoriesListed) -> None:
        self._memories.listed(event.listing)

    @on(MemoryDetailed)
    def _memory_detailed(self, event: MemoryDetailed) -> None:
        self._memories.detailed(event.provenance)

    @on(MemoryDone)
    def _memory_done(self, event: MemoryDone) -> None:
        self._memories.done(event)

    @on(TalkMissing)
    def _talk_missing(self, event: TalkMissing) -> None:
        self.state.not_there(event.conversation)

    @on(MemoryWanted)
    def _memory_wanted(self, event: MemoryWanted) -> None:
        self._memories.wanted(event.want)

    @on(SearchChanged)
    def _search_changed(self, event: SearchChanged) -> None:
        self._memories.search(event.query)

    # ---------------------------------------------------------------- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense now is bound, listed and shown."""
        return applies("app", action, self.state)

    async def carry_out(self, entry: Entry) -> None:
        """Do what an entry of the palette says."""
        if entry.owner == "app":
            await self.run_action(entry.action)
        elif entry.owner == "memories":
            await self.run_action(entry.action, default_namespace=self._main_screen().memory_list())
        elif (talks := await dialogs.conversation_list(self, self._talks)) is not None:
            await self.run_action(entry.action, default_namespace=talks)

    def _main_screen(self) -> MainScreen:
        """Return the conversation, in front again."""
        while len(self.screen_stack) > 1 and not isinstance(self.screen, MainScreen):
            self.pop_screen()
        assert isinstance(self.screen, MainScreen)
        return self.screen

    def action_interrupt(self) -> None:
        """Stop the answer."""
        self.state.sent.interrupted()
        self.command(Interrupt())

    def action_talk(self) -> None:
        """Push to talk: start, or end the turn. Muted stays muted: nobody unmutes by a key that says something else."""
        if self.state.health.muted and not self.state.health.talking:
            unmute, talk = (keys.long(self.key_of(BY_ID[name])) for name in ("mute", "talk"))
            self.inform("The microphone is muted", hint=f"{unmute} opens it, then {talk} talks.", severity="warning")
            return
        self.command(PushToTalk(talking=not self.state.health.talking))

    def action_mute(self) -> None:
        """Mute or open the microphone."""
        self.command(SetMute(muted=not self.state.health.muted))

    def action_talk_mode(self) -> None:
        """Open microphone or push to talk."""
        mode = "open" if self.state.health.mode == "push" else "push"
        self.settings_flow.change_or_command("turns.mode", mode, SetTalkMode(mode=mode))

    def action_volume(self, change: float) -> None:
        """Louder or softer."""
        volume = round(min(2.0, max(0.0, self.state.health.volume + change)), 2)
        self.settings_flow.change_or_command("audio.volume", volume, SetVolume(volume=volume))
        self.inform(f"Voice at {volume * 100:.0f} %")

    def action_new_conversation(self) -> None:
        """A fresh thread; the memories stay."""
        self.command(NewConversation())

    def action_pane(self, pane: Pane) -> None:
        """Show or hide a pane."""
        self._main_screen().toggle_pane(pane)

    def action_restart(self) -> None:
        """Start a fresh session process."""
        self.files.submit(self.session.restart)

    def action_copy_answer(self) -> None:
        """Copy what is selected, else the last answer."""
        selected = self.screen.get_selected_text()
        what = "selection" if selected else "last answer"
        self._copy(selected or self.state.last_answer or "", f"The {what} is on the clipboard.")

    def action_diagnostics(self, words: bool = False) -> None:
        """Copy a report; without anybody's words unless they are asked for."""
        size = (self.size.width, self.size.height)
        report = diagnostics(self.state, size, self.theme, os.environ, words=words)
        self._copy(report, "Diagnostics are on the clipboard" + (", with your words." if words else "."))

    def _copy(self, text: str, done: str) -> None:
        self.copy_to_clipboard(text)
        self.inform(done, hint="If your terminal does not take it: it must allow OSC 52.")

    def action_help(self) -> None:
        """Help for what has the focus."""
        dialogs.open_help(self)

    def action_command_palette(self) -> None:
        """Show everything that can be done now."""
        dialogs.open_commands(self)

    def action_setup(self) -> None:
        """Devices, what works here, who answers, hello."""
        dialogs.open_first_run(self)

    def action_settings(self) -> None:
        """See and change every setting."""
        dialogs.open_settings(self)

    def show_settings(self, changed: Sequence[str]) -> None:
        """Bring settings of the app itself onto the screen."""
        super().show_settings(changed)
        main = self.screen_stack[0]
        if isinstance(main, MainScreen):
            main.show_settings(changed)

    def action_log(self) -> None:
        """Notices, log, events."""
        dialogs.open_log(self)

    def action_theme(self) -> None:
        """Choose colours."""
        dialogs.open_theme(self)

    def action_devices(self) -> None:
        """Choose microphone and speaker."""
        dialogs.open_devices(self)

    def action_jump(self) -> None:
        """Go to anything."""
        dialogs.open_jump(self)

    async def action_conversations(self) -> None:
        """What was said before."""
        await dialogs.conversation_list(self, self._talks)

    def action_recordings(self) -> None:
        """Recordings of sound and events."""
        dialogs.open_recordings(self)

    def action_models(self) -> None:
        """Models that listen while they speak."""
        dialogs.open_models(self)

    def action_save(self) -> None:
        """Save the transcript."""
        dialogs.open_save(self)
