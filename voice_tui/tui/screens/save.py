"""Where to save the transcript; the dialog stays until the file is written, so that a wrong folder can be put right."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static

from voice_tui.tui.desk import Desk, Said
from voice_tui.tui.screens.dialog import Dialog
from voice_tui.tui.state.text import one_line
from voice_tui.tui.transcript_file import Texts, TranscriptError, default_folder, proposed, save
from voice_tui.tui.typed import app_of


class PathProposed(Message):
    """Where the transcript could go."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class TranscriptSaved(Message):
    """The file is there."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class TranscriptRefused(Message):
    """The file was not written."""

    def __init__(self, error: TranscriptError) -> None:
        super().__init__()
        self.error = error


class PathInput(Input):
    """The path."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "Save", id="save_submit")]


class SaveScreen(Dialog[None]):
    """Proposes a path, writes the file on the desk, and says what came of it.

    Args:
        texts: What is written.
        desk: For everything that touches the disk.
        folder: Proposed folder; None = the user's documents, else the home folder, else `fallback`.
        fallback: See `folder`.
        clock: Wall clock for the proposed name, seconds since 1970.
    """

    TITLE = "Save the transcript"

    def __init__(self, texts: Texts, desk: Desk, *, folder: Path | None, fallback: Path, clock: float) -> None:
        super().__init__()
        self._texts = texts
        self._desk = desk
        self._folder = folder
        self._fallback = fallback
        self._clock = clock

    def compose_body(self) -> ComposeResult:
        """Yield the path and what will be written there."""
        yield Static(
            "Every finished line of this conversation, as Markdown; as JSON when the name ends in .json.",
            classes="hint",
            markup=False,
        )
        line = PathInput(placeholder="Path of the new file", id="save-path", select_on_focus=False)
        line.cursor_blink = False
        yield line
        yield Static("", id="save-error", markup=False)

    def on_mount(self) -> None:
        """Ask for a path that is free."""
        self._desk.submit(self._propose, reply=self.post_message)

    def _propose(self) -> PathProposed:
        return PathProposed(proposed(self._folder or default_folder(self._fallback), self._clock))

    @on(PathProposed)
    def _proposed(self, event: PathProposed) -> None:
        line = self.query_one(PathInput)
        if not line.value:
            line.value = str(event.path)
            line.cursor_position = len(line.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = one_line(event.value)
        if text and not self._desk.submit(lambda: self._written(Path(text)), tag="save", reply=self.post_message):
            self._show(TranscriptError("The disk is busy", hint="Try again in a moment."))

    def _written(self, path: Path) -> Message:
        try:
            whole = path.expanduser().absolute()
            save(self._texts.for_path(whole), whole)
        except TranscriptError as error:
            return TranscriptRefused(error)
        except RuntimeError as error:  # no home folder for "~"
            return TranscriptRefused(TranscriptError(str(error), hint="Write the whole path."))
        return TranscriptSaved(whole)

    @on(TranscriptSaved)
    def _saved(self, event: TranscriptSaved) -> None:
        app_of(self).post_message(Said(f"Saved to {event.path}", severity="info"))
        self.dismiss(None)

    @on(TranscriptRefused)
    def _refused(self, event: TranscriptRefused) -> None:
        self._show(event.error)

    def _show(self, error: TranscriptError) -> None:
        self.query_one("#save-error", Static).update(f"{error.message}. {error.hint}")
        app_of(self).post_message(Said(error.message, error.hint, title=error.title))
