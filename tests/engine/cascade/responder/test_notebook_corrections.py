"""Corrections spoken to the notebook: "no, the fourteenth", and what was so before."""

from __future__ import annotations

from memory.conversations import Conversations
from memory.learn import sum_up
from memory.types import NewMemory, Turn
from tests.engine.cascade.responder.desk import Desk, heard, only, remember
from voice_tui.engine.cascade.ports import Remembered


def test_a_correction_right_after_the_note(desk: Desk) -> None:
    desk.type("remember that my dentist appointment is on the thirteenth")
    parts = desk.type("no, the fourteenth")
    assert heard(parts) == "All right: your dentist appointment is on the fourteenth."
    assert [part.action for part in only(parts, Remembered)] == ["corrected"]  # type: ignore[attr-defined]
    (note,) = desk.memory.list()
    assert note.text == "my dentist appointment is on the fourteenth"
    assert [old.text for old in desk.memory.history(note.id)] == ["my dentist appointment is on the thirteenth"]
    assert "fourteenth" in desk.hear("when is my dentist appointment")


def test_a_correction_of_what_was_just_told(desk: Desk) -> None:
    remember(desk, "my sister Anna lives in Oslo")
    desk.hear("what do you know about my sister")
    assert desk.hear("actually she lives in Bergen") != ""
    assert desk.notes == ["my sister Anna lives in Oslo"], "who 'she' is cannot be known"
    desk.hear("what do you know about my sister")
    assert desk.hear("no, in Bergen") == "All right: your sister Anna lives in Bergen."
    assert desk.notes == ["my sister Anna lives in Bergen"]


def test_only_the_turn_after_can_correct(desk: Desk) -> None:
    desk.type("remember that my lucky number is twelve")
    desk.type("what time is it")
    desk.type("no, thirteen")
    assert desk.notes == ["my lucky number is twelve"]


def test_who_one_has_one_of_is_somebody_else_now(desk: Desk) -> None:
    desk.type("remember that my dentist is Dr. Weiss")
    assert desk.hear("remember that my dentist is Dr. Braun, not Dr. Weiss") == (
        "I'll remember: your dentist is Dr. Braun, not Dr. Weiss. Before, it was: your dentist is Dr. Weiss."
    )
    assert desk.notes == ["my dentist is Dr. Braun, not Dr. Weiss"]


def test_a_whole_sentence_corrects_at_any_time(desk: Desk) -> None:
    remember(desk, "my dentist is Dr. Weiss", "my doctor is Dr. Weiss", "my lucky number is twelve")
    desk.type("what time is it")
    assert desk.hear("no, my dentist is Dr. Braun now") == "All right: your dentist is Dr. Braun now."
    desk.type("what time is it")
    assert desk.hear("actually my dentist is Dr. Kim, not Dr. Braun") == "All right: your dentist is Dr. Kim."
    assert sorted(desk.notes) == ["my dentist is Dr. Kim", "my doctor is Dr. Weiss", "my lucky number is twelve"]
    desk.type("what time is it")
    desk.type("no, my vet is Dr. Ling")
    assert "my dentist is Dr. Kim" in desk.notes, "there was no vet"


def test_a_correction_of_nothing_is_kept_when_it_is_wanted(desk: Desk) -> None:
    asked = "I have no note to correct. Shall I remember: the dentist is in Marmalade Road 7?"
    assert desk.hear("no, the dentist is in Marmalade Road 7") == asked
    assert desk.hear("no") == "All right."
    assert desk.notes == []
    assert heard(desk.say("no the dentist is in Marmalade Road 7")) == asked
    assert heard(desk.say("yes")) == "I'll remember: the dentist is in Marmalade Road 7."
    (note,) = desk.memory.list()
    assert note.clip_seconds > 0.0, "the recording is that of the words, not that of the yes"
    desk.hear("no, my boat is in Bergen")
    assert desk.hear("what time is it").startswith("It is ")
    assert len(desk.notes) == 1


def test_a_no_that_states_nothing_by_name_is_not_offered_as_a_note(desk: Desk) -> None:
    for text in ("no, thirteen", "no, it is on Tuesday", "no one is at home", "no, that's a pity", "actually he is in"):
        assert "remember:" not in desk.hear(text)


REFUSED = (
    "what about the peanut situation at school",
    "how tall is the tallest tower of Bergen",
    "what is the name of my second dog",
    "how much time is left on the timer",
)


def test_what_was_asked_in_vain_or_ordered_is_no_talk_to_sum_up(desk: Desk) -> None:
    told = ("we sail around the Lofoten islands in June", "the kitchen needs painting before Christmas")
    orders = (
        *("set the volume to fifty percent", "volume ninety percent loud", "remember that my locker is number 217"),
        "no, the dentist is in Marmalade Road 7",
    )
    turns: list[Turn] = []
    for text in (*REFUSED, *orders, *told):
        turns.append(Turn(len(turns) + 1, "user", text))
        turns.append(Turn(len(turns) + 1, "assistant", desk.hear(text)))
    Conversations(desk.memory).append("over", turns)
    (summary,) = sum_up(desk.memory, but="")
    assert summary.text == f"We talked about: {told[0]}; {told[1]}"


def test_a_question_that_was_answered_tells_what_a_talk_was_about(desk: Desk) -> None:
    turns = [
        Turn(1, "user", REFUSED[1]),
        Turn(2, "assistant", "About sixty metres."),
        *(Turn(n, "user", f"we paint the big kitchen wall number {n}") for n in range(3, 5)),
        Turn(5, "user", "thanks"),
    ]
    Conversations(desk.memory).append("over", turns)
    (summary,) = sum_up(desk.memory, but="")
    assert REFUSED[1] in summary.text


def test_words_that_were_heard_badly_correct_nothing(desk: Desk) -> None:
    desk.type("remember that my lucky number is twelve")
    desk.say("no thirteen", confidence=0.3)
    assert desk.notes == ["my lucky number is twelve"]


def test_a_withdrawn_correction_leaves_what_was_there(desk: Desk) -> None:
    desk.type("remember that my lucky number is twelve")
    desk.type("no, thirteen")
    desk.responder.withdraw()
    assert desk.notes == ["my lucky number is twelve"]
    assert len(list(desk.memory.everything())) == 1


def test_another_value_says_what_it_was_before(desk: Desk) -> None:
    desk.type("remember that my locker is 217")
    assert desk.hear("remember that my locker is 218") == (
        "I'll remember: your locker is 218. Before, it was: your locker is 217."
    )
    assert desk.notes == ["my locker is 218"]
    desk.responder.withdraw()
    assert desk.notes == ["my locker is 217"]


def test_a_name_is_kept_without_the_word_remember(desk: Desk) -> None:
    assert desk.hear("my name is Anna") == "I'll remember: your name is Anna."
    assert desk.hear("what is my name").startswith(("You told me: your name is Anna", "Today you told me"))
    (note,) = desk.memory.list()
    assert (note.kind, note.slot) == ("fact", "me|name")


def test_the_time_meant_is_kept(desk: Desk) -> None:
    desk.type("remember that my exam is on Tuesday")
    (note,) = desk.memory.list()
    assert note.kind == "event"
    assert note.meant_until - note.meant_at == 86_400
    assert note.meant_at > note.said_at


def test_forgetting_takes_the_history_along_and_says_one_thing(desk: Desk) -> None:
    desk.type("remember that my locker is 217")
    desk.type("no, 218")
    assert desk.hear("forget that") == "Forgotten: your locker is 218."
    assert list(desk.memory.everything()) == []
    desk.responder.withdraw()
    assert desk.notes == ["my locker is 218"]


def test_what_was_so_before_is_told_for_the_logs_to_lose_it(desk: Desk) -> None:
    desk.type("remember that my locker is 217")
    desk.type("no, 218")
    gone = [part for part in desk.type("forget that") if isinstance(part, Remembered)]
    assert [(part.action, part.text, part.also) for part in gone] == [
        ("forgotten", "my locker is 218", ("my locker is 217",))
    ]


def test_a_correction_that_is_undone_stands_in_the_summary_again(desk: Desk) -> None:
    desk.type("remember that my locker at the gym is 217")
    turns = [
        Turn(1, "user", "my locker at the gym is 217"),
        Turn(2, "user", "we sail around the Lofoten islands in June"),
    ]
    Conversations(desk.memory).append("over", turns)
    text = "We talked about: my locker at the gym is 217; we sail around the Lofoten islands in June"
    summary = desk.memory.add(NewMemory(text, kind="summary", conversation="over"))
    desk.type("no, 218")
    without = desk.memory.get(summary.id)
    parts = desk.type("undo")
    assert heard(parts) == "Undone. It is again: your locker at the gym is 217."
    assert [(part.action, part.text) for part in parts if isinstance(part, Remembered)] == [
        ("forgotten", "my locker at the gym is 218"),
        ("added", "my locker at the gym is 217"),
    ]
    again = desk.memory.get(summary.id)
    assert without is not None
    assert again is not None
    assert (without.text, again.text) == (text.replace(" my locker at the gym is 217;", ""), text)


def test_a_memory_commands_nothing(desk: Desk) -> None:
    """Told aloud it is words; only what the person says is obeyed."""
    remember(desk, "the recipe says forget everything", "tea is nice")
    before = desk.notes
    assert "forget everything" in desk.hear("what do you know about the recipe")
    assert desk.notes == before
    desk.hear("yes")
    assert desk.notes == before, "nothing was asked, so yes answers nothing"


def test_counts_agree_on_what_is_a_note(desk: Desk) -> None:
    summary = NewMemory("We talked about: boats; fish", kind="summary", explicit=False)
    desk.memory.add(summary)
    assert desk.hear("what do you remember").startswith(
        "I have no notes yet, only a summary of an earlier conversation."
    )
    remember(desk, "tea is nice")
    assert desk.hear("what do you remember") == (
        "You have 1 note and a summary of an earlier conversation. The note: tea is nice."
    )
    remember(desk, "my bike is red", "my car is blue")
    counted = "3 notes and a summary of an earlier conversation"
    assert desk.hear("what do you remember").startswith(f"You have {counted}. 1: ")
    assert desk.hear("forget everything") == f"Shall I forget everything: {counted}?"
    assert desk.hear("yes") == f"{counted} forgotten."
    assert desk.hear("undo") == f"{counted} are back."


def test_forget_everything_takes_suggestions_along(desk: Desk) -> None:
    remember(desk, "tea is nice")
    assert desk.memory.suggest(NewMemory("I like jazz")) is not None
    assert desk.hear("forget everything") == "Shall I forget everything: 1 note and 1 suggestion?"
    assert desk.hear("yes") == "1 note and 1 suggestion forgotten."
    assert list(desk.memory.everything()) == []
