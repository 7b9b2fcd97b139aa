"""A timer that rings while the person talks: it is said again once, unless the person wanted quiet."""

from __future__ import annotations

import pytest

from tests.engine.cascade.test_engine import LONG, Room, say
from voice_tui.engine.cascade.ports import Action, Text
from voice_tui.engine.cascade.timers import MAX_TIMERS, Timers
from voice_tui.frame import FRAME_SECONDS

RING = "Your timer of ten seconds is over."


def ringing(*script: str, answers: tuple[list[object], ...] = ()) -> Room:
    """A room in which a timer has just begun to ring."""
    room = Room(["timer", *script], [Action("timer", 5.0, RING), Text("Set.")], *answers)
    say(room)
    room.until(lambda: RING in room.tts.said)
    room.hear(0.8, speech=False)
    return room


def rung(room: Room) -> list[tuple[str, bool]]:
    """What was heard of the timer, and whether it was cut off."""
    return [(text, cut) for role, text, cut in room.finals() if role == "assistant" and RING.startswith(text)]


def test_a_timer_that_is_talked_over_is_said_again_when_the_answer_is_over() -> None:
    room = ringing("tell me something", answers=([Text("Here it is.")],))
    room.hear(1.5, speech=True)
    room.until(lambda: room.engine.idle)
    assert [text for _, text, _ in room.finals()][-3:] == ["tell me something", "Here it is.", RING]
    (begun, was_cut), whole = rung(room)
    assert was_cut and begun != RING and whole == (RING, False)


def test_it_is_said_again_only_once() -> None:
    room = ringing("first", "second")
    room.hear(1.5, speech=True)
    room.until(lambda: room.tts.said.count(RING) == 2)
    room.hear(0.8, speech=False)
    room.hear(1.5, speech=True)
    room.until(lambda: room.engine.idle)
    assert [cut for _, cut in rung(room)] == [True, True]
    assert room.tts.said.count(RING) == 2


def test_sound_without_words_over_it_brings_it_back_too() -> None:
    room = ringing("")
    room.hear(1.5, speech=True)
    room.until(lambda: room.engine.idle)
    assert rung(room)[-1] == (RING, False)


def test_typing_over_it_and_the_talk_key_bring_it_back() -> None:
    room = ringing()
    room.engine.send_text("what time is it", room.tick())
    room.until(lambda: room.engine.idle)
    assert rung(room)[-1] == (RING, False)
    room = ringing("something")
    room.engine.push_to_talk(True, room.tick())
    room.hear(0.8, speech=True)
    room.engine.push_to_talk(False, room.tick())
    room.until(lambda: room.engine.idle)
    assert rung(room)[-1] == (RING, False)


@pytest.mark.parametrize("spoken", [True, False])
def test_stop_is_meant_for_it(spoken: bool) -> None:
    room = ringing("stop", answers=([Action("stop")],))
    if spoken:
        room.hear(1.5, speech=True)
    else:
        room.engine.send_text("stop", room.tick())
    room.until(lambda: room.engine.idle)
    assert len(room.responder.turns) == 2
    assert [cut for _, cut in rung(room)] == [True]


def test_so_is_the_interrupt_key() -> None:
    room = ringing()
    room.engine.interrupt(room.tick())
    room.hear(FRAME_SECONDS, speech=False)
    assert room.engine.idle
    assert [cut for _, cut in rung(room)] == [True]


def test_what_the_session_cuts_off_for_its_own_reasons_rings_again() -> None:
    """Its loudspeaker was lost, another engine takes over, or the sound is checked: the person has not heard it."""
    room = ringing()
    room.engine.interrupt(room.tick(), wanted=False)
    room.until(lambda: room.engine.idle)
    assert [cut for _, cut in rung(room)] == [True, False]
    assert rung(room)[-1] == (RING, False)


def test_stop_to_an_answer_leaves_timers_that_have_not_rung() -> None:
    room = Room(["timer", "stop"], [Action("timer", 9.0, RING), Text(LONG)], [Action("stop")])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(0.8, speech=False)
    room.hear(1.5, speech=True)
    room.until(lambda: room.engine.idle)
    assert rung(room)[-1] == (RING, False)


def test_one_that_was_taken_back_before_it_sounded_still_has_its_two_times() -> None:
    timers = Timers()
    timers.add(1.0, RING, set_by=3)
    first = timers.due(2.0)
    assert first is not None and not first.told("Your timer") and first.told(RING)
    timers.back(first)
    assert timers.due(2.0) == first
    timers.again(first)
    second = timers.due(2.0)
    assert second is not None and second.again
    timers.again(second)
    assert not timers.pending


def test_more_timers_than_anybody_keeps_in_mind_lose_the_latest() -> None:
    timers = Timers()
    for due in range(MAX_TIMERS + 1):
        timers.add(float(due), f"{due}", set_by=1)
    rung = [timer.text for timer in iter(lambda: timers.due(1e9), None)]
    assert rung == [f"{due}" for due in range(MAX_TIMERS)]


def test_a_new_conversation_keeps_what_is_set_and_what_rings() -> None:
    room = ringing()
    room.engine.reset()
    room.until(lambda: room.engine.idle)
    assert rung(room)[-1] == (RING, False)
    room = Room(["timer"], [Action("timer", 5.0, RING), Text("Set.")])
    say(room)
    room.until(lambda: bool(room.finals()))
    room.engine.reset()
    room.until(lambda: room.engine.idle)
    assert rung(room)[-1] == (RING, False)
