"""The weights of the ranker and the judge: what training wrote, as recall reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from memory.retrieval.overlap import Floats

FILE = Path(__file__).with_name("model.json")
"""Written by `python -m memory.training.train`; it says itself what it was made of."""

LIMIT = 5.0
"""Standardised values are cut here, so that nothing a person says can carry a feature where training never was."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A weighted sum of standardised features.

    Args:
        features: Their names. `mean`, `scale`, `weights`: one for each.
        bias: Added at the end.
    """

    features: tuple[str, ...]
    mean: Floats
    scale: Floats
    weights: Floats
    bias: float = 0.0

    def scores(self, names: Sequence[str], table: Floats) -> Floats:
        """Return the sum for each row.

        Args:
            names: What the columns are.
            table: Values, shape (rows, columns).

        Raises:
            ValueError: If the columns are not those of the weights: the weights must be trained again.
        """
        if tuple(names) != self.features:
            raise ValueError("the weights of recall are for other features; run `python -m memory.training.train`")
        return np.clip((table - self.mean) / self.scale, -LIMIT, LIMIT) @ self.weights + np.float32(self.bias)

    def to_record(self) -> dict[str, Any]:
        """Return it as an object for JSON."""
        rows = zip(self.features, self.mean, self.scale, self.weights, strict=True)
        columns = {name: [round(float(value), 5) for value in values] for name, *values in rows}
        return {"bias": round(self.bias, 5), "mean, scale, weight": columns}


@dataclass(frozen=True, slots=True)
class Weights:
    """What one way of recall needs.

    Args:
        ranker: Orders candidates. `judge`: log odds that one bears on what was said.
    """

    ranker: Linear
    judge: Linear


@dataclass(frozen=True, slots=True)
class Model:
    """All weights.

    Args:
        words: For recall by words alone. `vectors`: by words and meaning.
        near: By the words of question and candidates, one by one, as well: the ranker puts the first candidates of
            the one of `vectors` in order once more.
        importance: Log odds that a memory will ever be asked for.
    """

    words: Weights
    vectors: Weights
    near: Weights
    importance: Linear


def to_record(model: Model, made: dict[str, Any]) -> dict[str, Any]:
    """Return a model as an object for JSON, with how it was made."""
    ways = {"words": model.words, "vectors": model.vectors, "near": model.near}
    return {
        "made": made,
        **{name: {"ranker": way.ranker.to_record(), "judge": way.judge.to_record()} for name, way in ways.items()},
        "importance": model.importance.to_record(),
    }


def from_record(record: dict[str, Any]) -> Model:
    """Return the model that `to_record` wrote.

    Raises:
        KeyError: If it is none.
    """
    return Model(
        words=_weights(record["words"]),
        vectors=_weights(record["vectors"]),
        near=_weights(record["near"]),
        importance=_linear(record["importance"]),
    )


@lru_cache(maxsize=1)
def load() -> Model:
    """Return the model of this package; read once."""
    return from_record(json.loads(FILE.read_text("utf-8")))


def _weights(record: dict[str, Any]) -> Weights:
    return Weights(_linear(record["ranker"]), _linear(record["judge"]))


def _linear(record: dict[str, Any]) -> Linear:
    columns: dict[str, list[float]] = record["mean, scale, weight"]
    mean, scale, weights = np.array(list(columns.values()), dtype=np.float32).T
    return Linear(tuple(columns), mean, scale, weights, float(record["bias"]))
