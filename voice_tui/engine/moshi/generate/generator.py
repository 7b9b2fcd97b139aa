"""The streaming generator around `moshi_mlx`'s model: one step per frame, without end, its state a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from voice_tui.engine.moshi.generate.graph import Graphs, StepGraph
from voice_tui.engine.moshi.generate.layers import Cache, empty_cache, grown
from voice_tui.engine.moshi.generate.port import Sampling
from voice_tui.engine.moshi.generate.port import Spoken as Spoken
from voice_tui.engine.moshi.generate.prepare import prepare
from voice_tui.engine.moshi.generate.streams import Alignment, Codes, Past, Shape, Streams
from voice_tui.engine.moshi.lib import Array, mx
from voice_tui.engine.moshi.script import PADDING

FIRST_SLOTS = 256
"""The cache begins with room for so many steps and doubles until the context is full."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a generator; costs nothing, since MLX arrays never change."""

    past: Past
    pinned: int
    key: Array
    cache: Cache


class Generator:
    """Steps a model; implements `AnyGenerator`. One thread at a time.

    Args:
        model: A `moshi_mlx` Lm, owned from now on; its weights are laid out anew.
        sampling: How tokens are chosen. `seed`: of the random numbers.
        alignment: "reference" is the PyTorch model's: it hears the user 80 ms earlier, and sees `context` steps;
            "upstream" is moshi_mlx's, which sees one more.

    Raises:
        EngineError: The model has parts that are not supported.
    """

    def __init__(self, model: Any, *, sampling: Sampling, seed: int, alignment: Alignment = "reference") -> None:
        cfg = model.cfg
        self._graphs = Graphs(model, *prepare(model), PADDING)
        self._model = model
        self._window: int = cfg.transformer.context + (alignment == "upstream")
        self._shape = Shape(
            tuple(cfg.audio_delays), cfg.generated_codebooks, cfg.text_out_vocab_size, cfg.audio_padding_token
        )
        self._streams = Streams(self._shape, alignment)
        self._neutral = mx.zeros(cfg.transformer.d_model, model.out_norm.weight.dtype)
        self._cache: Cache = empty_cache(model.transformer, min(FIRST_SLOTS, self._window), self._neutral.dtype)
        self._key = mx.random.key(seed)
        self._sampling = sampling
        self._graph: StepGraph = self._graphs.step(sampling)
        self.pinned = 0
        """So many of the first steps stay in view for ever; the ring goes on behind them."""

    @property
    def pins(self) -> bool:
        """Whether steps can be pinned: they can."""
        return True

    @property
    def steps(self) -> int:
        """Taken since the beginning, prompt included."""
        return self._streams.past.steps

    @property
    def window(self) -> int:
        """How many steps the model looks back on, the present one included."""
        return self._window

    def sample_by(self, sampling: Sampling) -> None:
        """Choose tokens otherwise from the next step on (which takes a little longer)."""
        if sampling != self._sampling:
            self._sampling = sampling
            self._graph = self._graphs.step(sampling)

    def reseed(self, seed: int) -> None:
        """Begin the random numbers anew."""
        self._key = mx.random.key(seed)

    def word_vector(self, token: int) -> Array:
        """Return what the model itself adds to its input when it says this text token, (width,)."""
        return self._model.text_emb(mx.array([token]))[0].astype(self._neutral.dtype)

    def outlook(self, user: Sequence[int] | Codes, *, extra: Array | None = None) -> Array:
        """Return the log-probability of every text token in the next step, float32 (tokens,); the state stays.

        Args:
            user, extra: See `step`. Sampling does not count.
        """
        position, past = self.steps, self._streams.past
        columns = mx.array(self._streams.column(user))[None]
        self._streams.past = past
        self._make_room(position + 1)
        return self._graphs.outlook(
            columns,
            mx.array(position),
            mx.array([self._slot(position)]),
            mx.array(min(position + 1, self._window)),
            self._neutral if extra is None else extra,
            self._cache,
        )

    def step(
        self,
        user: Sequence[int] | Codes,
        *,
        text: int | None = None,
        own: Sequence[int] | Codes | None = None,
        extra: Array | None = None,
    ) -> Spoken:
        """Advance by one frame.

        Args:
            user: Codes of what was heard, (user codebooks,).
            text: Text token that is said instead of the model's choice: the depformer speaks it.
            own: Codes that stand for the depformer's in the history; what it gave is dropped.
            extra: Vector added to the input, (width,); None adds nothing.
        """
        position = self.steps
        tokens = self._streams.column(user)
        self._make_room(position + 1)
        cache, self._cache = self._cache, ()  # only the graph may hold the old one: then it is written in place
        output, self._key, self._cache = self._graph(
            mx.array(tokens),
            mx.array(position),
            mx.array([self._slot(position)]),
            mx.array(min(position + 1, self._window)),
            self._key,
            mx.array(-1 if text is None else text),
            mx.array(list(self._streams.past.recent)),
            self._neutral if extra is None else extra,
            cache,
        )
        del cache
        mx.eval(output, self._key, self._cache)
        return self._streams.taken(np.array(output), own)

    def prefill(
        self,
        texts: Sequence[int],
        own: Sequence[int] | Codes,
        user: Sequence[int] | Codes,
        *,
        extra: Array | None = None,
    ) -> None:
        """Take steps whose text and own codes are given, all at once: the same state as `step` for each of them.

        Args:
            texts: A text token per step. `own`, `user`: codes of every one of them, (codebooks,).
            extra: See `step`.

        Raises:
            EngineError: They do not fit into what the model looks back on.
        """
        position = self.steps
        columns = self._streams.prompt(texts, own, user, self._window)
        self._make_room(position + len(texts))
        if columns:
            self._cache = self._graphs.prefill(
                mx.array(np.stack(columns)),
                mx.array(position),
                mx.array([position]),
                self._neutral if extra is None else extra,
                self._cache,
            )
            mx.eval(self._cache)

    def pin(self) -> None:
        """Keep the steps that were taken in view for ever."""
        self.pinned = self.steps

    def snapshot(self) -> Snapshot:
        """Return the state."""
        return Snapshot(self._streams.past, self.pinned, self._key, self._cache)

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a state of this model."""
        self._streams.past = snapshot.past
        self.pinned = snapshot.pinned
        self._key, self._cache = snapshot.key, snapshot.cache

    def start(self) -> Snapshot:
        """Return the state before the first step, with the random key of now."""
        slots = min(FIRST_SLOTS, self._window)
        cache = empty_cache(self._model.transformer, slots, self._neutral.dtype)
        return replace(
            self.snapshot(),
            past=Past(0, self._shape.text_start),
            pinned=0,
            cache=cache,
        )

    def filled(self) -> Snapshot:
        """Return a state as if so many empty steps had been taken as the model looks back on: what costs most."""
        cache = empty_cache(self._model.transformer, self._window, self._neutral.dtype)
        return replace(self.start(), past=self._shape.quiet(self._window), cache=cache)

    def _slot(self, position: int) -> int:
        """Where a step goes in the ring: over the oldest one that is not pinned."""
        if position < self._window:
            return position
        return self.pinned + (position - self._window) % (self._window - self.pinned)

    def _make_room(self, steps: int) -> None:
        slots = self._cache[0].shape[2]
        while slots < min(steps, self._window):
            slots = min(2 * slots, self._window)
        if slots > self._cache[0].shape[2]:
            self._cache = grown(self._cache, slots)
