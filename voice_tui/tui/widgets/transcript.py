"""The conversation on screen: the person to the right, the assistant to the left, notes of the memory between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from voice_tui.events import UNSURE_BELOW
from voice_tui.tui.state.conversation import Change, Drop, Key, Line, Put

MAX_SHOWN = 300
"""Lines on screen; older ones leave it and are still saved with the transcript."""

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}
_ROLE_STYLES = {"user": "bold $text-primary", "assistant": "bold $text-success", "system": "bold $text-warning"}
_MARK = "$foreground 50%"


class LineView(Container):
    """One line of the transcript; which side and colour it has is decided by its classes in app.tcss."""

    ALLOW_SELECT = True

    def __init__(self, line: Line) -> None:
        super().__init__(classes=f"-{line.kind} -{line.role}")
        self._bubble = Static(line_content(line), classes="bubble", markup=False)
        self._line = line

    @property
    def line(self) -> Line:
        """What it shows."""
        return self._line

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        yield self._bubble

    def show(self, line: Line) -> None:
        """Show a newer text of the same line."""
        self._line = line
        self._bubble.update(line_content(line))


class Transcript(VerticalScroll):
    """All lines, newest at the bottom; stays there unless the person scrolls up.

    Args:
        welcome: Shown until somebody says something.
    """

    BORDER_TITLE = "Conversation"
    HELP_TITLE = "Conversation"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "app.talk", "Talk", tooltip="Push to talk: once to start, once more to end.", id="talk_space"),
        Binding("plus,equals_sign", "app.volume(0.1)", "Louder", show=False, id="louder_plus"),
        Binding("minus", "app.volume(-0.1)", "Softer", show=False, id="softer_minus"),
        Binding("y", "app.copy_answer", "Copy", tooltip="Copy the last answer.", id="copy_y"),
    ]

    def __init__(self, welcome: Content, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="-empty")
        self._welcome = Static(welcome, id="welcome", markup=False)
        self._views: dict[Key, LineView] = {}

    def compose(self) -> ComposeResult:
        """Called by Textual."""
        yield self._welcome

    def welcome(self, content: Content) -> None:
        """Say something else until somebody says something."""
        self._welcome.update(content)

    def apply(self, changes: Sequence[Change]) -> None:
        """Draw what changed in the conversation."""
        fresh: list[LineView] = []
        for change in changes:
            if isinstance(change, Drop):
                self._remove(change.key)
            elif (view := self._views.get(change.line.key)) is not None:
                view.show(change.line)
            elif change.before in self._views:
                self._insert(change)
            else:
                fresh.append(self._made(change.line))
        self._prune()
        still = [view for view in fresh if view.line.key in self._views]
        if still:
            self.mount_all(still)
            if self._welcome.display:  # from the first line on, keep to the newest
                self.anchor()
        self._welcome.display = not self._views
        self.set_class(not self._views, "-empty")

    def _made(self, line: Line) -> LineView:
        view = self._views[line.key] = LineView(line)
        return view

    def _insert(self, put: Put) -> None:
        assert put.before is not None
        later = self._views[put.before]
        if later.is_attached:
            self.mount(self._made(put.line), before=later)
        else:  # made in this very batch: mount at the end, a wrong place for one frame of a rare race
            self.mount(self._made(put.line))

    def _remove(self, key: Key) -> None:
        view = self._views.pop(key, None)
        if view is not None and view.is_attached:
            view.remove()

    def _prune(self) -> None:
        for key in list(self._views)[: max(0, len(self._views) - MAX_SHOWN)]:
            self._remove(key)


def line_content(line: Line) -> Content:
    """Return what stands in the bubble; the text is data and never read as markup."""
    if line.kind == "note":
        return Content.assemble(("◆ ", "$text-accent"), (line.text, _MARK))
    if line.kind == "chapter":
        return Content.styled(f"── {line.text} ──", _MARK)
    heading = Content.assemble(
        (_NAMES[line.role], _ROLE_STYLES[line.role]), *((f" · {mark}", _MARK) for mark in marks(line))
    )
    body = Content.styled(line.text or "…", "" if line.final else "italic $foreground 55%")
    if line.interrupted:
        body = Content.assemble(body, (" ▪\N{NO-BREAK SPACE}interrupted", "$text-warning"))
    return Content.assemble(heading, "\n", body)


def marks(line: Line) -> list[str]:
    """Return what is said beside the speaker's name."""
    found: list[str] = []
    if line.typed:
        found.append("typed")
    if line.final and line.confidence is not None and line.confidence < UNSURE_BELOW:
        found.append("unsure of the words")
    return found
