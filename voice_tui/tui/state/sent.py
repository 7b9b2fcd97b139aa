"""What was typed and sent, until the session has dealt with it: then it is not lost with it. No terminal in here."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from voice_tui.events import AnyEvent, MemoryChanged, StateChanged, TranscriptUpdated
from voice_tui.tui.state.conversation import Key

MOST = 20
"""Sentences that may wait; the oldest is given up."""

UNSHOWN_SECONDS = 60.0
"""What a session did not even show for so long it will never deal with: an engine that takes no text, for one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One that was sent.

    Args:
        text: It. `at`: when, seconds since 1970.
        again: It was sent to another session before, which died.
        key: Its line in the transcript; None until the session has shown it.
    """

    text: str
    at: float
    again: bool = False
    key: Key | None = None


class Sent:
    """Sentences from Enter until their answer has begun, or the memory change has come. UI thread only."""

    def __init__(self) -> None:
        self._waiting: deque[Sentence] = deque(maxlen=MOST)
        self._lost: deque[Sentence] = deque(maxlen=MOST)

    @property
    def lost(self) -> Sequence[Sentence]:
        """What a session took with it, oldest first."""
        return tuple(self._lost)

    def add(self, text: str, at: float, *, again: bool = False) -> None:
        """It is being sent."""
        self._waiting.append(Sentence(text, at, again))

    def note(self, event: AnyEvent, chapter: int) -> None:
        """Take an event; `chapter` is the one of the transcript that it belongs to."""
        if isinstance(event, TranscriptUpdated):
            if event.role == "user" and event.typed:
                self._show(event, (chapter, "turn", event.turn))
            elif event.role == "assistant":
                self._settle(event.turn)
        elif isinstance(event, MemoryChanged) or (isinstance(event, StateChanged) and event.state == "listening"):
            self._settle()

    def interrupted(self) -> None:
        """Nobody waits any more for an answer that was stopped."""
        self._settle()

    def another_conversation(self) -> None:
        """What was said in the one before is over."""
        self._settle()

    def session_ended(self, now: float) -> Sequence[Sentence]:
        """Whatever waits went with the session; returns it."""
        lost = [one for one in self._waiting if one.key is not None or now - one.at < UNSHOWN_SECONDS]
        self._waiting.clear()
        self._lost.extend(lost)
        return lost

    def take_lost(self) -> Sequence[Sentence]:
        """Return `lost`, once."""
        lost = self.lost
        self._lost.clear()
        return lost

    def _show(self, event: TranscriptUpdated, key: Key) -> None:
        for place, one in enumerate(self._waiting):
            if one.key is None and one.text == event.text:
                self._waiting[place] = replace(one, key=key)
                return

    def _settle(self, before: float = float("inf")) -> None:
        """Those that were shown, with a lower number, are dealt with."""
        left = [one for one in self._waiting if one.key is None or one.key[2] >= before]
        self._waiting = deque(left, maxlen=MOST)
