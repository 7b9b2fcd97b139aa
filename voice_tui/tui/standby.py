"""Screens that are made once: shown like new every time, and made ready while nobody presses keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from textual.app import App
from textual.screen import ScreenResultType
from textual.widget import Widget

from voice_tui.tui.fresh import Fresh

LAYOUTS = 3
"""After so many nothing moves: what is there, what gets a scroll bar for it, and what is beside that."""

DRAW_SECONDS = 0.1
"""After it was left a screen is drawn as it will come back."""

TURNS = 8
"""Turns of the loop in which widgets hear of their new sizes."""


class StandbyScreen(Fresh[ScreenResultType]):
    """Made anew a screen takes 40 ms of mounting, styles and layout, and leaves thousands of objects behind at its end;
    brought back it takes 5 to 10. Who opens it sees no difference: it begins with `renew`, and what it held for the
    person is gone with `rest`, so that nothing stands there that was forgotten meanwhile.
    """

    ASKS_NOBODY: ClassVar[bool] = False
    """Its `renew` needs nothing from anybody, so that all of the first showing can be gone through before."""

    up = True
    """Whether it is being shown, in front or behind another."""

    def on_mount(self) -> None:
        """Called by Textual, after the screen's own handler."""
        if self.up:
            self.renew()

    async def rehearse(self) -> None:
        """Lay it out until nothing moves and draw every line of it, while the app shows nothing.

        A scroll bar that turns out to be needed takes a column from what is beside it, and that is laid out again: the
        first showing took 45 to 60 ms, later ones 6 to 15.
        """
        for _ in range(LAYOUTS):
            for _ in range(TURNS):
                await asyncio.sleep(0)
            self._refresh_layout()
        self._compositor.render_strips()

    def show(self) -> None:
        """It is about to come to the front; it need not be mounted yet."""
        self.up = True
        if self.is_mounted:
            self.renew()

    def leave(self) -> None:
        """It has left. Called by the app."""
        self.up = False
        if self.focused is not None and not (self.AUTO_FOCUS and self.focused in self.query(self.AUTO_FOCUS)):
            self.set_focus(None)
        self.rest()
        self.set_timer(DRAW_SECONDS, self.draw_unseen)

    def draw_unseen(self) -> None:
        """Draw what `rest` changed while nobody sees it: half of the processor time until it is seen again."""
        if not self.up and self.is_attached and not self.is_current:
            self._refresh_layout()
            self._compositor.render_strips()

    def renew(self) -> None:
        """Look as at the first time; it is mounted."""

    def rest(self) -> None:
        """Let go of what was there for the person; end what costs time."""


Made = TypeVar("Made", bound=StandbyScreen[Any])


@dataclass(frozen=True, slots=True)
class Standing(Generic[Made]):
    """What stands by: its class, of which there is one, and what makes it."""

    kind: type[Made]
    make: Callable[[], Made]


class Standby:
    """The screens that stand by. UI thread.

    Args:
        app: Shows them.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._kept: dict[type[StandbyScreen[Any]], StandbyScreen[Any]] = {}
        self._coming: list[Standing[Any]] = []

    def get(self, standing: Standing[Made]) -> Made:
        """Return the screen, ready to be pushed; it is made if it has to be.

        One that is shown already cannot be shown twice: then it is another, for this time only.
        """
        screen = self._screen(standing)
        if screen in self._app.screen_stack:
            screen = standing.make()
        screen.show()
        return screen

    def expect(self, standings: Iterable[Standing[Any]]) -> None:
        """Have these made ready by `prepare`, one after the other."""
        self._coming = list(standings)

    async def prepare(self) -> bool:
        """Make the next expected screen and lay it out, unseen; 50 to 100 ms. Not while a dialog is shown.

        Returns:
            Whether more are expected.
        """
        while self._coming:
            standing = self._coming.pop(0)
            if standing.kind not in self._kept:
                screen = self._screen(standing)
                screen.up = screen.ASKS_NOBODY
                with self._app.batch_update():
                    await self._app.push_screen(screen)
                    await screen.rehearse()
                    self._app.pop_screen()
                break
        return bool(self._coming)

    def _screen(self, standing: Standing[Made]) -> Made:
        known = self._kept.get(standing.kind)
        if isinstance(known, standing.kind):
            return known
        screen = standing.make()
        self._kept[standing.kind] = screen
        self._app.install_screen(screen, f"standby-{standing.kind.__name__}")  # pyright: ignore[reportUnknownMemberType]  # Screen[Unknown] in Textual
        return screen


def to_top(widget: Widget) -> None:
    """Show its beginning."""
    widget.scroll_home(animate=False, immediate=True)
