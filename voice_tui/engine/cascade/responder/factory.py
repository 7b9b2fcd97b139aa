"""Settings to a responder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from memory.port import MemoryPort
from voice_tui.engine.cascade.ports import Responder
from voice_tui.engine.cascade.responder.notebook import NotebookResponder
from voice_tui.engine.cascade.responder.notes import Decode, Encode, Notes
from voice_tui.errors import ConfigError
from voice_tui.settings import Settings


def make_responder(
    settings: Settings,
    memory: MemoryPort,
    clock: Callable[[], datetime],
    encode: Encode,
    decode: Decode,
) -> Responder:
    """Return the notebook, with a language model behind it when `llm.base_url` names one.

    Args:
        settings: All of them; llm, stt.ask_below, memory.note_audio, .bar and .judge* count.
        memory: The store; stays the caller's to close.
        clock: Returns the local time, aware.
        encode: Samples and rate to a sound file, for the recordings of notes. `decode`: the way back, to 24 kHz.

    Raises:
        ConfigError: `llm.base_url` is no web address.
    """
    notes = Notes(memory, clock, encode, decode, keep_audio=settings.memory.note_audio)
    otherwise = _language_model(settings, memory, clock) if settings.llm.base_url else None
    return NotebookResponder(notes, clock, ask_below=settings.stt.ask_below, otherwise=otherwise)


def _language_model(settings: Settings, memory: MemoryPort, clock: Callable[[], datetime]) -> Responder:
    _check_address(settings.llm.base_url)
    from voice_tui.engine.cascade.responder.adviser import Adviser
    from voice_tui.engine.cascade.responder.llm import LlmResponder

    kept = settings.memory
    adviser = Adviser(settings.llm, kept.judge_seconds) if kept.judge == "llm" else None
    return LlmResponder(settings.llm, memory, clock, bar=kept.bar, adviser=adviser)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ConfigError(
            "The setting llm.base_url is no web address", hint='It should look like "http://127.0.0.1:11434/v1"'
        )
