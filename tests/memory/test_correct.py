"""Corrections, as a table: what is remembered, what is said next, what is so then."""

from __future__ import annotations

import time

import pytest

from memory.correct import corrected, is_correction

DENTIST = "my dentist appointment is on the thirteenth"

CASES = [
    (DENTIST, "no, the fourteenth", "my dentist appointment is on the fourteenth"),
    (DENTIST, "actually it's the fourteenth", "my dentist appointment is on the fourteenth"),
    (DENTIST, "no fourteenth", "my dentist appointment is on the fourteenth"),
    (DENTIST, "sorry i meant the fourteenth", "my dentist appointment is on the fourteenth"),
    (DENTIST, "not the thirteenth but the fourteenth", "my dentist appointment is on the fourteenth"),
    (DENTIST, "No, my dentist appointment is on the fourteenth.", "my dentist appointment is on the fourteenth"),
    (DENTIST, "actually my appointment is on the fourteenth", "my appointment is on the fourteenth"),
    ("my dentist is Dr. Weiss", "actually my dentist is Dr. Braun, not Dr. Weiss", "my dentist is Dr. Braun"),
    ("my dentist is Dr. Weiss", "no, my dentist is Dr. Braun now", "my dentist is Dr. Braun now"),
    ("my dentist is Dr. Weiss", "not my dentist but my doctor is Dr. Weiss", None),
    ("my lucky number is twelve", "no, thirteen", "my lucky number is thirteen"),
    ("My locker is 217.", "no, 218", "My locker is 218."),
    ("my exam is on Tuesday", "wait, Wednesday", "my exam is on Wednesday"),
    ("my exam is on Tuesday at nine", "no, on Wednesday", "my exam is on Wednesday at nine"),
    ("my exam is on Tuesday at nine", "no, at ten", "my exam is on Tuesday at ten"),
    ("my flight is at 7:15", "actually 7:45", "my flight is at 7:45"),
    ("My sister Anna lives in Oslo", "no, in Bergen", "My sister Anna lives in Bergen"),
    ("My sister Anna lives in Oslo", "no, Bergen", "My sister Anna lives in Bergen"),
    ("my sister is allergic to cats", "no, peanuts", "my sister is allergic to peanuts"),
    ("my sister is allergic to cats", "no, my sister is allergic to peanuts", "my sister is allergic to peanuts"),
    (
        "the spare key is under the blue pot",
        "no, the spare key is under the red mat",
        "the spare key is under the red mat",
    ),
    ("my sister is allergic to cats", "no, to peanuts", "my sister is allergic to peanuts"),
    ("the car is parked behind the church", "no, the station", "the car is parked behind the station"),
    ("My sister Anna lives in Oslo", "not Anna, Hannah", "My sister Hannah lives in Oslo"),
    ("My sister Anna lives in Oslo", "no, Hannah not Anna", "My sister Hannah lives in Oslo"),
    ("my name is ben", "no my name is ken", "my name is ken"),
    ("the key is under the blue pot", "sorry, it's behind the red pot", "the key is behind the red pot"),
    ("my favourite colour is green", "actually it's blue", "my favourite colour is blue"),
    # these correct nothing
    (DENTIST, "no thanks", None),
    (DENTIST, "no", None),
    (DENTIST, "no problem", None),
    (DENTIST, "no way", None),
    (DENTIST, "thanks", None),
    (DENTIST, "the fourteenth", None),
    (DENTIST, "actually what time is it", None),
    (DENTIST, "no, is it the fourteenth?", None),
    (DENTIST, "no, I don't think so", None),
    (DENTIST, "no, Bergen and Oslo are nice cities to live in", None),
    (DENTIST, "actually my sister lives in Oslo", None),
    (DENTIST, "actually set a timer for five minutes", None),
    ("Anna was born on the third of May and Ken on the fifth of June", "no, the fourth", None),
    ("my name is ben", "actually I like jazz", None),
    ("my name is ben", "no, ben", None),
    ("", "no, thirteen", None),
]


@pytest.mark.parametrize(("memory", "said", "wanted"), CASES)
def test_a_correction(memory: str, said: str, wanted: str | None) -> None:
    assert corrected(memory, said) == wanted


def test_what_begins_like_one() -> None:
    assert is_correction("no, thirteen")
    assert not is_correction("thirteen")
    assert not is_correction("no")


@pytest.mark.parametrize("text", ["no " * 60, "not " * 50 + "x", "no, " + "x" * 190, "actually " + "oh " * 50])
def test_nothing_hangs(text: str) -> None:
    began = time.process_time()
    corrected("my sister is in Oslo " * 20, text)
    assert time.process_time() - began < 1.0
