"""The app's knowledge, without a terminal."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_memory import NOW
from tests.fakes_session import DIALOGUE, READY, stats
from voice_tui.events import (
    DevicesChanged,
    MemoryRecalled,
    MuteChanged,
    Notice,
    SessionStarted,
    StateChanged,
    TalkChanged,
    TranscriptUpdated,
    TranscriptWithdrawn,
)
from voice_tui.settings import Settings
from voice_tui.tui.state import conversation as conversation_module
from voice_tui.tui.state.app_state import AppState, Topic
from voice_tui.tui.state.conversation import Conversation, Drop, Put
from voice_tui.tui.state.health import Health, after, chips, headline
from voice_tui.tui.state.notices import MAX_TOASTS, TOAST_SECONDS, Notices, notice
from voice_tui.tui.state.text import MAX_CHARS, one_line, plain


def said(turn: int, text: str = "x", *, final: bool = True) -> TranscriptUpdated:
    return TranscriptUpdated(turn=turn, role="user", text=text, final=final)


def new_state() -> AppState:
    return AppState(Settings(), lambda: NOW)


@given(st.text())
def test_plain_text_can_never_control_the_terminal(text: str) -> None:
    for result in (plain(text), one_line(text)):
        assert all(char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in result)
        assert not set(result) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u200b")
        result.encode("utf-8")
    assert "\n" not in one_line(text)


def test_plain_text_keeps_every_script_and_cuts_a_flood() -> None:
    for text in ("naïve", "日本語", "שלום", "👩‍👩‍👧", "a\nb"):
        assert plain(text) == text
    assert plain("a\r\nb\tc") == "a\nb c"
    assert plain("x" * (MAX_CHARS + 5)) == "x" * MAX_CHARS + "…"


def test_turns_stand_in_their_order_whatever_the_order_of_events() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    numbers = list(range(30))
    random.Random(seed).shuffle(numbers)
    talk = Conversation()
    for number in numbers:
        talk.update(said(number))
    assert [line.key[2] for line in talk] == list(range(30))


def test_changes_replayed_on_a_list_give_the_conversation() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    talk, drawn = Conversation(), []
    for step in range(400):
        match dice.randrange(6):
            case 0:
                talk.withdraw(TranscriptWithdrawn(turn=dice.randrange(20)))
            case 1:
                talk.note_recall(MemoryRecalled(query="q", ids=("a",), texts=("t",), scores=(1.0,), strategy="s"))
            case 2 if step % 7 == 0:
                talk.begin_chapter("again")
            case _:
                talk.update(said(dice.randrange(20), f"text {step}"))
        for change in talk.take_changes():
            replay(drawn, change)
    assert [line.key for line in drawn] == [line.key for line in talk]
    assert drawn == list(talk)


def replay(drawn: list, change: Put | Drop) -> None:
    keys = [line.key for line in drawn]
    if isinstance(change, Drop):
        del drawn[keys.index(change.key)]
    elif change.line.key in keys:
        drawn[keys.index(change.line.key)] = change.line
    else:
        drawn.insert(keys.index(change.before) if change.before else len(drawn), change.line)


def test_the_same_text_again_changes_nothing() -> None:
    talk = Conversation()
    talk.update(said(1))
    talk.take_changes()
    talk.update(said(1))
    assert talk.take_changes() == []


def test_the_conversation_is_bounded_and_counts_what_it_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_module, "MAX_LINES", 10)
    talk = Conversation()
    for number in range(25):
        talk.update(said(number))
    assert [line.key[2] for line in talk] == list(range(15, 25))
    assert talk.dropped == 15


@pytest.mark.parametrize(
    ("events", "words", "extra"),
    [
        ([], "Loading …", []),
        (READY, "Listening", []),
        ([*READY, MuteChanged(muted=True)], "Muted", []),
        ([*READY, MuteChanged(muted=True), StateChanged(state="speaking")], "Speaking", ["Muted"]),
        ([*READY, TalkChanged(mode="push", talking=False)], "Push to talk · Ctrl+T", []),
        ([*READY, TalkChanged(mode="push", talking=True)], "Listening · Ctrl+T to finish", []),
        (
            [*READY, TalkChanged(mode="push", talking=True), StateChanged(state="hearing")],
            "You are speaking · Ctrl+T to finish",
            ["Push to talk"],
        ),
        ([*READY, stats(lag_ms=161)], "Listening", ["Behind 161 ms"]),
        ([*READY, stats(lag_ms=160)], "Listening", []),
        ([*READY, DevicesChanged(input="", output="")], "No microphone · type instead", ["No speaker"]),
        (
            [*READY, DevicesChanged(input="", output="x"), StateChanged(state="speaking")],
            "Speaking",
            ["No microphone"],
        ),
        ([*READY, stats(volume=0.0)], "Listening", ["Voice off"]),
        (
            [*READY, MuteChanged(muted=True), TalkChanged(mode="push", talking=False)],
            "Muted",
            ["Push to talk"],
        ),
    ],
)
def test_headline_and_chips(events, words: str, extra: list[str]) -> None:
    health = Health()
    for event in events:
        health = after(health, event)
    assert headline(health, talk_key="Ctrl+T").text == words
    assert [chip.text for chip in chips(health)] == extra


def test_an_event_of_no_concern_leaves_health_alone() -> None:
    health = Health()
    assert after(health, Notice(severity="info", message="x")) is health


def test_a_second_start_begins_a_chapter_and_the_first_does_not() -> None:
    state = new_state()
    for event in (*READY, said(1), SessionStarted(engine="cascade", detail=""), said(1)):
        state.apply(event)
    assert [line.kind for line in state.conversation] == ["turn", "chapter", "turn"]


def test_two_chapters_without_a_word_between_them_are_one() -> None:
    talk = Conversation()
    talk.update(said(1, "a"))
    talk.begin_chapter("restarted")
    talk.begin_chapter("new")
    talk.update(said(1, "b"))
    assert [line.text for line in talk] == ["a", "restarted", "b"]


def test_topics_name_what_must_be_redrawn() -> None:
    state = new_state()
    assert state.apply(said(1))[0] == Topic.EVENTS | Topic.TRANSCRIPT
    assert state.apply(stats())[0] == Topic.STATUS | Topic.METRICS
    assert state.apply(StateChanged(state="thinking"))[0] == Topic.EVENTS | Topic.STATUS
    assert state.apply(StateChanged(state="thinking"))[0] & Topic.TRANSCRIPT == Topic.NONE


def test_scores_that_are_missing_count_as_zero() -> None:
    state = new_state()
    state.apply(MemoryRecalled(query="q", ids=("a", "b"), texts=("t", "u"), scores=(0.5,), strategy="s"))
    assert state.shelf.recalled == (("t", 0.5), ("u", 0.0))


def test_statistics_are_not_among_the_raw_events() -> None:
    state = new_state()
    for event in (*READY, *DIALOGUE, stats(), stats()):
        state.apply(event)
    assert len(state.events) == len(READY) + len(DIALOGUE)
    assert len(state.steps) == 2


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_clock_that_is_set_back_or_a_sleep_keeps_no_toast_away(step: float) -> None:
    notices = Notices()
    for number in range(MAX_TOASTS):
        assert notices.add(notice(1e9, "error", f"{number}"))
    assert not notices.add(notice(1e9, "error", "one too many"))
    assert notices.add(notice(1e9 + step, "error", "0"))
    assert not notices.add(notice(1e9 + step + TOAST_SECONDS / 2, "error", "0"))


def test_toasts_are_few_and_never_twice_the_same() -> None:
    notices = Notices()
    assert notices.add(notice(0, "error", "a"))
    assert not notices.add(notice(1, "error", "a"))
    assert [notices.add(notice(1, "error", name)) for name in "bcde"] == [True, True, False, False]
    assert not notices.add(notice(TOAST_SECONDS - 0.1, "error", "f"))
    assert notices.add(notice(TOAST_SECONDS, "error", "a"))
    assert len(notices) == 8
    assert notices.held_back == 4
    assert MAX_TOASTS == 3
