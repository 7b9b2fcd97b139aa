"""Text tokens, one per frame, into turns of the transcript. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voice_tui.events import AnyEvent, StateChanged, TranscriptUpdated

NO_WORDS = frozenset({0, 3})
"""Text tokens without words: end of padding, padding."""

PAUSE_FRAMES = 15
"""Frames without words (1.2 s) that end a turn."""

LONGEST_TURN = 500
"""Tokens after which a turn is ended though it goes on, so that its text stays short."""

Spell = Callable[[Sequence[int]], str]
"""Token ids -> text."""


class Speech:
    """What the model says, as events.

    Args:
        spell: Of the text tokenizer. `next_turn`: numbers the turns.
    """

    def __init__(self, spell: Spell, next_turn: Callable[[], int]) -> None:
        self._spell = spell
        self._next_turn = next_turn
        self._turn = 0
        self._ids: list[int] = []
        self._silent = 0

    @property
    def open(self) -> bool:
        """Whether a turn goes on."""
        return bool(self._ids)

    def note(self, token: int, now: float) -> list[AnyEvent]:
        """Take the text token of a frame; returns what it changes."""
        if token in NO_WORDS:
            self._silent += 1
            return self.finish(now) if self._silent >= PAUSE_FRAMES else []
        self._silent = 0
        events: list[AnyEvent] = []
        if len(self._ids) >= LONGEST_TURN:
            events += self.finish(now)
        if not self._ids:
            self._turn = self._next_turn()
            events.append(StateChanged(at=now, state="speaking"))
        self._ids.append(token)
        if text := self._text():
            events.append(TranscriptUpdated(at=now, turn=self._turn, role="assistant", text=text, final=False))
        return events

    def finish(self, now: float, *, interrupted: bool = False) -> list[AnyEvent]:
        """End the turn, if there is one."""
        if not self._ids:
            return []
        text, events = self._text(), list[AnyEvent]()
        self._ids.clear()
        if text:
            events.append(
                TranscriptUpdated(
                    at=now, turn=self._turn, role="assistant", text=text, final=True, interrupted=interrupted
                )
            )
        return [*events, StateChanged(at=now, state="listening")]

    def _text(self) -> str:
        return self._spell(self._ids).strip()
