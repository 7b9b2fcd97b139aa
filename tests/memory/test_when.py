"""The time that a sentence means, as a table: what is said on Thursday, 14 March 2024, at 15:00."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from memory.understanding.when import time_meant

SAID = datetime(2024, 3, 14, 15, 0, tzinfo=UTC)  # a Thursday

CASES = {
    "the dentist is today": "2024-03-14 1d",
    "we meet tonight": "2024-03-14T18:00 6h",
    "I fly tomorrow": "2024-03-15 1d",
    "I fly tomorrow morning": "2024-03-15T06:00 6h",
    "tomorrow at five I see the dentist": "2024-03-15T17:00 1m",
    "tomorrow at nine": "2024-03-15T09:00 1m",
    "tomorrow at half past ten": "2024-03-15T10:30 1m",
    "tomorrow at ten thirty": "2024-03-15T10:30 1m",
    "tomorrow at quarter to nine": "2024-03-15T08:45 1m",
    "tomorrow at 7:15 pm": "2024-03-15T19:15 1m",
    "tomorrow at 19:15": "2024-03-15T19:15 1m",
    "the day after tomorrow at noon": "2024-03-16T12:00 30m",
    "I saw Anna yesterday": "2024-03-13 1d",
    "the day before yesterday I was ill": "2024-03-12 1d",
    "my exam is on Tuesday": "2024-03-19 1d",
    "on Tuesday I met Ken": "2024-03-12 1d",
    "I met Ken last Tuesday": "2024-03-12 1d",
    "the party is this Saturday": "2024-03-16 1d",
    "the party is next Saturday": "2024-03-23 1d",
    "see you Tuesday next week": "2024-03-19 1d",
    "on Thursday we go to the sea and we will swim": "2024-03-21 1d",
    "my dentist appointment is on the fourteenth": "2024-03-14 1d",
    "my dentist appointment is on the thirteenth": "2024-04-13 1d",
    "the rent is due on the 31st": "2024-03-31 1d",
    "the wedding is on the twenty third of June": "2024-06-23 1d",
    "the wedding is on June 23rd, 2025": "2025-06-23 1d",
    "the wedding is on 23 June": "2024-06-23 1d",
    "my birthday is March 3rd": "2025-03-03 1d",
    "I was born on March third 1980": "1980-03-03 1d",
    "the deadline is 2024-05-01": "2024-05-01 1d",
    "call me in two hours": "2024-03-14T17:00 1m",
    "in three days I leave": "2024-03-17 1d",
    "in a couple of weeks": "2024-03-28 1d",
    "two weeks ago I moved": "2024-02-29 1d",
    "three months ago I moved": "2023-12-01 31d",
    "I start my new job next month": "2024-04-01 30d",
    "I was in Rome last week": "2024-03-04 7d",
    "we go hiking this weekend": "2024-03-16 2d",
    "we moved here in 2019": "2019-01-01 365d",
    "I have an exam in June": "2024-06-01 30d",
    "the meeting is at 4 pm": "2024-03-14T16:00 1m",
    "the meeting is at 10 am": "2024-03-15T10:00 1m",
    "the meeting is at three o'clock": "2024-03-15T15:00 1m",
    "on Friday evening we play chess": "2024-03-15T18:00 5h",
    "the dentist is on friday at eight in the evening": "2024-03-15T20:00 1m",
    # none
    "I like tea": "",
    "I play chess every Tuesday": "",
    "on Mondays I swim": "",
    "I may come": "",
    "we march on": "",
    "the wedding is on the 31st of February": "",
    "I live at 5 Long Street": "",
    "second thoughts are best": "",
    "the third one is mine": "",
    "the year 99999999999999": "",
    "": "",
}


@pytest.mark.parametrize("text", CASES)
def test_the_time_meant(text: str) -> None:
    meant = time_meant(text, SAID.timestamp())
    if not CASES[text]:
        assert meant is None
        return
    assert meant is not None
    start, length = CASES[text].split()
    seconds = int(length[:-1]) * {"m": 60, "h": 3600, "d": 86_400}[length[-1]]
    wanted = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert datetime.fromtimestamp(meant.start, UTC) == wanted
    assert meant.end - meant.start == seconds


def test_days_are_those_of_the_person() -> None:
    """At 15:00 in London it is Friday already in Auckland."""
    auckland = timezone(timedelta(hours=13))
    meant = time_meant("the dentist is tomorrow", SAID.timestamp(), auckland)
    assert meant is not None
    assert datetime.fromtimestamp(meant.start, auckland).isoformat() == "2024-03-16T00:00:00+13:00"


@pytest.mark.parametrize("said_at", [0.0, -1e15, 1e18, float("inf")])
def test_a_clock_that_is_wrong_does_no_harm(said_at: float) -> None:
    meant = time_meant("on Tuesday at five", said_at)
    assert meant is None or meant.end > meant.start
