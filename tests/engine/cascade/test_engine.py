"""The cascade in virtual time: who speaks when, what the transcript says, what is taken back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.engine.cascade.fakes import FakeResponder, FakeStt, FakeTts, FakeVad
from voice_tui.engine.cascade.engine import CascadeEngine, Providers
from voice_tui.engine.cascade.ports import Action, Clip, Remembered, Text
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.port import Tick
from voice_tui.errors import ProviderError
from voice_tui.events import (
    AnswerHeard,
    AnyEvent,
    ConversationStarted,
    MemoryChanged,
    Notice,
    StateChanged,
    TranscriptUpdated,
    TranscriptWithdrawn,
    TurnMeasured,
)
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame, silence

LONG = "This answer is long enough to be interrupted somewhere in the middle of it."


class Room:
    """A loop in virtual time: plays what the engine gives, one frame per frame, and tells it what is pending."""

    def __init__(self, script: list[str], *answers: list[object]) -> None:
        self.stt = FakeStt(script)
        self.tts = FakeTts()
        self.responder = FakeResponder(*answers)  # type: ignore[arg-type]
        self.engine = CascadeEngine(Providers(FakeVad(), self.stt, self.responder, self.tts), TurnPolicy(), inline=True)
        self.now = 0.0
        self.queue = silence(0)
        self.events: list[AnyEvent] = []
        self.played: list[Frame] = []
        self.volume_change = 0.0
        self._rng = np.random.default_rng(7)

    def tick(self) -> Tick:
        return Tick(self.now, len(self.queue))

    def hear(self, seconds: float, *, speech: bool) -> None:
        for _ in range(round(seconds / FRAME_SECONDS)):
            self.now += FRAME_SECONDS
            self._play()
            noise = self._rng.normal(0, 0.2 if speech else 0.001, FRAME_SAMPLES)
            step = self.engine.step(np.clip(noise, -1, 1).astype(np.float32), self.tick())
            self.take(step)

    def take(self, step: object) -> None:
        if step.flush:  # type: ignore[attr-defined]
            self.queue = silence(0)
        if step.pcm is not None:  # type: ignore[attr-defined]
            self.queue = np.concatenate([self.queue, step.pcm])  # type: ignore[attr-defined]
        self.events.extend(step.events)  # type: ignore[attr-defined]
        self.volume_change += step.volume_change  # type: ignore[attr-defined]

    def _play(self) -> None:
        frame = silence()
        head = self.queue[:FRAME_SAMPLES]
        frame[: len(head)] = head
        self.queue = self.queue[FRAME_SAMPLES:]
        self.played.append(frame)

    def until(self, done: Callable[[], bool], limit: float = 30.0) -> None:
        end = self.now + limit
        while not done():
            assert self.now < end, f"not within {limit} s; events: {self.events[-5:]}"
            self.hear(FRAME_SECONDS, speech=False)

    def finals(self) -> list[tuple[str, str, bool]]:
        return [(e.role, e.text, e.interrupted) for e in self.events if isinstance(e, TranscriptUpdated) and e.final]

    def of(self, kind: type) -> list:
        return [e for e in self.events if isinstance(e, kind)]


def say(room: Room, seconds: float = 1.5) -> None:
    room.hear(0.5, speech=False)
    room.hear(seconds, speech=True)


def test_a_spoken_turn_is_shown_answered_and_heard() -> None:
    room = Room(["what time is it"], [Text("It is "), Text("noon.")])
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.finals() == [("user", "what time is it", False), ("assistant", "It is noon.", False)]
    partials = [e for e in room.of(TranscriptUpdated) if not e.final and e.role == "user"]
    assert partials[0].text == "what"
    assert [e.state for e in room.of(StateChanged)] == ["hearing", "speaking", "listening"]
    assert sum(np.abs(f).max() > 0.1 for f in room.played) >= 8


def test_the_turn_is_measured_from_the_end_of_speech() -> None:
    room = Room(["hello"], [Text("Hi.")])
    say(room)
    room.until(lambda: room.engine.idle)
    (measured,) = room.of(TurnMeasured)
    assert 320 <= measured.total_ms <= 600
    assert measured.endpoint_ms == pytest.approx(400, abs=120)


def test_a_barge_in_silences_the_answer_and_clips_the_transcript() -> None:
    room = Room(["tell me something", "stop it please"], [Text(LONG)])
    say(room)
    room.until(lambda: room.engine.capabilities is not None and len(room.queue) > 0)
    room.hear(1.5, speech=False)
    room.hear(0.6, speech=True)
    assert len(room.queue) == 0
    assert not np.abs(room.played[-1]).any()
    room.hear(1.0, speech=True)
    room.until(lambda: room.engine.idle)
    _, text, interrupted = next(f for f in room.finals() if f[0] == "assistant")
    assert interrupted
    assert LONG.startswith(text)
    assert 3 < len(text) < len(LONG) / 2
    assert room.responder.turns[1].text == "stop it please"
    assert room.responder.history[0] == (text, True)


def test_what_was_heard_is_told_as_it_is_heard_and_an_interruption_leaves_just_that() -> None:
    room = Room(["tell me something"], [Text(LONG)])
    say(room)
    room.until(lambda: room.of(AnswerHeard) != [])
    assert room.of(AnswerHeard)[0].text == "", "nothing, at first"
    room.until(lambda: len(room.of(AnswerHeard)) > 4)
    told = [event.text for event in room.of(AnswerHeard)]
    assert all(LONG.startswith(text) for text in told)
    assert [len(text.split()) for text in told[:4]] == [0, 1, 2, 3]
    room.engine.interrupt(room.tick())
    room.take(room.engine.poll(room.tick()))
    assert room.finals()[-1] == ("assistant", told[-1], True)
    assert room.of(AnswerHeard)[-1].turn == room.of(TranscriptUpdated)[-1].turn


def test_a_cough_pauses_and_the_answer_goes_on_without_a_gap_in_its_sound() -> None:
    room = Room(["tell me something", ""], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(1.0, speech=False)
    room.hear(0.4, speech=True)
    room.until(lambda: room.engine.idle)
    assert room.finals()[-1] == ("assistant", LONG, False)
    heard = sum(int(np.count_nonzero(f)) for f in room.played)
    assert heard == pytest.approx(len(LONG) * 1600, rel=0.01)


def test_a_backchannel_does_not_interrupt() -> None:
    room = Room(["tell me something", "mm-hm"], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(0.8, speech=False)
    room.hear(0.5, speech=True)
    room.until(lambda: room.engine.idle)
    assert room.finals()[-1] == ("assistant", LONG, False)
    assert len(room.responder.turns) == 1


@pytest.mark.parametrize(("words", "confidence", "goes_on"), [("the", 0.06, True), ("stop", 0.9, False)])
def test_a_word_that_is_heard_into_noise_does_not_interrupt(words: str, confidence: float, goes_on: bool) -> None:
    room = Room(["tell me something", words], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(0.8, speech=False)
    room.stt.confidence = confidence
    room.hear(0.7, speech=True)
    room.until(lambda: room.engine.idle)
    assert (("assistant", LONG, False) in room.finals()) is goes_on
    assert (("user", words, False) in room.finals()) is not goes_on


def test_an_early_cut_is_joined_and_the_answer_withdrawn() -> None:
    room = Room(["please keep in mind", "my dog is called rex"], [Text("What?")], [Text("I will.")])
    say(room)
    room.hear(0.56, speech=False)
    room.hear(1.2, speech=True)
    room.until(lambda: room.engine.idle)
    assert room.responder.turns[-1].text == "please keep in mind my dog is called rex"
    assert room.responder.withdrawn == len(room.responder.turns) - 1
    withdrawn = {e.turn for e in room.of(TranscriptWithdrawn)}
    kept = [e for e in room.of(TranscriptUpdated) if e.final and e.turn not in withdrawn]
    assert kept[-2].text == "please keep in mind my dog is called rex"
    assert kept[-1].text == "I will."
    assert room.responder.turns[-1].audio is not None


def test_sound_without_words_is_no_turn() -> None:
    room = Room([""])
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.responder.turns == []
    assert any("no words" in e.message for e in room.of(Notice))


def test_typing_interrupts_and_is_answered() -> None:
    room = Room(["tell me something"], [Text(LONG)], [Text("Typed.")])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(1.0, speech=False)
    room.engine.send_text("  never mind ", room.tick())
    room.until(lambda: room.engine.idle)
    assert [f[:2] for f in room.finals()][-2:] == [("user", "never mind"), ("assistant", "Typed.")]
    assert next(f for f in room.finals() if f[0] == "assistant")[2]


def test_interrupt_key_stops_within_a_frame_and_keeps_listening() -> None:
    room = Room(["tell me something", "and now"], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(0.8, speech=False)
    room.engine.interrupt(room.tick())
    room.hear(FRAME_SECONDS, speech=False)
    assert len(room.queue) == 0
    room.hear(1.5, speech=True)
    room.until(lambda: room.engine.idle)
    assert room.responder.turns[-1].text == "and now"


def test_a_failing_responder_says_so_in_words_and_in_a_notice() -> None:
    room = Room(["hello"])
    room.responder.fail = ProviderError("The endpoint said 401.", hint="Set the key")
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.finals()[-1][1] == "The endpoint said 401."
    assert room.tts.said == ["The endpoint said 401."]
    assert [(e.message, e.hint) for e in room.of(Notice)] == [("The endpoint said 401.", "Set the key")]


def test_an_unforeseen_error_of_a_responder_does_not_stop_the_engine() -> None:
    room = Room(["hello", "again"])
    room.responder.fail = ValueError("boom")
    say(room)
    room.until(lambda: room.engine.idle)
    assert "boom" in room.of(Notice)[0].message
    room.responder.fail = None
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.finals()[-1][1] == "You said again."


def test_a_voice_that_fails_leaves_the_text() -> None:
    room = Room(["hello"], [Text("First sentence is here. Second sentence is here.")])
    room.tts.fail = ProviderError("No voice", hint="Install it")
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.finals()[-1] == ("assistant", "First sentence is here. Second sentence is here.", False)
    assert len(room.of(Notice)) == 1


def test_actions_and_memories_reach_the_session() -> None:
    room = Room(["louder"], [Action("volume", 0.2), Remembered("added", "m1", "x"), Text("Louder.")])
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.volume_change == pytest.approx(0.2)
    assert [(e.action, e.id) for e in room.of(MemoryChanged)] == [("added", "m1")]


def test_a_volume_is_set_and_what_came_before_it_is_void() -> None:
    room = Room(["volume"], [Action("volume", 0.2), Action("set_volume", 0.5), Action("volume", 0.1), Text("So.")])
    gains: list[float] = []
    room.take = lambda step: gains.append(step.gain(1.0))  # type: ignore[attr-defined,method-assign]
    say(room)
    room.hear(1.0, speech=False)
    assert pytest.approx(0.6) in gains
    assert all(gain in (1.0, pytest.approx(0.6)) for gain in gains)


def test_the_turn_knows_the_timers_that_are_set() -> None:
    room = Room(["timer", "how long"], [Action("timer", 50.0, "Done."), Text("Set.")])
    say(room)
    room.hear(1.0, speech=False)
    room.engine.send_text("how long", room.tick())
    room.hear(1.0, speech=False)
    first, second = room.responder.turns
    assert first.timers == ()
    assert [timer.text for timer in second.timers] == ["Done."]
    assert 40.0 < second.timers[0].seconds < 50.0


def test_a_timer_rings_when_nobody_speaks() -> None:
    room = Room(["timer"], [Action("timer", 5.0, "Your timer is done."), Text("Five seconds.")])
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.finals()[-1][1] == "Your timer is done."
    assert room.now >= 6.5


def test_a_timer_that_fell_due_while_the_computer_slept_rings_when_it_wakes() -> None:
    room = Room(["timer"], [Action("timer", 240.0, "Your timer is done."), Text("Four minutes.")])
    say(room)
    room.until(lambda: "Four minutes." in [final[1] for final in room.finals()])
    woke = room.now = room.now + 3600.0
    room.until(lambda: room.engine.idle)
    assert [final[1] for final in room.finals()].count("Your timer is done.") == 1
    assert room.now < woke + 10


def test_a_clip_is_played_as_it_was_recorded() -> None:
    clip = (np.arange(4800) / 4800).astype(np.float32)
    room = Room(["what was it"], [Clip(clip, "milk and eggs")])
    say(room)
    room.until(lambda: room.engine.idle)
    played = np.concatenate(room.played)
    start = int(np.argmax(played > 0)) - 1
    np.testing.assert_array_equal(played[start : start + 4800], clip)
    assert room.finals()[-1][1] == "milk and eggs"


def test_push_to_talk_interrupts_waits_through_silence_and_ends_on_release() -> None:
    room = Room(["first", "second"], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.hear(0.8, speech=False)
    room.engine.push_to_talk(True, room.tick())
    room.hear(0.8, speech=True)
    room.hear(2.0, speech=False)
    assert len(room.responder.turns) == 1
    room.engine.push_to_talk(False, room.tick())
    room.until(lambda: room.engine.idle)
    assert room.responder.turns[-1].text == "second"
    assert next(f for f in room.finals() if f[0] == "assistant")[2]


def test_reset_forgets_the_thread() -> None:
    room = Room(["tell me something", "new"], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.engine.reset()
    room.hear(0.2, speech=False)
    assert len(room.queue) == 0
    assert room.engine.idle
    say(room)
    room.until(lambda: room.engine.idle)
    assert room.responder.resets == 1
    assert room.finals()[-1][1] == "You said new."


def test_the_same_input_gives_the_same_output() -> None:
    def run() -> tuple[list[AnyEvent], bytes]:
        room = Room(["what time is it", "go on"], [Text(LONG)])
        say(room)
        room.hear(2.0, speech=False)
        room.hear(1.0, speech=True)
        room.until(lambda: room.engine.idle)
        return room.events, np.concatenate(room.played).tobytes()

    assert run() == run()


def test_close_twice_and_in_the_middle_of_an_answer() -> None:
    room = Room(["tell me something"], [Text(LONG)])
    say(room)
    room.until(lambda: len(room.queue) > 0)
    room.engine.close()
    room.engine.close()
    assert room.stt.closed


def test_what_a_withdrawn_turn_asked_for_does_not_happen() -> None:
    room = Room(["set a timer", "for my dog"], [Action("timer", 4.0, "Ring."), Text("Set.")], [Text("What?")])
    say(room)
    room.hear(0.56, speech=False)
    room.hear(1.2, speech=True)
    room.until(lambda: room.engine.idle)
    assert room.responder.withdrawn == 1
    assert "Ring." not in [f[1] for f in room.finals()]


def test_what_was_withdrawn_last_is_undone_even_when_no_turn_follows() -> None:
    room = Room(["note my dog", ""], [Text("Fine.")])
    say(room)
    room.hear(0.56, speech=False)
    room.hear(0.4, speech=True)
    room.engine.close()
    assert room.responder.withdrawn == 1


def test_a_new_conversation_asked_for_aloud_is_announced() -> None:
    room = Room(["new conversation"], [Action("new_conversation"), Text("A new one.")])
    say(room)
    room.until(lambda: room.engine.idle)
    assert len(room.of(ConversationStarted)) == 1


def test_the_recogniser_is_told_early_that_the_turn_may_be_over() -> None:
    room = Room(["one", "two"])
    say(room, 1.0)
    room.hear(0.24, speech=False)
    room.hear(0.8, speech=True)
    room.until(lambda: room.engine.idle)
    assert (room.stt.pauses, room.stt.resumes) == (2, 1)
    assert len(room.responder.turns) == 1
