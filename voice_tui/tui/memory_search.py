"""The part of a search of the memories that the session does: what bears on the words, in meaning too.

What holds the words comes from the file and is shown at once. The session is asked when no key has come for a moment,
and its answer is awaited by nobody: it is added when it comes, and dropped when other words stand there by then.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from textual.timer import Timer

from voice_tui.events import MOST_FOUND, MOST_SEARCHED, MemoriesFound, SearchMemories

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice_tui.tui.base import BaseApp
    from voice_tui.tui.state.app_state import Reach

PAUSE_SECONDS = 0.18
"""How long no key must come before the session is asked: who types five letters or more a second asks once, at the end
of the word, and so does not take time from the sound with every letter."""

PATIENCE_SECONDS = 2.0
"""After this the pane says that it went by words alone. An answer that comes later counts all the same."""

SHORTEST = 3
"""Letters that are worth a question; less means nothing yet."""


class MemorySearch:
    """Asks the session, and keeps what it found for the words that stand there. UI thread only.

    Args:
        app: Sends the questions.
        told: Called when `reach` changed without an answer.
    """

    def __init__(self, app: BaseApp, told: Callable[[], None]) -> None:
        self._app = app
        self._told = told
        self._query = ""
        self._number = 0
        self._timer: Timer | None = None
        self.reach: Reach = ""
        self.found: tuple[tuple[str, float], ...] = ()
        """Id and relevance of what bears on the words, best first."""

    def begin(self, query: str) -> None:
        """Other words stand there; what was found for those before is nothing to them."""
        self._query = query.strip()[:MOST_SEARCHED]
        self.found = ()
        self.reach = self._ask_soon()

    def again(self) -> None:
        """The memories changed, or a session began: ask once more; what is known stays until the answer comes."""
        reach = self._ask_soon()
        answered = reach == "asked" and self.reach in ("meaning", "words")
        if not answered and not self.found:
            self.reach = reach

    def answered(self, event: MemoriesFound) -> bool:
        """Take an answer; returns whether it is one to the words that stand there."""
        if event.number != self._number or len(self._query) < SHORTEST:
            return False
        self._stop()
        self.found = tuple(
            (name, min(1.0, max(0.0, score))) for name, score in event.found[:MOST_FOUND] if isfinite(score)
        )
        self.reach = "meaning" if event.by_meaning else "words"
        return True

    def _ask_soon(self) -> Reach:
        self._stop()
        self._number += 1  # what was asked before is answered in vain
        if len(self._query) < SHORTEST:
            return ""
        if not self._app.state.health.ready:
            return "words"
        self._timer = self._app.set_timer(PAUSE_SECONDS, self._ask)
        return "asked"

    def _ask(self) -> None:
        self._timer = self._app.set_timer(PATIENCE_SECONDS, self._give_up)
        self._app.command(SearchMemories(query=self._query, number=self._number))

    def _give_up(self) -> None:
        self._timer = None
        if self.reach == "asked":
            self.reach = "words"
            self._told()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
