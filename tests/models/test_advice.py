"""What is recommended after a measurement."""

from __future__ import annotations

import pytest

from voice_tui.models.advice import advise
from voice_tui.models.fit import Measured
from voice_tui.models.machine import GIB, Machine

Q4, Q8, BF16 = (f"kyutai/moshika-mlx-{kind}" for kind in ("q4", "q8", "bf16"))


def took(step: float, *, encode: float = 8.0, decode: float = 9.0) -> Measured:
    return Measured((step, step), (encode, encode), (decode, decode), False, 1.0)


@pytest.mark.parametrize(
    ("measured", "step", "gib", "model", "own"),
    [
        (Q4, 60.0, 64, Q4, True),  # q8 would take 102 ms
        (Q4, 30.0, 64, Q8, False),  # bf16 would take 96 ms
        (Q4, 15.0, 64, BF16, False),
        (Q4, 15.0, 16, Q8, False),  # bf16 has no room
        (Q4, 15.0, 12, Q4, True),
        (Q8, 100.0, 64, Q4, False),
        (Q8, 71.9, 64, Q8, True),
        (Q8, 130.0, 64, "", True),
        (Q4, 52_000.0, 64, "", True),
    ],
)
def test_the_largest_that_keeps_up_and_fits(measured: str, step: float, gib: int, model: str, own: bool) -> None:
    advice = advise(measured, took(step), Machine("apple", "a", gib * GIB))
    assert (advice.model, advice.measured) == (model, own)
    assert advice.engine == ("moshi" if model else "cascade")
    assert model in advice.words


def test_a_slow_codec_is_too_slow_as_well() -> None:
    machine = Machine("apple", "a", 64 * GIB)
    assert advise(Q4, took(5.0, decode=81.0), machine).engine == "cascade"
    assert advise(Q4, took(30.0, encode=51.0), machine).engine == "cascade"


def test_a_folder_stands_for_itself() -> None:
    machine = Machine("none", "a", 8 * GIB)
    assert advise("/a/folder", took(20.0), machine).model == "/a/folder"
    assert advise("/a/folder", took(90.0), machine).engine == "cascade"
