"""Turn-taking as a table: what is heard and when, and what must be decided when."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from voice_tui.engine.cascade.turns import CHUNK_SECONDS, EARLY, SLACK, Decision, Floor, TurnPolicy, TurnTaking

POLICY = TurnPolicy(silence=0.4, onset=0.09, interrupt_after=0.25, insist=0.9, join_window=0.8)


@dataclass(frozen=True)
class Case:
    """Stretches of (seconds, speech?) with the assistant silent or not, and the decisions they must bring, in order."""

    name: str
    sound: tuple[tuple[float, bool], ...]
    decisions: tuple[Decision, ...]
    speaking: bool = False
    answering: bool = False


CASES = (
    Case("silence", ((3.0, False),), ()),
    Case("a click is no speech", ((0.06, True), (1.0, False)), ()),
    Case("one turn", ((1.0, True), (1.0, False)), (Decision.BEGIN, Decision.END)),
    Case(
        "a breath inside a turn", ((1.0, True), (0.3, False), (1.0, True), (1.0, False)), (Decision.BEGIN, Decision.END)
    ),
    Case(
        "an early cut is joined",
        ((1.0, True), (0.7, False), (1.0, True), (1.0, False)),
        (Decision.BEGIN, Decision.END, Decision.JOIN, Decision.END),
    ),
    Case(
        "who goes on within the window joins, though to be sure of it takes until after it",
        ((1.0, True), (1.16, False), (1.0, True), (1.3, False)),
        (Decision.BEGIN, Decision.END, Decision.JOIN, Decision.END),
    ),
    Case(
        "after the window a new turn begins",
        ((1.0, True), (1.6, False), (1.0, True), (1.0, False)),
        (Decision.BEGIN, Decision.END, Decision.BEGIN, Decision.END),
    ),
    Case(
        "while nothing of the answer sounded, going on joins",
        ((1.0, True), (2.0, False), (1.0, True), (1.0, False)),
        (Decision.BEGIN, Decision.END, Decision.JOIN, Decision.END),
        answering=True,
    ),
    Case("a cough does not stop the assistant", ((0.15, True), (2.0, False)), (), speaking=True),
    Case(
        "a longer sound holds it and asks for words",
        ((0.4, True), (2.0, False)),
        (Decision.PAUSE, Decision.END, Decision.RESUME),
        speaking=True,
    ),
    Case(
        "insisting interrupts without words",
        ((2.0, True), (1.0, False)),
        (Decision.PAUSE, Decision.INTERRUPT, Decision.END),
        speaking=True,
    ),
)


def play(turns: TurnTaking, case: Case, start: float = 0.0) -> list[tuple[float, Decision]]:
    """Feed a case chunk by chunk."""
    now, got = start, []
    for seconds, speech in case.sound:
        for _ in range(round(seconds / CHUNK_SECONDS)):
            now += CHUNK_SECONDS
            decision = turns.on_chunk(0.95 if speech else 0.02, now, speaking=case.speaking, answering=case.answering)
            if decision is not None:
                got.append((now, decision))
    return got


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    assert tuple(d for _, d in play(TurnTaking(POLICY), case)) == case.decisions


def test_headphones_are_interrupted_sooner() -> None:
    def claimed_after(*, echo: bool) -> float:
        turns, now = TurnTaking(POLICY), 0.0
        while turns.on_chunk(0.95, now, speaking=True, echo=echo) is not Decision.PAUSE:
            now += CHUNK_SECONDS
            assert now < 1.0
        return now

    assert claimed_after(echo=False) == pytest.approx(0.75 * claimed_after(echo=True), abs=CHUNK_SECONDS)


def test_who_was_cut_in_a_pause_gets_longer_pauses_until_turns_end_well_again() -> None:
    turns = TurnTaking(POLICY)
    play(turns, Case("", ((1.0, True), (0.7, False), (1.0, True), (1.2, False)), ()))
    learned = turns.hangover
    assert 0.7 < learned < 0.95
    assert [d for _, d in play(turns, Case("", ((1.0, True), (0.7, False), (1.0, True), (2.0, False)), ()), 5.0)] == [
        Decision.BEGIN,
        Decision.END,
    ]
    for index in range(12):
        play(turns, Case("", ((1.0, True), (3.0, False)), ()), 20.0 + 4.0 * index)
    assert POLICY.silence <= turns.hangover < POLICY.silence + 0.05


def test_a_turn_whose_answer_is_heard_or_stopped_ended_well_too() -> None:
    for close in (TurnTaking.answered, TurnTaking.release):
        turns = TurnTaking(POLICY)
        play(turns, Case("", ((1.0, True), (0.7, False), (1.0, True), (1.2, False)), ()))
        learned = turns.hangover
        for index in range(12):
            play(turns, Case("", ((1.0, True), (0.9 * learned + 0.2, False)), ()), 20.0 + 4.0 * index)
            close(turns)
        assert turns.hangover < learned / 1.5


def test_the_learned_pause_has_a_limit() -> None:
    turns = TurnTaking(replace(POLICY, max_silence=0.6))
    play(turns, Case("", ((1.0, True), (1.1, False), (1.0, True), (3.0, False)), (), answering=True))
    assert turns.hangover == 0.6


def test_the_assistant_s_first_word_does_not_join_the_turn() -> None:
    turns = TurnTaking(POLICY)
    play(turns, Case("", ((1.0, True), (0.5, False)), ()))
    assert play(turns, Case("", ((0.15, True), (0.3, False)), (), speaking=True), start=1.5) == []


def test_the_end_comes_after_the_configured_silence() -> None:
    for silence in (0.3, 0.4, 1.0, 2.5):
        turns = TurnTaking(replace(POLICY, silence=silence))
        got = play(turns, Case("", ((1.0, True), (4.0, False)), ()))
        end = next(t for t, d in got if d is Decision.END)
        assert silence - EARLY <= end - turns.speech_end < silence - EARLY + CHUNK_SECONDS + SLACK


def test_unfinished_words_are_waited_for() -> None:
    turns = TurnTaking(POLICY)
    play(turns, Case("", ((1.0, True),), ()))
    turns.on_words(unfinished=True, backchannel=False)
    got = play(turns, Case("", ((4.0, False),), ()), start=1.0)
    assert [d for _, d in got] == [Decision.END]
    assert got[0][0] - turns.speech_end == pytest.approx(POLICY.max_silence, abs=2 * CHUNK_SECONDS)


@pytest.mark.parametrize("dictated", [True, False])
def test_a_pause_for_which_the_words_were_the_reason_teaches_this_turn_and_not_the_next(dictated: bool) -> None:
    turns = TurnTaking(replace(POLICY, max_silence=1.0))
    play(turns, Case("", ((1.0, True),), ()))
    turns.on_words(unfinished=dictated, backchannel=False)
    pause = 1.3 if dictated else 0.8
    play(turns, Case("", ((pause, False), (1.0, True)), ()), start=1.0)
    assert turns.floor is Floor.HEARING
    assert turns.hangover > 0.8, "the rest of the turn has the patience that it needs"
    play(turns, Case("", ((4.0, False),), ()), start=2.0 + pause)
    assert turns.floor is Floor.QUIET
    assert (turns.hangover == POLICY.silence) is dictated


@pytest.mark.parametrize(("echo", "patience"), [(True, 0.64), (False, POLICY.silence)])
def test_who_took_the_floor_over_an_echo_is_not_rushed_in_that_turn(echo: bool, patience: float) -> None:
    turns = TurnTaking(POLICY)
    at = 0.0
    taken: list[tuple[float, Decision]] = []
    for chunk in range(round(4.0 / CHUNK_SECONDS)):
        at = (chunk + 1) * CHUNK_SECONDS
        speech = at <= 2.0
        decision = turns.on_chunk(0.9 if speech else 0.05, at, speaking=at < 1.2, echo=echo)
        if decision is not None:
            taken.append((at, decision))
    assert [decision for _, decision in taken] == [Decision.PAUSE, Decision.INTERRUPT, Decision.END]
    assert taken[2][0] - turns.speech_end == pytest.approx(patience, abs=CHUNK_SECONDS)
    assert turns.floor is Floor.QUIET
    assert turns.hangover == POLICY.silence, "the next turn is as any other"


def test_words_make_an_interruption_real_and_a_backchannel_does_not() -> None:
    for text_is_backchannel, expected in ((False, Decision.INTERRUPT), (True, None)):
        turns = TurnTaking(POLICY)
        play(turns, Case("", ((0.4, True),), (), speaking=True))
        assert turns.floor is Floor.CLAIMING
        assert turns.on_words(unfinished=False, backchannel=text_is_backchannel) is expected


def test_one_word_over_the_assistant_waits_for_the_final_words() -> None:
    for single, expected in ((False, Decision.INTERRUPT), (True, None)):
        turns = TurnTaking(POLICY)
        play(turns, Case("", ((0.4, True),), (), speaking=True))
        assert turns.on_words(unfinished=False, backchannel=False, single=single) is expected


@pytest.mark.parametrize(("word", "expected"), [(False, Decision.RESUME), (True, Decision.END)])
def test_in_doubt_one_word_is_asked_for_and_none_is_not(word: bool, expected: Decision) -> None:
    turns = TurnTaking(POLICY)
    play(turns, Case("", ((0.4, True), (0.5, False), (0.4, True)), (), speaking=True))
    if word:
        turns.on_words(unfinished=False, backchannel=False, single=True)
    got = play(turns, Case("", ((2.0, False),), (), speaking=True), start=1.3)
    assert [decision for _, decision in got] == [expected]


@pytest.mark.parametrize(
    ("words", "backchannel", "expected"),
    [(True, False, Decision.INTERRUPT), (True, True, Decision.RESUME), (False, False, Decision.RESUME)],
)
def test_final_words_decide_a_claim(words: bool, backchannel: bool, expected: Decision) -> None:
    turns = TurnTaking(POLICY)
    play(turns, Case("", ((0.4, True), (0.5, False)), (), speaking=True))
    assert turns.on_final(words=words, backchannel=backchannel) is expected
    assert turns.floor is Floor.QUIET


def test_the_talk_key_begins_and_ends_at_once_and_silence_does_not() -> None:
    turns = TurnTaking(POLICY)
    assert turns.on_talk_key(True, 0.0) is Decision.BEGIN
    assert play(turns, Case("", ((0.5, True), (5.0, False)), ())) == []
    assert turns.on_talk_key(False, 6.0) is Decision.END


def test_the_talk_key_without_a_word_is_dropped() -> None:
    turns = TurnTaking(POLICY)
    turns.on_talk_key(True, 0.0)
    play(turns, Case("", ((0.5, False),), ()))
    assert turns.on_talk_key(False, 0.5) is Decision.DROP
    assert turns.floor is Floor.QUIET


def test_an_endless_turn_is_ended() -> None:
    got = play(TurnTaking(replace(POLICY, max_turn=5.0)), Case("", ((6.0, True),), ()))
    assert got[1][1] is Decision.END
    assert 5.0 <= got[1][0] < 5.3


def test_a_clock_that_steps_back_does_not_end_or_hang_a_turn() -> None:
    turns = TurnTaking(POLICY)
    play(turns, Case("", ((1.0, True),), ()))
    assert turns.on_chunk(0.9, -100.0, speaking=False) is None
    got = play(turns, Case("", ((2.0, False),), ()))
    assert [d for _, d in got] == [Decision.END]
