"""Recognition in the calling thread, for files: the same sound always gives the same words at the same frame."""

from __future__ import annotations

from voice_tui.engine.cascade.ports import Heard
from voice_tui.engine.cascade.stt.recogniser import Recogniser
from voice_tui.frame import Pcm


class InlineStt:
    """Implements `Stt` on a recogniser, synchronously; a call takes as long as the work.

    Args:
        name: Of the provider, for a person. `recogniser`: owned from now on.
    """

    def __init__(self, name: str, recogniser: Recogniser) -> None:
        self.name = name
        self._recogniser = recogniser
        self._heard: list[Heard] = []

    def warm(self) -> None:
        """It is loaded already."""

    def begin(self, utterance: int) -> None:
        """Start an utterance."""
        self._recogniser.begin(utterance)

    def feed(self, pcm16k: Pcm) -> None:
        """Decode the next samples."""
        heard = self._recogniser.feed(pcm16k)
        if heard is not None:
            self._heard.append(heard)

    def pause(self) -> None:
        """Prepare nothing: the final may take its time here."""

    def resume(self) -> None:
        """Nothing was prepared."""

    def finish(self) -> None:
        """Decode to the end."""
        self._heard.append(self._recogniser.finish())

    def cancel(self) -> None:
        """Drop the utterance."""
        self._recogniser.cancel()
        self._heard.clear()

    def poll(self) -> list[Heard]:
        """Return what was recognised since the last call."""
        heard, self._heard = self._heard, []
        return heard

    def close(self) -> None:
        """Keep what was learned."""
        self._recogniser.close()
