"""A screen that is drawn right away when it is opened."""

from __future__ import annotations

from textual.events import ScreenResume
from textual.screen import Screen, ScreenResultType


class Fresh(Screen[ScreenResultType]):
    """Its parts get their styles while they are mounted; Textual does it all once more before it draws a new screen.

    That is a sixth of the time until something is seen. Coming back to it later they are looked up as ever, because the
    theme may be another.
    """

    _seen = False

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Called by Textual, before its own handler."""
        event.refresh_styles = event.refresh_styles and self._seen
        self._seen = True
