"""Stages that are replaced while the conversation goes on: from the next answer on, and nothing is lost."""

from __future__ import annotations

import numpy as np

from tests.engine.cascade.fakes import FakeResponder, FakeStt, FakeTts, FakeVad
from voice_tui.engine.cascade.engine import CascadeEngine, Providers
from voice_tui.engine.cascade.mouth import Stages
from voice_tui.engine.cascade.ports import Action
from voice_tui.engine.cascade.timers import Timers
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.port import PastTurn, Tick
from voice_tui.events import AnyEvent, EngineChanged, TranscriptUpdated
from voice_tui.frame import FRAME_SECONDS, silence

PAST = [PastTurn("user", "hello"), PastTurn("assistant", "You said hello.")]


class Closing(FakeResponder):
    """Notes that it was closed."""

    name = "first answers"
    closed = 0

    def close(self) -> None:
        self.closed += 1


class Bench:
    """A cascade on fakes; every frame is silence, and what was handed out is heard at once."""

    def __init__(self, timers: Timers | None = None) -> None:
        self.first = Closing()
        self.voice = FakeTts()
        providers = Providers(FakeVad(), FakeStt([]), self.first, self.voice)
        self.engine = CascadeEngine(providers, TurnPolicy(), inline=True, timers=timers)
        self.now = 0.0
        self.events: list[AnyEvent] = []

    def say(self, text: str) -> None:
        self.engine.send_text(text, Tick(self.now, 0))

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.now += FRAME_SECONDS
            self.events += self.engine.step(silence(), Tick(self.now, 0)).events

    def finish(self) -> None:
        for _ in range(500):
            self.steps(1)
            if self.engine.idle:
                return
        raise AssertionError("the answer does not end")

    def answers(self) -> list[str]:
        return [e.text for e in self.events if isinstance(e, TranscriptUpdated) and e.role == "assistant" and e.final]

    def changes(self) -> list[str]:
        return [e.detail for e in self.events if isinstance(e, EngineChanged)]


def test_an_answer_under_way_is_finished_by_what_began_it() -> None:
    bench = Bench()
    second, voice = FakeResponder(), FakeTts()
    voice.name = "second voice"
    bench.say("hello")
    bench.steps(2)
    bench.engine.replace(Stages(second, voice, lambda: PAST))
    bench.steps(1)
    assert not bench.changes(), "the answer was under way"
    bench.finish()
    assert bench.answers() == ["You said hello."]
    assert bench.voice.said == ["You said hello."]
    bench.steps(1)
    assert bench.changes() == ["fake ears · fake answers · second voice"]
    bench.say("again")
    bench.finish()
    assert bench.answers()[1:] == ["You said again."]
    assert voice.said == ["You said again."]
    assert [turn.text for turn in second.turns] == ["again"]


def test_the_new_responder_knows_the_conversation_and_the_old_one_is_told_its_end_and_closed() -> None:
    bench = Bench()
    bench.say("hello")
    bench.finish()
    second = FakeResponder()
    bench.engine.replace(Stages(second, None, lambda: PAST))
    bench.steps(1)
    bench.say("again")
    bench.finish()
    assert bench.first.history == [("You said hello.", False)]
    assert bench.first.closed == 1
    assert second.recounted == tuple(PAST)
    assert second.resets == 0


def test_one_that_is_replaced_before_it_took_over_is_closed_too() -> None:
    bench = Bench()
    bench.say("hello")
    bench.steps(1)
    unused, voice, second = Closing(), FakeTts(), FakeResponder()
    bench.engine.replace(Stages(unused, None, list))
    bench.engine.replace(Stages(None, voice, list))
    bench.engine.replace(Stages(second, None, list))
    bench.finish()
    bench.steps(1)
    assert len(bench.changes()) == 1
    bench.say("again")
    bench.finish()
    assert unused.closed == 1
    assert not unused.turns
    assert voice.said == ["You said again."]
    assert len(second.turns) == 1


def test_what_waits_is_closed_with_the_engine() -> None:
    bench = Bench()
    bench.say("hello")
    bench.steps(1)
    waiting = Closing()
    bench.engine.replace(Stages(waiting, None, list))
    bench.engine.close()
    assert (waiting.closed, bench.first.closed) == (1, 1)


def test_another_patience_counts_at_once() -> None:
    bench = Bench()
    policy = TurnPolicy(silence=1.5)
    bench.engine.take_turns_by(policy)
    loud = np.full_like(silence(), 0.3)
    for _ in range(10):
        bench.now += FRAME_SECONDS
        bench.events += bench.engine.step(loud, Tick(bench.now, 0)).events
    bench.steps(12)  # 0.96 s of silence: the default of 0.4 s would have ended the turn
    assert [e.state for e in bench.events if e.__class__.__name__ == "StateChanged"] == ["hearing"]


def test_a_timer_rings_in_the_engine_that_takes_over_and_no_turn_of_it_takes_the_timer_back() -> None:
    timers = Timers()
    old = Bench(timers)
    old.first.answers = [[Action("timer", 2.0, "The tea is ready.")]]
    old.say("set a timer")
    old.steps(2)
    old.engine.close()
    new = Bench(timers)
    new.now = old.now
    timers.settle()
    timers.cancel(2)  # the number of the turn that had set it
    new.steps(30)
    assert new.voice.said == ["The tea is ready."]
