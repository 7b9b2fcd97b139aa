"""Spoken forms, and notes turned round to the person who made them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_tui.engine.cascade.responder.wording import (
    counted,
    listed,
    ordinal,
    sentence,
    spoken_date,
    spoken_day,
    spoken_duration,
    turned,
)


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("my sister is allergic to nuts", "your sister is allergic to nuts"),
        ("I am tired and I'm hungry", "you are tired and you're hungry"),
        ("i was born in may", "you were born in may"),
        ("the blue car is mine", "the blue car is yours"),
        ("they work in a coal mine", "they work in a coal mine"),
        ("the mine is closed", "the mine is closed"),
        ("Anna gave it to me and my wife", "Anna gave it to you and your wife"),
        ("we moved to our house, it suits us", "you moved to your house, it suits you"),
        ("she lives in the US", "she lives in the US"),
        ("My name is Bo. I like tea", "Your name is Bo. You like tea"),
        ("I’ve lost my keys", "you've lost your keys"),
        ("World War I ended in 1918", "World War I ended in 1918"),
        ("you are my assistant", "you are my assistant"),
        ('Anna said "I love you"', 'Anna said "I love you"'),
        ("Anna said “my car”", "Anna said “my car”"),
        ("my-tool and mr. i.o. me.com", "my-tool and mr. i.o. me.com"),
        ("the amy issue is mystic", "the amy issue is mystic"),
        ("to buy milk", "to buy milk"),
        ("", ""),
    ],
)
def test_turned(note: str, told: str) -> None:
    assert turned(note) == told


@settings(deadline=None)
@given(st.text(alphabet="abcdefghklnopqrstvxz .,", max_size=60))
def test_what_has_no_first_person_is_left_as_it_is(note: str) -> None:
    assert turned(note) == note


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (300, "5 minutes"),
        (90, "1 minute and 30 seconds"),
        (3600, "1 hour"),
        (5430, "1 hour, 30 minutes and 30 seconds"),
        (0.2, "0 seconds"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert spoken_duration(seconds) == said


def test_ordinals_and_counts() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "111th")
    ]
    assert counted(1, "note") == "1 note" and counted(0, "note") == "0 notes"
    assert listed([]) == "" and listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"


def test_days() -> None:
    today = date(2026, 11, 20)
    assert spoken_date(today) == "Friday, November 20th, 2026"
    days = (
        date(2026, 11, 20),
        date(2026, 11, 19),
        date(2026, 11, 16),
        date(2026, 1, 3),
        date(2025, 12, 31),
        date(2026, 11, 21),
    )
    assert [spoken_day(day, today) for day in days] == [
        *("today", "yesterday", "on Monday", "on January 3rd", "on December 31st, 2025", "on November 21st")
    ]


def test_sentence_has_an_end() -> None:
    assert [sentence(text) for text in ("a", "a.", "a?", " a  b\n", "a…")] == ["a.", "a.", "a?", "a b.", "a…"]
