"""A screen that is drawn right away when it is opened."""

from __future__ import annotations

from textual.events import ScreenResume
from textual.geometry import Size
from textual.screen import Screen, ScreenResultType

from voice_tui.tui.typed import app_of


class Fresh(Screen[ScreenResultType]):
    """Its parts get their styles while they are mounted; Textual does it all once more before it draws a new screen.

    That is a sixth of the time until something is seen. Coming back to it later they are looked up as ever, because the
    theme may be another.
    """

    _theme = ""

    def break_at(self, size: Size) -> None:
        """Get the classes of the breakpoints; called in `compose`, so that there is only one layout, the right one."""
        for cells, breakpoints in (
            (size.width, self.HORIZONTAL_BREAKPOINTS),
            (size.height, self.VERTICAL_BREAKPOINTS),
        ):
            steps = sorted(breakpoints or (), reverse=True)
            reached = next((name for at, name in steps if cells >= at), "")
            for _, name in steps:
                self.set_class(name == reached, name, update=False)

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Called by Textual, before its own handler."""
        theme = app_of(self).theme
        event.refresh_styles = event.refresh_styles and self._theme not in ("", theme)
        self._theme = theme
