"""Going on with a conversation that was kept: what the engine, the history and the person's notebook are told."""

from __future__ import annotations

from pathlib import Path
from threading import Event as CancelFlag

import pytest

from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import Turn
from tests.engine.cascade.fakes import FakeResponder, FakeStt, FakeTts, FakeVad
from tests.engine.cascade.responder.talking import talking
from tests.session.fakes import FakeAudio, FakeEngine, tone
from voice_tui.engine.cascade.engine import CascadeEngine, Providers
from voice_tui.engine.cascade.ports import UserTurn
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.port import PastTurn, Tick
from voice_tui.errors import EngineError
from voice_tui.events import AnyCommand, AnyEvent, ConversationStarted, Notice, ResumeConversation
from voice_tui.session.build import turns_loader
from voice_tui.session.loop import Session
from voice_tui.session.past import MOST_TURNS
from voice_tui.session.start import Library

PAST = [PastTurn("user", "I have a dog"), PastTurn("assistant", "What is it cal", interrupted=True)]


@pytest.fixture
def talks(tmp_path: Path):
    with SqliteMemory(tmp_path / "memory.db") as store:
        yield Conversations(store)


def run(*commands: AnyCommand, load=None) -> tuple[FakeEngine, list[AnyEvent]]:
    engine, events = FakeEngine(), []
    audio = FakeAudio([tone()])
    session = Session(engine, audio, events.append, library=Library(load_turns=load))
    audio.at_end = session.stop
    for command in commands:
        assert session.command(command)
    assert session.run() == 0
    return engine, events


def test_the_engine_begins_afresh_and_is_told_what_was_said(talks: Conversations) -> None:
    talks.append("c", [Turn(1, "user", PAST[0].text), Turn(2, "assistant", PAST[1].text, interrupted=True)])
    engine, events = run(ResumeConversation(conversation="c"), load=turns_loader(talks))
    assert [call for call in engine.calls if call[0] in ("reset", "recount")] == [
        ("reset", None),
        ("recount", tuple(PAST)),
    ]
    started = [event for event in events if isinstance(event, ConversationStarted)]
    assert [event.resumed for event in started] == [False, True]
    assert started[1].conversation == "c"


def test_one_that_is_gone_is_a_notice_and_the_present_one_goes_on(talks: Conversations) -> None:
    engine, events = run(ResumeConversation(conversation="gone"), load=turns_loader(talks))
    assert ("reset", None) not in engine.calls
    (notice,) = [event for event in events if isinstance(event, Notice)]
    assert notice.message == "That conversation is not there any more"
    assert len([event for event in events if isinstance(event, ConversationStarted)]) == 1


def test_only_the_latest_turns_are_loaded_so_that_the_loop_stays_in_time(talks: Conversations) -> None:
    talks.append("c", [Turn(number, "user", f"turn {number}") for number in range(1, 10_001)])
    turns = turns_loader(talks)("c")
    assert len(turns) == MOST_TURNS
    assert turns[-1].text == "turn 10000"


def test_a_file_that_fails_is_an_engine_error(tmp_path: Path) -> None:
    store = SqliteMemory(tmp_path / "memory.db")
    store.close()
    with pytest.raises(EngineError, match="closed"):
        turns_loader(Conversations(store))("c")


def test_the_responder_learns_it_before_the_next_answer() -> None:
    responder = FakeResponder()
    engine = CascadeEngine(Providers(FakeVad(), FakeStt([]), responder, FakeTts()), TurnPolicy(), inline=True)
    engine.reset()
    engine.recount(PAST)
    engine.send_text("Rex", Tick(now=1.0, pending=0))
    assert (responder.resets, responder.recounted) == (1, tuple(PAST))
    engine.close()


def test_the_language_model_gets_the_history(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "memory.db") as memory, talking(memory, _answer) as talk:
        talk.responder.recount([*PAST, PastTurn("system", "not said"), PastTurn("user", "  Rex  ")])
        talk.ask("And how old is it?")
        messages = [(m["role"], m["content"]) for m in talk.messages() if m["role"] != "system"]
        assert messages == [
            ("user", "I have a dog"),
            ("assistant", "What is it cal …"),
            ("user", "  Rex  \n\nAnd how old is it?"),
        ]


def _answer(peer) -> None:
    peer.head()
    peer.text("Three.")
    peer.end()


def test_the_notebook_can_say_the_last_answer_again(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from voice_tui.audio.codec import decode, encode_flac
    from voice_tui.engine.cascade.ports import Text
    from voice_tui.engine.cascade.responder.factory import make_responder
    from voice_tui.settings import Settings

    with SqliteMemory(tmp_path / "memory.db") as memory:
        notebook = make_responder(Settings(), memory, lambda: datetime(2026, 1, 1, tzinfo=UTC), encode_flac, decode)
        notebook.reset()
        notebook.recount([PastTurn("user", "what is the time"), PastTurn("assistant", "It is noon.")])
        parts = list(notebook.respond(UserTurn("say that again", typed=True), CancelFlag()))
        assert [part.text for part in parts if isinstance(part, Text)] == ["It is noon."]
