"""The notebook: what it says, asks back, and leaves behind when a turn is withdrawn."""

from __future__ import annotations

import pytest

from memory.types import NewMemory
from tests.engine.cascade.responder.desk import START, Desk, heard, remember
from voice_tui.audio.codec import decode, encode_flac
from voice_tui.engine.cascade.ports import Action, Text, UserTurn, Waiting
from voice_tui.engine.cascade.responder.factory import make_responder
from voice_tui.engine.cascade.sentences import SentenceBuffer
from voice_tui.errors import ConfigError, ProviderError
from voice_tui.settings import LlmSettings, Settings

# --- clock, volume, manners ---


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what time is it", "It is 2:05 PM."),
        ("what's the date", "Today is Friday, November 20th, 2026."),
        ("hello", "Good afternoon. I am listening."),
        ("thank you", "You're welcome."),
        ("goodbye", "Goodbye."),
        ("say that again", "I have not said anything yet."),
        ("what do you know", "I have no notes yet. Say: remember that, and what I should keep."),
        ("what do you know about my sister", "I have no note about your sister."),
        ("what is my shoe size", "I have no note about your shoe size."),
        ("who is the president of France", "I have no note about the president of France."),
        ("what is the name of my dog", "I have no note about the name of your dog."),
        ("what's the name of our hotel?", "I have no note about the name of your hotel."),
        ("what is Anna allergic to?", "I have no note about what Anna is allergic to."),
        ("what is my sister allergic to", "I have no note about what your sister is allergic to."),
        ("where is Anna", "I have no note about Anna."),
        ("where does anna live", "I have no note about where anna lives."),
        ("where do I live", "I have no note about where you live."),
        ("when does my train leave", "I have no note about when your train leaves."),
        ("how old is my sister", "I have no note about how old your sister is."),
        ("who am i", "I have no note about who you are."),
        ("what did Anna give me", "I have no note about that."),
        ("where did I park", "I have no note about that."),
        ("is Anna allergic to nuts?", "I have no note about that."),
        ("which bus goes to my office", "I have no note about that."),
        ("did i mention the keys", "I have no note about the keys."),
        ("what did i tell you today", "You told me nothing today."),
        ("forget that", "There is nothing to forget."),
        ("forget everything", "There is nothing to forget."),
        ("forget about the sea", "I have no note about the sea."),
    ],
)
def test_plain_answers(desk: Desk, text: str, answer: str) -> None:
    assert desk.hear(text) == answer


@pytest.mark.parametrize(("hour", "said"), [(0, "12:05 AM"), (9, "9:05 AM"), (12, "12:05 PM"), (23, "11:05 PM")])
def test_hours(desk: Desk, hour: int, said: str) -> None:
    desk.now = START.replace(hour=hour)
    assert desk.hear("what time is it") == f"It is {said}."


def test_volume_is_a_change(desk: Desk) -> None:
    assert desk.type("louder") == [Action("volume", 0.25), Text("Louder.")]
    assert desk.type("turn it down") == [Action("volume", -0.25), Text("Softer.")]


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("set the volume to fifty percent", 50),
        ("set volume to 50", 50),
        ("volume 50 percent", 50),
        ("set the volume to 30%", 30),
        ("volume fifty", 50),
        ("half volume", 50),
        ("full volume please", 100),
        ("turn the volume down to seventy five percent", 75),
        ("volume to a hundred and ten percent", 110),
        ("set the volume to zero", 0),
    ],
)
def test_volume_is_set(desk: Desk, text: str, percent: int) -> None:
    assert desk.type(text) == [Action("set_volume", percent / 100), Text(f"The volume is {percent} percent now.")]


def test_a_volume_that_there_is_not_changes_nothing(desk: Desk) -> None:
    for text in ("set the volume to 300", "volume five hundred percent", "set the volume to -5"):
        assert desk.type(text) == [Text("The volume goes from 0 to 200 percent.")]


def test_stop_says_nothing(desk: Desk) -> None:
    assert desk.type("be quiet") == [Action("stop")]


def test_timers(desk: Desk) -> None:
    assert desk.type("set a timer for five minutes") == [
        Action("timer", 300.0, "Your timer of 5 minutes is over."),
        Text("Timer set for 5 minutes."),
    ]
    assert desk.type("remind me in an hour and a half to check my oven") == [
        Action("timer", 5400.0, "You wanted to be reminded: check your oven."),
        Text("I'll remind you in 1 hour and 30 minutes."),
    ]
    assert desk.type("set a timer for 30 hours") == [Text("I keep timers of up to 24 hours.")]


def with_timers(text: str, *timers: Waiting) -> UserTurn:
    return UserTurn(text, typed=True, timers=timers)


EGGS = Waiting(185.2, "Your timer of 5 minutes is over.")
OVEN = Waiting(3600.0, "You wanted to be reminded: check your oven.")
RINGING = Waiting(-1.0, "Your timer of 10 seconds is over.")


@pytest.mark.parametrize(
    "question",
    [
        *(
            "how much time is left on the timer",
            "how much time is left",
            "how long is left?",
            "what timers are running",
        ),
        *("How much time do I have left?", "show me my timers", "is there a timer running", "when will the timer ring"),
    ],
)
def test_timers_can_be_asked_about(desk: Desk, question: str) -> None:
    assert desk.hear(question) == "No timer is running."
    assert heard(desk.parts(with_timers(question, EGGS))) == "Your timer of 5 minutes has 3 minutes and 5 seconds left."
    assert heard(desk.parts(with_timers(question, RINGING, OVEN))) == (
        "Your timer of 10 seconds is over. In 1 hour, I'll remind you: check your oven."
    )


def test_timers_are_cancelled_when_there_are_any(desk: Desk) -> None:
    assert desk.type("stop the timer") == desk.type("cancel all timers") == [Text("No timer is running.")]
    cancelled = [Action("cancel_timers"), Text("All timers are cancelled.")]
    assert desk.parts(with_timers("cancel the timer", EGGS)) == cancelled
    assert desk.parts(with_timers("stop the timer", RINGING)) == cancelled


def test_timers_asked_about_in_doubt_are_those_of_the_answer(desk: Desk) -> None:
    desk.say("how much time is left", confidence=0.2)
    assert "has 3 minutes" in heard(desk.parts(with_timers("yes", EGGS)))


def test_a_timer_without_a_length_is_asked_for(desk: Desk) -> None:
    assert desk.hear("set a timer") == "For how long?"
    assert desk.type("ten minutes")[0] == Action("timer", 600.0, "Your timer of 10 minutes is over.")
    assert "language model" in desk.hear("ten minutes")  # the question is not open any more


def test_repeat_gives_the_last_answer_again_and_again(desk: Desk) -> None:
    desk.type("what's the date")
    assert desk.hear("say that again") == desk.hear("again") == "Today is Friday, November 20th, 2026."


def test_everything_it_says_can_be_spoken(desk: Desk) -> None:
    for text in ("help", "hello", "sing a song", "sing a song", "tell me a joke", "is it far?", "yes", "no"):
        said = desk.hear(text)
        buffer = SentenceBuffer()
        assert " ".join(buffer.push(said) + buffer.flush()) == said


# --- no language model ---


def test_without_a_model_it_says_so_and_how_to_choose_one_and_is_shorter_later(desk: Desk) -> None:
    first = desk.hear("write a poem about the sea")
    assert first.startswith("No language model is configured") and "open the settings" in first
    assert first.count(".") == 1
    later = [desk.hear("write a poem about the sea?") for _ in range(3)]
    assert len({first, *later}) == 4 and all(len(answer) < len(first) for answer in later)


@pytest.mark.parametrize(
    "question",
    ("how are you", "what is your name", "is it far?", "what is two plus two", "why is the sky blue", "can you sing"),
)
def test_what_no_note_could_answer_is_for_a_language_model(desk: Desk, question: str) -> None:
    assert "language model" in desk.hear(question).lower()


def test_a_statement_is_offered_to_be_kept_and_remember_that_keeps_it(desk: Desk) -> None:
    desk.hear("tell me a joke")
    assert "remember that" in desk.hear("my sister is allergic to nuts")
    assert desk.hear("remember that") == "I'll remember: your sister is allergic to nuts."
    assert desk.notes == ["my sister is allergic to nuts"]


def test_remember_that_before_anything_was_said_asks(desk: Desk) -> None:
    assert desk.hear("remember that") == "What shall I remember?"
    assert desk.hear("the key is under the mat") == "I'll remember: the key is under the mat."
    assert desk.hear("remember this") and desk.hear("never mind") == "All right."
    assert desk.notes == ["the key is under the mat"]


def test_a_question_that_a_note_answers_is_answered(desk: Desk) -> None:
    desk.type("remember that the wifi password is rosebud")
    assert desk.hear("what is the wifi password") == "You told me: the wifi password is rosebud."
    assert desk.hear("what is the password of the bank?") == "I have no note about the password of the bank."


def test_what_a_summary_repeats_is_not_read_out(desk: Desk) -> None:
    for number in range(20):  # more than the candidates of a recall
        said = f"You talked about: remember that the train leaves at nine; {number} geese"
        desk.memory.add(NewMemory(said, kind="summary"))
    assert "talked about" not in desk.hear("when does the train leave")
    assert desk.hear("what do you know about the train") == "I have no note about the train."
    desk.hear("remember that the train leaves at ten")
    assert desk.hear("when does the train leave") == "You told me: the train leaves at ten."


# --- unsure recognition ---


def test_unsure_commands_are_asked_back_and_done_on_yes(desk: Desk) -> None:
    assert heard(desk.say("set a timer for five minutes", 0.1)) == "Did you say: set a timer for five minutes?"
    assert desk.say("yes")[0] == Action("timer", 300.0, "Your timer of 5 minutes is over.")


def test_no_offers_the_other_hearing_and_then_gives_up(desk: Desk) -> None:
    desk.say("what time is it", 0.1, "what day is it")
    assert heard(desk.say("no")) == "Did you say: what day is it?"
    assert heard(desk.say("no")) == "Sorry. Please say it again."
    assert heard(desk.say("no")) == "All right."


def test_something_else_than_yes_or_no_is_a_new_turn(desk: Desk) -> None:
    desk.say("what time is it", 0.1)
    assert heard(desk.say("what day is it")).startswith("Today is")
    assert heard(desk.say("yes")) == "All right."


def test_what_is_no_command_is_not_asked_back_but_its_other_hearing_is(desk: Desk) -> None:
    assert heard(desk.say("wreck a nice beach", 0.1)) == (
        "I did not catch that. I heard: wreck a nice beach. Please say it again."
    )
    assert heard(desk.say("what crime is it", 0.1, "what time is it")) == "Did you say: what time is it?"
    assert heard(desk.say("yes")) == "It is 2:05 PM."


@pytest.mark.parametrize("text", ["stop", "say that again"])
def test_urgent_and_harmless_commands_are_done_at_once(desk: Desk, text: str) -> None:
    assert "Did you say" not in heard(desk.say(text, 0.05))


def test_typed_words_are_never_doubted(desk: Desk) -> None:
    assert desk.hear("what time is it") == "It is 2:05 PM."


def test_an_unsure_yes_does_not_forget(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.responder.reset()
    assert desk.hear("forget that").endswith("Shall I forget it?")
    assert heard(desk.say("yes", 0.1)).endswith("shall I forget it?")
    assert desk.notes
    desk.say("yes", 0.9)
    assert not desk.notes


# --- withdrawn turns ---


def test_a_withdrawn_note_was_never_made(desk: Desk) -> None:
    desk.say("remember that my sister")
    desk.responder.withdraw()
    assert not desk.notes
    assert desk.hear("forget that") == "There is nothing to forget."


def test_withdrawing_does_not_take_a_note_that_was_there_before(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.type("remember that I like tea")
    desk.responder.withdraw()
    assert desk.notes == ["I like tea"]


def test_a_withdrawn_forgetting_is_undone_with_its_recording(desk: Desk) -> None:
    desk.say("remember that my ant is called better", 0.2)
    desk.type("forget about my ant")
    desk.responder.withdraw()
    note = desk.memory.list()[0]
    assert desk.memory.clip(note.id) is not None
    desk.responder.withdraw()  # only the last turn, and only once
    assert desk.notes


def test_a_withdrawn_answer_to_a_question_leaves_the_question_open(desk: Desk) -> None:
    remember(desk, "my sister likes tea", "my sister lives in Rome")
    desk.type("forget about my sister")
    desk.say("no")
    desk.responder.withdraw()
    desk.say("yes")
    assert not desk.notes


def test_a_turn_cancelled_before_it_began_does_nothing_and_takes_nothing_with_it(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.cancel.set()
    assert desk.type("remember that I like milk") == []
    desk.responder.withdraw()
    assert desk.notes == ["I like tea"]


def test_reset_forgets_the_thread_and_keeps_the_notes(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.responder.reset()
    assert desk.hear("say that again") == "I have not said anything yet."
    assert desk.notes


def test_new_conversation(desk: Desk) -> None:
    desk.type("my sister likes tea")
    assert desk.type("start over") == [Action("new_conversation"), Text("All right, a fresh start.")]
    assert desk.hear("remember that") == "What shall I remember?"


# --- failures ---


def test_a_memory_that_fails_is_told(desk: Desk) -> None:
    desk.memory.close()
    with pytest.raises(ProviderError) as caught:
        desk.type("remember that I like tea")
    assert caught.value.message


def test_a_wrong_address_is_a_settings_error(desk: Desk) -> None:
    for url in ("localhost:11434", "ftp://x/v1", "http://", "http://[::1", "http://host:99999/v1"):
        with pytest.raises(ConfigError, match=r"llm\.base_url"):
            make_responder(Settings(llm=LlmSettings(base_url=url)), desk.memory, lambda: START, encode_flac, decode)
