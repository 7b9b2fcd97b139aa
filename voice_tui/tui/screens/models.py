"""Models that listen while they speak: what fits this machine, download, check, measure, remove, use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from voice_tui.tui.screens.confirm import ConfirmScreen, DoubtScreen
from voice_tui.tui.screens.dialog import LEAVING, WholeDialog
from voice_tui.tui.standby import StandbyScreen
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.state.models import (
    Kind,
    about,
    empty_words,
    heading,
    in_use,
    row_content,
    size_words,
    work_words,
)
from voice_tui.tui.state.text import one_line
from voice_tui.tui.widgets.draw import Drawn, bar, same_lines

if TYPE_CHECKING:
    from voice_tui.models.shelf import Row
    from voice_tui.tui.base import BaseApp

_BAR_CELLS = 16

NARROWEST = 12
"""Cells of the terminal from which the table can be laid out."""

_KINDS: dict[str, Kind] = {"pull": "pull", "verify": "verify", "measure": "preflight"}


class ModelList(OptionList):
    """The table."""

    HELP_TITLE = "Models"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "want('use')", "Use", tooltip="Talk with this model from now on.", id="model_use"),
        Binding("c", "want('cascade')", "Cascade", tooltip="Talk with the embedded engine again.", id="model_cascade"),
        Binding(
            "enter,p", "want('pull')", "Download", tooltip="What is missing or damaged; asks first.", id="model_pull"
        ),
        Binding("x", "want('stop')", "Stop", tooltip="End what is under way; a download is kept.", id="model_stop"),
        Binding("m", "want('measure')", "Measure", tooltip="Whether this machine keeps up.", id="model_measure"),
        Binding("v", "want('verify')", "Check", tooltip="Compare its files with their checksums.", id="model_verify"),
        Binding("d,delete", "want('remove')", "Remove", tooltip="Delete its files; asks first.", id="model_remove"),
        Binding("enter", "select", show=False),  # where nothing else is to be done: it says why
    ]

    def __init__(self, offered: Callable[[str], bool], want: Callable[[str], None]) -> None:
        super().__init__(id="model-list", markup=False)
        self._offered = offered
        self._want = want

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense for the model under the cursor."""
        return self._offered(str(parameters[0])) if action == "want" else True

    def action_want(self, what: str) -> None:
        """Do something with it."""
        self._want(what)


class WorkLine(Drawn):
    """What is under way, with a bar; two lines."""


class ModelsScreen(WholeDialog[None], StandbyScreen[None]):
    """The table, what there is to know of the model under the cursor, and what is under way.

    Args:
        base: State, work and notices.
    """

    TITLE = "Models"
    AUTO_FOCUS = "#model-list"
    HELP_TITLE = "The window"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "app.help", "Help", tooltip="What these keys do.", id="models_help"),
        Binding("escape,q,f10", "cancel", "Close", id="dialog_cancel"),
        *LEAVING,
    ]
    TALLEST = "ModelList"
    OTHER_ROWS = 9
    OTHER_ROWS_LOW = 0

    def __init__(self, base: BaseApp) -> None:
        super().__init__()
        self._base = base
        self._shown: list[Content] = []

    def compose_body(self) -> ComposeResult:
        """Yield the machine, the table, the model under the cursor, the work."""
        yield Static("", id="models-machine", classes="hint", markup=False)
        yield Static("", id="models-heading", markup=False)
        yield ModelList(self._offered, self._want)
        yield Static("", id="model-about", markup=False)
        yield WorkLine(id="model-work")

    def renew(self) -> None:
        """Look what there is."""
        self._fill()
        if self._shown:
            self.query_one(ModelList).highlighted = min(self._first(), len(self._shown) - 1)
        self._base.models.look()

    def on_resize(self, event: events.Resize) -> None:
        """The table is as wide as it can be."""
        super().on_resize(event)
        self.call_after_refresh(self._fill)

    def draw(self, topics: Topic) -> None:
        """Redraw when something was found, or is further."""
        if topics & (Topic.MODELS | Topic.SETTINGS):
            self._fill()

    def _fill(self) -> None:
        models, settings = self._base.state.models, self._base.state.settings
        options = self.query_one(ModelList)
        width = max(1, self.query_one("#dialog-body").size.width)
        machine = one_line(models.machine) if models.rows else empty_words(models)
        machine = one_line(models.machine) if models.rows else empty_words(models)
        self.set_class(bool(models.rows), "-listed")
        self.query_one("#models-machine", Static).update(machine)
        self.query_one("#models-heading", Static).update(heading(width).truncate(width))
        shown = [row_content(row, settings, width, damaged=row.name in models.damaged) for row in models.rows]
        options.display = bool(shown) and self.size.width >= NARROWEST  # Textual cannot lay an option out in no cells
        if options.display and not same_lines(shown, self._shown):
            place = options.highlighted
            options.clear_options()
            options.add_options(Option(content) for content in shown)
            options.highlighted = min(place if place is not None else self._first(), len(shown) - 1)
            self._shown = shown
            if self.focused is None:  # while it was empty it could not have the focus
                options.focus()
        self._draw_work()
        self.refresh_bindings()

    def _first(self) -> int:
        """The model that the settings name."""
        return next((place for place, row in enumerate(self._base.state.models.rows) if row.in_use), 0)

    def _draw_work(self) -> None:
        work, line = self._base.state.models.work, self.query_one(WorkLine)
        line.display = work is not None
        if work is not None:
            drawn = bar(work.share, _BAR_CELLS, "$text-primary") if work.share is not None else Content("")
            line.show(work_words(work, drawn))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        row = self._chosen()
        self.query_one("#model-about", Static).update(about(row) if row else "")
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        """A click does what Enter does; where that is nothing, say why."""
        event.stop()
        row, models = self._chosen(), self._base.state.models
        offered = next((what for what in ("use", "pull") if self._offered(what)), "")
        if offered:
            self._want(offered)
        elif row is not None and in_use(row, self._base.state.settings):
            self._base.inform("You talk with this model already", hint="c goes back to the cascade.")
        elif models.work is not None:
            self._base.inform(f"{models.work.title} is being worked on", hint="x stops it.")

    def _chosen(self) -> Row | None:
        place, rows = self.query_one(ModelList).highlighted, self._base.state.models.rows
        return rows[place] if place is not None and place < len(rows) else None

    def _offered(self, what: str) -> bool:
        """Whether something makes sense for the model under the cursor; one thing at a time."""
        work, settings, row = self._base.state.models.work, self._base.state.settings, self._chosen()
        if what == "cascade":
            return settings.engine.name == "moshi"
        if what == "stop":
            return work is not None and not work.stopping
        if row is None or what == "use":
            return row is not None and row.installed == "yes" and not in_use(row, settings)
        return work is None and self._offered_at_rest(what, row)

    def _offered_at_rest(self, what: str, row: Row) -> bool:
        if what == "pull":
            return not row.local and (row.installed != "yes" or row.name in self._base.state.models.damaged)
        if what == "remove":
            return not row.local and row.installed != "no"
        return what == "measure" or row.installed == "yes"

    def _want(self, what: str) -> None:
        row, models = self._chosen(), self._base.models
        match what:
            case "cascade":
                models.use_cascade()
            case "stop":
                models.stop()
            case "use" if row is not None:
                models.use(row)
            case "remove" if row is not None:
                self._remove(row)
            case "pull" if row is not None:
                self._pull(row)
            case _ if row is not None:
                models.begin(_KINDS[what], row)
            case _:
                pass

    def _pull(self, row: Row) -> None:
        """Download what is missing of it, after a question."""

        def pull(sure: bool | None) -> None:
            if sure:
                self._base.models.begin("pull", row)

        fits = one_line(row.fits.words)
        if row.fits.verdict == "no":
            why = fits.removeprefix("no: ")
            question = f"It will not run on this machine ({why}). Download it all the same ({size_words(row)})?"
            self._base.push_screen(DoubtScreen("Download the model", question, one_line(row.name)), pull)
            return
        question = f"Download this model ({size_words(row)})? Fits this machine: {fits}."
        self._base.push_screen(ConfirmScreen("Download the model", question, one_line(row.name)), pull)

    def _remove(self, row: Row) -> None:
        """Delete it, after a question."""
        if in_use(row, self._base.state.settings):
            self._base.inform("You talk with this model now", hint="c goes to the cascade, then it can be removed.")
            return

        def remove(sure: bool | None) -> None:
            if sure:
                self._base.models.remove(row)

        question = f"Delete this model ({size_words(row)}) from this machine? It can be downloaded again."
        self._base.push_screen(ConfirmScreen("Remove the model", question, one_line(row.name)), remove)
