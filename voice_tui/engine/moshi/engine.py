"""Moshi behind the engine port: codec, generator, transcript. Everything but the codec runs on the caller's thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voice_tui.engine.moshi.codec import MimiCodec
from voice_tui.engine.moshi.generate.generator import PADDING, Generator
from voice_tui.engine.moshi.listener import Listener
from voice_tui.engine.moshi.options import sampling_of, seed_of
from voice_tui.engine.moshi.speech import Speech, Spell
from voice_tui.engine.moshi.trace import Trace
from voice_tui.engine.port import Capabilities, Context, Injection, PastTurn, Step, Tick
from voice_tui.errors import EngineStoppedError
from voice_tui.events import AnyEvent, Notice, TranscriptUpdated
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm, silence
from voice_tui.settings import MoshiSettings

HUSHED_FRAMES = 12
"""Frames (1 s) without words and sound after an interruption: the model is given padding, so that it yields."""


@dataclass(slots=True)
class Turns:
    """Numbers the turns of both speakers in one sequence."""

    last: int = 0

    def next(self) -> int:
        """Return the next number."""
        self.last += 1
        return self.last


@dataclass(frozen=True, slots=True)
class Parts:
    """What the engine is made of, owned by it.

    Args:
        name: Of the model, for a person. `spell`: of its text tokenizer.
        listener: Recognises the user for the transcript; None = no user transcript.
        trace: Gets every frame, or None.
    """

    name: str
    generator: Generator
    codec: MimiCodec
    spell: Spell
    turns: Turns
    listener: Listener | None = None
    trace: Trace | None = None


class MoshiEngine:
    """Implements `Engine`: listens and speaks in every frame. See the port for what each method promises.

    Args:
        parts: See `Parts`. `settings`: how it samples.
    """

    def __init__(self, parts: Parts, settings: MoshiSettings) -> None:
        self._parts = parts
        self._settings = settings
        self._speech = Speech(parts.spell, parts.turns.next)
        self._start = parts.generator.start()
        self._events: list[AnyEvent] = []
        self._flush = False
        self._hushed = 0
        self._clip: Pcm = silence(0)
        self._silenced: deque[bool] = deque()
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """It listens while it speaks."""
        return Capabilities("moshi", self._parts.name, full_duplex=True)

    @property
    def idle(self) -> bool:
        """Whether nobody is in the middle of a turn and all sound was handed out."""
        listening = self._parts.listener is not None and not self._parts.listener.idle
        return not (self._speech.open or listening or self._parts.codec.waiting or self._clip.size)

    def tune(self, settings: MoshiSettings) -> None:
        """Sample otherwise from the next frame on; another model is another engine."""
        self._parts.generator.sample_by(sampling_of(settings))
        if settings.seed != self._settings.seed:
            self._parts.generator.reseed(seed_of(settings))
        self._settings = settings

    def reset(self) -> None:
        """Begin a fresh conversation, from the state before the first frame; nothing is loaded anew."""
        self._parts.generator.restore(self._start)
        self._parts.generator.reseed(seed_of(self._settings))
        self._parts.codec.reset()
        if self._parts.listener is not None:
            self._parts.listener.reset()
        self._speech = Speech(self._parts.spell, self._parts.turns.next)
        self._silenced.clear()
        self._events.clear()
        self._hushed, self._clip = 0, silence(0)

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Take nothing: this model has no words of the past but those it heard."""

    def prefill(self, prompt: str, voice: str) -> None:
        """Take nothing: this model was not trained on prompts."""

    def step(self, frame: Frame, tick: Tick) -> Step:
        """Listen to a frame and say one."""
        if self._closed:
            raise EngineStoppedError("The engine was closed")
        begun = time.perf_counter()
        user = self._parts.codec.encode(frame)
        hushed = self._hushed > 0
        self._hushed = max(0, self._hushed - 1)
        spoken = self._parts.generator.step(user, text=PADDING if hushed else None)
        if spoken.frame is not None:
            self._parts.codec.decode(spoken.frame)
            self._silenced.append(hushed)
        if self._parts.trace is not None:
            elapsed = 1000 * (time.perf_counter() - begun)
            self._parts.trace.note(user, spoken.text, spoken.frame, elapsed)
        if self._parts.listener is not None:
            self._events += self._parts.listener.hear(frame, tick)
        self._events += self._speech.note(spoken.text, tick.now)
        return self._collected()

    def poll(self, tick: Tick) -> Step:
        """Hand out what was decoded meanwhile."""
        return self._collected()

    def send_text(self, text: str, tick: Tick) -> None:
        """Say that it takes none."""
        message, hint = "Moshi hears speech only; a typed text does not reach it", "The cascade takes both: engine.name"
        self._events.append(Notice(at=tick.now, severity="warning", message=message, hint=hint))

    def push_to_talk(self, talking: bool, tick: Tick) -> None:
        """Do nothing: the microphone is silent while the key is up, and the model decides when to speak."""

    def play(self, pcm: Pcm, caption: str, tick: Tick) -> None:
        """Play a recording in place of the model's voice."""
        self._events += self._speech.finish(tick.now)
        turn = self._parts.turns.next()
        self._events.append(TranscriptUpdated(at=tick.now, turn=turn, role="assistant", text=caption, final=True))
        self._clip = np.concatenate([self._clip, pcm])

    def inject(self, context: Context) -> Injection:
        """Take nothing."""
        return Injection("unsupported", detail="This model was not trained to take notes")

    def interrupt(self, tick: Tick) -> None:
        """Fall silent, and have the model yield."""
        self._events += self._speech.finish(tick.now, interrupted=True)
        self._flush = True
        self._hushed = HUSHED_FRAMES
        self._clip = silence(0)
        self._silenced = deque([True] * len(self._silenced))

    def close(self) -> None:
        """Release everything, and write the trace."""
        if self._closed:
            return
        self._closed = True
        self._parts.codec.close()
        if self._parts.listener is not None:
            self._parts.listener.close()
        if self._parts.trace is not None:
            self._parts.trace.write()

    def _collected(self) -> Step:
        frames = [self._voiced(pcm) for pcm in self._parts.codec.decoded()]
        step = Step(np.concatenate(frames) if frames else None, tuple(self._events), self._flush)
        self._events.clear()
        self._flush = False
        return step

    def _voiced(self, pcm: Pcm) -> Pcm:
        """A frame as it is heard: the clip's while one is played, silence after an interruption."""
        silenced = self._silenced.popleft()
        if self._clip.size:
            played, self._clip = self._clip[:FRAME_SAMPLES], self._clip[FRAME_SAMPLES:]
            return np.concatenate([played, silence(FRAME_SAMPLES - played.size)])
        return silence() if silenced else np.clip(pcm, -1.0, 1.0)
