"""What is kept of what people say: a table of labelled utterances, and the figures over it."""

from __future__ import annotations

import time

import pytest

from memory.extract import SURE_TO_INFER, SURE_TO_KEEP, extract, kind_of
from tests.memory.utterances import CASES, HARD_CASES

NOON = 1_700_000_000.0


def kept(utterance: str, confidence: float | None = None) -> list[tuple[str, str]]:
    found = extract(utterance, confidence=confidence, said_at=NOON)
    return [("explicit" if one.explicit else "suggest", one.text) for one in found]


@pytest.mark.parametrize(("label", "utterance", "words"), CASES, ids=[case[1][:50] for case in CASES])
def test_an_utterance(label: str, utterance: str, words: str) -> None:
    found = kept(utterance)
    if label == "none":
        assert found == []
    else:
        assert found
        assert found[0] == (label, words)


def test_the_figures() -> None:
    """Precision is what counts: a fact that was never told is worse than one that must be told again."""
    assert len(CASES) >= 120
    every = CASES + HARD_CASES
    figures = {}
    for sort in ("explicit", "suggest"):
        given = [(case, one) for case in every for one in kept(case[1])[:1] if one[0] == sort]
        right = sum(one == (case[0], case[2]) for case, one in given)
        figures[sort] = (right / len(given), right / sum(case[0] == sort for case in every))
    print("precision, recall:", figures)
    assert figures["explicit"][0] >= 0.98
    assert figures["suggest"][0] >= 0.95
    assert min(recall for _, recall in figures.values()) >= 0.85


def test_what_was_heard_badly_is_no_fact() -> None:
    assert kept("i live in oslo", SURE_TO_INFER)
    assert kept("i live in oslo", SURE_TO_INFER - 0.01) == []
    assert kept("my name is anna", SURE_TO_KEEP)
    assert kept("my name is anna", SURE_TO_KEEP - 0.01) == []


def test_several_facts_of_one_turn() -> None:
    found = kept("My name is Kim. I live in Oslo and my sister Anna works at the harbour. Isn't that nice?")
    assert found == [
        ("explicit", "My name is Kim"),
        ("suggest", "I live in Oslo"),
        ("suggest", "my sister Anna works at the harbour"),
    ]


def test_what_a_memory_is_like() -> None:
    (one,) = extract("remember that my dentist appointment is on the fourteenth", said_at=NOON)
    assert (one.kind, one.slot, one.said[:8]) == ("event", "my dentist appointment|day", "remember")
    (two,) = extract("I like jazz", said_at=NOON)
    assert (two.kind, two.said, two.why) == ("preference", "", "what you like")


@pytest.mark.parametrize(
    "text", ["", " ", "x" * 100_000, "my name is " * 5_000, "i like " + "a " * 5000, "'" * 900, "\0"]
)
def test_nothing_hangs_or_breaks(text: str) -> None:
    began = time.process_time()
    for one in extract(text, said_at=NOON):
        assert one.text
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my dentist is Dr. Weiss", "fact"),
        ("My locker number is 217", "fact"),
        ("my dentist appointment is on the thirteenth", "event"),
        ("the boiler was serviced in May", "event"),
        ("I like tea", "preference"),
        ("buy milk", "note"),
    ],
)
def test_the_sort_of_what_is_to_be_kept(text: str, kind: str) -> None:
    assert kind_of(text) == kind
