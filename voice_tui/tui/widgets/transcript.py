"""The conversation on screen: the person to the right, the assistant to the left, notes of the memory between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Spacing

from voice_tui.events import UNSURE_BELOW
from voice_tui.tui.state.conversation import Change, Drop, Key, Line, Put
from voice_tui.tui.widgets.page import Block, Look, Page

MAX_SHOWN = 300
"""Lines on screen; older ones leave it and are still saved with the transcript."""

WELCOME_CELLS = 76
"""Width of the welcome at most."""

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}
_ROLE_STYLES = {"user": "bold $text-primary", "assistant": "bold $text-success", "system": "bold $text-warning"}
_MARK = "$foreground 50%"


def look_of(line: Line) -> Look:
    """Return on which side a line stands; its colours are in app.tcss."""
    if line.kind in ("note", "chapter"):
        return Look(f"transcript--{line.kind}", "center" if line.kind == "chapter" else "left", wraps=False)
    return Look(f"transcript--{line.role}", "right" if line.role == "user" else "left", share=0.88)


class LineBlock(Block):
    """One line of the transcript."""

    def __init__(self, line: Line) -> None:
        super().__init__(line_content(line), look_of(line))
        self.line = line

    def show(self, line: Line) -> None:
        """Show a newer text of the same line."""
        self.line = line
        self.rewrite(line_content(line))


class Transcript(Page):
    """All lines, newest at the bottom; stays there unless the person scrolls up.

    Args:
        welcome: Shown until somebody says something.
    """

    BORDER_TITLE = "Conversation"
    HELP_TITLE = "Conversation"
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "transcript--line",
        "transcript--user",
        "transcript--assistant",
        "transcript--system",
        "transcript--note",
        "transcript--chapter",
        "transcript--welcome",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "app.talk", "Talk", tooltip="Push to talk: once to start, once more to end.", id="talk_space"),
        Binding("plus,equals_sign", "app.volume(0.1)", "Louder", show=False, id="louder_plus"),
        Binding("minus", "app.volume(-0.1)", "Softer", show=False, id="softer_minus"),
        Binding("y", "app.copy_answer", "Copy", tooltip="Copy the last answer.", id="copy_y"),
    ]

    def __init__(self, welcome: Content, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._welcome = Block(welcome, Look("transcript--welcome", "center", fills=WELCOME_CELLS))
        self._lines: dict[Key, LineBlock] = {}
        self.put(self._welcome)

    @property
    def welcoming(self) -> bool:
        """Whether nobody has said anything yet."""
        return not self._lines

    @property
    def gap(self) -> int:
        """Empty rows after a line."""
        return self.get_component_styles("transcript--line").margin.bottom

    @property
    def foot(self) -> int:
        """Empty rows after the last line."""
        return self._margins.bottom if self.welcoming else self.gap

    def above(self, rows: int) -> int:
        """The welcome stands in the middle; lines stand at the bottom."""
        free = self.size.height - rows
        return max(self._margins.top, (free + self.foot) // 2) if self.welcoming else max(0, free)

    @property
    def _margins(self) -> Spacing:
        """Empty rows above and below the welcome."""
        return self.get_component_styles("transcript--welcome").padding

    def welcome(self, content: Content) -> None:
        """Say something else until somebody says something."""
        self._welcome.rewrite(content)
        if self.welcoming:
            self.lay_out()

    def apply(self, changes: Sequence[Change]) -> None:
        """Draw what changed in the conversation."""
        began = self.welcoming
        moved = False
        for change in changes:
            known = self._lines.get(change.key if isinstance(change, Drop) else change.line.key)
            if isinstance(change, Put) and known is not None:
                known.show(change.line)
                moved = self.redraw(known) or moved
            elif isinstance(change, Put):
                self._add(change)
                moved = True
                if change.line.typed:  # who writes looks at what comes of it
                    self.anchor()
            elif known is not None:
                self._remove(change.key)
                moved = True
        self._greet(began=began)
        for block in self.blocks[: max(0, len(self._lines) - MAX_SHOWN)]:
            if isinstance(block, LineBlock):
                self._remove(block.line.key)
        if moved:
            self.lay_out()

    def _greet(self, *, began: bool) -> None:
        """The welcome goes with the first line and comes back after the last."""
        if began and not self.welcoming:
            self.take(self._welcome)
            self.anchor()  # from the first line on, keep to the newest
        elif not began and self.welcoming:
            self.put(self._welcome)

    def _add(self, put: Put) -> None:
        block = self._lines[put.line.key] = LineBlock(put.line)
        self.put(block, before=self._lines.get(put.before) if put.before is not None else None)

    def _remove(self, key: Key) -> None:
        self.take(self._lines.pop(key))


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
