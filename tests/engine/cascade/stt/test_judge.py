"""Which reading holds: pairs as the decoders gave them for real recordings, and corners."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_tui.engine.cascade.phrases import Command
from voice_tui.engine.cascade.stt.judge import ACCEPT, MENTION, Judge, difference, share_right
from voice_tui.engine.cascade.stt.sphinx import Hypothesis, Word, joined

SOUNDS = {
    "what": "W AH T",
    "time": "T AY M",
    "is": "IH Z",
    "it": "IH T",
    "stop": "S T AA P",
    "top": "T AA P",
    "the": "DH AH",
    "child": "CH AY L D",
    "almost": "AO L M OW S T",
    "that's": "DH AE T S",
    "not": "N AA T",
    "right": "R AY T",
    "remember": "R IH M EH M B ER",
    "that": "DH AE T",
    "member": "M EH M B ER",
    "my": "M AY",
    "car": "K AA R",
    "green": "G R IY N",
    "note": "N OW T",
    "out": "AW T",
    "make": "M EY K",
    "a": "AH",
    "an": "AE N",
    "of": "AH V",
    "half": "HH AE F",
    "hour": "AW ER",
}


def phones(word: str) -> tuple[str, ...]:
    return tuple(SOUNDS.get(word, "").split())


def reading(text: str, score: float, cost: float, frames: int = 100) -> Hypothesis:
    words = text.split()
    return Hypothesis(tuple(Word(word, frames // len(words), cost) for word in words), score)


@pytest.fixture
def judge() -> Judge:
    return Judge(phones)


def test_a_command_that_explains_the_sound_as_well_as_free_words_is_one(judge: Judge) -> None:
    verdict = judge.decide(reading("what time is it", -6855, 37), reading("what time is it", -6455, 41))
    assert (verdict.text, verdict.command, verdict.alternative) == ("what time is it", True, "")
    assert verdict.confidence > 0.9


def test_a_command_that_is_heard_into_other_words_is_none(judge: Judge) -> None:
    verdict = judge.decide(reading("the child almost", -13682, 30, 269), reading("that's not right", -31026, 98, 102))
    assert (verdict.text, verdict.command, verdict.alternative) == ("the child almost", False, "")


def test_in_between_the_other_reading_is_the_alternative(judge: Judge) -> None:
    free = reading("top", -2000, 40, 40)

    def worse(least: float, most: float) -> Hypothesis:
        """Return a command that explains the sound so much worse that its chance lies between these."""
        readings = (reading("stop", score, 45, 40) for score in range(-2000, -8000, -20))
        return next(one for one in readings if least <= judge.command_chance(free, one) < most)

    likely = judge.decide(free, worse(ACCEPT, 0.95))
    assert (likely.text, likely.alternative, likely.command) == ("stop", "top", True)
    doubtful = judge.decide(free, worse(MENTION, ACCEPT))
    assert (doubtful.text, doubtful.alternative, doubtful.command) == ("top", "stop", False)
    assert judge.decide(free, worse(0.0, MENTION)).alternative == ""


def test_a_command_in_the_free_words_is_one_whatever_the_grammar_heard(judge: Judge) -> None:
    verdict = judge.decide(reading("stop", -2000, 30), reading("what time is it", -9000, 120))
    assert (verdict.text, verdict.command) == ("stop", True)
    assert verdict.confidence == share_right(reading("stop", -2000, 30))


def test_words_that_are_no_command_alone_are_never_accepted(judge: Judge) -> None:
    assert judge.command_chance(None, reading("half an hour", -100, 10)) == 0.0
    wider = Judge(phones, (Command("duration", ("half an hour",)),))
    assert wider.command_chance(reading("half an hour", -100, 20), reading("half an hour", -100, 20)) > 0.9


def test_nothing_heard_is_nothing(judge: Judge) -> None:
    verdict = judge.decide(None, None)
    assert (verdict.text, verdict.confidence, verdict.command) == ("", 0.0, False)
    cough = judge.decide(None, reading("stop", -9000, 60, 50))
    assert not cough.command
    assert cough.text == ""


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("make an out that my car is green", "make a note that my car is green"),
        ("make a note that my car is green", "make a note that my car is green"),
        ("remember that my car is green", "remember that my car is green"),
        ("member that my car is green", "member that my car is green"),
        ("what time is it", "what time is it"),
        ("my car is green", "my car is green"),
        ("", ""),
    ],
)
def test_first_words_that_sound_like_an_open_command_become_it(judge: Judge, heard: str, expected: str) -> None:
    assert judge.with_prefix(heard) == expected


def test_the_better_the_sounds_fit_the_surer_the_words() -> None:
    shares = [share_right(reading("my car", -1, cost)) for cost in (15, 25, 35, 45, 60, 100)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.85
    assert shares[-1] < 0.05


def test_evidence_of_a_very_short_sound_is_spread_over_a_third_of_a_second(judge: Judge) -> None:
    seen = judge.evidence(reading("top", -1000, 30, 10), reading("stop", -1300, 30, 10))
    assert seen.worse == pytest.approx(10.0)


def test_parts_of_a_long_utterance_are_joined() -> None:
    whole = joined([reading("my car", -100, 20, 40), reading("is green", -200, 40, 40)])
    assert whole is not None
    assert (whole.text, whole.score, whole.frames, whole.cost) == ("my car is green", -300, 80, 30.0)
    assert joined([]) is None


@given(st.lists(st.sampled_from(["AA", "IY", "T", "S", "M"])), st.lists(st.sampled_from(["AA", "IY", "T", "S", "M"])))
def test_difference_is_a_distance_between_0_and_1(a: list[str], b: list[str]) -> None:
    one, other = tuple(a), tuple(b)
    assert difference(one, one) == 0.0
    assert difference(one, other) == difference(other, one)
    assert 0.0 <= difference(one, other) <= 1.0
    assert (difference(one, other) == 0.0) == (one == other)


def test_a_vowel_for_a_vowel_costs_half() -> None:
    assert difference(("T", "AA"), ("T", "IY")) == 0.25
    assert difference(("T", "AA"), ("T", "S")) == 0.5
    assert difference(("T", "AA"), ("T",)) == 0.5
