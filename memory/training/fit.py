"""Fitting linear models with numpy alone: an order among candidates, and a probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory.retrieval.model import LIMIT, Linear
from memory.retrieval.overlap import Flags, Floats

STEPS = 200
RATE = 0.08
"""Of Adam (Kingma and Ba 2015), with its usual moments."""

NEWTON_STEPS = 25


def fit_order(names: Sequence[str], tables: Sequence[Floats], right: Sequence[Flags], penalty: float) -> Linear:
    """Fit weights that put the right candidates of each group first.

    Minimises the cross-entropy between the softmax of a group's scores and an even share for each right candidate
    ("ListNet", Cao et al. 2007), plus `penalty` times the squared weights.

    Args:
        names: Of the features.
        tables: For each group its candidates' features, shape (candidates, features).
        right: For each group which candidates are right; groups without any teach nothing and are left out.
        penalty: On the squared weights.
    """
    kept = [(table, hits) for table, hits in zip(tables, right, strict=True) if hits.any()]
    values, mean, scale = _standardised(np.concatenate([table for table, _ in kept]))
    target = np.concatenate([hits / hits.sum() for _, hits in kept]).astype(np.float32)
    starts = np.cumsum([0, *(len(hits) for _, hits in kept)])[:-1]
    group = np.repeat(np.arange(len(kept)), [len(hits) for _, hits in kept])
    weights, first, second = (np.zeros(values.shape[1], dtype=np.float32) for _ in range(3))
    for step in range(1, STEPS + 1):
        scores = values @ weights
        likely = np.exp(scores - np.maximum.reduceat(scores, starts)[group])
        likely = likely / np.add.reduceat(likely, starts)[group]
        slope = values.T @ (likely - target) / len(kept) + 2 * penalty * weights
        first = 0.9 * first + 0.1 * slope
        second = 0.999 * second + 0.001 * slope**2
        rate = np.float32(RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS)))
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return _linear(names, mean, scale, weights, 0.0)


def fit_probability(names: Sequence[str], table: Floats, right: Flags, penalty: float) -> Linear:
    """Fit a logistic regression by Newton's method.

    Args:
        names: Of the features.
        table: Shape (rows, features).
        right: Which rows are right.
        penalty: On the squared weights, times the number of rows.
    """
    values, mean, scale = _standardised(table)
    values = np.concatenate([values, np.ones((len(values), 1))], axis=1).astype(np.float64)
    weights = np.zeros(values.shape[1])
    ridge = np.full(len(weights), 2 * penalty * len(values))
    ridge[-1] = 1e-9  # the bias is free
    for _ in range(NEWTON_STEPS):
        likely = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (likely - right) + ridge * weights
        curve = (values.T * (likely * (1 - likely))) @ values + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return _linear(names, mean, scale, weights[:-1], float(weights[-1]))


def _standardised(table: Floats) -> tuple[Floats, Floats, Floats]:
    mean = table.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = np.maximum(table.std(axis=0, dtype=np.float64), 1e-3).astype(np.float32)
    return np.clip((table - mean) / scale, -LIMIT, LIMIT), mean, scale


def _linear(names: Sequence[str], mean: Floats, scale: Floats, weights: Floats, bias: float) -> Linear:
    return Linear(tuple(names), mean, scale, weights.astype(np.float32), bias)
