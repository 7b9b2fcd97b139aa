"""What the model is made to say, know or think besides what it hears: greeting, memories, silence.

Experimental where the model was not trained for it; see `traits.py`. The caller's thread, like the generator.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

from voice_tui.engine.moshi.generate.port import AnyGenerator, Vector
from voice_tui.engine.moshi.prompt_store import PromptStore
from voice_tui.engine.moshi.script import PADDING, Encode, Prompt, phrase, prompt_of, thought_of
from voice_tui.engine.moshi.traits import MIMI_CODES, Strategy, Traits, strategy_of
from voice_tui.engine.port import Context, Injection
from voice_tui.errors import EngineError
from voice_tui.settings import MoshiSettings

log = logging.getLogger(__name__)

FRAMES_PER_SECOND = 12.5

HUSHED_FRAMES = 12
"""Frames (1 s) without words and sound after an interruption: the model is given padding, so that it yields."""

TAIL_FRAMES = 6
"""Frames of muted padding behind a thought: the voice lags behind the words."""

MOST_THOUGHT = 75
"""Tokens (6 s) of memories that are handed over at once."""

MOST_PROMPT = 750
"""Frames (1 min) of a prompt; never more than half of what the model looks back on."""


@dataclass(frozen=True, slots=True)
class Push:
    """What is done to one step.

    Args:
        text: Token that is said instead of the model's choice, or None. `extra`: vector added to its input, or None.
        muted: Nobody hears this frame. `secret`: nor reads it.
    """

    text: int | None = None
    extra: Vector | None = None
    muted: bool = False
    secret: bool = False


class Guide:
    """Pushes a generator.

    Args:
        generator: Steered, not owned. `encode`: of the text tokenizer. `traits`: of the model.
        settings: Strategy, persona, greeting. `store`: keeps prompts between starts; None = nowhere.
    """

    def __init__(
        self,
        generator: AnyGenerator,
        encode: Encode,
        traits: Traits,
        settings: MoshiSettings,
        store: PromptStore | None = None,
    ) -> None:
        self._generator = generator
        self._encode = encode
        self._traits = traits
        self._settings = settings
        self._store = store
        self._greeting: deque[int] = deque()
        self._thought: deque[int] = deque()
        self._thinking = False
        self._added: deque[int] = deque()
        self._hushed = 0
        self.begin()

    @property
    def strategy(self) -> Strategy | None:
        """How memories reach the model; None = not at all."""
        return strategy_of(self._settings, self._traits)

    @property
    def label(self) -> str:
        """The strategy for a person; "" for none."""
        return "" if self.strategy is None else self._traits.label(self.strategy)

    @property
    def busy(self) -> bool:
        """Whether a phrase or a thought is not over."""
        return bool(self._greeting or self._thought)

    @property
    def greeting(self) -> bool:
        """Whether the scripted phrase is being said."""
        return bool(self._greeting)

    def tune(self, settings: MoshiSettings) -> None:
        """Push otherwise from the next step on; a prompt, a persona and a greeting from the next conversation on."""
        before, self._settings = self.strategy, settings
        if self.strategy != before:
            self._thought = deque([PADDING] * TAIL_FRAMES if self._thinking else ())
            self._added.clear()

    def begin(self) -> None:
        """A fresh conversation: only the greeting is ahead."""
        self._greeting = deque(phrase(self._settings.greeting, self._encode))
        self._thought.clear()
        self._added.clear()
        self._thinking, self._hushed = False, 0

    def drop_greeting(self) -> None:
        """Leave the scripted phrase where it is; the model goes on by itself."""
        self._greeting.clear()

    def hush(self) -> None:
        """Have the model yield."""
        self._greeting.clear()
        self._hushed = HUSHED_FRAMES

    def next(self, *, free: bool) -> Push:
        """Return what to do to the next step; call it once for each.

        Args:
            free: Nobody is in the middle of a turn, so a thought may begin.
        """
        extra = self._next_extra()
        if self._hushed:
            self._hushed -= 1
            return Push(PADDING, extra, muted=True)
        if self._greeting:
            return Push(self._greeting.popleft(), extra)
        if self._thought and (self._thinking or free):
            text = self._thought.popleft()
            self._thinking = bool(self._thought)
            return Push(text, extra, muted=True, secret=True)
        return Push(extra=extra)

    def prefill(self, context: Context) -> Injection:
        """Take persona and memories before the first frame."""
        if self.strategy != "prefill":
            return Injection("unsupported", detail="moshi.strategy is not prefill")
        if self._traits.codes != MIMI_CODES:
            return Injection("unsupported", detail="It is not known how silence sounds in this model's codec")
        if self._generator.steps:
            return Injection("unsupported", detail="A prompt can only be taken before the first frame")
        most = min(MOST_PROMPT, self._generator.window // 2)
        prompt = prompt_of(self._settings.persona, context.texts, self._traits, self._encode, most)
        if prompt.texts:
            self._take(prompt)
        left_out = len(context.texts) - prompt.lines
        detail = self.label + (f"; {left_out} left out" if left_out else "")
        if self._settings.pin and self._generator.pins:
            self._generator.pin()
        elif self._settings.pin:
            detail += "; it cannot be kept in view on this device"
        return Injection("prefill", prompt.words, len(prompt.texts), detail, texts=prompt.lines)

    def inject(self, context: Context) -> Injection:
        """Hand memories to the running model; what still waits of earlier ones is dropped."""
        strategy = self.strategy
        if strategy is None:
            return Injection("unsupported", detail=f"{self._traits.kind} was not trained to take notes")
        if strategy == "prefill":
            return Injection("unsupported", detail="Memories reach this model only before the first frame")
        ids, used = thought_of(context.texts, self._encode, MOST_THOUGHT)
        frames = self._add(ids) if strategy == "add" else self._think(ids)
        if not frames:
            return Injection(strategy, detail="Nothing to hand over, or no strength to do it with")
        return Injection(strategy, min(len(ids), frames), frames, self.label, texts=used)

    def _think(self, ids: list[int]) -> int:
        """A thought in the middle gives way at once, still muted."""
        if not ids:
            return 0
        self._thought = deque([*ids, *[PADDING] * TAIL_FRAMES])
        return len(self._thought)

    def _add(self, ids: list[int]) -> int:
        frames = round(self._settings.add_seconds * FRAMES_PER_SECOND) if ids and self._settings.add_strength else 0
        self._added = deque(ids[place % len(ids)] for place in range(frames))
        return frames

    def _next_extra(self) -> Vector | None:
        if not self._added:
            return None
        token, strength = self._added.popleft(), self._settings.add_strength
        return self._generator.word_vector(token) * strength if strength else None

    def _take(self, prompt: Prompt) -> None:
        """Take a prompt in one pass, or from the disk where it was taken before."""
        generator, store = self._generator, self._store
        if store is None:
            generator.prefill(prompt.texts, prompt.own, prompt.user)
            return
        key = store.key(prompt)
        if (kept := store.get(key, generator.snapshot())) is not None:
            generator.restore(kept)
            return
        generator.prefill(prompt.texts, prompt.own, prompt.user)
        try:
            store.put(key, generator.snapshot())
        except EngineError as e:  # the next start takes longer, that is all
            log.warning("the prompt is not kept: %s", e)
