"""Going on with a conversation: by Enter before it is read, and by itself after its session has died."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from memory.port import ConversationPort
from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import burst, emit, make_app, running, screen_text, session_of, settle, shown_lines
from tests.tui.kept import app_on, opener
from voice_tui.events import (
    AnswerHeard,
    ConversationStarted,
    MemoryChanged,
    ResumeConversation,
    SessionFailed,
    StateChanged,
    TranscriptUpdated,
)
from voice_tui.settings import MemorySettings, Settings
from voice_tui.tui.screens.conversations import ConversationsScreen
from voice_tui.tui.talk_keeper import TalksFactory

WIDE = (120, 36)


def slow(path: Path, method: str, gate: threading.Event) -> TalksFactory:
    """Opens the store, but one of its answers waits for the gate."""

    @contextmanager
    def opened() -> Generator[ConversationPort]:
        with opener(path)() as talks:
            answer = getattr(talks, method)

            def late(*args: object, **more: object) -> object:
                assert gate.wait(10)
                return answer(*args, **more)

            setattr(talks, method, late)
            yield talks

    return opened


@pytest.mark.parametrize("method", ["search", "load"])
@pytest.mark.parametrize("then", ["", "left", "escape"])
async def test_enter_while_it_is_being_read_counts_when_it_is_read(path: Path, method: str, then: str) -> None:
    gate = threading.Event()
    app = make_app(READY, conversations=slow(path, method, gate))
    async with running(app, WIDE) as pilot:
        await pilot.press("ctrl+r", "enter", *([then] if then else []))
        gate.set()
        await settle(pilot)
        assert session_of(app).commands == ([] if then else [ResumeConversation(conversation="c-tea")])
        assert isinstance(app.screen, ConversationsScreen) is (then == "left")


async def test_enter_in_one_burst_with_the_key_that_opens_the_list(path: Path) -> None:
    app = app_on(path)
    async with running(app, WIDE) as pilot:
        await burst(pilot, "ctrl+r", "enter")
        assert session_of(app).commands == [ResumeConversation(conversation="c-tea")]


async def test_a_conversation_that_a_crash_broke_off_goes_on_by_itself(path: Path) -> None:
    app = app_on(path, script=[*READY, ConversationStarted(conversation="c-tea"), *DIALOGUE])
    async with running(app, WIDE) as pilot:
        await emit(pilot, StateChanged(state="loading"), *READY, ConversationStarted(conversation="fresh"))
        assert session_of(app).commands == [ResumeConversation(conversation="c-tea")]
        await emit(pilot, ConversationStarted(conversation="c-tea", resumed=True))
        assert app.state.conversation_id == "c-tea"
        assert shown_lines(app)[-1] == "── The session was restarted ──"
        await emit(pilot, ConversationStarted(conversation="next"))
        assert len(session_of(app).commands) == 1, "once"


async def test_of_an_answer_that_a_crash_cuts_off_stays_what_was_heard(path: Path) -> None:
    said = TranscriptUpdated(turn=9, role="user", text="and then", final=True)
    answer = TranscriptUpdated(turn=10, role="assistant", text="Then you drink it, while it is hot.", final=False)
    app = app_on(path, script=[*READY, ConversationStarted(conversation="c-tea"), said])
    async with running(app, WIDE) as pilot:
        await emit(pilot, answer, AnswerHeard(turn=10, text=""), AnswerHeard(turn=10, text="Then you drink"))
        assert shown_lines(app)[-1].endswith("while it is hot.")
        await emit(pilot, StateChanged(state="loading"), *READY, ConversationStarted(conversation="fresh"))
        assert next(line for line in app.state.conversation if line.role == "assistant").interrupted
        assert shown_lines(app)[1].split("\n")[1].startswith("Then you drink")
        assert "while it is hot" not in screen_text(app)
        assert session_of(app).commands == [ResumeConversation(conversation="c-tea")]
    with opener(path)() as talks:
        turns = talks.latest("c-tea", 2)
    assert [(turn.number, turn.text, turn.interrupted) for turn in turns] == [
        (3, "Thank you.", False),
        (4, "Then you drink", True),
    ]


@pytest.mark.parametrize("heard", [AnswerHeard(turn=2, text=""), None], ids=["nothing heard", "never told"])
async def test_an_answer_that_a_crash_cuts_off_before_it_is_heard(path: Path, heard: AnswerHeard | None) -> None:
    """An engine that never tells what was heard writes no sooner than it speaks."""
    said = TranscriptUpdated(turn=1, role="user", text="and then", final=True)
    answer = TranscriptUpdated(turn=2, role="assistant", text="Then you", final=False)
    app = app_on(path, script=[*READY, ConversationStarted(conversation="c-tea"), said, answer])
    async with running(app, WIDE) as pilot:
        await emit(pilot, *([heard] if heard else []), SessionFailed(message="The model is gone"))
        lines = [line for line in app.state.conversation if line.role == "assistant"]
        assert [(line.text, line.final, line.interrupted) for line in lines] == (
            [] if heard else [("Then you", True, True)]
        )
    with opener(path)() as talks:
        assert talks.latest("c-tea", 1)[0].text == ("Thank you." if heard else "Then you")


async def test_what_is_kept_of_a_cut_off_answer_has_no_words_that_were_just_forgotten(path: Path) -> None:
    script = [
        *READY,
        ConversationStarted(conversation="c-tea"),
        MemoryChanged(action="forgotten", id="m", text="the key is under the pot"),
        TranscriptUpdated(turn=2, role="assistant", text="Forgotten: the key is under the pot.", final=False),
    ]
    app = app_on(path, script=script)
    async with running(app, WIDE) as pilot:
        await emit(pilot, SessionFailed(message="The model is gone"))
    with opener(path)() as talks:
        kept = talks.latest("c-tea", 1)[0].text
    assert kept.startswith("Forgotten")
    assert "pot" not in kept


@pytest.mark.parametrize("kept", [True, False])
async def test_one_without_words_or_that_is_not_kept_is_not_gone_on_with(path: Path, kept: bool) -> None:
    script = [*READY, ConversationStarted(conversation="c1"), *([] if kept else DIALOGUE)]
    app = app_on(path, script=script, settings=Settings(memory=MemorySettings(conversations=kept)))
    async with running(app) as pilot:
        await emit(pilot, StateChanged(state="loading"), *READY, ConversationStarted(conversation="fresh"))
        assert session_of(app).commands == []
