"""The line for typing instead of talking."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

MAX_HISTORY = 100
"""Typed lines that the arrow keys bring back; the oldest go."""

MAX_LENGTH = 4_000
"""Characters of one typed turn."""


_PLACEHOLDERS = ("Type instead of talking; Enter sends", "Type; Enter sends", "Type here", "")
"""What stands in the empty line: the longest that fits, so that none is cut."""


class Prompt(Input):
    """An input line that remembers what was typed; what the session does not take comes back."""

    HELP_TITLE = "Input line"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", show=False),
        Binding("up", "older", "Bring back what was typed before", show=False),
        Binding("down", "newer", "Forward again", show=False),
        Binding("pageup", "scroll_transcript(-1)", "Scroll the conversation up", show=False),
        Binding("pagedown", "scroll_transcript(1)", "Scroll the conversation down", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(placeholder=_PLACEHOLDERS[0], id=id, max_length=MAX_LENGTH, select_on_focus=False)
        self.cursor_blink = False  # an idle app draws nothing
        self._history: deque[str] = deque(maxlen=MAX_HISTORY)
        self._place = 0  # steps back from the newest line; 0 = the line being written

    def on_resize(self, event: events.Resize) -> None:
        """Say no more in the empty line than fits."""
        self.placeholder = next(text for text in _PLACEHOLDERS if len(text) < max(1, event.size.width))

    async def on_key(self, event: events.Key) -> None:
        """Called by Textual. Bindings are looked up by the app, later: the next keys would be in the line by then.

        With nothing to send it stays a key like others, and belongs to what a key before it has opened.
        """
        if event.key == "enter" and self.value:
            event.stop()
            event.prevent_default()
            await self.action_submit()

    async def action_submit(self) -> None:
        """Send what stands here now, and begin a new line at once."""
        text, self.value = self.value, ""
        self._place = 0
        self.post_message(self.Submitted(self, text, None))

    def accepted(self, text: str) -> None:
        """The text was taken: remember it."""
        if text and (not self._history or self._history[-1] != text):
            self._history.append(text)

    def refused(self, text: str) -> None:
        """The text was not taken: it stands here again, before what was typed since."""
        self.value = text + self.value
        self.cursor_position = len(self.value)

    def action_older(self) -> None:
        """Bring back the line before."""
        self._go(self._place + 1)

    def action_newer(self) -> None:
        """Go to the line after."""
        self._go(self._place - 1)

    def action_scroll_transcript(self, pages: int) -> None:
        """Scroll the conversation without leaving the line."""
        transcript = self.screen.query_one("#transcript")
        if pages < 0:
            transcript.scroll_page_up(animate=False)
        else:
            transcript.scroll_page_down(animate=False)

    def _go(self, place: int) -> None:
        if 0 <= place <= len(self._history):
            self._place = place
            self.value = self._history[-place] if place else ""
            self.cursor_position = len(self.value)
