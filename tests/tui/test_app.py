"""The real app against a session that says what the test wants: events become pixels, keys become commands."""

from __future__ import annotations

import pytest
from textual import events

from memory.errors import MemoryStoreError
from tests.fakes_memory import FakeMemory
from tests.fakes_session import DIALOGUE, READY, stats
from tests.tui.driving import (
    emit,
    main_screen,
    make_app,
    press,
    running,
    screen_text,
    session_of,
    settle,
    shown_lines,
    toasts,
)
from voice_tui.config import Origin
from voice_tui.events import (
    ChangeSettings,
    ConversationStarted,
    DevicesChanged,
    Interrupt,
    MemoryChanged,
    MuteChanged,
    NewConversation,
    Notice,
    Progressed,
    PushToTalk,
    SendText,
    SessionFailed,
    SessionStarted,
    SetMute,
    SetTalkMode,
    SetVolume,
    StateChanged,
    TalkChanged,
    TranscriptUpdated,
    TranscriptWithdrawn,
)
from voice_tui.settings import LlmSettings, Settings, TurnSettings, UiSettings
from voice_tui.tui.base import TimeToPrepare
from voice_tui.tui.state.settings_view import Kept
from voice_tui.tui.widgets.prompt import Prompt
from voice_tui.tui.widgets.status import StatusLine
from voice_tui.tui.widgets.transcript import Transcript


def said(turn: int, text: str, **more: object) -> TranscriptUpdated:
    return TranscriptUpdated(**{"turn": turn, "role": "user", "text": text, "final": True, **more})  # type: ignore[arg-type]


def status(app) -> str:
    return main_screen(app).query_one(StatusLine).shown.plain


async def test_the_session_starts_after_the_first_paint_and_its_words_are_drawn() -> None:
    app = make_app([*READY, *DIALOGUE])
    assert session_of(app).started == 0
    async with running(app):
        assert session_of(app).started == 1
        lines = shown_lines(app)
        assert lines[0] == "You\nwhat time is it"
        assert lines[1] == "Assistant\nIt is a quarter past eight."
        assert lines[2].startswith("You · unsure of the words\n")
        assert lines[4] == "You · typed\nWhere is the spare key?"
        assert lines[5] == "◆ Used 1 memory: The spare key is under the blue pot."
        assert lines[6].endswith("is under ▪\N{NO-BREAK SPACE}interrupted")
        assert lines[7] == "You\nand how old is the brook"
    assert session_of(app).closed == 1


async def test_a_partial_is_replaced_and_a_withdrawn_turn_disappears() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, said(1, "turn on", final=False))
        assert shown_lines(app) == ["You\nturn on"]
        await emit(pilot, said(1, "turn on the lamp"))
        assert shown_lines(app) == ["You\nturn on the lamp"]
        await emit(pilot, TranscriptWithdrawn(turn=1))
        assert shown_lines(app) == []
        assert main_screen(app).query_one(Transcript).welcoming


async def test_a_turn_that_comes_late_stands_where_it_belongs() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, said(1, "one"), said(4, "four"))
        await emit(pilot, said(2, "two"), said(3, "three"))
        assert [line.split("\n")[1] for line in shown_lines(app)] == ["one", "two", "three", "four"]


async def test_text_is_data_and_never_markup() -> None:
    nasty = "[bold red]x[/] [@click=app.quit]click[/] \x1b[2J\x07 \u202egnp.exe [/nothing]"
    app = make_app()
    async with running(app, (120, 36)) as pilot:
        await emit(
            pilot,
            said(1, nasty),
            Notice(severity="error", message=nasty, hint=nasty),
            DevicesChanged(input=nasty, output=nasty),
            MemoryChanged(action="added", id="x", text=nasty),
            SessionStarted(engine=nasty, detail=nasty),
            Progressed(phase=nasty),
        )
        clean = "[bold red]x[/] [@click=app.quit]click[/] [2J gnp.exe [/nothing]"
        assert shown_lines(app)[0] == f"You\n{clean}"
        assert "[bold red]x[/]" in toasts(app)[0]
        assert "\x1b" not in screen_text(app)
        assert "\u202e" not in screen_text(app)


@pytest.mark.parametrize(
    "text",
    [
        "日本語のとても長い文" * 30,
        "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪" * 40,
        "שלום עולם مرحبا بالعالم",
        "e\u0301\u0302" * 200,
        "a" * 50_000,
        "\n" * 400,
    ],
    ids=["wide", "emoji", "right-to-left", "combining", "long", "line breaks"],
)
async def test_any_script_is_drawn_without_harm(text: str) -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, said(1, text), said(2, text, role="assistant", final=False))
        assert len(shown_lines(app)) == 2


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (StateChanged(state="loading"), "Loading"),
        (StateChanged(state="hearing"), "You are speaking"),
        (StateChanged(state="thinking"), "Thinking"),
        (StateChanged(state="speaking"), "Speaking"),
        (StateChanged(state="stopped"), "Session stopped"),
        (MuteChanged(muted=True), "Muted"),
        (TalkChanged(mode="push", talking=False), "Push to talk · Ctrl+T"),
        (TalkChanged(mode="push", talking=True), "Ctrl+T to finish"),
        (DevicesChanged(input="", output="Headphones"), "No microphone · type instead"),
        (stats(lag_ms=400), "Behind 400 ms"),
        (SessionFailed(message="gone"), "Session stopped"),
    ],
)
async def test_the_state_stands_in_words(event, words: str) -> None:
    app = make_app()
    async with running(app) as pilot:
        assert "Listening" in status(app)
        await emit(pilot, event)
        assert words in status(app)


async def test_loading_says_what_and_how_far() -> None:
    app = make_app([])
    async with running(app) as pilot:
        assert "Loading" in status(app)
        await emit(pilot, Progressed(phase="loading recogniser", done=2, total=5))
        assert "Loading recogniser 2/5" in status(app)


async def test_keys_become_commands() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "ctrl+l", "ctrl+o", "f8", "f9")
        await emit(pilot, said(1, "hello"), MuteChanged(muted=True), TalkChanged(mode="push", talking=False))
        await press(pilot, "ctrl+l")
        await emit(pilot, MuteChanged(muted=False))
        await press(pilot, "ctrl+t")
        await emit(pilot, TalkChanged(mode="push", talking=True))
        await press(pilot, "ctrl+t", "ctrl+o", "ctrl+n")
        changes = [command for command in session_of(app).commands if isinstance(command, ChangeSettings)]
        assert [(c.settings.turns.mode, c.settings.audio.volume) for c in changes] == [
            ("push", 1.0),
            ("push", 0.9),
            ("push", 1.1),
            ("open", 1.1),
        ]
        assert [command for command in session_of(app).commands if command not in changes] == [
            SetMute(muted=True),
            SetMute(muted=False),
            PushToTalk(talking=True),
            PushToTalk(talking=False),
            NewConversation(),
        ]


async def test_a_key_for_what_a_flag_fixes_holds_for_now() -> None:
    app = make_app()
    fixed = Origin("flag", "--set audio.volume=0.5")
    app.state.kept = Kept(app.surroundings.settings_path, {"audio.volume": fixed, "turns.mode": fixed})
    async with running(app) as pilot:
        await press(pilot, "ctrl+o", "f8")
        assert session_of(app).commands == [SetTalkMode(mode="push"), SetVolume(volume=0.9)]


async def test_what_is_typed_right_after_enter_is_the_next_line() -> None:
    app = make_app()
    async with running(app) as pilot:
        for key in ("a", "b", "enter", "c", "enter", "d", "e"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert [command.text for command in session_of(app).commands if isinstance(command, SendText)] == ["ab", "c"]
        assert main_screen(app).query_one(Prompt).value == "de"


async def test_what_the_session_cannot_take_yet_stands_there_again_before_what_was_typed_since() -> None:
    app = make_app([])
    async with running(app) as pilot:
        for key in ("a", "b", "enter", "c"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await settle(pilot)
        assert main_screen(app).query_one(Prompt).value == "abc"
        assert session_of(app).commands == []


async def test_a_line_longer_than_the_terminal_can_be_seen() -> None:
    app = make_app()
    async with running(app, (60, 20)) as pilot:
        await press(pilot, *"remember that the washing machine stands in the cellar of the house next door")
        prompt = main_screen(app).query_one(Prompt)
        assert not prompt.show_horizontal_scrollbar or prompt.scrollbar_size_horizontal == 0
        assert "house next door" in screen_text(app)


async def test_keys_pressed_while_screens_are_made_ready_go_where_they_always_go() -> None:
    app = make_app()
    async with running(app) as pilot:
        app.standby.expect(app.standing())
        for key in "abcdef":
            app.post_message(TimeToPrepare())
            app.post_message(events.Key(key, key))
        await settle(pilot)
        assert main_screen(app).query_one(Prompt).value == "abcdef"
        assert app.screen is main_screen(app)


async def test_escape_interrupts_what_can_be_interrupted_wherever_the_focus_is() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "escape")
        assert session_of(app).commands == []
        await emit(pilot, StateChanged(state="speaking"))
        await press(pilot, "escape")
        await press(pilot, "f4", "escape")
        assert session_of(app).commands == [Interrupt(), Interrupt()]


async def test_the_talk_key_does_nothing_while_the_microphone_is_open() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "ctrl+t")
        assert session_of(app).commands == []


async def test_space_talks_in_the_conversation_and_writes_in_the_input_line() -> None:
    app = make_app(settings=Settings(turns=TurnSettings(mode="push")))
    async with running(app) as pilot:
        await press(pilot, "space")
        assert main_screen(app).prompt.value == " "
        main_screen(app).query_one("#transcript").focus()
        await press(pilot, "space")
        assert session_of(app).commands == [PushToTalk(talking=True)]


async def test_typed_text_is_sent_and_can_be_brought_back() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, *"hi", "enter", *"yo", "enter", "enter")
        assert session_of(app).commands == [SendText(text="hi"), SendText(text="yo")]
        await press(pilot, "up", "up")
        assert main_screen(app).prompt.value == "hi"
        await press(pilot, "down", "down")
        assert main_screen(app).prompt.value == ""


async def test_nothing_typed_is_lost_while_the_session_loads() -> None:
    app = make_app([])
    async with running(app) as pilot:
        await press(pilot, *"hi", "enter")
        assert session_of(app).commands == []
        assert main_screen(app).prompt.value == "hi"
        assert any("not ready" in text for text in toasts(app))


async def test_a_fresh_session_begins_a_new_chapter_and_keeps_the_words() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, said(1, "before"))
        await emit(pilot, SessionFailed(message="The session was killed", hint="A fresh one is starting."))
        assert "Session stopped" in status(app)
        await emit(pilot, StateChanged(state="loading"), *READY, said(1, "after"))
        lines = shown_lines(app)
        assert lines[0].endswith("before")
        assert "restarted" in lines[1]
        assert lines[2].endswith("after")
        assert "Listening" in status(app)


async def test_a_new_conversation_begins_a_new_chapter() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, ConversationStarted(conversation="a"))
        assert shown_lines(app) == []
        await emit(pilot, said(1, "before"), ConversationStarted(conversation="b"), said(1, "after"))
        assert [line.split("\n")[-1] for line in shown_lines(app)] == ["before", "── New conversation ──", "after"]


async def test_notices_stand_as_toasts_and_stay_in_the_log() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, Notice(severity="error", message="The microphone is gone", hint="Plug it in again."))
        assert toasts(app) == ["The microphone is gone\nPlug it in again."]
        assert "The microphone is gone" in screen_text(app)
        await press(pilot, "f5")
        assert "ERROR The microphone is gone" in screen_text(app)


async def test_a_storm_of_notices_does_not_bury_the_screen() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, *(Notice(severity="warning", message=f"number {n}") for n in range(50)))
        assert len(toasts(app)) == 3
        assert len(app.state.notices) == 50


async def test_a_bad_theme_name_falls_back_and_says_so() -> None:
    app = make_app(settings=Settings(ui=UiSettings(theme="no-such-theme")))
    async with running(app):
        assert app.theme == "textual-dark"
        assert any("no-such-theme" in text for text in toasts(app))


async def test_a_good_theme_name_is_used() -> None:
    app = make_app(settings=Settings(ui=UiSettings(theme="nord")))
    async with running(app):
        assert app.theme == "nord"
        assert toasts(app) == []


async def test_the_first_screen_says_plainly_what_the_ears_can_do() -> None:
    async with running(make_app()) as pilot:
        text = " ".join(screen_text(pilot.app).split())
        assert "short commands well and free speech poorly" in text
        assert "No language model is configured" in text


async def test_with_a_language_model_the_first_screen_names_it() -> None:
    settings = Settings(llm=LlmSettings(base_url="http://127.0.0.1:11434/v1", model="[b]qwen"))
    async with running(make_app(settings=settings)) as pilot:
        text = " ".join(screen_text(pilot.app).split())
        assert "Answers come from [b]qwen at 127.0.0.1:11434" in text
        assert "No language model" not in text


async def test_a_memory_store_that_fails_says_so_and_is_tried_again() -> None:
    store = FakeMemory(failure=MemoryStoreError("The file is damaged", hint="Run voice-tui memory repair"))
    app = make_app(memory=store)
    async with running(app, (120, 36)) as pilot:
        assert "The file is damaged" in screen_text(app)
        store.failure = None
        await emit(pilot, MemoryChanged(action="added", id="x", text="y"))
        assert "The file is damaged" not in screen_text(app)
        assert "No memories yet" in screen_text(app)


async def test_an_unexpected_error_off_the_ui_thread_is_told(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app()
    async with running(app) as pilot:
        app.files.submit(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
        await settle(pilot, lambda: bool(toasts(app)))
        assert "division" in toasts(app)[0]
    assert "a job failed" in caplog.text


async def test_restart_and_quit() -> None:
    app = make_app()
    async with running(app) as pilot:
        await app.run_action("restart")
        await settle(pilot)
        assert session_of(app).restarted == 1
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert app.return_value == 0
    assert session_of(app).closed == 1


async def test_a_key_map_moves_keys_and_names_unknown_ones() -> None:
    app = make_app(keymap={"mute": "f12", "no_such_thing": "f10"})
    async with running(app) as pilot:
        assert any("no_such_thing" in text for text in toasts(app))
        await press(pilot, "ctrl+l", "f12")
        assert session_of(app).commands == [SetMute(muted=True)]
