"""A model for recall by meaning that is as small as can be, and one that knows which words mean the same."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from memory.retrieval.words import DIMENSION, Reading, Small, spelled

Floats = npt.NDArray[np.float32]

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "the",
    "key",
    "is",
    "under",
    "pot",
    "##s",
    "un",
    "##der",
    "a",
    "?",
]
WIDTH, HEADS, LAYERS, WINDOW = 8, 2, 2, 12

MEANINGS = ("car vehicle automobile parked", "dog puppy animal pet", "lisbon city town moved live", "tea coffee drink")


def tiny_model(folder: Path, seed: int = 1) -> Path:
    """Write a BERT model with random weights, as sentence-transformers would; returns the folder."""
    (folder / "1_Pooling").mkdir(parents=True)
    config = {
        "model_type": "bert", "hidden_act": "gelu", "num_attention_heads": HEADS, "num_hidden_layers": LAYERS,
        "max_position_embeddings": WINDOW, "layer_norm_eps": 1e-12, "seed": seed,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": WINDOW}))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    _write_tensors(folder / "model.safetensors", _weights(np.random.default_rng(seed)))
    return folder


def _weights(rng: np.random.Generator) -> dict[str, Floats]:
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": (WINDOW, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        square = [f"attention.self.{part}" for part in ("query", "key", "value")] + ["attention.output.dense"]
        wide = [("intermediate.dense", 16, WIDTH), ("output.dense", WIDTH, 16)]
        for part, up, down in [*((part, WIDTH, WIDTH) for part in square), *wide]:
            shapes |= {f"{name}.{part}.weight": (up, down), f"{name}.{part}.bias": (up,)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}.{part}.weight": (WIDTH,), f"{name}.{part}.bias": (WIDTH,)}
    return {name: rng.normal(size=shape).astype("<f4") for name, shape in shapes.items()}


def _write_tensors(file: Path, tensors: dict[str, Floats]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(t.tobytes() for t in tensors.values()))


class FakeEmbedder:
    """Words that mean the same lie in one direction, every other word in one of its own; answers at once or not at all.

    Args:
        name: Of the model. `dimension`: of its vectors.
        space: Of its words; "" = it tells none.
    """

    def __init__(self, name: str = "fake", dimension: int = 64, space: str = "") -> None:
        self.name = name
        self.space = space
        self.problem = ""
        self.asked: list[str] = []
        self.answers = 1_000_000
        self._dimension = dimension

    def read(self, texts: Sequence[str], *, timeout: float, urgent: bool = False) -> Reading | None:
        self.problem = "" if self.answers > 0 else "it was killed"
        if self.problem:
            return None
        self.answers -= 1
        self.asked += texts
        words = [self.words(text) for text in texts] if self.space else ()
        return Reading(np.stack([self._vector(text) for text in texts]), words)

    def words(self, text: str) -> Small:
        """What is told of a text."""
        return np.array([self.word(word) for word in spelled(text)], dtype=np.int8).reshape(-1, DIMENSION)

    def word(self, word: str) -> Small:
        """What is told of a word: the first of those that mean the same stands for all of them."""
        same = next((words.split()[0] for words in MEANINGS if word in words.split()), word)
        return np.random.default_rng(zlib.crc32(f"{self.space} {same}".encode())).integers(
            -50, 51, DIMENSION, dtype=np.int8
        )

    def _vector(self, text: str) -> Floats:
        found = np.full(self._dimension, 1e-3, dtype=np.float32)
        for word in re.findall(r"\w+", text.lower()):
            same = next((n for n, words in enumerate(MEANINGS) if word in words.split()), None)
            if same is not None:
                found[same] += 3.0
            elif len(word) > 3:
                found[len(MEANINGS) + sum(map(ord, word)) % (self._dimension - len(MEANINGS))] += 0.5
        return found / np.linalg.norm(found)

    def warm(self) -> None:
        pass

    def close(self) -> None:
        pass
