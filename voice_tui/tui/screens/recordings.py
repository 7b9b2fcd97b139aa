"""Recordings: whether this conversation is recorded, where they are, how to replay one, how to be rid of one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from voice_tui.paths import recordings_path
from voice_tui.session.recording_format import Recorded, recordings, remove
from voice_tui.tui.desk import Said
from voice_tui.tui.screens.confirm import ConfirmScreen
from voice_tui.tui.screens.dialog import LEAVING, Dialog
from voice_tui.tui.state.talks import day_and_time
from voice_tui.tui.state.text import one_line, short_path

if TYPE_CHECKING:
    from voice_tui.tui.base import BaseApp

LISTED = 200
"""Recordings in the list; older ones are in the folder."""

SETTING = "recordings.enabled"

_DIM = "$foreground 60%"


class RecordingsListed(Message):
    """The recordings that are there, and the folder they are in."""

    def __init__(self, root: Path, found: list[Recorded]) -> None:
        super().__init__()
        self.root = root
        self.found = found


class RecordingRemoved(Message):
    """One is gone."""


class RecordingList(OptionList):
    """The recordings."""

    HELP_TITLE = "Recordings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c,enter", "screen.copy", "Copy replay command", id="recording_copy"),
        Binding("d,delete", "screen.delete", "Delete", id="recording_delete"),
    ]


class RecordingsScreen(Dialog[None]):
    """Lists what is in the folder of the settings.

    Args:
        base: State, desk and notices.
    """

    TITLE = "Recordings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "record(True)", "Record", id="recording_on"),
        Binding("r", "record(False)", "Do not record", id="recording_off"),
        Binding("escape,q", "cancel", "Close", id="dialog_cancel"),
        *LEAVING,
    ]
    TALLEST = "RecordingList"
    OTHER_ROWS = 6

    def __init__(self, base: BaseApp) -> None:
        super().__init__()
        self._base = base
        self._found: list[Recorded] = []

    def compose_body(self) -> ComposeResult:
        """Yield whether it is recorded now, the list, and how to go on."""
        yield Static(self._now(), id="recording-now", classes="hint", markup=False)
        yield RecordingList(id="recording-list", markup=False)
        yield Static("", id="recording-how", markup=False)

    def on_mount(self) -> None:
        """Ask for the list."""
        self._ask()

    def _now(self) -> Content:
        state = self._base.state
        return now_words(state.health.recording, on=state.settings.recordings.enabled)

    def _ask(self) -> None:
        configured = self._base.state.settings.recordings.path

        def work() -> RecordingsListed:
            root = recordings_path(configured)
            return RecordingsListed(root, recordings(root, LISTED))

        self._base.files.submit(work, tag="recordings", reply=self.post_message)

    @on(RecordingsListed)
    def _listed(self, event: RecordingsListed) -> None:
        self._found = event.found
        options = self.query_one(RecordingList)
        place = options.highlighted or 0
        now, present = self._base.state.clock(), self._base.state.health.recording
        options.clear_options()
        options.display = bool(event.found) and self.size.width > 20  # Textual cannot lay an option out in no cells
        if options.display:
            options.add_options(Option(recording_content(found, now, present)) for found in event.found)
            options.highlighted = min(place, len(event.found) - 1)
        if not event.found:
            self.query_one("#recording-how", Static).update(
                Content.styled(f"There are none in {short_path(event.root)}.", _DIM)
            )

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.query_one("#recording-how", Static).update(how_words(self._found[event.option_index].folder))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be done where there is nothing."""
        if action == "record":
            return parameters[0] is not self._base.state.settings.recordings.enabled
        return bool(self._found) if action in ("copy", "delete") else True

    def action_record(self, on: bool) -> None:
        """Record the conversations that begin from now on, or do not."""
        state = self._base.state
        if fixed := state.kept.fixed(SETTING):
            self._base.inform(fixed)
            return
        self._base.change_settings({SETTING: on})
        self.query_one("#recording-now", Static).update(self._now())
        self.refresh_bindings()

    def action_copy(self) -> None:
        """Put the command that holds the conversation again on the clipboard."""
        chosen = self._chosen()
        if chosen is not None:
            self._base.copy_to_clipboard(replay_command(chosen.folder))
            self._base.inform("The replay command is on the clipboard.", hint="Paste it into a shell.")

    def action_delete(self) -> None:
        """Delete one, after a question."""
        chosen = self._chosen()
        if chosen is None:
            return
        if str(chosen.folder) == self._base.state.health.recording:
            self._base.inform("This conversation is being recorded", hint="Begin another one, then delete it.")
            return

        def delete(sure: bool | None) -> None:
            if sure:
                self._base.files.submit(lambda: _removed(chosen.folder), reply=self.post_message)

        question = "Delete this recording, with both voices? It cannot be brought back."
        self._base.push_screen(ConfirmScreen("Delete the recording", question, one_line(chosen.folder.name)), delete)

    @on(RecordingRemoved)
    def _gone(self) -> None:
        self._base.post_message(Said("The recording is deleted", severity="info"))
        self._ask()

    def _chosen(self) -> Recorded | None:
        place = self.query_one(RecordingList).highlighted
        return self._found[place] if place is not None and place < len(self._found) else None


def _removed(folder: Path) -> RecordingRemoved:
    remove(folder)
    return RecordingRemoved()


def now_words(folder: str, *, on: bool) -> Content:
    """Return whether this conversation is recorded (`folder` is where to, "" = it is not), and the next ones (`on`)."""
    if folder:
        more = "." if on else ", the next one is not."
        return Content.assemble(("● REC", "bold $text-error"), f" This conversation is recorded{more}")
    if on:
        return Content.assemble("On, ", ("from the next conversation on; this one is not recorded.", _DIM))
    return Content.assemble("Off. ", ("r records the conversations that begin afterwards (recordings.enabled).", _DIM))


def how_words(folder: Path) -> Content:
    """Return where one is, and how to hold it again."""
    return Content.assemble(
        (one_line(short_path(folder)), "bold $text-accent"),
        ("\nTwo sound files, the events and the settings. Hold it again, and see what differs: voice-tui replay", _DIM),
    )


def replay_command(folder: Path) -> str:
    """Return the command for a shell."""
    return f"voice-tui replay {shlex.quote(str(folder))}"


def recording_content(found: Recorded, now: float, present: str) -> Content:
    """Return a recording as it stands in the list."""
    size = f"{found.bytes / 1e6:.1f} MB"
    about = found.about
    if about is None:
        return Content.assemble(one_line(found.folder.name), (f" · {size} · cannot be replayed by this version", _DIM))
    when = day_and_time(about.started_at, now) + (", continued" if about.resumed else "")
    if str(found.folder) == present:
        return Content.assemble(("● ", "$text-error"), when, (f" · goes on · {size}", _DIM))
    if not about.complete:
        return Content.assemble(when, (f" · ended early · {size}", _DIM))
    minutes, seconds = divmod(round(about.seconds), 60)
    return Content.assemble(when, (f" · {minutes}:{seconds:02d} min · {size}", _DIM))
