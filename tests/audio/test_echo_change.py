"""The echo is another: by how much, how much later, and never a person."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.rooms import babble
from voice_tui.audio.echo_change import MOST_LAG, change_in, delay_in
from voice_tui.frame import SAMPLE_RATE, Pcm

ECHO = babble(2.0, seed=3)
WINDOW = slice(12_000, 12_000 + 1_920)


def moved(gain: float, lag: int) -> Pcm:
    """The echo as it is heard now."""
    return (gain * np.roll(ECHO, lag))[WINDOW]


@pytest.mark.parametrize("gain", [0.1, 0.5, 2.0, 10.0])
@pytest.mark.parametrize("lag", [0, 1, 240, -240, 600, -600])
def test_level_and_time_are_told(gain: float, lag: int) -> None:
    heard, echo = moved(gain, lag), ECHO[WINDOW]
    found = change_in(heard, echo, heard - echo)
    assert found is not None
    assert found.lag == lag
    assert found.gain == pytest.approx(gain, rel=0.05)


def test_the_echo_as_it_was_is_no_change() -> None:
    heard = moved(1.0, 0) + 0.003 * babble(1.0, seed=5)[:1_920]
    assert change_in(heard, ECHO[WINDOW], heard - ECHO[WINDOW]) is None


@pytest.mark.parametrize("level_db", [-6, 0, 6, 20])
@pytest.mark.parametrize("seed", range(20, 32))
def test_a_person_is_no_change_of_the_echo(level_db: float, seed: int) -> None:
    person = babble(1.0, seed=seed, level=0.05 * 10 ** (level_db / 20))
    heard = moved(1.0, 0) + person[: WINDOW.stop - WINDOW.start]
    assert change_in(heard, ECHO[WINDOW], heard - ECHO[WINDOW]) is None


def test_a_jump_that_is_too_far_is_not_believed() -> None:
    heard = moved(1.0, MOST_LAG + SAMPLE_RATE // 50)
    assert change_in(heard, ECHO[WINDOW], heard - ECHO[WINDOW]) is None


@pytest.mark.parametrize("echo", [0.0, 1e-9])
def test_silence_is_no_change(echo: float) -> None:
    heard = moved(1.0, 0)
    assert change_in(heard, np.full_like(heard, echo), heard) is None
    assert change_in(0 * heard, heard, -heard) is None


@pytest.mark.parametrize("lag", [-6, -2, 1, 4])
def test_a_delay_between_two_samples_is_told_to_the_nearest(lag: int) -> None:
    heard, echo = 0.5 * (moved(1.0, lag) + moved(1.0, lag + 1)), ECHO[WINDOW]
    found = delay_in(heard, echo, heard - echo)
    assert found is not None
    assert found.gain == 1.0
    assert found.lag in (lag, lag + 1)


@pytest.mark.parametrize("level_db", [-6, 0, 6, 20])
@pytest.mark.parametrize("seed", range(20, 32))
def test_a_person_is_no_delay_either(level_db: float, seed: int) -> None:
    person = babble(1.0, seed=seed, level=0.05 * 10 ** (level_db / 20))
    heard = moved(1.0, 0) + person[: WINDOW.stop - WINDOW.start]
    assert delay_in(heard, ECHO[WINDOW], heard - ECHO[WINDOW]) is None


def test_a_delay_of_none_is_none() -> None:
    heard = moved(1.0, 0) + 0.003 * babble(1.0, seed=5)[:1_920]
    assert delay_in(heard, ECHO[WINDOW], heard - ECHO[WINDOW]) is None
    assert delay_in(heard, np.zeros_like(heard), heard) is None
