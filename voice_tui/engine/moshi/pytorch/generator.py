"""The streaming generator around Kyutai's PyTorch model: the same port, streams and promises as with MLX.

The model keeps its own rings of keys and values; on a card its two halves are CUDA graphs, as `LMGen` has them. Which
tokens a step reads, what is forced, and the random numbers are ours.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from voice_tui.engine.moshi.generate.port import Sampling, Spoken
from voice_tui.engine.moshi.generate.streams import Alignment, Codes, Past, Shape, Streams
from voice_tui.engine.moshi.pytorch.lib import Tensor, compiling, torch, transformer
from voice_tui.engine.moshi.pytorch.sample import pick, weigh_text
from voice_tui.engine.moshi.script import PADDING
from voice_tui.errors import EngineError


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole state of a generator; a copy of its own.

    Args:
        cache: Keys and values of every layer, (2, 1, heads, slots in use, width).
        key: State of the random numbers.
    """

    past: Past
    key: Tensor
    cache: tuple[Tensor, ...]


class Generator:
    """Steps a model; implements `AnyGenerator`. One thread at a time.

    Args:
        model: A `moshi.models.LMModel` on its device, owned from now on.
        sampling: How tokens are chosen. `seed`: of the random numbers.
        own: Codebooks that it speaks; a model that also predicts the user's has them to spare.
        alignment: "reference" is this model's own: `context` steps are seen. "upstream" is moshi_mlx's: it hears the
            user 80 ms later, and sees one step more.
    """

    def __init__(self, model: Any, *, sampling: Sampling, seed: int, own: int, alignment: Alignment) -> None:
        self._model, self._device = model, model.device
        self._window: int = model.context + (alignment == "upstream")
        self._shape = Shape(tuple(model.delays[1:]), own, model.text_initial_token_id, model.initial_token_id)
        self._streams = Streams(self._shape, alignment)
        self._random: Any = torch.Generator(self._device)
        self._random.manual_seed(seed)
        self._sampling = sampling
        self._neutral = torch.zeros(model.dim, dtype=model.dtype, device=self._device)
        transformer.set_attention_context(model.transformer, self._window)
        model.eval()
        model.streaming_forever(1)
        self._states: list[Any] = list(model.get_streaming_state().values())
        self._rings: list[Tensor] = [state.kv_cache.cache for state in self._states if hasattr(state, "kv_cache")]
        off = self._device.type != "cuda"
        self._main: Any = compiling.CUDAGraphed(model.forward_text, disable=off)
        self._depth: Any = compiling.CUDAGraphed(self._speak, disable=off)

    @property
    def pins(self) -> bool:
        """Whether steps can be pinned: not in this model's rings."""
        return False

    @property
    def pinned(self) -> int:
        """None are."""
        return 0

    @property
    def steps(self) -> int:
        """Taken since the beginning, prompt included."""
        return self._streams.past.steps

    @property
    def window(self) -> int:
        """How many steps the model looks back on, the present one included."""
        return self._window

    def sample_by(self, sampling: Sampling) -> None:
        """Choose tokens otherwise from the next step on (which takes a little longer on a card)."""
        if sampling.of_audio != self._sampling.of_audio:
            self._depth.reset(warmup_steps=1)
        self._sampling = sampling

    def reseed(self, seed: int) -> None:
        """Begin the random numbers anew."""
        self._random.manual_seed(seed)

    def word_vector(self, token: int) -> Tensor:
        """Return what the model itself adds to its input when it says this text token, (width,)."""
        with torch.no_grad():
            return self._model.text_emb(torch.tensor([token], device=self._device))[0]

    def outlook(self, user: Sequence[int] | Codes, *, extra: Tensor | None = None) -> Tensor:
        """Return the log-probability of every text token in the next step, float32 (tokens,); the state stays.

        Args:
            user, extra: See `step`. Sampling does not count.
        """
        past = self._streams.past
        with _plainly():
            _, logits = self._main(*self._inputs(self._streams.column(user), extra))
            answer = torch.log_softmax(logits.flatten().float(), dim=-1).clone()
        self._streams.past = past
        self._go_to(past.steps)  # the slot that was written is the one of the next step
        return answer

    def step(
        self,
        user: Sequence[int] | Codes,
        *,
        text: int | None = None,
        own: Sequence[int] | Codes | None = None,
        extra: Tensor | None = None,
    ) -> Spoken:
        """Advance by one frame.

        Args:
            user: Codes of what was heard, (user codebooks,).
            text: Text token that is said instead of the model's choice: the depformer speaks it.
            own: Codes that stand for the depformer's in the history; what it gave is dropped.
            extra: Vector added to the input, (width,); None adds nothing.
        """
        with _plainly():
            hidden, logits = self._main(*self._inputs(self._streams.column(user), extra))
            logits = logits.reshape(1, -1)
            noise, audio_noise = self._noise(logits.shape[-1]), self._noise(self._shape.own * self._model.card)
            if text is None:
                weighed = weigh_text(logits, self._sampling, PADDING, self._streams.past.recent)
                token = pick(self._sampling.of_text, weighed, noise)
            else:
                token = torch.full((1,), text, device=self._device)
            codes = self._depth(token, hidden, audio_noise.reshape(self._shape.own, 1, -1))
            said = torch.cat([token, codes]).cpu().numpy().astype(np.int32)
        return self._streams.taken(said, own)

    def prefill(
        self,
        texts: Sequence[int],
        own: Sequence[int] | Codes,
        user: Sequence[int] | Codes,
        *,
        extra: Tensor | None = None,
    ) -> None:
        """Take steps whose text and own codes are given, all at once: the same state as `step` for each of them.

        Args:
            texts: A text token per step. `own`, `user`: codes of every one of them, (codebooks,).
            extra: See `step`.

        Raises:
            EngineError: They do not fit into what the model looks back on.
        """
        columns = self._streams.prompt(texts, own, user, self._window)
        if columns:
            with _plainly():
                self._model.forward_text(*self._inputs(np.stack(columns, axis=1), extra))
            self._go_to(self.steps)

    def pin(self) -> None:
        """Refuse: the rings are the model's own."""
        raise EngineError("PyTorch's Moshi cannot keep a prompt in view", hint="Set moshi.pin to false")

    def snapshot(self) -> Snapshot:
        """Return the state; copies what is in use of the rings."""
        used = min(self.steps, self._window)
        cache = tuple(ring[:, :, :, :used].clone() for ring in self._rings)
        return Snapshot(self._streams.past, self._random.get_state(), cache)

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a state of this model."""
        self._streams.past = snapshot.past
        self._random.set_state(snapshot.key)
        for ring, kept in zip(self._rings, snapshot.cache, strict=True):
            ring[:, :, :, : kept.shape[3]] = kept
        self._go_to(snapshot.past.steps)

    def start(self) -> Snapshot:
        """Return the state before the first step, with the random numbers of now."""
        nothing = tuple(ring[:, :, :, :0] for ring in self._rings)
        past = Past(0, self._shape.text_start)
        return Snapshot(past, self._random.get_state(), nothing)

    def filled(self) -> Snapshot:
        """Return a state as if so many empty steps had been taken as the model looks back on."""
        return replace(self.start(), past=self._shape.quiet(self._window))

    def _inputs(self, columns: Codes, extra: Tensor | None) -> tuple[Tensor, Tensor, None]:
        """Tokens (1, streams, steps), what is added (1, 1, width), and no other source.

        Args:
            columns: Tokens of a step, (streams,), or of several, (streams, steps).
        """
        tokens = torch.from_numpy(columns).to(self._device, torch.long).reshape(1, len(columns), -1)
        return tokens, (self._neutral if extra is None else extra).reshape(1, 1, -1), None

    def _noise(self, count: int) -> Tensor:
        return torch.empty(1, count, device=self._device).exponential_(generator=self._random)

    def _speak(self, text: Tensor, hidden: Tensor, noise: Tensor) -> Tensor:
        """Sample the own codes one after the other, (own,)."""
        choice, token = self._sampling.of_audio, text
        spoken: list[Tensor] = []
        with self._model.depformer.streaming(1):
            for index in range(self._shape.own):
                logits = self._model.forward_depformer(index, token.reshape(1, 1, 1), hidden)
                token = pick(choice, logits.reshape(1, -1), noise[index])
                spoken.append(token)
        return torch.cat(spoken)

    def _go_to(self, steps: int) -> None:
        """Have every part of the model believe that so many steps were taken."""
        for state in self._states:
            for name in ("offset", "offsets"):
                if hasattr(state, name):
                    getattr(state, name).fill_(steps)
            if hasattr(state, "offset_cpu"):
                state.offset_cpu = steps
            if hasattr(state, "kv_cache"):
                state.kv_cache.end_offset.fill_(steps)


@contextmanager
def _plainly() -> collections.abc.Generator[None]:
    """Without gradients, and without `torch.compile`, which wants a compiler and a minute before the first step."""
    with torch.no_grad(), compiling.no_compile():
        yield
