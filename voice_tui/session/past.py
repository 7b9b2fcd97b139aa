"""What was said in the conversation under way, for an engine or a responder that takes over in the middle of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from voice_tui.engine.port import PastTurn
from voice_tui.events import AnswerHeard, AnyEvent, TranscriptUpdated, TranscriptWithdrawn, TurnMeasured

MOST_TURNS = 200
"""Turns that are kept; the oldest go. An engine is never told more."""


class Past:
    """The latest final turns, and turn numbers that go on when an engine that counts from 1 takes over.

    The session's main thread only.
    """

    def __init__(self) -> None:
        self._turns: dict[int, PastTurn] = {}
        self._open: set[int] = set()
        self._offset = 0
        self._top = 0

    def numbered(self, event: AnyEvent) -> AnyEvent:
        """Take an event of the engine; returns it with the turn's number in the session."""
        if not isinstance(event, TranscriptUpdated | AnswerHeard | TranscriptWithdrawn | TurnMeasured):
            return event
        if self._offset:
            event = msgspec.structs.replace(event, turn=event.turn + self._offset)
        self._top = max(self._top, event.turn)
        if isinstance(event, TranscriptUpdated):
            self._write(event)
        elif isinstance(event, TranscriptWithdrawn):
            self._turns.pop(event.turn, None)
            self._open.discard(event.turn)
        return event

    def turns(self) -> list[PastTurn]:
        """Return what was said, oldest first."""
        return [self._turns[number] for number in sorted(self._turns)]

    def begin(self, turns: Sequence[PastTurn] = ()) -> None:
        """Another conversation begins, or one goes on in which `turns` were said."""
        latest = turns[-MOST_TURNS:]
        self._turns = dict(zip(range(-len(latest), 0), latest, strict=True))
        self._open.clear()

    def change_engine(self) -> list[int]:
        """Another engine takes over; returns the turns that the old one leaves unfinished, which never happened."""
        unfinished = sorted(self._open)
        self._open.clear()
        self._offset = self._top
        return unfinished

    def _write(self, event: TranscriptUpdated) -> None:
        if not event.final:
            self._open.add(event.turn)
            return
        self._open.discard(event.turn)
        self._turns[event.turn] = PastTurn(event.role, event.text, event.interrupted)
        if len(self._turns) > MOST_TURNS:
            del self._turns[min(self._turns)]
