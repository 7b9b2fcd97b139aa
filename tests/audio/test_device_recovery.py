"""The parts that decide about devices, without any: the watchdog, what is worth trying, calls that hang, the words."""

from __future__ import annotations

import threading

import pytest

from tests.audio.test_choice import DESK, HEADSET, LAPTOP, SPEAKERS, device
from voice_tui.audio import device_words as words
from voice_tui.audio.choice import candidates
from voice_tui.audio.device import DeviceAudio
from voice_tui.audio.jobs import Job
from voice_tui.audio.recovery import (
    GIVE_UP_SECONDS,
    MISSING_PAUSE,
    PATIENT_AFTER,
    PATIENT_PAUSE,
    STAND_IN_PAUSE,
    SWAP_PAUSE,
    Plan,
    Recovery,
    Side,
)
from voice_tui.audio.watchdog import STALL_SECONDS, SleepWatch, Watchdog, through_sleep
from voice_tui.errors import DeviceError
from voice_tui.settings import AudioSettings

# ---- the watchdog ----


def looks(times, beats, *, active=True):
    """The verdict after each look."""
    dog = Watchdog()
    return [dog.look(time, beat, active=active) for time, beat in zip(times, beats, strict=True)]


def steps(count, step=0.02, start=100.0):
    return [start + i * step for i in range(count)]


def test_a_device_that_calls_back_is_well():
    assert set(looks(steps(500), range(500))) == {None}


def test_a_device_that_falls_silent_is_gone_after_a_while_and_within_a_second():
    verdicts = looks(steps(60), [7] * 60)
    first = verdicts.index("silent") * 0.02
    assert STALL_SECONDS <= first < 0.7
    assert set(verdicts[verdicts.index("silent") :]) == {"silent"}


def test_one_block_late_starts_the_patience_anew():
    half = round(STALL_SECONDS / 0.02 / 2) + 5
    assert set(looks(steps(2 * half), [1] * half + [2] * half)) == {None}


def test_a_stream_that_the_system_ended_is_gone_at_once():
    assert looks([5.0], [3], active=False) == ["stopped"]


@pytest.mark.parametrize(
    "times",
    [
        [0.0, 3600.0],
        [0.0, 0.02, 3600.0, 3600.02],
        [50.0, 10.0, -3600.0, -3599.98],
        [0.0, 0.3, 5.0],
    ],
    ids=["asleep for an hour", "asleep while it ran", "a clock that steps backwards", "a loop that was busy"],
)
def test_time_that_jumps_accuses_nobody(times):
    assert set(looks(times, [1] * len(times))) == {None}


@pytest.mark.parametrize(
    ("looks", "slept"),
    [
        ([(0.0, 0.0), (0.02, 0.02)], False),
        ([(0.0, 0.0), (3600.0, 0.0)], True),
        ([(0.0, 0.0), (3600.0, 0.5)], True),
        ([(0.0, 0.0), (5.0, 5.0)], False),
        ([(0.0, 0.0), (3600.0, float("inf"))], False),
        ([(0.0, 0.0), (-3600.0, 0.0)], False),
        ([(9000.0, 0.0)], False),
    ],
    ids=["awake", "asleep", "asleep, then a few blocks", "only the loop was busy", "no device", "backwards", "first"],
)
def test_sleep_is_when_everything_stood_still(looks, slept):
    watch = SleepWatch()
    assert [watch.look(now, heard) for now, heard in looks][-1] is slept


def test_the_clock_through_sleep_goes_forward():
    first = through_sleep()
    assert 0 <= through_sleep() - first < 60


def test_the_session_clock_goes_on_while_the_computer_sleeps():
    sleeping = [50.0]
    audio = DeviceAudio(AudioSettings(), clock=lambda: 7.0, clock_through_sleep=lambda: sleeping[0])
    assert audio.now() == 0.0
    sleeping[0] += 3600.0
    assert audio.now() == 3600.0


# ---- what is worth trying ----

NONE = {"input": Side(""), "output": Side("")}
ALL = {"input": Side("", open=True), "output": Side("", open=True)}
MICROPHONE_GONE = {"input": Side(""), "output": Side("", open=True)}
STAND_IN = {"input": Side("", open=True), "output": Side("headset", open=True, stand_in=True)}
BOTH = ("input", "output")
SECOND_MICROPHONE = device(9, "Desk Microphone", inputs=1)


@pytest.mark.parametrize(
    ("sides", "listed", "known", "safe", "expected"),
    [
        (ALL, DESK, DESK, True, None),
        (NONE, [], DESK, True, None),
        (NONE, DESK, [], True, Plan(BOTH, read_again=True)),
        (NONE, DESK, DESK, True, Plan(BOTH, read_again=True)),
        (NONE, DESK, DESK, False, Plan(BOTH, read_again=False)),
        (NONE, DESK, [], False, None),
        (NONE, [LAPTOP], [LAPTOP], False, Plan(("input",), read_again=False)),
        (MICROPHONE_GONE, [SPEAKERS], DESK, True, None),
        (MICROPHONE_GONE, DESK, DESK, True, Plan(("input",), read_again=False)),
        (MICROPHONE_GONE, [SECOND_MICROPHONE, SPEAKERS], [SPEAKERS], True, Plan(BOTH, read_again=True)),
        (MICROPHONE_GONE, [SECOND_MICROPHONE, SPEAKERS], [SPEAKERS], False, None),
        (STAND_IN, [LAPTOP, SPEAKERS], [LAPTOP, SPEAKERS], True, None),
        (STAND_IN, DESK, DESK, True, Plan(("output",), read_again=False)),
        (STAND_IN, DESK, [LAPTOP, SPEAKERS], True, Plan(BOTH, read_again=True)),
        (STAND_IN, DESK, [LAPTOP, SPEAKERS], False, None),
    ],
)
def test_what_is_tried(sides, listed, known, safe, expected):
    assert Recovery().plan(sides, listed, known, 1000.0, may_read_again=safe) == expected


def test_a_chosen_device_that_does_not_open_is_not_tried_all_the_time_but_a_missing_one_is():
    recovery = Recovery()
    for now, tried in ((1000.0, True), (1001.0, False), (1000.0 + SWAP_PAUSE, True)):
        assert (recovery.plan(STAND_IN, DESK, DESK, now, may_read_again=True) is not None) is tried
    for now in (1000.0, 1001.0):
        assert recovery.plan(MICROPHONE_GONE, DESK, DESK, now, may_read_again=True) is not None


def test_how_often_somebody_looks():
    recovery = Recovery()
    assert recovery.pause(ALL, 0.0) is None
    assert recovery.pause(STAND_IN, 0.0) == STAND_IN_PAUSE
    assert recovery.pause(NONE, 10.0) == MISSING_PAUSE
    assert recovery.pause(NONE, 10.0 + PATIENT_AFTER) == PATIENT_PAUSE
    assert recovery.pause(ALL, 500.0) is None
    assert recovery.pause(NONE, 501.0) == MISSING_PAUSE, "a new trouble is urgent again"


def test_a_call_is_given_up_only_when_others_see_devices_and_ever_later():
    recovery = Recovery()
    assert not recovery.gives_up(3600.0, lists=0), "the whole sound system hangs"
    assert not recovery.gives_up(3600.0, lists=1), "it has just come back, and the call will end by itself"
    assert not recovery.gives_up(GIVE_UP_SECONDS - 0.1, lists=5)
    assert recovery.gives_up(GIVE_UP_SECONDS, lists=2)
    assert not recovery.gives_up(GIVE_UP_SECONDS, lists=2)
    assert recovery.gives_up(2 * GIVE_UP_SECONDS, lists=2)


def test_the_default_stands_in_for_what_is_not_there():
    (only,) = candidates([LAPTOP, SPEAKERS], "headset", "input")
    assert only.device is LAPTOP
    assert only.problem is not None
    assert only.problem.message == 'No microphone is called "headset"'
    assert [(c.device, c.problem is None) for c in candidates(DESK, "headset", "input")] == [
        (HEADSET, True),
        (LAPTOP, False),
    ]
    assert [c.device for c in candidates(DESK, "laptop", "input")] == [LAPTOP]
    with pytest.raises(DeviceError, match="No microphone was found"):
        candidates([SPEAKERS], "headset", "input")


# ---- calls that hang ----


def test_a_call_that_ends_gives_its_result():
    job = Job(lambda: 3, lambda result: None, 0.0)
    assert job.wait(10.0)
    assert (job.result, job.error) == (3, None)


def test_a_call_that_fails_says_why(caplog):
    def fail() -> int:
        raise ZeroDivisionError("oops")

    job = Job(fail, lambda result: None, 0.0)
    assert job.wait(10.0)
    assert job.result is None
    assert isinstance(job.error, ZeroDivisionError)
    assert "a call failed" in caplog.text


def test_what_a_call_that_was_given_up_still_does_is_undone():
    go, undone = threading.Event(), threading.Event()
    job = Job(lambda: go.wait(10.0), lambda result: undone.set(), 0.0)
    assert not job.wait(0.0)
    job.give_up()
    assert not undone.is_set()
    go.set()
    assert undone.wait(10.0)
    assert job.wait(10.0)
    assert job.result is None


def test_a_result_that_nobody_took_is_undone_too():
    undone = threading.Event()
    job = Job(lambda: 3, lambda result: undone.set(), 0.0)
    assert job.wait(10.0)
    job.give_up()
    assert undone.wait(10.0)


# ---- words ----


def test_two_problems_are_one_sentence_and_a_shared_hint_stands_once():
    gone = [words.lost("input", "USB", "stopped"), words.lost("output", "USB", "silent")]
    message, hint = words.both(gone)
    assert message == 'The microphone "USB" stopped; the speaker "USB" does not answer'
    assert hint == words.KEEP_TRYING
    assert words.both([]) == ("", "")


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ({}, {"input": "a"}, ""),
        ({"input": "a", "output": "b"}, {"input": "a", "output": "b"}, "Microphone and speaker are back"),
        ({"input": "a", "output": "b"}, {}, "Microphone and speaker are there now"),
        ({"input": "a"}, {"input": "a", "output": "b"}, "The microphone is back"),
        ({"output": "c"}, {"output": "b"}, 'The speaker is now "c"'),
        (
            {"input": "a", "output": "c"},
            {"input": "a", "output": "b"},
            'The microphone is back; the speaker is now "c"',
        ),
    ],
)
def test_what_is_said_when_devices_return(now, before, said):
    assert words.back(now, before) == said
