"""Amount, pace and time left."""

from __future__ import annotations

import pytest

from voice_tui.models.progress import Pace, Progress, amount, described, duration


def test_the_pace_is_that_of_late() -> None:
    pace = Pace()
    assert pace.report("p", 0, 1000, 0.0) == Progress("p", 0, 1000)
    assert pace.report("p", 100, 1000, 1.0) == Progress("p", 100, 1000, 100.0, 9.0)
    for second in range(2, 31):
        last = pace.report("p", 100 + 10 * (second - 1), 1000, float(second))
    assert last.rate == pytest.approx(10.0)
    assert last.eta == pytest.approx((1000 - 390) / 10)


def test_what_begins_anew_has_no_pace_yet() -> None:
    pace = Pace()
    pace.report("p", 500, 1000, 0.0)
    assert pace.report("p", 0, 1000, 1.0) == Progress("p", 0, 1000)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (12, "12 B"),
        (553_000, "553 kB"),
        (384_644_884, "385 MB"),
        (999_700_000, "1.00 GB"),
        (4_805_545_072, "4.81 GB"),
        (15.4e9, "15.4 GB"),
    ],
)
def test_amounts(size: float, words: str) -> None:
    assert amount(size) == words


@pytest.mark.parametrize(("seconds", "words"), [(8.4, "8 s"), (200, "3 min 20 s"), (3900, "1 h 05 min"), (-1, "0 s")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_line() -> None:
    line = described(Progress("downloading a", 1_200_000_000, 4_800_000_000, 24_000_000.0, 150.0))
    assert line == "downloading a: 1.20 GB of 4.80 GB, 24 MB/s, 2 min 30 s left"
    assert described(Progress("asking the hub", 0, 0)) == "asking the hub …"
