"""Microphone and speaker to choose from, with live levels, a test tone and the measured round trip.

A part of the devices screen, and of any other screen that wants one: hand it the state, call `update` when the state
has changed. What is picked is used and kept at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from voice_tui.events import AnyCommand, CheckSound, DevicesChanged
from voice_tui.schema import Value
from voice_tui.tui.desk import Desk
from voice_tui.tui.state import sound
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.state.text import one_line
from voice_tui.tui.surroundings import DeviceNames
from voice_tui.tui.widgets.chips import INKS
from voice_tui.tui.widgets.draw import Drawn, level, level_words

Side = Literal["input", "output"]

TITLES: dict[Side, str] = {"input": "Microphone", "output": "Speaker"}

MEASURE_SECONDS = 5.0
"""A round trip that has not been told of by then will not be."""

TONE_SECONDS = 3.0
"""How long the words about the tone stand."""

_LEVEL_WORDS_CELLS = 8


class DevicesListed(Message):
    """The names arrived."""

    def __init__(self, names: DeviceNames) -> None:
        super().__init__()
        self.names = names


class Meter(Drawn):
    """A live level with its number."""

    def set_level(self, peak: float, words: str = "") -> None:
        """Show a peak of 0-1; `words` instead of its number."""
        width = max(4, self.size.width - _LEVEL_WORDS_CELLS - 1)
        text = words or level_words(peak)
        self.show(Content.assemble(level(peak, width), (f" {text:>{_LEVEL_WORDS_CELLS}}", "$foreground 55%")))


class DeviceList(OptionList):
    """Names to pick from, the one in use marked."""

    HELP_TITLE = "Microphone and speaker"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Use", tooltip="Use the device under the cursor, and keep it.", id="devices_use"),
        Binding("left", "go('input')", "Microphones", show=False, id="devices_left"),
        Binding("right", "go('output')", "Speakers", show=False, id="devices_right"),
    ]

    def __init__(self, side: Side) -> None:
        super().__init__(id=f"devices-{side}", markup=False)
        self.side: Side = side
        self._names: tuple[str, ...] = ()
        self._marked: str | None = None

    def fill(self, names: tuple[str, ...], wanted: str) -> None:
        """List `names` and mark what `wanted` means; the same names as before cost nothing."""
        fresh = tuple(dict.fromkeys(names))
        if self.options and fresh == self._names:
            self.mark(wanted)
            return
        self._names = fresh
        self._marked = None
        self.clear_options()
        self.add_options([Option("System default"), *(Option(one_line(name), id=name) for name in self._names)])
        self.begin(wanted)

    def begin(self, wanted: str) -> None:
        """Put the cursor on what `wanted` means."""
        meant = self.mark(wanted)
        self.highlighted = next((i for i, option in enumerate(self.options) if (option.id or "") == meant), 0)

    def mark(self, wanted: str) -> str:
        """Mark what a setting means, and return it; a device that is not there gets a line of its own."""
        meant = sound.matching(self._names, wanted)
        if meant is None:
            meant = wanted
            if all(option.id != wanted for option in self.options):
                self.add_option(Option(wanted, id=wanted))
        if meant == self._marked:
            return meant
        self._marked = meant
        for index, option in enumerate(self.options):
            name = option.id or ""
            absent = bool(name) and name not in self._names
            words = f"{one_line(name) or 'System default'}{' (not there)' if absent else ''}"
            self.replace_option_prompt_at_index(index, f"{'●' if name == meant else ' '} {words}")
        return meant

    def action_go(self, side: Side) -> None:
        """Go to the list of a direction."""
        self.screen.query_one(f"#devices-{side}").focus()


class DevicePanel(Vertical):
    """Both directions, the echo and the tests.

    Args:
        state: What the app knows.
        desk: For `lister`.
        lister: Gets the names, called on the desk; None = only the system's default can be chosen here.
        send: Takes commands for the session.
        change: Takes settings, by path: used and kept at once.
    """

    HELP_TITLE = "Microphone and speaker"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "tone", "Test tone", tooltip="Play three notes on the speaker.", id="devices_tone"),
        Binding("r", "round_trip", "Round trip", tooltip="Play a chirp, find it in the microphone.", id="devices_trip"),
        Binding("e", "echo", "Echo", tooltip="How the assistant is kept from hearing itself.", id="devices_echo"),
        Binding("l", "look", "Look again", tooltip="Read the list of devices again.", id="devices_look"),
    ]

    def __init__(
        self,
        state: AppState,
        *,
        desk: Desk,
        lister: Callable[[], DeviceNames] | None,
        send: Callable[[AnyCommand], None],
        change: Callable[[Mapping[str, Value]], None],
    ) -> None:
        super().__init__(id="device-panel")
        self._state = state
        self._desk = desk
        self._lister = lister
        self._send = send
        self._change = change
        self._doing = ""
        self._written: dict[str, Content] = {}
        self._timer: Timer | None = None
        self._devices: DevicesChanged | None = state.health.devices

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        with Horizontal(id="device-columns"):
            for side in ("input", "output"):
                with Vertical(classes="column"):
                    yield Label(TITLES[side], classes="title", markup=False)
                    yield Label("", id=f"device-now-{side}", classes="now", markup=False)
                    yield Meter(id=f"device-level-{side}", classes="meter")
                    yield DeviceList(side)
        yield Static(id="device-trouble", markup=False)
        for fact, title in (("echo", "Echo"), ("trip", "Round trip")):
            with Horizontal(classes="fact"):
                yield Label(title, markup=False)
                yield Static(id=f"device-{fact}", markup=False)

    def on_mount(self) -> None:
        """There is always the system's default."""
        self._fill(DeviceNames())

    def begin(self) -> None:
        """Show what is known; ask for the rest when that is drawn, because a process begins for it."""
        self._devices = self._state.health.devices
        audio = self._state.settings.audio
        self.query_one("#devices-input", DeviceList).begin(audio.input)
        self.query_one("#devices-output", DeviceList).begin(audio.output)
        self.call_after_refresh(self.update)
        self.call_after_refresh(self._look)

    def end(self) -> None:
        """Nobody waits for the tone or the round trip any more."""
        self._stop_waiting()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the meters out anew."""
        self.update()

    def update(self) -> None:
        """Show the state as it is now."""
        health = self._state.health
        devices, stats = health.devices, health.stats if health.alive else None
        if devices is not self._devices:
            self._devices = devices
            self._look()
        for side in ("input", "output"):
            self._show_now(side, devices)
        muted = "muted" if health.muted else ""
        self.query_one("#device-level-input", Meter).set_level(stats.input_peak if stats and not muted else 0.0, muted)
        self.query_one("#device-level-output", Meter).set_level(
            stats.output_peak if stats and devices and devices.output else 0.0
        )
        self._show_trouble(sound.trouble(devices))
        self._show_facts()

    def action_tone(self) -> None:
        """Play the test tone."""
        self._begin(sound.PLAYING, TONE_SECONDS, CheckSound(kind="tone"))

    def action_round_trip(self) -> None:
        """Measure the round trip."""
        self._begin(sound.MEASURING, MEASURE_SECONDS, CheckSound(kind="round_trip"))

    def action_echo(self) -> None:
        """Keep the echo out another way."""
        self._stop_waiting()
        self._change({"audio.echo": sound.next_echo(self._state.settings.audio.echo)})
        self.update()

    def action_look(self) -> None:
        """Ask for the names again."""
        self._stop_waiting()
        self._look()
        self.update()

    def _look(self) -> None:
        lister = self._lister
        if lister is not None:
            self._desk.submit(lambda: DevicesListed(lister()), tag="devices", reply=self.post_message)

    @on(DevicesListed)
    def _listed(self, event: DevicesListed) -> None:
        self._fill(event.names)

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        options = event.option_list
        assert isinstance(options, DeviceList)
        name = event.option_id or ""
        self._stop_waiting()
        self._state.forget_sound_check()  # what was found was found with another device
        self._change({f"audio.{options.side}": name})
        options.mark(name)
        self.update()

    def _stop_waiting(self) -> None:
        """The words about the last tone or measurement go; something else is done now."""
        self._doing = ""
        if self._timer is not None:
            self._timer.stop()

    def _begin(self, words: str, seconds: float, command: CheckSound) -> None:
        self._stop_waiting()
        self._doing = words
        self._state.forget_sound_check()
        self._timer = self.set_timer(seconds, self._end)
        self._send(command)
        self.update()

    def _end(self) -> None:
        self._doing = ""
        self.update()

    def _fill(self, names: DeviceNames) -> None:
        audio = self._state.settings.audio
        self.query_one("#devices-input", DeviceList).fill(names.inputs, audio.input)
        self.query_one("#devices-output", DeviceList).fill(names.outputs, audio.output)

    def _show_now(self, side: Side, devices: DevicesChanged | None) -> None:
        if devices is None:
            words, missing = "starting …", False
        elif side == "input":
            words, missing = f"now: {sound.device_words(devices.input, devices.input_rate)}", not devices.input
        else:
            words, missing = f"now: {sound.device_words(devices.output, devices.output_rate)}", not devices.output
        if self._write(f"#device-now-{side}", Content(words)):
            self.query_one(f"#device-now-{side}").set_class(missing, "-missing")
        self.query_one(f"#devices-{side}", DeviceList).mark(getattr(self._state.settings.audio, side))

    def _show_trouble(self, words: str) -> None:
        if self._write("#device-trouble", Content(words)):
            self.query_one("#device-trouble").display = bool(words)

    def _show_facts(self) -> None:
        mode, found = self._state.settings.audio.echo, self._state.health.sound_check
        self._write("#device-echo", Content(sound.echo_words(mode)))
        if found is not None:
            self._doing = ""
            word = sound.round_trip_words(found, mode)
            words = Content.styled(word.text, INKS[word.tone])
        else:
            words = Content.styled(self._doing or sound.NOT_MEASURED, "" if self._doing else "$foreground 55%")
        self._write("#device-trip", words)

    def _write(self, selector: str, content: Content) -> bool:
        """Show words; returns whether they are others than before, because only those cost a layout."""
        before = self._written.get(selector)
        if before is not None and before.is_same(content):
            return False
        self._written[selector] = content
        self.query_one(selector, Static).update(content)
        return True
