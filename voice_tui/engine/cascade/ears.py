"""From microphone frames to decisions about the turn and words: resampling, VAD, the open utterance, recognition."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import soxr

from voice_tui.engine.cascade.ports import STT_RATE, Heard, Stt, Vad
from voice_tui.engine.cascade.turns import CHUNK_SECONDS, Decision, TurnTaking
from voice_tui.engine.port import Tick
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm

PRE_ROLL_FRAMES = 7
"""Frames kept from before speech was noticed (0.56 s): the onset takes up to 0.25 s, and recognisers want a margin."""

HINT_SECONDS = 0.16
"""Silence after which the recogniser prepares its final, well before the turn ends."""

FRAME_AT_STT_RATE = FRAME_SAMPLES * STT_RATE // SAMPLE_RATE
CHUNK_AT_STT_RATE = round(CHUNK_SECONDS * STT_RATE)


@dataclass(slots=True)
class Utterance:
    """What is being said, or was said and waits for its words.

    Args:
        number: Given to the recogniser.
        audio: The frames, 24 kHz, pre-roll included.
        finished: Whether its final words were asked for.
        paused: Whether the recogniser was told that it may be over.
    """

    number: int
    audio: list[Frame] = field(default_factory=list[Frame])
    finished: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, when it was taken, and when the user had last been heard by then (seconds)."""

    decision: Decision
    at: float
    speech_end: float


class Ears:
    """Listens. Session's main thread; about 1 ms per frame with the embedded VAD.

    Args:
        vad: Voice activity detection. `stt`: recognition.
        turns: The state machine that is told of every chunk.
    """

    def __init__(self, vad: Vad, stt: Stt, turns: TurnTaking) -> None:
        self._vad = vad
        self._stt = stt
        self._turns = turns
        self._resampler: Any = soxr.ResampleStream(SAMPLE_RATE, STT_RATE, 1, dtype="float32", quality="HQ")
        self._before: deque[tuple[Frame, Pcm]] = deque(maxlen=PRE_ROLL_FRAMES)
        self._number = 0
        self._unjudged = 0
        """Samples at 16 kHz that wait in resampler and VAD for the rest of their chunk."""
        self.utterance: Utterance | None = None

    def hear(self, frame: Frame, tick: Tick, *, speaking: bool, answering: bool) -> list[Decided]:
        """Take one frame that ended at `tick.now`; returns what the chunks in it decided, in order."""
        pcm16k: Pcm = np.asarray(self._resampler.resample_chunk(frame), dtype=np.float32)
        self._before.append((frame, pcm16k))
        self._feed(frame, pcm16k)
        probabilities = self._vad.probabilities(pcm16k)
        self._unjudged += FRAME_AT_STT_RATE - len(probabilities) * CHUNK_AT_STT_RATE
        last = tick.now - self._unjudged / STT_RATE
        decisions: list[Decided] = []
        for index, probability in enumerate(probabilities):
            at = last - (len(probabilities) - 1 - index) * CHUNK_SECONDS
            decision = self._turns.on_chunk(probability, at, speaking=speaking, answering=answering, echo=tick.echo)
            self._hint(at)
            if decision is not None:
                decisions.append(Decided(decision, at, self._turns.speech_end))
        return decisions

    def _hint(self, now: float) -> None:
        """Let the recogniser prepare its final in the silence that may turn out to be the end of the turn."""
        utterance = self.utterance
        if utterance is None or utterance.finished:
            return
        silent = now - self._turns.speech_end >= HINT_SECONDS
        if silent != utterance.paused:
            utterance.paused = silent
            if silent:
                self._stt.pause()
            else:
                self._stt.resume()

    def begin(self) -> Utterance:
        """Open an utterance with what was heard just before."""
        self._number += 1
        self.utterance = Utterance(self._number)
        self._stt.begin(self._number)
        for frame, pcm16k in self._before:
            self._feed(frame, pcm16k)
        self._before.clear()
        return self.utterance

    def finish(self) -> None:
        """The open utterance is over: ask for its final words."""
        if self.utterance is not None and not self.utterance.finished:
            self.utterance.finished = True
            self._stt.finish()

    def drop(self) -> None:
        """The open utterance was nothing: no words of it will come."""
        if self.utterance is not None:
            self._stt.cancel()
            self.utterance = None

    def forget(self) -> None:
        """The utterance is done with; its words are in."""
        self.utterance = None

    def words(self) -> list[Heard]:
        """Return what was recognised since the last call."""
        return self._stt.poll()

    def reset(self) -> None:
        """Forget everything heard."""
        self.drop()
        self._before.clear()
        self._vad.reset()
        self._unjudged = 0
        self._turns.reset()

    def close(self) -> None:
        """Release the recogniser."""
        self._stt.close()

    def _feed(self, frame: Frame, pcm16k: Pcm) -> None:
        utterance = self.utterance
        if utterance is not None and not utterance.finished:
            utterance.audio.append(frame)
            self._stt.feed(pcm16k)
