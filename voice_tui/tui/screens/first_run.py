"""The first run: devices, what works here, who answers, hello. Can be left at any moment, and is not shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, OptionList, Static

from voice_tui.events import HoldMicrophone
from voice_tui.tui.desk import Desk
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.state.setup_words import (
    STEPS,
    Answerer,
    answerers,
    checks_content,
    hanging,
    hello_content,
    steps_content,
)
from voice_tui.tui.state.text import one_line
from voice_tui.tui.surroundings import Survey
from voice_tui.tui.typed import app_of
from voice_tui.tui.widgets.devices import DeviceList, DevicePanel, Meter
from voice_tui.tui.widgets.keybar import KeyBar

if TYPE_CHECKING:
    from voice_tui.tui.base import BaseApp

OTHER_ROWS = 17
"""Rows of the first step that are not the lists of devices."""

MARGIN_CELLS = 6
"""Columns beside the text: margins, and a scroll bar."""


class Surveyed(Message):
    """What works here is known."""

    def __init__(self, survey: Survey) -> None:
        super().__init__()
        self.survey = survey


class AnswererList(OptionList):
    """Who may answer."""

    HELP_TITLE = "Who answers"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "select", "Choose", id="setup_choose")]


class FirstRunScreen(Screen[None]):
    """Four steps. What is said reaches the assistant from the last one on; until then it only moves the meter.

    Args:
        base: Knows the state, changes settings, opens the settings screen.
    """

    HELP_TITLE = "Setting up"
    AUTO_FOCUS = "#devices-input"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,enter", "next", "Next", id="setup_next"),
        Binding("enter,n", "start", "Start", tooltip="To the conversation.", id="setup_start"),
        Binding("b", "back", "Back", id="setup_back"),
        Binding("escape", "leave", "Skip", tooltip="Nothing is lost; --setup shows this again.", id="dialog_cancel"),
    ]

    def __init__(self, base: BaseApp) -> None:
        super().__init__()
        self._base = base
        self._state = base.state
        self._step = 0
        self._survey: Survey | None = None
        self._choices: list[Answerer] = []
        self._desk = Desk("survey", self.post_message)

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        base = self._base
        yield Static(id="setup-steps", markup=False)
        with ContentSwitcher(id="setup-body", initial="setup-devices"):
            with VerticalScroll(id="setup-devices", can_focus=False):
                yield Static("Pick what you talk into and listen to; t plays a tone.", classes="lead", markup=False)
                yield DevicePanel(
                    self._state,
                    desk=base.files,
                    lister=base.surroundings.list_devices,
                    send=base.command,
                    change=base.change_settings,
                )
            with VerticalScroll(id="setup-checks"):
                yield Static(id="setup-findings", markup=False)
            with Vertical(id="setup-engine"):
                yield Static(id="setup-lead", classes="lead", markup=False)
                yield AnswererList(id="setup-answerers", markup=False)
            with VerticalScroll(id="setup-hello"):
                yield Meter(id="setup-level")
                yield Static(id="setup-talk", markup=False)
        yield KeyBar(None, id="dialog-keys")

    def on_mount(self) -> None:
        """Begin to look what works here, while the person looks at the devices."""
        self._desk.start()
        self._base.command(HoldMicrophone(held=True))
        self.query_one(DevicePanel).begin()
        survey = self._base.surroundings.setup.survey
        if survey is None:
            self._survey = Survey()
        else:
            self._desk.submit(lambda: Surveyed(survey()))
        self._show()

    def on_unmount(self) -> None:
        """Listen as the settings say; wait for nothing: the thread is a daemon."""
        self._base.command(HoldMicrophone(held=False))
        self._desk.close(0.0)

    def on_resize(self, event: events.Resize) -> None:
        """The lists of devices take the rows that are left; what is wrapped hangs from the words it begins with."""
        self._show_findings()
        self._show_answerers()
        for options in self.query(DeviceList):
            options.styles.max_height = max(2, event.size.height - OTHER_ROWS)

    def draw(self, topics: Topic) -> None:
        """Show what has changed."""
        if topics & (Topic.STATUS | Topic.METRICS) and self.query(DeviceList):
            self.query_one(DevicePanel).update()
            self._show_level()
        if topics & (Topic.TRANSCRIPT | Topic.STATUS):
            self._show_talk()
        if Topic.SETTINGS in topics:
            self._show_answerers()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is no step before the first, and none after the last."""
        last = self._step == len(STEPS) - 1
        return {"back": self._step > 0, "next": not last, "start": last}.get(action, True)

    def action_next(self) -> None:
        """Go on."""
        self._go(self._step + 1)

    def action_back(self) -> None:
        """To the step before."""
        self._go(self._step - 1)

    def action_start(self) -> None:
        """To the conversation."""
        self.dismiss(None)

    def action_leave(self) -> None:
        """To the conversation; everything has a default."""
        self.dismiss(None)

    def _go(self, step: int) -> None:
        self._step = step
        self._base.command(HoldMicrophone(held=STEPS[step].holds))
        self.query_one(ContentSwitcher).current = STEPS[step].widget
        first: Widget = self.query_one(f"#{STEPS[step].focus}")
        first.focus()
        self._show()
        self.refresh_bindings()

    def _show(self) -> None:
        self.query_one("#setup-steps", Static).update(steps_content(self._step))
        self._show_findings()
        self._show_answerers()
        self._show_talk()
        self._show_level()

    def _show_findings(self) -> None:
        width = app_of(self).size.width - MARGIN_CELLS
        self.query_one("#setup-findings", Static).update(hanging(checks_content(self._survey), width))

    def _show_level(self) -> None:
        health = self._state.health
        heard = health.stats.input_peak if health.stats and not health.muted else 0.0
        self.query_one("#setup-level", Meter).set_level(heard, "muted" if health.muted else "")

    def _show_talk(self) -> None:
        lines = [line for line in self._state.conversation if line.kind == "turn"]
        self.query_one("#setup-talk", Static).update(hello_content(self._state.health, lines[-4:]))

    @on(Surveyed)
    def _surveyed(self, event: Surveyed) -> None:
        self._survey = event.survey
        self._show()

    # ---------------------------------------------------------------- who answers

    def _show_answerers(self) -> None:
        self._choices = answerers(self._state.settings, self._survey)
        self.query_one("#setup-lead", Static).update(
            "For free conversation the assistant asks a language model: a program on this computer such as Ollama, "
            "llama.cpp, LM Studio or mlx_lm, or a service on the net. It needs an address and the name of a model."
        )
        options = self.query_one(AnswererList)
        place = options.highlighted
        options.clear_options()
        width = app_of(self).size.width - MARGIN_CELLS
        options.add_options(hanging(choice.content, width) for choice in self._choices)
        options.highlighted = min(place or 0, len(self._choices) - 1)

    @on(OptionList.OptionSelected, "#setup-answerers")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        choice = self._choices[event.option_index]
        if choice.values is None:
            self._open_settings()
        elif fixed := next((words for path in choice.values if (words := self._state.kept.fixed(path))), ""):
            self._base.inform(one_line(fixed), severity="warning")
        else:
            self._base.change_settings(choice.values)

    def _open_settings(self) -> None:
        from voice_tui.tui.screens.settings import SettingsScreen

        self._base.push_screen(SettingsScreen(self._base, "language model"))
