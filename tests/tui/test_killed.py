"""What was typed when the session dies over it: sent again once, or back in the input line; and never shown twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from memory.types import Turn
from tests.fakes_memory import NOW
from tests.fakes_session import READY
from tests.tui.driving import emit, main_screen, make_app, running, session_of, settle, shown_lines, toasts
from tests.tui.kept import opener
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    Interrupt,
    MemoryChanged,
    NewConversation,
    Notice,
    ResumeConversation,
    SendText,
    SessionFailed,
    StateChanged,
    TranscriptUpdated,
)
from voice_tui.tui.app import VoiceTuiApp

WIDE = (120, 36)
TEXT = "remember that the key is under the pot"
DIED: tuple[AnyEvent, ...] = (
    Notice(severity="error", message="The session was killed (SIGKILL)"),
    StateChanged(state="loading"),
)
FRESH = (*READY, ConversationStarted(conversation="fresh"))
GOES_ON = ConversationStarted(conversation="c-tea", resumed=True)
ANSWER = TranscriptUpdated(turn=2, role="assistant", text="I will", final=False)


def shown(turn: int = 1, text: str = TEXT) -> TranscriptUpdated:
    return TranscriptUpdated(turn=turn, role="user", text=text, final=True, typed=True)


def app_in(path: Path | None, conversation: str = "first") -> VoiceTuiApp:
    around = {"conversations": opener(path)} if path else {}
    return make_app([*READY, ConversationStarted(conversation=conversation)], **around)


def resumed(app: VoiceTuiApp, conversation: str) -> list[int]:
    """Places among the commands where it was asked for."""
    wanted = ResumeConversation(conversation=conversation)
    return [place for place, command in enumerate(session_of(app).commands) if command == wanted]


def texts(app: VoiceTuiApp) -> list[str]:
    return [command.text for command in session_of(app).commands if isinstance(command, SendText)]


def bubbles(app: VoiceTuiApp, text: str = TEXT) -> int:
    return sum(text in line for line in shown_lines(app))


def written(path: Path, conversation: str, number: int) -> None:
    """The session has kept the sentence before it died."""
    with opener(path)() as talks:
        talks.append(conversation, [Turn(number, "user", TEXT, at=1.0, said_at=NOW, typed=True)])


def value(app: VoiceTuiApp) -> str:
    return main_screen(app).prompt.value


async def typed(pilot: Pilot[int], app: VoiceTuiApp, text: str = TEXT) -> None:
    """As a person does; the letters have tests of their own."""
    main_screen(app).prompt.value = text
    await pilot.press("enter")
    await settle(pilot)


@pytest.mark.parametrize("seen", [[], [shown()]], ids=["before it is shown", "before it is answered"])
async def test_what_a_session_did_not_deal_with_is_sent_again_once(seen: list[AnyEvent]) -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, *seen, *DIED)
        assert texts(app) == [TEXT]
        await emit(pilot, *FRESH)
        assert texts(app) == [TEXT, TEXT]
        assert bubbles(app) == 0
        await emit(pilot, shown(), ANSWER)
        assert bubbles(app) == 1
        assert value(app) == ""
        await emit(pilot, *DIED, *FRESH)
        assert texts(app) == [TEXT, TEXT], "dealt with"
        assert bubbles(app) == 1


@pytest.mark.parametrize(
    "settled",
    [
        ANSWER,
        MemoryChanged(action="added", id="m", text="The key is under the pot."),
        StateChanged(state="listening"),
        ConversationStarted(conversation="another"),
    ],
    ids=["answered", "remembered", "done with", "over"],
)
async def test_what_was_dealt_with_is_not_sent_again(settled: AnyEvent) -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, shown(), settled, *DIED, *FRESH)
        assert texts(app) == [TEXT]
        assert value(app) == ""
        assert bubbles(app) == 1


async def test_nor_is_what_the_person_stopped() -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, shown(), StateChanged(state="thinking"))
        await pilot.press("escape")
        await settle(pilot)
        assert session_of(app).commands[-1] == Interrupt()
        await emit(pilot, *DIED, *FRESH)
        assert texts(app) == [TEXT]


async def test_a_new_conversation_does_not_swallow_what_was_typed_for_it() -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        app.command(NewConversation())
        await typed(pilot, app)
        await emit(pilot, ConversationStarted(conversation="second"), *DIED, *FRESH)
        assert texts(app) == [TEXT, TEXT]


async def test_when_the_second_session_dies_too_it_is_back_in_the_line() -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, *DIED, *FRESH, shown(), *DIED)
        assert value(app) == TEXT
        assert bubbles(app) == 0
        assert any("before it dealt with your words" in toast for toast in toasts(app))
        await emit(pilot, *FRESH)
        assert texts(app) == [TEXT, TEXT], "the person decides"
        assert value(app) == TEXT


async def test_a_session_that_dies_while_it_loads_has_not_had_it() -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, *DIED, *DIED, *FRESH)
        assert texts(app) == [TEXT, TEXT]


async def test_where_something_is_being_typed_it_is_put_before_that() -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, *DIED)
        main_screen(app).prompt.value = "what ti"
        await emit(pilot, *FRESH)
        assert value(app) == f"{TEXT} what ti"
        assert texts(app) == [TEXT]


async def test_without_a_further_session_it_is_back_in_the_line() -> None:
    app = app_in(None)
    async with running(app, WIDE) as pilot:
        await typed(pilot, app, "one")
        await typed(pilot, app, "two")
        await emit(pilot, shown(1, "one"), SessionFailed(message="The session died 3 times in a row"))
        assert value(app) == "one two"
        assert bubbles(app, "one") == 0


async def test_it_is_sent_again_into_the_same_conversation_which_says_it_once(path: Path) -> None:
    app = app_in(path)
    async with running(app, WIDE) as pilot:
        await emit(pilot, GOES_ON)
        await typed(pilot, app)
        await asyncio.to_thread(written, path, "c-tea", 4)
        await emit(pilot, shown(), *DIED, *FRESH)
        assert session_of(app).commands == [
            SendText(text=TEXT),
            ResumeConversation(conversation="c-tea"),
            SendText(text=TEXT),
        ]
    with opener(path)() as talks:
        assert [turn.text for turn in talks.latest("c-tea", 1)] == ["Thank you."], "until it is said again"


async def test_killed_again_before_it_goes_on_the_same_conversation_goes_on(path: Path) -> None:
    """What was typed before it does is for it as well, and not for the one that nobody has seen."""
    app = app_in(path, "c-tea")
    async with running(app, WIDE) as pilot:
        await emit(pilot, shown(1, "before"), TranscriptUpdated(turn=2, role="assistant", text="Yes.", final=True))
        await emit(pilot, *DIED, *FRESH)
        assert len(resumed(app, "c-tea")) == 1
        await typed(pilot, app)
        await emit(pilot, *DIED, *READY, ConversationStarted(conversation="fresh 2"))
        assert len(resumed(app, "c-tea")) == 2
        assert session_of(app).commands[-1] == SendText(text=TEXT)
        assert not resumed(app, "fresh")
        await emit(pilot, GOES_ON, shown(3), TranscriptUpdated(turn=4, role="assistant", text="Kept.", final=True))
        assert app.state.conversation_id == "c-tea"
        assert shown_lines(app).count("── The session was restarted ──") == 1
        assert bubbles(app) == 1


async def test_killed_again_as_soon_as_it_goes_on_it_goes_on_once_more(path: Path) -> None:
    app = app_in(path, "c-tea")
    async with running(app, WIDE) as pilot:
        await emit(pilot, shown(), TranscriptUpdated(turn=2, role="assistant", text="Yes.", final=True))
        for times in (1, 2, 3):
            await emit(pilot, *DIED, *FRESH, GOES_ON)
            assert len(resumed(app, "c-tea")) == times
        assert not resumed(app, "fresh")


async def test_killed_while_it_resumes_what_the_person_chose_is_gone_on_with(path: Path) -> None:
    app = app_in(path)
    async with running(app, WIDE) as pilot:
        await pilot.press("ctrl+r", "enter")
        await settle(pilot)
        assert len(resumed(app, "c-tea")) == 1
        await emit(pilot, *DIED, *FRESH)
        assert len(resumed(app, "c-tea")) == 2
        await emit(pilot, GOES_ON)
        assert bubbles(app, "Thank you.") == 1


async def test_one_of_which_nothing_was_kept_is_not_asked_for(path: Path) -> None:
    """There is nothing to warn of; the fresh conversation takes its place, also at the next end."""
    app = app_in(path, "never written")
    async with running(app, WIDE) as pilot:
        await typed(pilot, app)
        await emit(pilot, shown(), *DIED, *FRESH)
        assert session_of(app).commands == [SendText(text=TEXT), SendText(text=TEXT)]
        await asyncio.to_thread(written, path, "fresh", 1)
        await emit(pilot, shown(), ANSWER, *DIED, *READY, ConversationStarted(conversation="fresh 2"))
        assert len(resumed(app, "fresh")) == 1


async def test_that_the_session_was_restarted_is_said_in_a_conversation_that_was_resumed(path: Path) -> None:
    app = app_in(path)
    async with running(app, WIDE) as pilot:
        await pilot.press("ctrl+r", "enter")
        await settle(pilot)
        await emit(pilot, GOES_ON)
        assert shown_lines(app)[-1] == "── The conversation goes on ──"
        await emit(pilot, *DIED, *FRESH, GOES_ON)
        assert shown_lines(app)[-1] == "── The session was restarted ──"
        await emit(pilot, *DIED, *FRESH, GOES_ON)
        assert shown_lines(app).count("── The session was restarted ──") == 1, "nothing happened between"
