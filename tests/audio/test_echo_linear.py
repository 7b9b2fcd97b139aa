"""When the long filter is believed, when what it leaves is somebody speaking, and when it has to begin again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.audio.rooms import babble, frames, heard_through, level_db, response
from voice_tui.audio.echo_linear import (
    LONG_REST_FRAMES,
    PROVEN_FRAMES,
    REST_FRAMES,
    LeakGate,
    Levels,
    LinearPath,
    Proof,
)
from voice_tui.frame import SAMPLE_RATE, Pcm

NOTHING_LEFT = Levels(microphone=0.1, cleaned=0.001, left=0.003, echo=0.1)
"""30 dB below the echo."""


def judged(gate: LeakGate, levels: Levels, seconds: float) -> LeakGate:
    for _ in range(round(100 * seconds)):
        gate.judge(levels)
    return gate


def left(db: float) -> Levels:
    """A block of which so much is left, relative to the echo."""
    return Levels(microphone=0.1, cleaned=0.05, left=0.1 * 10 ** (db / 20), echo=0.1)


class TestGate:
    def test_it_learns_what_the_filter_leaves(self) -> None:
        gate = judged(LeakGate(), NOTHING_LEFT, 20)
        assert gate.leak_db == pytest.approx(-30.5, abs=1)
        assert gate.trusted
        assert not gate.open

    def test_a_filter_that_leaves_much_is_not_believed(self) -> None:
        assert not judged(LeakGate(), left(-10), 20).trusted

    @pytest.mark.parametrize(("db", "opens"), [(-6, True), (-12, True), (-16, False), (-25, False)])
    def test_what_is_clearly_louder_is_somebody_speaking(self, db: float, opens: bool) -> None:
        gate = judged(LeakGate(), NOTHING_LEFT, 20)
        gate.judge(left(db))
        assert gate.open is opens

    def test_where_more_is_left_a_person_has_to_be_louder(self) -> None:
        gate = judged(LeakGate(), left(-20), 20)
        assert gate.trusted
        gate.judge(left(-10))
        assert not gate.open
        gate.judge(left(-5))
        assert gate.open

    def test_it_stays_open_for_the_softer_sounds_of_speech(self) -> None:
        gate = judged(LeakGate(), NOTHING_LEFT, 20)
        gate.judge(left(-6))
        opened: list[bool] = []
        for _ in range(8):
            gate.judge(NOTHING_LEFT)
            opened.append(gate.open)
        assert opened == [True] * 7 + [False]

    def test_who_speaks_for_long_teaches_it_little(self) -> None:
        gate = judged(LeakGate(), NOTHING_LEFT, 20)
        judged(gate, left(0), 10)
        assert gate.trusted
        assert gate.leak_db < -20

    def test_without_an_echo_there_is_nothing_to_judge(self) -> None:
        assert not LeakGate().judge(Levels(microphone=0.1, cleaned=0.1, left=0.1, echo=0.0))

    def test_a_filter_that_removes_nothing_while_aec3_does_has_lost_its_room(self) -> None:
        gate = judged(LeakGate(), NOTHING_LEFT, 20)
        moved = Levels(microphone=0.1, cleaned=0.001, left=0.1, echo=0.1)
        judged(gate, moved, 0.5)
        assert not gate.lost
        judged(gate, moved, 0.2)
        assert gate.lost
        gate.begin_again()
        assert not judged(gate, moved, 7).lost, "it is given time to learn"

    def test_who_speaks_over_the_echo_does_not_look_like_that(self) -> None:
        gate = judged(LeakGate(), NOTHING_LEFT, 20)
        person = Levels(microphone=0.14, cleaned=0.09, left=0.12, echo=0.1)
        assert not judged(gate, person, 5).lost

    def test_an_echo_that_was_predicted_and_never_came_is_nobody_and_teaches_nothing(self) -> None:
        gate = judged(LeakGate(), left(-8), 1)
        leak_db = gate.leak_db
        never_came = Levels(microphone=0.0, cleaned=0.0, left=0.1, echo=0.1)
        assert not judged(gate, never_came, 0.3).open
        soft = Levels(microphone=0.0, cleaned=0.0, left=0.02, echo=0.02)
        assert judged(gate, soft, 1).leak_db == leak_db
        assert not gate.trusted


PROOFS = [
    # what was before, whether clocks drift, how many frames were right or not, whether the filter is heard
    ("no rest", 0, True, "", True),
    ("a pause in a drift", REST_FRAMES - 1, True, "", True),
    ("a rest in a drift", REST_FRAMES, True, "", False),
    ("a rest in a drift, right for too short", REST_FRAMES, True, "+" * (PROVEN_FRAMES - 1), False),
    ("a rest in a drift, right again", REST_FRAMES, True, "+" * PROVEN_FRAMES, True),
    ("a rest in a drift, wrong in between", REST_FRAMES, True, "+++-+++", False),
    ("a rest in a drift, nothing to tell from", REST_FRAMES, True, "++..+++", True),
    ("a rest without a drift", LONG_REST_FRAMES - 1, False, "", True),
    ("a long rest", LONG_REST_FRAMES, False, "", False),
    ("once right, wrong later", LONG_REST_FRAMES, False, "+" * PROVEN_FRAMES + "---", True),
]


@pytest.mark.parametrize(("case", "rested", "drifts", "frames_since", "given"), PROOFS)
def test_after_a_rest_the_filter_has_to_be_right_again(
    case: str, rested: int, drifts: bool, frames_since: str, given: bool
) -> None:
    proof = Proof()
    for _ in range(rested):
        proof.note(rests=True, drifts=drifts, right=None)
    for frame in frames_since:
        proof.note(rests=False, drifts=drifts, right={"+": True, "-": False, ".": None}[frame])
    assert proof.given is given, case


class Scene:
    """An assistant that speaks for some time, and what the two cancellers make of it; AEC3 here hears nobody at all."""

    def __init__(self, seconds: float) -> None:
        self.played = babble(seconds)
        self.echo = heard_through(response(0.1), self.played)
        self.path = LinearPath()

    def heard(self, microphone: Pcm) -> Pcm:
        nothing = np.zeros_like(microphone)
        rows = zip(frames(microphone), frames(self.played), frames(nothing), strict=True)
        return np.concatenate([self.path.mix(near, far, aec3, aec3) for near, far, aec3 in rows])


class TestPath:
    def test_who_speaks_at_half_the_loudness_of_the_echo_is_heard_whole(self) -> None:
        scene = Scene(16)
        said = slice(12 * SAMPLE_RATE, 14 * SAMPLE_RATE)
        microphone = scene.echo.copy()
        person = babble(2, seed=12, level=0.025)
        microphone[said] += person
        heard = scene.heard(microphone)
        assert level_db(heard[said] - person) < level_db(person) - 6
        alone = slice(8 * SAMPLE_RATE, 12 * SAMPLE_RATE)
        assert level_db(heard[alone]) < level_db(scene.echo[alone]) - 50

    def test_before_it_knows_the_room_aec3_is_heard(self) -> None:
        scene = Scene(1)
        assert not np.any(scene.heard(scene.echo))

    @pytest.mark.parametrize("millionths", [37, -80])
    def test_clocks_that_begin_to_drift_are_nobody_speaking(self, millionths: int) -> None:
        scene = Scene(16)
        heard = scene.heard(drifting(scene.echo, millionths, since=8 * SAMPLE_RATE))
        loud = np.mean(np.square(heard[8 * SAMPLE_RATE :].reshape(-1, 240)), axis=1) > 1e-6
        assert 0.01 * int(np.sum(loud)) < 0.6
        assert 1e6 * scene.path.drift == pytest.approx(millionths, abs=3)

    def test_who_speaks_while_clocks_drift_is_heard_whole(self) -> None:
        scene = Scene(16)
        said = slice(12 * SAMPLE_RATE, 14 * SAMPLE_RATE)
        microphone = drifting(scene.echo, 80, since=6 * SAMPLE_RATE)
        person = babble(2, seed=12, level=0.025)
        microphone[said] += person
        assert level_db(scene.heard(microphone)[said] - person) < level_db(person) - 5

    @pytest.mark.parametrize("millionths", [40, 80])
    def test_clocks_that_drift_from_the_start_are_followed(self, millionths: int) -> None:
        scene = Scene(12)
        heard = scene.heard(drifting(scene.echo, millionths, since=0))
        assert 1e6 * scene.path.drift == pytest.approx(millionths, abs=3)
        assert level_db(heard[8 * SAMPLE_RATE :]) < level_db(scene.echo) - 40

    def test_who_speaks_does_not_look_like_a_drift(self) -> None:
        scene = Scene(14)
        microphone = scene.echo.copy()
        microphone[6 * SAMPLE_RATE :] += babble(8, seed=12, level=0.1)
        scene.heard(microphone)
        assert abs(1e6 * scene.path.drift) < 10

    def test_in_another_room_it_begins_again(self) -> None:
        scene = Scene(30)
        moved = 12 * SAMPLE_RATE
        elsewhere = heard_through(response(0.16, seed=13), scene.played)
        heard = scene.heard(np.concatenate([scene.echo[:moved], elsewhere[moved:]]))
        learned = slice(24 * SAMPLE_RATE, 30 * SAMPLE_RATE)
        assert level_db(heard[learned]) < level_db(elsewhere[learned]) - 40

    @pytest.mark.parametrize(
        "change", ["louder", "softer", "later", "earlier", "gone and back", "gone and back, louder"]
    )
    def test_an_echo_that_becomes_another_is_nobody_speaking(self, change: str) -> None:
        scene = Scene(20)
        microphone = changed(scene.echo, change, at=12 * SAMPLE_RATE, until=15 * SAMPLE_RATE)
        heard = scene.heard(microphone)
        for since, seconds in ((12, 8.0), (15, 5.0)):
            stretch = heard[since * SAMPLE_RATE : round((since + seconds) * SAMPLE_RATE)]
            loud = np.mean(np.square(stretch[: len(stretch) // 240 * 240].reshape(-1, 240)), axis=1) > 1e-6
            assert 0.01 * int(np.sum(loud)) < 0.12, f"heard for {0.01 * int(np.sum(loud)):.2f} s after {since} s"

    @pytest.mark.parametrize("learned", [4, 5, 6])
    def test_an_echo_that_comes_earlier_after_the_first_answers_is_nobody_speaking(self, learned: int) -> None:
        scene = Scene(learned + 5)
        again = (learned + 2) * SAMPLE_RATE
        scene.played[learned * SAMPLE_RATE : again] = 0.0
        dry = np.zeros(SAMPLE_RATE // 20 + 1, np.float32)
        dry[-1] = 0.4
        echo = heard_through(dry, scene.played)
        earlier = heard_through(dry[65:], scene.played)
        heard = scene.heard(np.concatenate([echo[:again], earlier[again:]]))
        loud = np.mean(np.square(heard[again:].reshape(-1, 240)), axis=1) > 1e-6
        assert 0.01 * int(np.sum(loud)) < 0.12

    @pytest.mark.parametrize("seconds", [1.6, 2.2, 2.8, 3.4])
    def test_what_a_first_short_answer_taught_lets_nothing_of_the_second_through(self, seconds: float) -> None:
        scene = Scene(1)
        pause = np.zeros(3 * SAMPLE_RATE, np.float32)
        scene.played = np.concatenate([babble(seconds), pause, babble(3, seed=4)])
        dry = np.zeros(round(0.13 * SAMPLE_RATE) + 1, np.float32)
        dry[-1] = 0.5
        echo = heard_through(dry, scene.played)
        echo[np.abs(echo) < 1e-5] = 0.0  # a virtual card's silence is one
        assert loud_seconds(scene.heard(echo)) == 0.0

    @pytest.mark.parametrize(("millionths", "meanwhile"), [(110, 105), (0, 1)])
    def test_after_a_rest_in_which_clocks_went_elsewhere_nobody_speaks_until_somebody_does(
        self, millionths: int, meanwhile: int
    ) -> None:
        scene, began, ended = Scene(22), 16 * SAMPLE_RATE, 56 * SAMPLE_RATE
        scene.played = np.insert(scene.played, began, np.zeros(ended - began, np.float32))
        times = np.arange(len(scene.played), dtype=np.float64)
        resting = np.clip(times - began, 0, ended - began)
        late = 1e-6 * (millionths * (times - resting) + meanwhile * resting)
        echo = at_times(heard_through(response(0.1), scene.played), times - late)
        said = slice(59 * SAMPLE_RATE, 61 * SAMPLE_RATE)
        person = babble(2, seed=12, level=0.05)
        echo[said] += person
        heard = scene.heard(echo)
        assert loud_seconds(heard[8 * SAMPLE_RATE : said.start]) < 0.05
        assert level_db(heard[said] - person) < level_db(person) - 6

    def test_in_the_first_moments_after_a_long_rest_aec3_is_heard(self) -> None:
        scene = Scene(12)
        scene.heard(scene.echo)
        nothing = np.zeros(1920, np.float32)
        for _ in range(LONG_REST_FRAMES + 10):
            scene.path.mix(nothing, nothing, nothing, nothing)
        person = babble(0.32, seed=12)
        rows = zip(frames(scene.echo[: len(person)] + person), frames(scene.played), frames(person), strict=False)
        for near, far, aec3 in rows:
            assert np.array_equal(scene.path.mix(near, far, aec3, aec3), aec3)

    def test_who_speaks_just_when_the_volume_is_turned_is_heard(self) -> None:
        scene = Scene(16)
        turned = changed(scene.echo, "louder", at=12 * SAMPLE_RATE, until=16 * SAMPLE_RATE)
        said = slice(round(12.3 * SAMPLE_RATE), round(14.3 * SAMPLE_RATE))
        person = babble(2, seed=12, level=0.1)
        turned[said] += person
        assert level_db(scene.heard(turned)[said] - person) < level_db(person) - 4

    def test_without_playback_aec3_is_heard(self) -> None:
        path, nothing, person = LinearPath(), np.zeros(1920, np.float32), babble(1)
        for frame in frames(person):
            assert np.array_equal(path.mix(frame, nothing, frame, 0.5 * frame), 0.5 * frame)


def drifting(echo: Pcm, millionths: int, *, since: int) -> Pcm:
    """The echo, so many millionths slower from a sample on."""
    times = np.arange(len(echo))
    return at_times(echo, times - 1e-6 * millionths * np.maximum(times - since, 0))


def at_times(echo: Pcm, times: NDArray[np.float64]) -> Pcm:
    """The echo at these times, counted in samples."""
    spread = resampled(echo, 4)
    return np.interp(4 * times, np.arange(len(spread)), spread).astype(np.float32)


def loud_seconds(heard: Pcm) -> float:
    """For how long something above -60 dB was heard."""
    blocks = heard[: len(heard) // 240 * 240].reshape(-1, 240)
    return 0.01 * int(np.sum(np.mean(np.square(blocks), axis=1) > 1e-6))


def resampled(pcm: Pcm, times: int) -> Pcm:
    """The same sound with so many times the samples."""
    return (times * np.fft.irfft(np.fft.rfft(pcm), times * len(pcm))).astype(np.float32)


def changed(echo: Pcm, change: str, *, at: int, until: int) -> Pcm:
    """The echo, another one between two samples; what is gone stays away for that time and comes back."""
    between = slice(at, until)
    sound, lag = echo.copy(), SAMPLE_RATE // 100
    match change:
        case "louder":
            sound[between] *= 3
        case "softer":
            sound[between] *= 0.3
        case "later":
            sound[between] = echo[at - lag : until - lag]
        case "earlier":
            sound[between] = echo[at + lag : until + lag]
        case _:
            sound[between] *= 0
            sound[until:] *= 2 if "louder" in change else 1
    return sound
