"""What is learnt of a session's turns: on a real store, off the loop, and undone with a withdrawn turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import NewMemory, Turn
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    MemoryChanged,
    SessionStopped,
    TranscriptUpdated,
    TranscriptWithdrawn,
)
from voice_tui.session.learner import QUEUE_SIZE, Learner

NOW = 1_700_000_000.0


class Learning:
    """A learner on a real store, and what it told."""

    def __init__(self, path: Path, *, suggest: bool = True, summaries: bool = True) -> None:
        self.store = SqliteMemory(path, clock=lambda: NOW)
        self.told: list[AnyEvent] = []
        self.learner = Learner(self.store, self.told.append, suggest=suggest, summaries=summaries, clock=lambda: NOW)
        self.learner.note(ConversationStarted(conversation="c1"))
        self._turn = 0

    def user(self, text: str, confidence: float | None = 0.9) -> int:
        self._turn += 1
        event = TranscriptUpdated(turn=self._turn, role="user", text=text, final=True, confidence=confidence)
        self.learner.note(event)
        return self._turn

    def answer(self, text: str = "All right.") -> None:
        self._turn += 1
        self.learner.note(TranscriptUpdated(turn=self._turn, role="assistant", text=text, final=True))

    def say(self, text: str, confidence: float | None = 0.9) -> int:
        turn = self.user(text, confidence)
        self.answer()
        return turn

    def settle(self) -> None:
        self.learner.close(20.0)

    def changes(self) -> list[tuple[str, str]]:
        self.settle()
        return [(event.action, event.text) for event in self.told if isinstance(event, MemoryChanged)]


@pytest.fixture
def learning(tmp_path: Path) -> Iterator[Learning]:
    made = Learning(tmp_path / "memory.db")
    yield made
    made.settle()
    made.store.close()


def test_what_is_said_is_suggested_or_kept_with_its_source(learning: Learning) -> None:
    learning.say("what time is it")
    turn = learning.say("my name is ben")
    learning.say("my sister anna lives in oslo")
    learning.say("does my sister live in oslo")
    assert learning.changes() == [("added", "my name is ben"), ("suggested", "my sister anna lives in oslo")]
    (kept,) = learning.store.list()
    assert (kept.conversation, kept.turn, kept.said_at) == ("c1", turn, NOW)
    (guess,) = learning.store.suggestions()
    assert guess.expires_at > NOW


def test_suggestions_can_be_switched_off(tmp_path: Path) -> None:
    learning = Learning(tmp_path / "memory.db", suggest=False)
    learning.say("i live in oslo")
    learning.say("call me al")
    assert learning.changes() == [("added", "call me al")]
    learning.store.close()


def test_a_correction_replaces_what_the_turn_before_made(learning: Learning) -> None:
    learning.say("i have a dentist appointment on the thirteenth")
    learning.say("actually the fourteenth")
    learning.say("call me ben")
    learning.say("no, call me ken")
    assert learning.changes() == [
        ("suggested", "i have a dentist appointment on the thirteenth"),
        ("suggested", "i have a dentist appointment on the fourteenth"),
        ("added", "call me ben"),
        ("corrected", "call me ken"),
    ]
    assert [guess.text[-10:] for guess in learning.store.suggestions()] == ["fourteenth"]
    (kept,) = learning.store.list()
    assert [old.text for old in learning.store.history(kept.id)] == ["call me ben"]


def test_what_the_notebook_kept_is_only_annotated(learning: Learning) -> None:
    note = learning.store.add(NewMemory("i live in oslo"))
    turn = learning.user("remember that i live in oslo")
    learning.learner.note(MemoryChanged(action="added", id=note.id, text=note.text))
    learning.answer("I'll remember: you live in oslo.")
    assert learning.changes() == []
    found = learning.store.get(note.id)
    assert found is not None
    assert (found.conversation, found.turn) == ("c1", turn)


def test_a_withdrawn_turn_teaches_nothing(learning: Learning) -> None:
    turn = learning.user("i live in oslo")
    learning.learner.note(TranscriptWithdrawn(turn=turn))
    learning.answer()
    later = learning.say("call me ben")
    learning.learner.note(TranscriptWithdrawn(turn=later))
    assert learning.changes() == [("added", "call me ben"), ("forgotten", "call me ben")]
    assert list(learning.store.everything()) == []


def test_words_that_were_heard_badly_teach_nothing(learning: Learning) -> None:
    learning.say("i live in oslo", confidence=0.4)
    assert learning.changes() == []


def test_the_last_turn_counts_without_an_answer(learning: Learning) -> None:
    learning.user("call me ben")
    learning.learner.note(SessionStopped())
    assert learning.changes() == [("added", "call me ben")]


def test_turns_of_a_conversation_that_goes_on_are_counted_on(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "memory.db") as store:
        Conversations(store).append("old", [Turn(number=8, role="user", text="hello")])
    learning = Learning(tmp_path / "memory.db")
    learning.learner.note(ConversationStarted(conversation="old", resumed=True))
    learning.say("call me ben")
    learning.settle()
    (kept,) = learning.store.list()
    assert (kept.conversation, kept.turn) == ("old", 9)
    learning.store.close()


def test_a_conversation_that_is_over_is_summed_up_once(learning: Learning) -> None:
    said = [
        "hello there",
        "My brother collects old maps of Norway.",
        "what time is it",
        "The kitchen in our new flat needs painting before winter.",
        "my salary is three thousand euros in total",
        "We could paint the kitchen walls yellow or light green.",
    ]
    turns = [Turn(number=i, role="user", text=text) for i, text in enumerate(said, 1)]
    Conversations(learning.store).append("over", turns, started_at=NOW)
    learning.learner.note(ConversationStarted(conversation="c2"))
    learning.learner.note(ConversationStarted(conversation="c3"))
    learning.settle()
    (summary,) = learning.store.list()
    assert (summary.kind, summary.conversation, summary.explicit) == ("summary", "over", False)
    assert summary.text == (
        "We talked about: My brother collects old maps of Norway; The kitchen in our new flat needs painting before "
        "winter; We could paint the kitchen walls yellow or light green"
    )
    learning.store.forget([summary.id])
    again = Learner(learning.store, learning.told.append, suggest=True, summaries=True)
    again.note(ConversationStarted(conversation="c4"))
    again.close(20.0)
    assert learning.store.list() == [], "a summary that was forgotten is not made again"


def test_the_loop_never_waits_for_a_slow_disk(learning: Learning) -> None:
    learning.settle()
    slow = Learner(learning.store, learning.told.append, suggest=True, summaries=True)
    slow.close(20.0)  # a thread that takes nothing more, as one that hangs on its disk
    began = time.perf_counter()
    for _ in range(QUEUE_SIZE + 50):
        slow.note(SessionStopped())
    assert slow.lost == 50
    assert time.perf_counter() - began < 1.0


def test_all_words_that_were_forgotten_go_out_of_the_logs_and_of_what_is_written_since(tmp_path: Path) -> None:
    """Also those of what was so before, and of notes that are not told one by one."""
    out: list[str] = []
    with SqliteMemory(tmp_path / "memory.db") as store:
        learner = Learner(store, lambda event: None, suggest=True, summaries=True, scrub=out.extend)
        learner.note(ConversationStarted(conversation="c"))
        turn = Turn(number=1, role="assistant", text="Before, it was: your locker is 217.")
        Conversations(store).append("c", [turn])
        learner.note(TranscriptUpdated(turn=2, role="user", text="forget that", final=True))
        learner.note(MemoryChanged(action="forgotten", id="x", text="my locker is 218", also=("my locker is 217",)))
        learner.note(TranscriptUpdated(turn=3, role="assistant", text="Forgotten.", final=True))
        learner.close(20.0)
        assert {"my locker is 218", "my locker is 217"} == set(out)
        assert Conversations(store).latest("c", 1)[0].text == "Before, it was: [forgotten]."


def test_the_words_of_what_has_lapsed_leave_the_logs_too(tmp_path: Path) -> None:
    out: list[str] = []
    with SqliteMemory(tmp_path / "memory.db", clock=lambda: NOW) as store:
        store.add(NewMemory("The parking code is 4711", expires_at=NOW - 1.0))
        kept = store.add(NewMemory("The cat is called Ada"))
        learner = Learner(store, lambda event: None, suggest=True, summaries=True, scrub=out.extend)
        learner.note(ConversationStarted(conversation="c1"))
        learner.close(20.0)
        assert out == ["The parking code is 4711"]
        assert [memory.id for memory in store.list()] == [kept.id]
