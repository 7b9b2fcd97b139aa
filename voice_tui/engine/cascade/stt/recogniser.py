"""The synchronous side of recognition: what a recogniser library does, whichever process it runs in."""

from __future__ import annotations

from typing import Protocol

from voice_tui.engine.cascade.ports import Heard
from voice_tui.frame import Pcm


class Recogniser(Protocol):
    """Recognises one utterance at a time. One thread; calls block as long as the work takes."""

    def begin(self, utterance: int) -> None:
        """Start an utterance; an unfinished earlier one is dropped."""
        ...

    def feed(self, pcm16k: Pcm) -> Heard | None:
        """Take the next samples, float32, 16 kHz; returns the words so far when they changed."""
        ...

    def pause(self) -> None:
        """The speaker is silent and may have finished: prepare the final from what was fed so far."""
        ...

    def resume(self) -> None:
        """The speaker goes on: what `pause` prepared is void."""
        ...

    def finish(self) -> Heard:
        """The utterance is over; returns its final."""
        ...

    def cancel(self) -> None:
        """Drop the utterance."""
        ...

    def close(self) -> None:
        """Keep what was learned about the speaker, and release."""
        ...
