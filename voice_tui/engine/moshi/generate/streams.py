"""The token streams of a conversation on the host: which tokens a step reads, which frame it completes. Pure numpy.

A stream of delay d holds frame f in step f + d. The depformer's output of a step is read by the next one. The user's
frame f is read in step f + d when the alignment is "reference", as PyTorch's `LMGen` does, and one step (80 ms) later
when it is "upstream", as moshi_mlx 0.3.0's does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from voice_tui.engine.moshi.script import END_OF_PADDING, PADDING
from voice_tui.errors import EngineError

Alignment = Literal["reference", "upstream"]
Codes = NDArray[np.int32]
"""Codes of one frame, shape (codebooks,)."""

REPETITION_TOKENS = 64
"""Text tokens that the repetition penalty looks back on; paddings do not count."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a step gave.

    Args:
        text: The text token.
        own: Codes that the depformer gave, (codebooks,): those of several frames, by their delays.
        frame: Codes of the frame that is now complete, (codebooks,); None in the first steps.
    """

    text: int
    own: Codes
    frame: Codes | None


@dataclass(frozen=True, slots=True)
class Shape:
    """What the streams are.

    Args:
        delays: Of all audio streams, own ones first; the text has none.
        own: How many of them the model speaks. `text_start`, `audio_start`: tokens that stand before the beginning.
    """

    delays: tuple[int, ...]
    own: int
    text_start: int
    audio_start: int

    @property
    def longest(self) -> int:
        """The largest delay."""
        return max(self.delays)

    def quiet(self, steps: int) -> Past:
        """Return the past after so many steps, in each of which both voices had code 0 and the text its own start."""
        frame = np.zeros(self.own, np.int32)
        heard = np.zeros(len(self.delays) - self.own, np.int32)
        return Past(steps, self.text_start, (frame,) * (self.longest + 1), (heard,) * (self.longest + 2))


@dataclass(frozen=True, slots=True)
class Past:
    """What later steps still need; a value.

    Args:
        steps: Taken so far. `text`: the last text token.
        spoken: Depformer outputs of the last steps, newest first. `heard`: the user's frames, likewise.
        recent: The last text tokens that are no padding, oldest first; -1 for none.
    """

    steps: int
    text: int
    spoken: tuple[Codes, ...] = ()
    heard: tuple[Codes, ...] = ()
    recent: tuple[int, ...] = (-1,) * REPETITION_TOKENS


class Streams:
    """Builds the input column of every step.

    Args:
        shape: Of the streams. `alignment`: when the user's codes are read.
    """

    def __init__(self, shape: Shape, alignment: Alignment) -> None:
        self._shape = shape
        self._late = 0 if alignment == "reference" else 1
        self.past = Past(0, shape.text_start)

    def column(self, user: Sequence[int] | Codes) -> Codes:
        """Take the user's frame and return the tokens that this step reads: text, own, user; shape (1 + n,)."""
        past, own = self.past, self._shape.own
        heard = (np.asarray(user, np.int32), *past.heard)[: self._shape.longest + 2]
        self.past = replace(past, heard=heard)
        tokens = np.full(1 + len(self._shape.delays), self._shape.audio_start, np.int32)
        tokens[0] = past.text
        for stream, delay in enumerate(self._shape.delays):
            if past.steps <= delay:
                continue
            frame = past.spoken[0] if stream < own else heard[delay + self._late]
            tokens[1 + stream] = frame[stream if stream < own else stream - own]
        return tokens

    def taken(self, output: Codes, own: Sequence[int] | Codes | None) -> Spoken:
        """Note what a step gave.

        Args:
            output: Text token and own codes, (1 + codebooks,). `own`: codes that stand for its own in the history.
        """
        text, spoken = int(output[0]), output[1:] if own is None else np.asarray(own, np.int32)
        return Spoken(text, spoken, self.take(text, spoken))

    def prompt(
        self, texts: Sequence[int], own: Sequence[int] | Codes, user: Sequence[int] | Codes, window: int
    ) -> list[Codes]:
        """Take steps whose text and own codes are given; return what each of them reads, (1 + n,).

        Args:
            texts: A text token per step. `own`, `user`: codes of every one of them. `window`: steps that are seen.

        Raises:
            EngineError: They do not fit into what the model looks back on.
        """
        steps = self.past.steps + len(texts)
        if steps > window:
            raise EngineError(f"The prompt is too long: {steps} of {window} steps", hint="Use a shorter one")
        columns: list[Codes] = []
        for text in texts:
            columns.append(self.column(user))
            self.take(text, np.asarray(own, np.int32))
        return columns

    def take(self, text: int, spoken: Codes) -> Codes | None:
        """Note what the step gave and return the frame that is now complete: its own codes, or None at the start."""
        past = self.past
        outputs = (spoken, *past.spoken)[: self._shape.longest + 1]
        recent = past.recent if text in (PADDING, END_OF_PADDING) else (*past.recent[1:], text)
        self.past = replace(past, steps=past.steps + 1, text=text, spoken=outputs, recent=recent)
        longest = self._shape.longest
        if past.steps < longest:
            return None
        return np.array([outputs[longest - self._shape.delays[i]][i] for i in range(self._shape.own)], np.int32)
