"""The conversation: status on top, transcript, panes beside it where there is room, the input line, the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from voice_tui.tui.panes import Pane, Panes, Room, room
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.typed import app_of
from voice_tui.tui.welcome import welcome
from voice_tui.tui.widgets.keybar import KeyBar
from voice_tui.tui.widgets.memories import MemoryList, MemoryPane
from voice_tui.tui.widgets.metrics import MetricsPane
from voice_tui.tui.widgets.prompt import Prompt
from voice_tui.tui.widgets.status import StatusLine
from voice_tui.tui.widgets.transcript import Transcript


class MainScreen(Screen[None]):
    """Draws the state.

    Args:
        state: What the app knows.
        key_name: Id of a catalogue entry -> name of its key, for a person.
    """

    AUTO_FOCUS = "#prompt"
    HELP_TITLE = "Conversation"
    # Textual declares these two as instance variables.
    HORIZONTAL_BREAKPOINTS = [(0, "-slim"), (72, "-medium"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (10, "-low"), (20, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "to_prompt", "To the input line", show=False, id="to_prompt"),
    ]

    def __init__(self, state: AppState, key_name: Callable[[str], str]) -> None:
        super().__init__()
        self._state = state
        self._key_name = key_name
        self._room: Room = "beside"
        self.panes = Panes(metrics=state.settings.ui.metrics, memories=state.settings.ui.memory)

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        yield StatusLine(id="status")
        with Horizontal(id="body"):
            yield Transcript(welcome(self._state.settings, self._key_name), id="transcript")
            with Vertical(id="side"):
                yield MetricsPane(self._state, id="metrics")
                yield MemoryPane(self._state, id="memories")
        yield Prompt(id="prompt")
        yield KeyBar(self._state, id="keybar")

    def on_mount(self) -> None:
        """Show what is known."""
        size = app_of(self).size
        self._arrange(size.width, size.height)
        self.draw(~Topic.NONE)

    def on_resize(self, event: events.Resize) -> None:
        """Open and close panes with the size."""
        self._arrange(event.size.width, event.size.height)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape interrupts first; only when there is nothing to interrupt it goes to the input line."""
        return not self._state.health.interruptable_now if action == "to_prompt" else True

    def draw(self, topics: Topic) -> None:
        """Redraw the parts that `topics` names."""
        if not self.is_mounted:
            return
        if Topic.STATUS in topics:
            self.query_one(StatusLine).update(self._state.health, self._key_name("talk"))
        if Topic.METRICS in topics:
            self.query_one(MetricsPane).update()
        if Topic.TRANSCRIPT in topics:
            self.query_one(Transcript).apply(self._state.conversation.take_changes())
        if topics & (Topic.MEMORIES | Topic.RECALLED):
            self.query_one(MemoryPane).update()

    @property
    def prompt(self) -> Prompt:
        """The input line."""
        return self.query_one(Prompt)

    def toggle_pane(self, pane: Pane) -> None:
        """Open a pane, go to it, and close it: what comes next of these."""
        options = self.query_one(MemoryList)
        is_open = pane in self.panes.shown(self._room)
        if is_open and pane == "memories" and not self.query_one(MemoryPane).has_focus_within:
            options.focus()
            return
        self.panes = self.panes.toggled(pane, self._room)
        self._show_panes()
        if pane == "memories" and not is_open:
            options.focus()

    def show_settings(self, changed: Sequence[str]) -> None:
        """Take up settings that are not as before; `changed` lists their paths."""
        look = self._state.settings.ui
        if "ui.metrics" in changed or "ui.memory" in changed:
            self.panes = replace(self.panes, metrics=look.metrics, memories=look.memory)
            self._show_panes()
        self.query_one(Transcript).welcome(welcome(self._state.settings, self._key_name))

    def memory_list(self) -> MemoryList:
        """Return the list of memories, brought into view and focused."""
        if "memories" not in self.panes.shown(self._room):
            self.toggle_pane("memories")
        options = self.query_one(MemoryList)
        options.focus()
        return options

    def action_to_prompt(self) -> None:
        """Back to the input line; where the panes hide the conversation they go."""
        if self._room == "instead" and self.panes.single:
            self.toggle_pane(self.panes.single)
        self.prompt.focus()

    def _arrange(self, width: int, height: int) -> None:
        self._room = room(width, height)
        self._show_panes()

    def _show_panes(self) -> None:
        shown = self.panes.shown(self._room)
        focused = self.focused
        self.query_one(MetricsPane).display = "metrics" in shown
        self.query_one(MemoryPane).display = "memories" in shown
        self.query_one("#side").display = bool(shown)
        self.query_one(Transcript).display = not shown or self._room != "instead"
        self.query_one(MetricsPane).update()
        if focused is not None and not _displayed(focused):
            self.prompt.focus()


def _displayed(widget: Widget) -> bool:
    """Whether nothing around `widget` is closed; unlike `is_on_screen` this does not wait for a layout."""
    return all(node.display for node in widget.ancestors_with_self)
