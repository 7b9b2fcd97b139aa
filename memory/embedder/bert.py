"""Sentence vectors by a BERT model with numpy alone: the forward pass of MiniLM and its kind, mean pooling, length 1.

Against sentence-transformers the cosine of the same text is above 0.99999 (benchmarks/memory_embed.py), without its
1.5 GB and its three seconds to start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memory.embedder.weights import broken, read_json, read_tensors
from memory.embedder.wordpiece import WordPieces
from memory.retrieval.overlap import Floats

AT_ONCE = 16
"""Texts that go through the layers together, those of like length beside each other."""

_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
_ERF_P = 0.3275911
"""Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26: off by 1.5e-7 at most."""

Numbers = npt.NDArray[np.int64]


class Bert:
    """A sentence-transformers model of the BERT family with mean pooling. One thread at a time.

    Args:
        folder: As sentence-transformers writes it: config.json, model.safetensors, vocab.txt, 1_Pooling/config.json.

    Raises:
        MemoryStoreError: If it is another kind of model, or cannot be read.

    Attributes:
        dimension: Numbers of a vector. `pieces`: how texts are cut.
    """

    def __init__(self, folder: Path) -> None:
        config = read_json(folder / "config.json")
        _require_known(folder, config)
        window = int(read_json(folder / "sentence_bert_config.json").get("max_seq_length", 256))
        tensors = read_tensors(folder / "model.safetensors")
        try:
            self.pieces = WordPieces(folder / "vocab.txt", min(window, int(config["max_position_embeddings"])))
            self._heads = int(config["num_attention_heads"])
            self._layers = [_Layer(tensors, n) for n in range(int(config["num_hidden_layers"]))]
            self._words = tensors["embeddings.word_embeddings.weight"]
            self._places = tensors["embeddings.position_embeddings.weight"]
            self._kind = tensors["embeddings.token_type_embeddings.weight"][0]
            self._norm = _norm_of(tensors, "embeddings.LayerNorm")
            self._epsilon = float(config.get("layer_norm_eps", 1e-12))
        except (KeyError, OSError, ValueError) as e:
            raise broken(folder, f"lacks {e}") from e
        self.dimension = int(self._words.shape[1])

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return the vectors of texts, shape (texts, dimension), float32, each of length 1."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for some, vectors, _ in self.passes(texts):
            found[some] = vectors
        return found

    def passes(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Floats, list[Floats]]]:
        """Yield, for AT_ONCE texts at a time, which they are, their vectors, and the states of the pieces of each.

        The states have the shape (pieces, dimension), both control signs included.
        """
        pieces = [self.pieces.numbers(text) for text in texts]
        order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            states, there = self._read([pieces[i] for i in some])
            yield some, _mean(states, there), [states[row, : len(pieces[i])] for row, i in enumerate(some)]

    def _read(self, pieces: Sequence[Sequence[int]]) -> tuple[Floats, Floats]:
        longest = max(map(len, pieces))
        numbers: Numbers = np.zeros((len(pieces), longest), dtype=np.int64)
        there: Floats = np.zeros((len(pieces), longest), dtype=np.float32)
        for row, found in enumerate(pieces):
            numbers[row, : len(found)] = found
            there[row, : len(found)] = 1
        return self._through(numbers, there), there

    def _through(self, numbers: Numbers, there: Floats) -> Floats:
        batch, length = numbers.shape
        states = self._words[numbers] + self._places[:length] + self._kind
        states = _normed(states, self._norm, self._epsilon).reshape(batch * length, -1)
        hidden: Floats | None = None if there.all() else (there[:, None, None, :] - 1) * np.float32(1e9)
        for layer in self._layers:
            states = layer.step(states, (batch, length, self._heads), hidden, self._epsilon)
        return states.reshape(batch, length, -1)


def _mean(states: Floats, there: Floats) -> Floats:
    """Return the means of the states of pieces that are there, each of length 1."""
    mean = (states * there[:, :, None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)


def _require_known(folder: Path, config: dict[str, object]) -> None:
    pooling = read_json(folder / "1_Pooling" / "config.json")
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise broken(folder, "this program runs BERT models with GELU only")
    if not pooling.get("pooling_mode_mean_tokens") or pooling.get("pooling_mode_cls_token"):
        raise broken(folder, "this program knows mean pooling only")


Norm = tuple[Floats, Floats]


def _norm_of(tensors: dict[str, Floats], name: str) -> Norm:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _normed(states: Floats, norm: Norm, epsilon: float) -> Floats:
    centred = states - states.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(epsilon))
    return centred / spread * norm[0] + norm[1]


class _Layer:
    """One layer: attention, then a wide step through GELU, each added to what came in and normed."""

    def __init__(self, tensors: dict[str, Floats], number: int) -> None:
        name = f"encoder.layer.{number}"
        three = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        self._ask = np.concatenate([tensors[f"{part}.weight"] for part in three]).T
        self._ask_bias = np.concatenate([tensors[f"{part}.bias"] for part in three])
        self._attended = _dense(tensors, f"{name}.attention.output.dense")
        self._wide = _dense(tensors, f"{name}.intermediate.dense")
        self._narrow = _dense(tensors, f"{name}.output.dense")
        self._norm_1 = _norm_of(tensors, f"{name}.attention.output.LayerNorm")
        self._norm_2 = _norm_of(tensors, f"{name}.output.LayerNorm")

    def step(self, states: Floats, shape: tuple[int, int, int], hidden: Floats | None, epsilon: float) -> Floats:
        """Return the states after this layer.

        Args:
            states: Shape (batch * length, dimension).
            shape: Batch, length, heads.
            hidden: Added to the scores of the places: very negative where there is none; None = all are there.
            epsilon: Of the norms.
        """
        asked = states @ self._ask + self._ask_bias
        context = _attention(asked, shape, hidden)
        states = _normed(states + (context @ self._attended[0] + self._attended[1]), self._norm_1, epsilon)
        wide = _gelu(states @ self._wide[0] + self._wide[1])
        return _normed(states + (wide @ self._narrow[0] + self._narrow[1]), self._norm_2, epsilon)


def _dense(tensors: dict[str, Floats], name: str) -> tuple[Floats, Floats]:
    return tensors[f"{name}.weight"].T, tensors[f"{name}.bias"]


def _attention(asked: Floats, shape: tuple[int, int, int], hidden: Floats | None) -> Floats:
    batch, length, heads = shape
    width = asked.shape[1] // 3 // heads
    query, key, value = asked.reshape(batch, length, 3, heads, width).transpose(2, 0, 3, 1, 4)
    scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(width))
    if hidden is not None:
        scores = scores + hidden
    likely = np.exp(scores - scores.max(axis=-1, keepdims=True))
    likely /= likely.sum(axis=-1, keepdims=True)
    return (likely @ value).transpose(0, 2, 1, 3).reshape(batch * length, heads * width)


def _gelu(values: Floats) -> Floats:
    """Return x Φ(x), with the error function by Abramowitz and Stegun."""
    scaled = np.abs(values) * np.float32(math.sqrt(0.5))
    t = 1 / (1 + np.float32(_ERF_P) * scaled)
    tail = np.zeros_like(t)
    for factor in reversed(_ERF):
        tail = (tail + np.float32(factor)) * t
    tail *= np.exp(-scaled * scaled)  # 1 - erf
    return values * np.where(values > 0, 1 - tail / 2, tail / 2)
