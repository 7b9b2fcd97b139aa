"""Memories for engines that do not recall by themselves: when they are offered, and what is reported of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.session.fakes import FakeAudio, FakeEngine, tone
from voice_tui.engine.port import Capabilities, Injection, Step
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    MemoryRecalled,
    NewConversation,
    Notice,
    TranscriptUpdated,
)
from voice_tui.session.debug_logs import words
from voice_tui.session.loop import Session
from voice_tui.session.reminder import Reminder

KEY = "The spare key is under the blue pot"
ASKED = TranscriptUpdated(turn=1, role="user", text="where is the spare key", final=True)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SqliteMemory]:
    with SqliteMemory(tmp_path / "memory.db") as store:
        store.add(NewMemory("My dentist is in Oslo"))
        store.add(NewMemory(KEY, speaker="Ann"))
        yield store


def taking(*inject: str, persona: bool = False) -> FakeEngine:
    engine = FakeEngine()
    engine.capabilities = Capabilities("fake", "for tests", inject=inject, persona=persona)
    engine.injection = Injection("add", 7, 50, texts=1)
    return engine


def recalled(events: list[AnyEvent]) -> list[MemoryRecalled]:
    return [event for event in events if isinstance(event, MemoryRecalled)]


def held(engine: FakeEngine, memory: SqliteMemory, *, ask: bool = True) -> list[AnyEvent]:
    """A conversation of three frames, then another of three; in the first the person asks."""
    events: list[AnyEvent] = []
    audio = FakeAudio([tone() for _ in range(6)])
    session = Session(engine, audio, events.append, reminder=Reminder(lambda: memory, inline=True))

    def reply(_: object) -> Step:
        if len(engine.heard) == 3:
            session.command(NewConversation())
        return Step(events=(ASKED,) if ask and len(engine.heard) == 1 else ())

    engine.reply = reply  # type: ignore[assignment]
    audio.at_end = session.stop
    assert session.run() == 0
    return events


def test_what_is_said_brings_up_what_bears_on_it(memory: SqliteMemory) -> None:
    engine = taking("add")
    (used,) = recalled(held(engine, memory))
    assert [call for call in engine.calls if call[0] in ("inject", "prefill")] == [("inject", (f"Ann: {KEY}",))]
    assert (used.query, used.texts, used.strategy, used.tokens, used.frames) == (ASKED.text, (KEY,), "add", 7, 50)
    assert used.scores[0] > 0.7
    assert "[add, 7 tokens, 50 frames]: " in words(used)


def test_an_engine_that_takes_none_costs_no_look_up(memory: SqliteMemory) -> None:
    engine = taking()
    assert recalled(held(engine, memory)) == []
    assert {name for name, _ in engine.calls}.isdisjoint({"inject", "prefill"})


def test_every_conversation_begins_with_what_is_known(memory: SqliteMemory) -> None:
    engine = taking(persona=True)
    events = held(engine, memory)
    lines = (f"Ann: {KEY}", "My dentist is in Oslo")
    assert [call for call in engine.calls if call[0] in ("prefill", "reset")] == [
        ("prefill", lines),
        ("reset", None),
        ("prefill", lines),
    ]
    places = [place for place, event in enumerate(events) if isinstance(event, ConversationStarted)]
    for place in places:
        told = events[place + 1]
        assert isinstance(told, MemoryRecalled)
        assert (told.query, told.strategy, told.tokens, told.frames) == ("", "prefill", 10, 22)
        assert told.texts == (KEY, "My dentist is in Oslo")
    assert len(places) == 2


def test_only_what_found_room_is_reported_and_nothing_is_a_notice_once(memory: SqliteMemory) -> None:
    engine = taking("add")
    engine.injection = Injection("add", 7, 50, texts=0)
    assert recalled(held(engine, memory)) == []
    engine = taking("add")
    engine.injection = Injection("unsupported", detail="no way")
    reminder = Reminder(lambda: memory, inline=True)
    told: list[AnyEvent] = []
    for _ in range(2):
        reminder.note(ASKED, engine)
        told += reminder.poll(engine)
    (notice,) = told
    assert isinstance(notice, Notice)
    assert "no way" in notice.message


def test_a_memory_is_brought_up_once_and_an_error_is_told(memory: SqliteMemory) -> None:
    engine, reminder = taking("add"), Reminder(lambda: memory, inline=True)
    again = TranscriptUpdated(turn=2, role="user", text="the spare key and the blue pot", final=True)
    reminder.note(ASKED, engine)
    assert recalled(reminder.poll(engine))
    reminder.note(again, engine)
    assert reminder.poll(engine) == []
    memory.close()
    reminder.note(ASKED, engine)
    (notice,) = reminder.poll(engine)
    assert isinstance(notice, Notice)
    assert "could not" in notice.message or "could be recalled" in notice.message


def test_the_loop_never_waits_and_the_newest_question_wins(memory: SqliteMemory) -> None:
    asked: list[str] = []
    go = threading.Event()

    class SlowMemory:
        def recall(self, query: object, *, limit: int) -> list[object]:
            asked.append(query.text)  # type: ignore[attr-defined]
            go.wait(20)
            return list(memory.recall(query, limit=limit))  # type: ignore[arg-type]

    engine = taking("add")
    reminder = Reminder(SlowMemory, inline=False)  # type: ignore[arg-type]
    for text in ("one", "two", "where is the spare key"):
        reminder.note(TranscriptUpdated(turn=1, role="user", text=text, final=True), engine)
        assert reminder.poll(engine) == []
    go.set()
    events: list[AnyEvent] = []
    deadline = time.monotonic() + 20
    while not events and time.monotonic() < deadline:
        events += reminder.poll(engine)
        time.sleep(0.001)
    reminder.close()
    assert asked == ["one", "where is the spare key"]
    assert recalled(events)[0].texts == (KEY,)
