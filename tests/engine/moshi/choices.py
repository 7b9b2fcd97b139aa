"""Which tokens may be drawn, whichever library draws."""

from __future__ import annotations

import math

import pytest

from voice_tui.engine.moshi.generate.port import Choice

LOGITS = [math.log(probability) for probability in (0.1, 0.28, 0.1, 0.52)]

CHOICES = [
    pytest.param(Choice(1.0, 0, 1.0, 0.0), {0, 1, 2, 3}, id="all"),
    pytest.param(Choice(1.0, 2, 1.0, 0.0), {1, 3}, id="top-k"),
    pytest.param(Choice(1.0, 0, 0.5, 0.0), {3}, id="top-p"),
    pytest.param(Choice(1.0, 0, 0.7, 0.0), {1, 3}, id="top-p of two"),
    pytest.param(Choice(1.0, 0, 1.0, 0.4), {1, 3}, id="min-p"),
    pytest.param(Choice(0.0, 0, 1.0, 0.0), {3}, id="greedy"),
]
"""How it is chosen, and the tokens of `LOGITS` that come."""
