"""A notebook with its memory and its clock, for tests."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from memory.store import SqliteMemory
from voice_tui.audio.codec import decode, encode_flac
from voice_tui.engine.cascade.ports import Clip, Part, Text, UserTurn
from voice_tui.engine.cascade.responder.factory import make_responder
from voice_tui.frame import SAMPLE_RATE, Pcm
from voice_tui.settings import Settings

ZONE = timezone(timedelta(hours=2))
START = datetime(2026, 11, 20, 14, 5, tzinfo=ZONE)


class Desk:
    """A notebook, its memory and its clock."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.now = START
        self.memory = SqliteMemory(folder / "memory.db", clock=self._seconds)
        self.responder = make_responder(settings or Settings(), self.memory, lambda: self.now, encode_flac, decode)
        self.cancel = threading.Event()

    def _seconds(self) -> float:
        return self.now.timestamp()

    def parts(self, turn: UserTurn) -> list[Part]:
        self.now += timedelta(seconds=1)
        return list(self.responder.respond(turn, self.cancel))

    def type(self, text: str) -> list[Part]:
        return self.parts(UserTurn(text, typed=True))

    def say(self, text: str, confidence: float = 0.9, alternative: str = "") -> list[Part]:
        return self.parts(UserTurn(text, confidence=confidence, alternative=alternative, audio=recording()))

    def hear(self, text: str) -> str:
        return heard(self.type(text))

    @property
    def notes(self) -> list[str]:
        return [note.text for note in self.memory.list()]


def recording(seconds: float = 0.5) -> Pcm:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.5 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)


def heard(parts: list[Part]) -> str:
    """What is spoken: text, and captions of recordings."""
    return "".join(
        part.text if isinstance(part, Text) else part.caption for part in parts if isinstance(part, Text | Clip)
    )


def only(parts: list[Part], kind: type) -> list[Part]:
    return [part for part in parts if isinstance(part, kind)]


def remember(desk: Desk, *facts: str) -> None:
    for fact in facts:
        desk.type(f"remember that {fact}")
    desk.responder.reset()
