"""What is understood: the grammar's own sentences, and the many ways people type."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_tui.engine.cascade.phrases import COMMANDS, POLITE_AFTER, POLITE_BEFORE, is_open, match
from voice_tui.engine.cascade.responder.intents import OWN, duration, is_question, parse, topic
from voice_tui.engine.cascade.responder.phrasings import TYPED

MY_OVEN = "check my oven"


@pytest.mark.parametrize(
    ("text", "name", "rest", "seconds"),
    [
        ("what's the time?", "time", "", 0),
        ("What time is it, please?", "time", "", 0),
        ("do you know what time it is", "time", "", 0),
        ("What's today's date?", "date", "", 0),
        ("what day of the week is it", "date", "", 0),
        ("set a 5 minute timer", "set_timer", "", 300),
        ("Set a 5-minute timer.", "set_timer", "", 300),
        ("5 min timer", "set_timer", "", 300),
        ("timer 90s", "set_timer", "", 90),
        ("set a timer for half an hour", "set_timer", "", 1800),
        ("start a timer of an hour and a half", "set_timer", "", 5400),
        ("1.5 hour timer", "set_timer", "", 5400),
        ("wake me up in 20 minutes", "set_timer", "", 1200),
        ("set a timer", "set_timer", "", 0),
        ("remind me in 5 minutes to check my oven", "remind", MY_OVEN, 300),
        ("Remind me to check my oven in 5 min", "remind", MY_OVEN, 300),
        ("cancel the timer", "cancel_timers", "", 0),
        ("stop all the timers please", "cancel_timers", "", 0),
        ("help", "help", "", 0),
        ("what can I say?", "help", "", 0),
        ("say that again", "repeat", "", 0),
        ("What was that?", "repeat", "", 0),
        ("stop", "stop", "", 0),
        ("never mind", "stop", "", 0),
        ("louder", "louder", "", 0),
        ("make it a bit louder", "louder", "", 0),
        ("make it louder", "louder", "", 0),
        ("turn it down please", "softer", "", 0),
        ("too loud", "softer", "", 0),
        ("Remember my sister's birthday is May 3rd", "remember", "my sister's birthday is May 3rd", 0),
        ("Remember that I like tea.", "remember", "I like tea", 0),
        ("could you please remember that I like tea?", "remember", "I like tea", 0),
        ("don’t forget that the key is under the mat!", "remember", "the key is under the mat", 0),
        ("Don't forget the milk", "remember", "the milk", 0),
        ("Note to self: buy milk", "remember", "buy milk", 0),
        ("make a note: buy milk", "remember", "buy milk", 0),
        ("I'd like you to remember that Anna's code is 12-34", "remember", "Anna's code is 12-34", 0),
        ("remember to buy milk", "remember", "to buy milk", 0),
        ("remember that", "remember_last", "", 0),
        ("write that down", "remember_last", "", 0),
        ("what do you know about my sister", "recall", "my sister", 0),
        ("when's my dentist appointment", "recall", "my dentist appointment", 0),
        ("Where are my keys?", "recall", "my keys", 0),
        ("where did I put the keys", "recall", "put the keys", 0),
        ("who's Anna?", "recall", "Anna", 0),
        ("what are my allergies", "recall", "allergies", 0),
        ("What did I tell you about the dentist?", "recall", "the dentist", 0),
        ("did I tell you about my car?", "recall", "my car", 0),
        ("do you remember anything about Anna?", "recall", "Anna", 0),
        ("do you know when my dentist appointment is?", "recall", "my dentist appointment", 0),
        ("remember what I said about the car", "recall", "the car", 0),
        ("what do you know?", "recall_all", "", 0),
        ("what do you know about me", "recall_all", "", 0),
        ("what did I tell you today?", "recall_today", "", 0),
        ("what did i say yesterday", "recall_yesterday", "", 0),
        ("list my notes", "list_notes", "", 0),
        ("show all my memories", "list_notes", "", 0),
        ("forget my sister's birthday", "forget", "my sister's birthday", 0),
        ("forget what I said about milk", "forget", "milk", 0),
        ("forget everything about the dentist", "forget", "the dentist", 0),
        ("delete the notes about milk", "forget", "milk", 0),
        ("forget that", "forget_last", "", 0),
        ("delete the last note", "forget_last", "", 0),
        ("undo", "undo", "", 0),
        ("undo that", "undo", "", 0),
        ("bring it back", "undo", "", 0),
        ("scratch that", "forget_last", "", 0),
        ("forget it", "stop", "", 0),
        ("forget everything", "forget_all", "", 0),
        ("delete all my notes", "forget_all", "", 0),
        ("yes please", "yes", "", 0),
        ("okay", "yes", "", 0),
        ("no, keep it", "no", "", 0),
        ("start over", "new_conversation", "", 0),
        ("hey", "hello", "", 0),
        ("thanks a lot!", "thanks", "", 0),
        ("see you tomorrow", "bye", "", 0),
        ("write a poem about the sea", None, "", 0),
        ("what is the capital of France", None, "", 0),
        ("how old is the brooklyn bridge", None, "", 0),
        ("the time machine is a novel", None, "", 0),
        ("time flies when you do it", None, "", 0),
        ("set a timer for some hours", None, "", 0),
        ("", None, "", 0),
        ("?!", None, "", 0),
    ],
)
def test_what_is_understood(text: str, name: str | None, rest: str, seconds: float) -> None:
    found = parse(text)
    if name is None:
        assert found is None
    else:
        assert found is not None
        assert (found.name, found.rest, found.seconds) == (name, rest, seconds)


def sentences_of(pattern: str) -> list[str]:
    """Some sentences of a pattern, with the slots filled in."""
    text = pattern.replace("{duration}", "five minutes").replace("{percent}", "fifty").replace("{rest}", "my sister")
    results = [""]
    for alternatives in _split(text):
        results = [f"{before} {after}".strip() for before in results for after in alternatives][:200]
    return results


def _split(text: str) -> list[list[str]]:
    """The parts of an expression one after another, each as its alternatives."""
    parts: list[list[str]] = []
    depth, start = 0, 0
    for index, char in enumerate(text):
        if char in "([":
            if depth == 0:
                parts.append([text[start:index].strip()])
                start = index + 1
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth == 0:
                inner = [s for choice in _choices(text[start:index]) for s in sentences_of(choice)]
                parts.append(inner if char == ")" else ["", *inner])
                start = index + 1
    parts.append([text[start:].strip()])
    return parts


def _choices(text: str) -> list[str]:
    choices, depth = [""], 0
    for char in text:
        depth += (char in "([") - (char in ")]")
        if char == "|" and depth == 0:
            choices.append("")
        else:
            choices[-1] += char
    return choices


CLOSED = [(c.name, p) for c in COMMANDS for p in c.patterns if not is_open(p)]


@pytest.mark.parametrize(("name", "pattern"), CLOSED)
def test_every_sentence_of_the_grammar_means_what_the_grammar_says(name: str, pattern: str) -> None:
    for said in sentences_of(pattern):
        found = parse(said)
        assert found is not None and found.name == name, said


@pytest.mark.parametrize(("name", "pattern"), [(c.name, p) for c in TYPED for p in c.patterns])
def test_every_typed_phrasing_is_understood(name: str, pattern: str) -> None:
    for said in sentences_of(pattern):
        found = match(said) or match(said, TYPED)
        assert found is not None, said
        assert parse(said) is not None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(POLITE_BEFORE), st.sampled_from(["", *POLITE_AFTER]), st.sampled_from(CLOSED))
def test_polite_words_change_nothing(before: str, after: str, command: tuple[str, str]) -> None:
    said = sentences_of(command[1])[0]
    found = parse(f"{before}, {said} {after}")
    assert found is not None and found.name == command[0]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_parsed_without_harm(text: str) -> None:
    found = parse(text)
    assert found is None or found.name


@pytest.mark.parametrize(
    "text", ["remember " + "a " * 990, "in " * 600, "please " * 280, "the " * 490, "set a timer " * 160]
)
def test_long_texts_are_parsed_quickly(text: str) -> None:
    parse("warm up")
    began = time.process_time()
    parse(text)
    assert time.process_time() - began < 0.5


def test_a_pasted_page_is_no_command() -> None:
    assert parse("remember that " + "x" * 3000) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("five minutes", 300),
        ("5 min", 300),
        ("90s", 90),
        ("an hour and a half", 5400),
        ("2h", 7200),
        ("for 10 minutes please", 600),
        ("one hour and 20 minutes", 4800),
        ("soon", 0),
        ("", 0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


def test_topics_and_questions() -> None:
    assert topic("whether my sister likes tea") == "my sister likes tea"
    assert topic("my sister") == "my sister"
    assert topic("the") == "the"
    assert is_question("is it far") and is_question("Anna?") and not is_question("it is far")


def test_own_business_names_exist() -> None:
    known = {command.name for command in (*COMMANDS, *TYPED)}
    assert known >= OWN
