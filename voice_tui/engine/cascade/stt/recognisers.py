"""Recognisers by name: the one place that a new pair of ears is added to."""

from __future__ import annotations

from pathlib import Path

from voice_tui.engine.cascade.stt.recogniser import Recogniser
from voice_tui.errors import ProviderError


def make(provider: str, state: Path | None) -> Recogniser:
    """Load a recogniser.

    Args:
        provider: A value of the setting stt.provider.
        state: Folder where it keeps what it learns about the speaker; None = it begins afresh and keeps nothing.

    Raises:
        ProviderError: There is none of that name, or its library or model is missing.
    """
    if provider == "pocketsphinx":
        from voice_tui.engine.cascade.stt.mean import Speaker
        from voice_tui.engine.cascade.stt.pocketsphinx import PocketsphinxRecogniser

        return PocketsphinxRecogniser(Speaker(state / "speaker.json" if state is not None else None))
    raise ProviderError(f'There is no recogniser called "{provider}"', hint="Set stt.provider to pocketsphinx")
