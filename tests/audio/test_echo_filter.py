"""The long filter takes the echo of a room out, and nothing of whoever speaks over it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.rooms import babble, heard_through, level_db, response
from voice_tui.audio.echo_filter import STEP, EchoFilter
from voice_tui.frame import SAMPLE_RATE, Pcm

LEARNED = 8 * SAMPLE_RATE


def through(echo_filter: EchoFilter, microphone: Pcm, played: Pcm) -> Pcm:
    steps = range(0, len(microphone) - STEP + 1, STEP)
    return np.concatenate([echo_filter.process(microphone[at : at + STEP], played[at : at + STEP])[0] for at in steps])


@pytest.mark.parametrize("delay", [0.0, 0.08, 0.25])
def test_the_echo_is_gone_however_late_it_comes(delay: float) -> None:
    played = babble(12)
    echo = heard_through(response(delay), played)
    left = through(EchoFilter(), echo, played)
    assert level_db(echo[LEARNED:]) - level_db(left[LEARNED:]) > 20


def test_who_speaks_softly_over_it_comes_through_whole() -> None:
    played = babble(14)
    echo = heard_through(response(0.1), played)
    person = np.zeros_like(echo)
    said = slice(10 * SAMPLE_RATE, 12 * SAMPLE_RATE)
    person[said] = babble(2, seed=12, level=0.025)  # 6 dB softer than the echo
    left = through(EchoFilter(), echo + person, played)
    assert level_db(left[said] - person[said]) < level_db(person[said]) - 10
    after = slice(12 * SAMPLE_RATE, 14 * SAMPLE_RATE)
    assert level_db(left[after]) < level_db(echo[after]) - 20, "it was led astray"


def test_without_playback_it_gives_back_what_it_got() -> None:
    person, nothing = babble(2), np.zeros(2 * SAMPLE_RATE, np.float32)
    assert np.array_equal(through(EchoFilter(), person, nothing), person)


def test_it_begins_again_when_told() -> None:
    played = babble(10)
    echo = heard_through(response(0.1), played)
    echo_filter = EchoFilter()
    through(echo_filter, echo, played)
    echo_filter.reset()
    left, taken_out = echo_filter.process(echo[:STEP], played[:STEP])
    assert not np.any(taken_out)
    assert np.array_equal(left, echo[:STEP])


def test_silence_and_full_scale_do_no_harm() -> None:
    echo_filter = EchoFilter()
    loud, nothing = np.full(STEP, 1.0, np.float32), np.zeros(STEP, np.float32)
    for microphone, played in [(nothing, loud), (loud, nothing), (loud, loud), (nothing, nothing)] * 20:
        left, _ = echo_filter.process(microphone, played)
        assert np.all(np.isfinite(left))
