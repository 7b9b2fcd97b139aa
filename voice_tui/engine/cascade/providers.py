"""Settings to the stages of a cascade: one function per stage, providers by name."""

from __future__ import annotations

from pathlib import Path

from voice_tui.engine.cascade.ports import Stt, Tts, Vad
from voice_tui.settings import Settings


def make_vad(settings: Settings) -> Vad:
    """Load voice activity detection.

    Raises:
        ProviderError: Its library is missing.
    """
    from voice_tui.engine.cascade.vad.silero import SileroVad

    return SileroVad()


def make_stt(settings: Settings, state_dir: Path, *, inline: bool) -> Stt:
    """Make the recogniser that the settings name.

    Args:
        settings: stt.provider counts.
        state_dir: Where it keeps what it learns about the speaker, and its log.
        inline: In this thread (files) instead of a process of its own.

    Raises:
        ProviderError: Its library or model is missing (a worker says so later, by `poll`).
    """
    provider = settings.stt.provider
    if inline:
        from voice_tui.engine.cascade.stt.inline import InlineStt
        from voice_tui.engine.cascade.stt.recognisers import make

        return InlineStt(provider, make(provider, None))  # the same file gives the same words every time
    from voice_tui.engine.cascade.stt.worker import WorkerStt

    worker = WorkerStt(provider, provider, state_dir, state_dir / "recogniser-native.log")
    worker.warm()
    return worker


def check_voice(settings: Settings) -> None:
    """Make sure that the voice which the settings name is there, as far as that can be known; about 20 ms.

    Raises:
        ProviderError: It is not; the hint names some that are.
    """
    if settings.tts.provider == "espeak":
        from voice_tui.engine.cascade.tts import espeak_voices

        espeak_voices.check_voice(settings.tts.voice)


def make_tts(settings: Settings) -> Tts:
    """Make the voice that the settings name.

    A missing program is no error here: the first answer says so, and is shown as text. See `check_voice` for the name.
    """
    if settings.tts.provider == "none":
        from voice_tui.engine.cascade.tts.silent import SilentTts

        return SilentTts()
    from voice_tui.engine.cascade.tts.espeak import EspeakTts

    return EspeakTts(settings.tts.voice, settings.tts.words_per_minute)
