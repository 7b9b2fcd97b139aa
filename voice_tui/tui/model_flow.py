"""What is done with models: look, download, check, measure, remove, use. What comes of it goes into the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message

from voice_tui.events import Severity
from voice_tui.schema import Value
from voice_tui.tui.desk import Desk
from voice_tui.tui.errand import Errand, ErrandDone, ErrandTold
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.state.models import Kind, Models, Work
from voice_tui.tui.state.text import one_line
from voice_tui.tui.surroundings import Shelf, Surroundings

if TYPE_CHECKING:
    from voice_tui.models.shelf import Row


class ModelsListed(Message):
    """The models were looked through."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf


class ModelRemoved(Message):
    """One is gone; `words` say so."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class ModelsApp(Protocol):
    """What looking after models asks of the app."""

    state: AppState
    surroundings: Surroundings
    files: Desk

    def post_message(self, message: Message) -> bool:
        """Take a message, from any thread."""
        ...

    def inform(self, message: str, *, hint: str = "", severity: Severity = "info", title: str = "") -> None:
        """Tell the person something."""
        ...

    def change_settings(self, values: Mapping[str, Value | None]) -> None:
        """Use other settings."""
        ...

    def draw(self, topics: Topic) -> None:
        """Redraw."""
        ...


class ModelFlow:
    """Works on models. UI thread only.

    Args:
        app: Shows, and works on files.
    """

    def __init__(self, app: ModelsApp) -> None:
        self._app = app
        self._errand: Errand | None = None

    @property
    def _models(self) -> Models:
        return self._app.state.models

    def _set(self, models: Models) -> None:
        self._app.state.models = models
        self._app.draw(Topic.MODELS)

    def look(self) -> None:
        """Look what there is."""
        around, settings = self._app.surroundings.models, self._app.state.settings
        if around is None:
            self._set(replace(self._models, loaded=True, error="Models are not looked after here"))
            return
        self._app.files.submit(lambda: ModelsListed(around.look(settings)), tag="models")

    def listed(self, event: ModelsListed) -> None:
        """Show it."""
        shelf = event.shelf
        self._set(replace(self._models, machine=shelf.machine, rows=shelf.rows, loaded=True, error=""))

    def begin(self, kind: Kind, row: Row) -> None:
        """Begin something long; one at a time."""
        around = self._app.surroundings.models
        if around is None or self._models.work is not None:
            return
        words = {"pull": ["models", "pull", row.name], "verify": ["models", "verify", row.name]}
        command = [*around.command, *words.get(kind, ["preflight", "--model", row.name]), "--json"]
        self._set(replace(self._models, work=Work(kind, row.name, one_line(row.title))))
        self._errand = Errand(command, self._app.post_message)

    def stop(self) -> None:
        """End what is under way."""
        work = self._models.work
        if self._errand is not None and work is not None:
            self._set(replace(self._models, work=replace(work, stopping=True)))
            self._errand.stop()

    def told(self, event: ErrandTold) -> None:
        """Show how far it is."""
        work = self._models.work
        if work is not None and not work.stopping:
            self._set(replace(self._models, work=_further(work, event.progress)))

    def done(self, event: ErrandDone) -> None:
        """Say what came of it, and look again."""
        work, self._errand = self._models.work, None
        self._set(replace(self._models, work=None))
        if work is None:
            return
        if event.stopped:
            hint = "What has come is kept; p goes on with it." if work.kind == "pull" else ""
            self._app.inform(f"{work.title}: stopped.", hint=hint)
        elif event.result is None:
            self._app.inform(event.error, hint=event.hint, severity="error", title="Models")
        else:
            self._news(work, event.result)
        self.look()

    def _news(self, work: Work, result: Mapping[str, Any]) -> None:
        damaged = self._models.damaged - {work.name}
        if work.kind == "pull":
            self._app.inform(f"{work.title} is here, and whole.", hint="Enter in the list of models uses it.")
        elif work.kind == "preflight":
            self._app.inform(one_line(str(result["advice"]["words"])), title="Preflight")
        elif result["ok"]:
            self._app.inform(f"Every file of {work.title} is whole.")
        else:
            wrong = ", ".join(str(file["name"]) for file in result["files"] if file["good"] is False)
            self._app.inform(f"Damaged: {wrong}", hint="p downloads it again.", severity="warning", title=work.title)
            damaged |= {work.name}
        self._set(replace(self._models, damaged=damaged))

    def remove(self, row: Row) -> None:
        """Delete a model."""

        def work() -> Message:
            from voice_tui.models import hub_cache
            from voice_tui.models.progress import amount

            size = amount(hub_cache.remove(row.name))
            return ModelRemoved(f"{one_line(row.title)} is removed: {size} are free again.")

        self._app.files.submit(work)

    def removed(self, event: ModelRemoved) -> None:
        """Say so, and look again."""
        self._app.inform(event.words)
        self.look()

    def use(self, row: Row) -> None:
        """Talk with it from now on."""
        self._app.change_settings({"engine.name": "moshi", "moshi.model": row.name})
        self._app.inform(f"{one_line(row.title)} is being loaded.", hint="It takes over between two frames.")

    def use_cascade(self) -> None:
        """Talk with the embedded engine from now on."""
        self._app.change_settings({"engine.name": "cascade"})

    def close(self, timeout: float) -> None:
        """End what is under way. Any thread."""
        if self._errand is not None:
            self._errand.close(timeout)


def _further(work: Work, said: Mapping[str, Any]) -> Work:
    """Take in a report of `voice_tui.cli_progress`."""
    import msgspec

    from voice_tui.models.progress import Progress, amounts

    try:
        progress = msgspec.convert(said, type=Progress)
    except msgspec.ValidationError:
        return work
    share = progress.done / progress.total if progress.total else None
    return replace(work, phase=one_line(progress.phase), words=one_line(amounts(progress)), share=share)
