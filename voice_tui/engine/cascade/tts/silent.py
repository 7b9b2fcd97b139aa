"""No voice, honestly: answers stay text."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as CancelFlag

from voice_tui.frame import Pcm


class SilentTts:
    """Implements `Tts` without a sound; chosen by the setting `tts.provider = "none"`."""

    name = "no voice"

    def synthesize(self, text: str, cancel: CancelFlag) -> Iterator[Pcm]:
        """Yield nothing."""
        del text, cancel
        return iter(())

    def close(self) -> None:
        """Nothing to release."""
