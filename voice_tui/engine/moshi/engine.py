"""Moshi behind the engine port: codec, generator, transcript. Everything but the codec runs on the caller's thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.generate.port import AnyGenerator
from voice_tui.engine.moshi.guide import Guide
from voice_tui.engine.moshi.listener import Listener
from voice_tui.engine.moshi.options import sampling_of, seed_of
from voice_tui.engine.moshi.prompt_store import PromptStore
from voice_tui.engine.moshi.script import Encode
from voice_tui.engine.moshi.speech import Speech, Spell
from voice_tui.engine.moshi.trace import Trace
from voice_tui.engine.moshi.traits import Traits
from voice_tui.engine.port import Capabilities, Context, Injection, PastTurn, Step, Tick
from voice_tui.errors import EngineStoppedError
from voice_tui.events import AnyEvent, Notice, TranscriptUpdated
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm, silence
from voice_tui.settings import MoshiSettings


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
        name: Of the model, for a person. `traits`: what it was trained for.
        spell, encode: Of its text tokenizer.
        listener: Recognises the user for the transcript; None = no user transcript.
        trace: Gets every frame, or None. `prompts`: keeps what a prompt made of the model; None = nothing is kept.
    """

    name: str
    generator: AnyGenerator
    codec: MimiCodec
    traits: Traits
    spell: Spell
    encode: Encode
    turns: Turns
    listener: Listener | None = None
    trace: Trace | None = None
    prompts: PromptStore | None = None


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
        self._guide = Guide(parts.generator, parts.encode, parts.traits, settings, parts.prompts)
        self._events: list[AnyEvent] = []
        self._flush = False
        self._clip: Pcm = silence(0)
        self._silenced: deque[bool] = deque()
        self._closed = False

    @property
    def capabilities(self) -> Capabilities:
        """It listens while it speaks; what it takes follows from the settings."""
        strategy, label = self._guide.strategy, self._guide.label
        return Capabilities(
            "moshi",
            self._parts.name + (f" · memories: {label}" if label else ""),
            full_duplex=True,
            persona=strategy == "prefill",
            inject=() if strategy in (None, "prefill") else (strategy,),
        )

    @property
    def idle(self) -> bool:
        """Whether nobody is in the middle of a turn and all sound was handed out."""
        listening = self._parts.listener is not None and not self._parts.listener.idle
        talking = self._speech.open or self._guide.busy
        return not (talking or listening or self._parts.codec.waiting or self._clip.size)

    def tune(self, settings: MoshiSettings) -> None:
        """Sample otherwise from the next frame on; another model is another engine."""
        self._parts.generator.sample_by(sampling_of(settings))
        if settings.seed != self._settings.seed:
            self._parts.generator.reseed(seed_of(settings))
        self._guide.tune(settings)
        self._settings = settings

    def reset(self) -> None:
        """Begin a fresh conversation, from the state before the first frame; nothing is loaded anew."""
        self._parts.generator.restore(self._start)
        self._parts.generator.reseed(seed_of(self._settings))
        self._parts.codec.reset()
        if self._parts.listener is not None:
            self._parts.listener.reset()
        self._speech = Speech(self._parts.spell, self._parts.turns.next)
        self._guide.begin()
        self._silenced.clear()
        self._events.clear()
        self._clip = silence(0)

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Greet nobody twice; else nothing: this model has no words of the past but those it heard."""
        if turns:
            self._guide.drop_greeting()

    def prefill(self, context: Context) -> Injection:
        """Take persona and memories, where the strategy is prefill; one pass, or none where the disk has it."""
        return self._guide.prefill(context)

    def step(self, frame: Frame, tick: Tick) -> Step:
        """Listen to a frame and say one."""
        if self._closed:
            raise EngineStoppedError("The engine was closed")
        begun = time.perf_counter()
        user = self._parts.codec.encode(frame)
        self._yield_the_floor(tick)
        push = self._guide.next(free=self._free)
        spoken = self._parts.generator.step(user, text=push.text, extra=push.extra)
        if spoken.frame is not None:
            self._parts.codec.decode(spoken.frame)
            self._silenced.append(push.muted)
        if self._parts.trace is not None:
            elapsed = 1000 * (time.perf_counter() - begun)
            self._parts.trace.note(user, spoken.text, spoken.frame, elapsed)
        if self._parts.listener is not None:
            self._events += self._parts.listener.hear(frame, tick)
        if not push.secret:
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
        self._guide.drop_greeting()
        self._events += self._speech.finish(tick.now)
        turn = self._parts.turns.next()
        self._events.append(TranscriptUpdated(at=tick.now, turn=turn, role="assistant", text=caption, final=True))
        self._clip = np.concatenate([self._clip, pcm])

    def inject(self, context: Context) -> Injection:
        """Hand memories to the running model by the strategy in force."""
        return self._guide.inject(context)

    def interrupt(self, tick: Tick, *, wanted: bool = True) -> None:
        """Fall silent, and have the model yield."""
        self._events += self._speech.finish(tick.now, interrupted=True)
        self._flush = True
        self._guide.hush()
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

    @property
    def _free(self) -> bool:
        """Whether nobody is in the middle of a turn."""
        listener = self._parts.listener
        return not (self._speech.open or self._clip.size or (listener is not None and listener.hearing))

    def _yield_the_floor(self, tick: Tick) -> None:
        """Whoever speaks over the scripted greeting ends it (its own echo does not)."""
        listener = self._parts.listener
        if self._guide.greeting and listener is not None and listener.hearing and not tick.echo:
            self._guide.drop_greeting()

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
