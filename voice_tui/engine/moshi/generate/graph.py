"""The graph of one step: tokens in, tokens out; compiled, and evaluated once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice_tui.engine.moshi.generate.layers import Cache, Place, run, run_slice
from voice_tui.engine.moshi.generate.port import Sampling
from voice_tui.engine.moshi.generate.prepare import Table
from voice_tui.engine.moshi.generate.sample import pick, weigh_text
from voice_tui.engine.moshi.lib import Array, mx

StepGraph = Callable[..., "tuple[Array, Array, Cache]"]


class Graphs:
    """Makes the graphs of one model.

    Args:
        model: A `moshi_mlx` Lm. `embeddings`, `inputs`: its tables; see `prepare`.
        padding: Id of the text's padding token.
    """

    def __init__(self, model: Any, embeddings: Table, inputs: Table, padding: int) -> None:
        self._model = model
        self._embeddings = embeddings
        self._inputs = inputs
        self._padding = padding
        codebooks, rows = model.cfg.audio_codebooks, model.cfg.audio_vocab_size
        self._first_rows = mx.arange(codebooks, dtype=mx.int32) * rows

    def embedded(self, columns: Array) -> Array:
        """Return the input of the main transformer, (steps, width).

        Args:
            columns: Tokens of steps, int32 (steps, 1 + codebooks).
        """
        x = self._model.text_emb(columns[:, 0])
        ids = columns[:, 1:] + self._first_rows
        rows = self._embeddings.rows(ids.reshape(-1)).reshape(*ids.shape, -1)
        for stream in range(ids.shape[1]):  # in upstream's order: sums of bfloat16 depend on it
            x = x + rows[:, stream]
        return x

    def step(self, sampling: Sampling) -> StepGraph:
        """Return the compiled graph of a step that samples so.

        It takes tokens int32 (1 + codebooks,), how many steps went before int32 (), the ring's slot int32 (1,), the
        number of slots that count int32 (), a random key, the text token to say or -1 int32 (), recent text tokens,
        a vector to add to the input (width,), and the cache. It gives text and own codes int32 (1 + own,), the next
        key, and the cache.
        """
        model = self._model

        def graph(
            tokens: Array,
            position: Array,
            slot: Array,
            seen: Array,
            key: Array,
            forced: Array,
            recent: Array,
            extra: Array,
            cache: Cache,
        ) -> tuple[Array, Array, Cache]:
            keys = mx.random.split(key, 2 + len(model.depformer.slices))
            mask = (mx.arange(cache[0].shape[2]) < seen)[None, None, None]
            x, cache = run(model.transformer, self.embedded(tokens[None]) + extra, cache, Place(position, slot, mask))
            x = model.out_norm(x)
            logits = weigh_text(model.text_linear(x), sampling, self._padding, recent)
            text = mx.where(forced < 0, pick(sampling.of_text, logits, keys[1]), forced)
            spoken = self._spoken(x, text, sampling, keys[2:])
            return mx.concatenate([text.reshape(1), *spoken]), keys[0], cache

        return mx.compile(graph)

    def _spoken(self, x: Array, text: Array, sampling: Sampling, keys: Array) -> list[Array]:
        """Sample the own codes one after the other, each (1,)."""
        depformer = self._model.depformer
        inputs = mx.split(self._inputs.project(x), len(depformer.slices), axis=-1)
        choice, token = sampling.of_audio, text
        before: list[Array | None] = [None] * len(depformer.slices[0].transformer.layers)
        spoken: list[Array] = []
        for index, part in enumerate(depformer.slices):
            entry = inputs[index] + part.emb(token)
            logits = part.linear_out(run_slice(part.transformer, entry, before, index))
            token = pick(choice, logits, keys[index])
            spoken.append(token.reshape(1))
        return spoken

    def prefill(self, columns: Array, position: Array, slot: Array, extra: Array, cache: Cache) -> Cache:
        """Pass many steps whose outcome is known through the main transformer at once.

        Args:
            columns: Their tokens, int32 (steps, 1 + codebooks). `position`, `slot`: of the first; they must not wrap.
            extra: Vector added to each, (width,). `cache`: of the steps before.
        """
        steps = columns.shape[0]
        slots = mx.arange(cache[0].shape[2])
        mask = (slots[None] <= (position + mx.arange(steps))[:, None])[None, None]
        _, cache = run(self._model.transformer, self.embedded(columns) + extra, cache, Place(position, slot, mask))
        return cache

    def outlook(self, columns: Array, position: Array, slot: Array, seen: Array, extra: Array, cache: Cache) -> Array:
        """Return the log-probabilities of the text in one step, float32 (tokens,); for the arguments see `step`."""
        mask = (mx.arange(cache[0].shape[2]) < seen)[None, None, None]
        x, _ = run(self._model.transformer, self.embedded(columns) + extra, cache, Place(position, slot, mask))
        logits = self._model.text_linear(self._model.out_norm(x)).astype(mx.float32).reshape(-1)
        return logits - mx.logsumexp(logits)
