"""Doubles of the cascade's stages: scripted ears, a voice whose length is known, an answer that is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event as CancelFlag

import numpy as np

from voice_tui.engine.cascade.ports import Heard, Part, Text, UserTurn
from voice_tui.engine.port import PastTurn
from voice_tui.frame import SAMPLE_RATE, Pcm

SAMPLES_PER_LETTER = 1600
"""The fake voice says a letter in 67 ms, about as fast as a person."""


class FakeVad:
    """Speech is whatever is loud."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)

    def probabilities(self, pcm16k: Pcm) -> list[float]:
        self._rest = np.concatenate([self._rest, pcm16k])
        count = len(self._rest) // 512
        chunks, self._rest = self._rest[: count * 512].reshape(-1, 512), self._rest[count * 512 :]
        return [0.95 if np.abs(c).mean() > 0.05 else 0.01 for c in chunks]

    def reset(self) -> None:
        self._rest = np.zeros(0, np.float32)


class FakeStt:
    """Hears what the script says, one entry per utterance; a partial comes with every feed after half a second."""

    name = "fake ears"

    def __init__(self, script: list[str]) -> None:
        self.script = script
        self.confidence = 0.9
        self.open: int | None = None
        self.fed = 0
        self.pauses = 0
        self.resumes = 0
        self.closed = False
        self._results: list[Heard] = []
        self._words = ""

    def begin(self, utterance: int) -> None:
        self.open, self.fed = utterance, 0
        self._words = self.script.pop(0) if self.script else ""

    def feed(self, pcm16k: Pcm) -> None:
        assert self.open is not None
        self.fed += len(pcm16k)
        if self.fed > 16_000 and self._words:
            self._results.append(Heard(self.open, self._words.split()[0], final=False))

    def pause(self) -> None:
        self.pauses += 1

    def resume(self) -> None:
        self.resumes += 1

    def finish(self) -> None:
        assert self.open is not None
        self._results.append(Heard(self.open, self._words, final=True, confidence=self.confidence))
        self.open = None

    def cancel(self) -> None:
        self.open = None
        self._results.clear()

    def poll(self) -> list[Heard]:
        results, self._results = self._results, []
        return results

    def close(self) -> None:
        self.closed = True


class FakeTts:
    """A tone as long as the text."""

    name = "fake voice"

    def __init__(self) -> None:
        self.said: list[str] = []
        self.fail: Exception | None = None

    def synthesize(self, text: str, cancel: CancelFlag) -> Iterator[Pcm]:
        self.said.append(text)
        if self.fail is not None:
            raise self.fail
        time = np.arange(len(text) * SAMPLES_PER_LETTER) / SAMPLE_RATE
        yield (0.3 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)

    def close(self) -> None:
        pass


class FakeResponder:
    """Answers with the given parts, whatever was said."""

    name = "fake answers"

    def __init__(self, *answers: list[Part]) -> None:
        self.answers = list(answers)
        self.turns: list[UserTurn] = []
        self.history: list[tuple[str, bool]] = []
        self.withdrawn = 0
        self.resets = 0
        self.recounted: tuple[PastTurn, ...] = ()
        self.fail: Exception | None = None

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        self.turns.append(turn)
        if self.fail is not None:
            raise self.fail
        yield from self.answers.pop(0) if self.answers else [Text("You said " + turn.text + ".")]

    def spoken(self, text: str, interrupted: bool) -> None:
        self.history.append((text, interrupted))

    def withdraw(self) -> None:
        self.withdrawn += 1

    def reset(self) -> None:
        self.resets += 1

    def recount(self, turns: Sequence[PastTurn]) -> None:
        self.recounted = tuple(turns)

    def close(self) -> None:
        pass
