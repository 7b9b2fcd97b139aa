"""What one step will return, gathered by the parts of the engine; and the tick they all see."""

from __future__ import annotations

from voice_tui.engine.port import Step, Tick
from voice_tui.errors import VoiceTuiError
from voice_tui.events import AnyEvent, Notice
from voice_tui.frame import Pcm


class Outbox:
    """Events, a flush and a change of volume on their way out. Session's main thread only.

    Args (attributes):
        now: Session clock, seconds. `pending`: samples handed out and unheard.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.pending = 0
        self.volume: float | None = None
        self.volume_change = 0.0
        self._events: list[AnyEvent] = []
        self._flush = False
        self._turn = 0

    def set(self, tick: Tick) -> None:
        """A step begins."""
        self.now = tick.now
        self.pending = tick.pending

    def next_turn(self) -> int:
        """Number the next turn of the conversation, the user's and the assistant's in one sequence."""
        self._turn += 1
        return self._turn

    def say(self, event: AnyEvent) -> None:
        """Send an event with this step."""
        self._events.append(event)

    def notice(self, error: VoiceTuiError) -> None:
        """Tell the person what failed."""
        self.say(Notice(at=self.now, severity="error", message=error.message, hint=error.hint))

    def flush(self) -> None:
        """Drop what is unheard, with this step; nothing is pending from here on."""
        self._flush = True
        self.pending = 0

    def step(self, pcm: Pcm | None) -> Step:
        """Hand everything over and begin anew."""
        step = Step(pcm, tuple(self._events), self._flush, self.volume_change, self.volume)
        self._events.clear()
        self._flush = False
        self.volume = None
        self.volume_change = 0.0
        return step
