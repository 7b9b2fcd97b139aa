"""The notebook with the real memory and real recordings: remembering, telling, forgetting."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from memory.types import NewMemory, Recollection
from tests.engine.cascade.responder.desk import START, Desk, heard, only, recording, remember
from voice_tui.audio.codec import decode, encode_flac
from voice_tui.engine.cascade.ports import Clip, Recalled, Remembered, Text
from voice_tui.engine.cascade.responder.factory import make_responder
from voice_tui.errors import AudioFileError
from voice_tui.frame import Pcm
from voice_tui.settings import MemorySettings, Settings

# --- remember and recall ---


def test_remember_and_recall(desk: Desk) -> None:
    parts = desk.type("Remember that my sister's birthday is May 3rd.")
    note = desk.memory.list()[0]
    assert parts == [
        Remembered("added", note.id, "my sister's birthday is May 3rd"),
        Text("I'll remember: your sister's birthday is May 3rd."),
    ]
    parts = desk.type("when is my sister's birthday?")
    recalled = parts[0]
    assert isinstance(recalled, Recalled) and 0.7 < recalled.scores[0] <= 1.0
    assert replace(recalled, scores=()) == Recalled(
        "my sister's birthday", (note.id,), (note.text,), (), "spoken", ("says sister, birthday",)
    )
    assert heard(parts) == "You told me: your sister's birthday is May 3rd."


def test_the_same_words_twice_are_one_note(desk: Desk) -> None:
    desk.type("remember that I like tea")
    assert desk.type("Remember that I like tea.") == [Text("I know that already: you like tea.")]
    desk.memory.suggest(NewMemory("I like jazz"))
    parts = desk.type("remember that I like jazz")
    assert [part.action for part in parts if isinstance(part, Remembered)] == ["updated"], "it was only suggested"
    assert heard(parts) == "I'll remember: you like jazz."
    assert sorted(desk.notes) == ["I like jazz", "I like tea"]


def test_what_is_asked_of_a_thing_finds_the_note_that_names_half_of_it(desk: Desk) -> None:
    remember(desk, "my sister Anna is allergic to peanuts", "my car is at the station", "my dog likes the beach")
    peanuts = "You told me: your sister Anna is allergic to peanuts."
    assert desk.hear("what is the peanut situation") == f"This may be it. {peanuts}"
    assert desk.hear("What's the peanut situation?") == f"This may be it. {peanuts}"
    assert desk.hear("what is the station") == "You told me: your car is at the station."
    for about in ("the capital of France", "the weather at the beach", "the best sunny beach", "the wine situation"):
        assert desk.hear(f"what is {about}") == f"I have no note about {about}."


def test_several_notes_are_told_in_order(desk: Desk) -> None:
    for fact in ("my sister lives in Rome", "my sister is allergic to nuts", "my sister has a cat", "our car is red"):
        desk.type(f"remember that {fact}")
    said = desk.hear("what do you know about my sister")
    assert said.startswith("You told me 3 things. 1: your sister ") and " 3: your sister " in said
    assert "car" not in said


def test_what_was_said_on_another_day_is_told_with_the_day(desk: Desk) -> None:
    desk.type("remember that the dentist is tomorrow")
    for days, when in (
        (1, "Yesterday you"),
        (2, "On Friday you"),
        (12, "On November 20th you"),
        (400, "On November 20th, 2026 you"),
    ):
        desk.now = START + timedelta(days=days)
        assert desk.hear("when is the dentist") == f"{when} told me: the dentist is tomorrow."


def test_today_and_yesterday(desk: Desk) -> None:
    desk.now = START.replace(hour=0, minute=1) - timedelta(minutes=2)
    desk.type("remember that it rains")
    desk.now = START
    desk.type("remember that the sun shines")
    desk.type("remember that I am happy")
    assert desk.hear("what did I tell you today") == "You told me 2 things today. 1: the sun shines. 2: you are happy."
    assert desk.hear("what did I tell you yesterday") == "You told me 1 thing yesterday: it rains."


def test_list_tells_the_newest(desk: Desk) -> None:
    for number in range(7):
        desk.type(f"remember that fact number {number} is known")
    said = desk.hear("list my notes")
    assert said.startswith("You have 7 notes. The newest 5: 1: fact number 6 is known. 2: ")
    assert "number 1" not in said


def test_notes_survive_a_restart(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    first.type("remember that the garage code is 1234")
    first.memory.close()
    second = Desk(tmp_path)
    assert "1234" in second.hear("what is the garage code")
    second.memory.close()


# --- spoken notes and their recordings ---


def test_a_spoken_note_keeps_its_recording_but_sure_words_are_told_as_words(desk: Desk) -> None:
    desk.say("remember that my aunt is called berta", 0.95)
    note = desk.memory.list()[0]
    assert note.clip_seconds == pytest.approx(0.5) and note.confidence == pytest.approx(0.95)
    clip = desk.memory.clip(note.id)
    assert clip is not None and np.abs(decode(clip) - recording()).max() < 1e-3
    assert not only(desk.say("who is berta"), Clip)


def test_doubtful_words_are_answered_with_the_recording(desk: Desk) -> None:
    assert heard(desk.say("remember that my ant is called better", 0.2)) == (
        "I kept your recording. I heard: your ant is called better. Is that right?"
    )
    parts = desk.say("what do you know about my ant")
    clips = [part for part in parts if isinstance(part, Clip)]
    assert heard(parts) == "You said: “my ant is called better”"
    assert np.abs(clips[0].pcm - recording()).max() < 1e-3
    assert only(desk.say("say that again"), Clip)  # recordings are repeated too


def test_doubtful_words_that_are_confirmed_are_told_as_words(desk: Desk) -> None:
    desk.say("remember that my aunt is called berta", 0.2)
    assert desk.notes  # at once, whatever comes next
    assert heard(desk.say("yes")) == "Good, I'll remember it."
    parts = desk.say("what do you know about berta")
    assert heard(parts) == "You told me: your aunt is called berta." and not only(parts, Clip)
    assert desk.memory.list()[0].clip_seconds


def test_doubtful_words_that_are_wrong_are_replaced_when_they_are_said_again(desk: Desk) -> None:
    desk.say("remember that my ant is called better", 0.2)
    assert heard(desk.say("no")) == "Sorry. I have your recording. Please say again what I should remember."
    assert desk.notes == ["my ant is called better"]  # with the recording, until there is something better
    parts = desk.say("remember that my aunt is called bert", 0.2)
    assert heard(parts).endswith("I heard: your aunt is called bert. Is that right?")
    assert [part.action for part in parts if isinstance(part, Remembered)] == ["forgotten", "added"]
    desk.say("that is wrong")
    assert heard(desk.say("my aunt is called berta")) == "I'll remember: your aunt is called berta."
    assert desk.notes == ["my aunt is called berta"]


def test_doubtful_words_stay_when_something_else_is_said(desk: Desk) -> None:
    desk.say("remember that my ant is called better", 0.2)
    assert heard(desk.say("what time is it")).startswith("It is")
    desk.say("remember that my dog is read", 0.2)
    desk.say("no")
    assert heard(desk.say("never mind")) == "All right."
    assert len(desk.notes) == 2


def test_a_misheard_note_gives_back_what_it_had_replaced(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Settings(memory=MemorySettings(note_audio=False)))
    desk.type("remember that my locker is 217")
    desk.say("remember that my locker is 270", 0.2)
    assert desk.notes == ["my locker is 270"]
    desk.say("no")
    assert desk.notes == ["my locker is 217"]
    desk.memory.close()


def test_a_note_that_was_there_before_is_not_lost_by_a_no(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.say("remember that I like tea", 0.2)
    desk.say("no")
    desk.say("I like milk")
    assert sorted(desk.notes) == ["I like milk", "I like tea"]


def test_a_withdrawn_repetition_leaves_the_misheard_note(desk: Desk) -> None:
    desk.say("remember that my ant is called better", 0.2)
    desk.say("no")
    desk.say("my aunt is")
    desk.responder.withdraw()
    assert desk.notes == ["my ant is called better"] and desk.memory.clip(desk.memory.list()[0].id)
    desk.say("my aunt is called berta")
    assert desk.notes == ["my aunt is called berta"]


def test_a_recording_that_cannot_be_read_is_told_as_words(tmp_path: Path) -> None:
    def broken(data: bytes) -> Pcm:
        raise AudioFileError("damaged")

    desk = Desk(tmp_path)
    desk.responder = make_responder(Settings(), desk.memory, lambda: desk.now, encode_flac, broken)
    desk.say("remember that my ant is called better", 0.2)
    assert heard(desk.say("what do you know about my ant")) == "You told me: your ant is called better."
    desk.memory.close()


def test_without_recordings_doubt_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Settings(memory=MemorySettings(note_audio=False)))
    said = heard(desk.say("remember that my ant is called better", 0.2))
    assert said == "I heard: your ant is called better. Is that right?"
    assert desk.memory.list()[0].clip_seconds == 0
    assert heard(desk.say("no")) == "Sorry. Please say again what I should remember."
    assert not desk.notes
    assert heard(desk.say("my aunt is called berta")) == "I'll remember: your aunt is called berta."
    desk.memory.close()


def test_a_recording_that_is_too_long_costs_only_the_recording(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.responder = make_responder(Settings(), desk.memory, lambda: desk.now, lambda *_: b"x" * 100_000_000, decode)
    assert heard(desk.say("remember that it rains")) == "I'll remember: it rains."
    assert desk.notes == ["it rains"]
    desk.memory.close()


# --- forget ---


def test_forget_one(desk: Desk) -> None:
    remember(desk, "my sister likes tea", "my brother likes coffee")
    parts = desk.type("forget what I said about my sister")
    assert [part.action for part in parts if isinstance(part, Remembered)] == ["forgotten"]
    assert heard(parts) == "Forgotten: your sister likes tea."
    assert desk.notes == ["my brother likes coffee"]


@pytest.mark.parametrize(
    ("answer", "left"),
    [("yes", 0), ("both", 0), ("no", 2), ("the first one", 1), ("number two", 1), ("the last", 1), ("never mind", 2)],
)
def test_forget_asks_when_several_match(desk: Desk, answer: str, left: int) -> None:
    remember(desk, "my sister likes tea", "my sister lives in Rome")
    question = desk.hear("forget about my sister")
    assert question.startswith("I have 2 notes about that. 1: your sister ") and question.endswith("forget both?")
    first = question.split("1: ")[1].split(". 2:")[0].replace("your", "my")
    desk.hear(answer)
    assert len(desk.notes) == left
    if answer == "the first one":
        assert first not in desk.notes


def test_forget_asks_when_only_something_near_matches(desk: Desk) -> None:
    remember(desk, "Anna likes tea")
    assert desk.hear("forget Anna's wedding") == "The nearest note is: Anna likes tea. Shall I forget it?"
    assert desk.hear("no") == "All right, I keep it."
    assert desk.notes


def test_too_many_matches_are_not_offered(desk: Desk) -> None:
    remember(desk, *(f"my sister likes {thing}" for thing in ("tea", "milk", "rain", "snow", "cats", "dogs")))
    assert "more words" in desk.hear("forget about my sister")
    desk.hear("yes")
    assert len(desk.notes) == 6


def test_forget_that_means_the_note_just_made_or_told(desk: Desk) -> None:
    desk.type("remember that I like tea")
    assert desk.hear("forget that") == "Forgotten: you like tea."
    remember(desk, "my sister likes tea", "the car is red")
    desk.type("what do you know about my sister")
    assert desk.hear("forget that") == "Forgotten: your sister likes tea."


def test_forget_everything_asks_first(desk: Desk) -> None:
    remember(desk, *(f"fact {number} is {number * 7}" for number in range(30)))
    assert desk.hear("forget everything") == "Shall I forget all 30 notes?"
    assert desk.hear("what time is it") and len(desk.notes) == 30
    desk.hear("forget everything")
    parts = desk.type("yes")
    assert heard(parts) == "30 notes forgotten." and len(only(parts, Remembered)) == 20
    assert desk.memory.count() == 0


# --- undo ---


def test_undo_brings_back_what_was_forgotten_with_its_recording_and_nothing_more(desk: Desk) -> None:
    desk.type("remember that the car is red")
    desk.say("remember that my sister likes tea", 0.9)
    desk.type("forget my sister")
    assert desk.notes == ["the car is red"]
    parts = desk.say("undo")
    assert heard(parts) == "It is back: your sister likes tea." and only(parts, Remembered)
    note = next(note for note in desk.memory.list() if "sister" in note.text)
    assert desk.memory.clip(note.id) is not None
    for _ in range(2):
        assert desk.hear("undo") == "There is nothing to undo."
    assert len(desk.notes) == 2


def test_undo_brings_back_everything(desk: Desk) -> None:
    remember(desk, *(f"fact {number} is {number * 7}" for number in range(30)))
    desk.type("forget everything")
    desk.type("yes")
    assert desk.hear("bring it back") == "30 notes are back."
    assert desk.memory.count() == 30


def test_undo_takes_back_a_note_and_what_it_had_replaced_is_so_again(desk: Desk) -> None:
    desk.type("remember that my locker is 217")
    desk.type("remember that my locker is 270")
    assert desk.hear("undo that") == "Undone. It is again: your locker is 217."
    assert desk.notes == ["my locker is 217"]


def test_undo_touches_no_note_that_was_only_told(desk: Desk) -> None:
    remember(desk, "my sister likes tea")
    desk.type("what do you know about my sister")
    assert desk.hear("undo") == "There is nothing to undo."
    assert desk.notes


def test_a_withdrawn_undo_leaves_it_to_be_undone(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.type("forget that")
    desk.type("undo")
    desk.responder.withdraw()
    assert not desk.notes
    desk.type("undo")
    assert desk.notes == ["I like tea"]


def test_what_was_forgotten_cannot_be_brought_back_in_another_conversation(desk: Desk) -> None:
    desk.type("remember that I like tea")
    desk.type("forget that")
    desk.type("start over")
    assert desk.hear("undo") == "There is nothing to undo."


@pytest.mark.parametrize(("coverage", "wanted"), [(0.0, "This may be it. You told me: "), (0.4, "You told me: ")])
def test_what_is_near_only_in_meaning_is_said_to_be_a_guess(desk: Desk, coverage: float, wanted: str) -> None:
    remember(desk, "my dentist is Dr. Weiss")
    (note,) = desk.memory.list()
    answers = desk.responder._answers  # type: ignore[attr-defined]  # no model of meaning runs here
    parts = answers.told("who looks after my teeth", [Recollection(note, 0.9, coverage=coverage)])
    assert heard(parts) == f"{wanted}your dentist is Dr. Weiss."
