"""The time that a sentence means: "on Tuesday", said on a Sunday, is the day after tomorrow.

`memory.retrieval.times` reads the times of questions, which mostly look back; this reads those of statements, mostly
looking forward, and keeps the answer as a stretch of time: the words "on Tuesday" mean something else next week.
Pure functions; any thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from memory.understanding.when_words import (
    CARDINALS,
    COUNTS,
    DAY_OF_MONTH,
    DAYS,
    MONTHS,
    count,
    day_number,
    either,
    plain,
)

MAX_CHARS = 2_000
"""As much of a sentence as is read."""

_MONTH = either(MONTHS)
_DAY = either(DAYS)
_NUMBER = rf"\d{{1,3}}|{either(COUNTS)}"
_YEAR = r"(?:,? (?:of )?((?:19|20)\d\d))?"
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(rf"\b(?:the )?(?:{DAY_OF_MONTH}|(\d{{1,2}})) (?:of )?({_MONTH})\b\.?{_YEAR}")
_MONTH_DAY = re.compile(rf"\b({_MONTH})\b\.? (?:the )?(?:{DAY_OF_MONTH}|(\d{{1,2}})\b(?!:)){_YEAR}")
_THE_DAY = re.compile(
    rf"\b(?:on |by |until |till |to |is |was |it's |from )?the {DAY_OF_MONTH}(?! (?:time|floor|one|of))\b"
)
_WEEKDAY = re.compile(rf"\b(?:(next|this|last|past|coming) )?({_DAY})\b(?!s)( last week| next week)?")
_IN = re.compile(rf"\bin ({_NUMBER}) (day|week|month|year|hour|minute)s?(?:' time)?\b")
_AGO = re.compile(rf"\b({_NUMBER}) (day|week|month|year|hour|minute)s? ago\b")
_WHOLE = re.compile(r"\b(next|this|last) (week|weekend|month|year)\b")
_IN_MONTH = re.compile(rf"\b(?:(next|this|last)|in|since|until|by) ({_MONTH})\b{_YEAR}")
_IN_YEAR = re.compile(r"\b(?:in|since) ((?:19|20)\d\d)\b")
_NEAR_DAYS = (
    (re.compile(r"\bthe day after tomorrow\b"), 2),
    (re.compile(r"\bthe day before yesterday\b"), -2),
    (re.compile(r"\btomorrow\b"), 1),
    (re.compile(r"\b(?:yesterday|last night)\b"), -1),
    (re.compile(r"\b(?:today|tonight|this (?:morning|afternoon|evening))\b"), 0),
)
_AGAIN = re.compile(rf"\b(?:every|each|daily|weekly|monthly|yearly|always)\b|\b(?:on )?(?:{_DAY})s\b")
_PAST = re.compile(r"\b(?:was|were|went|had|did|saw|met|got|came|bought|left|told|said|ate|took|lost|\w{3,}ed)\b")
_COMING = re.compile(r"\b(?:will|'ll|going to|have to|has to|must|need|should|is|are|am|i'm|appointment|meeting)\b")

_CLOCK = re.compile(r"\b(?:at |by |from )?(\d{1,2})(?::(\d\d))? ?(?:(a\.?m|p\.?m)\b\.?)|\b(\d{1,2}):(\d\d)\b")
_HOUR_WORD = either({word: number for word, number in CARDINALS.items() if number <= 12})
_MINUTE_WORD = either({word: number for word, number in CARDINALS.items() if number >= 5})
_AT = re.compile(
    rf"\b(?:at|by|from) (half past |quarter past |quarter to )?(\d{{1,2}}|{_HOUR_WORD})"
    rf"(?: (\d\d|oh five|{_MINUTE_WORD}))?( o'?clock)?(?: ?([ap]) ?\.?m\.?)?(?! (?:percent|degrees|years|euros))\b"
)
_PARTS = (
    (re.compile(r"\b(?:noon|midday)\b"), time(12), 0.5),
    (re.compile(r"\bmidnight\b"), time(23, 59), 1 / 60),
    (re.compile(r"\bmorning\b"), time(6), 6.0),
    (re.compile(r"\bafternoon\b"), time(12), 6.0),
    (re.compile(r"\bevening\b"), time(18), 5.0),
    (re.compile(r"\b(?:tonight|night)\b"), time(18), 6.0),
)


@dataclass(frozen=True, slots=True)
class Meant:
    """A stretch of time, seconds since 1970, `end` not included: a day, a part of one, or a minute."""

    start: float
    end: float


def time_meant(text: str, said_at: float, zone: tzinfo = UTC) -> Meant | None:
    """Return the time that a sentence speaks of, None where it names none or a repeating one ("every Tuesday").

    Args:
        text: The sentence.
        said_at: When it was said, seconds since 1970.
        zone: Of the person who said it.
    """
    words = plain(text[:MAX_CHARS])
    if _AGAIN.search(words):
        return None
    try:
        now = datetime.fromtimestamp(said_at, zone)
        past = bool(_PAST.search(words)) and not _COMING.search(words)
        return _counted(words, now) or _on_a_day(words, now, past=past) or _stretch(words, now, past=past)
    except (ValueError, OverflowError, OSError):  # the 31st of February, a year beyond the calendar
        return None


def _counted(words: str, now: datetime) -> Meant | None:
    """ "in two hours", "three weeks ago"."""
    for pattern, sign in ((_IN, 1), (_AGO, -1)):
        if found := pattern.search(words):
            number, unit = sign * count(found[1]), found[2]
            if unit in ("hour", "minute"):
                at = now + timedelta(minutes=number * (60 if unit == "hour" else 1))
                return _span(at, at + timedelta(minutes=1))
            if unit in ("day", "week"):
                return _day_with_time(words, now.date() + timedelta(days=number * (7 if unit == "week" else 1)), now)
            months = number * (12 if unit == "year" else 1)
            first = _month_after(now.date(), months)
            return _days(first, _month_after(first, 1), now)
    return None


def _on_a_day(words: str, now: datetime, *, past: bool) -> Meant | None:
    day = _date(words, now.date(), past=past) or _near_day(words, now.date()) or _weekday(words, now.date(), past=past)
    if day is not None:
        return _day_with_time(words, day, now)
    at = _clock(words, bare=False)
    if at is None:
        return None
    start = datetime.combine(now.date(), at, now.tzinfo)
    if not past and start <= now:
        start += timedelta(days=1)
    return _span(start, start + timedelta(minutes=1))


def _date(words: str, today: date, *, past: bool) -> date | None:
    if found := _ISO.search(words):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_MONTH.search(words):
        day = int(found[3]) if found[3] else day_number(found[1], found[2])
        return _in_year(MONTHS[found[4]], day, found[5], today, past=past)
    if found := _MONTH_DAY.search(words):
        day = int(found[4]) if found[4] else day_number(found[2], found[3])
        return _in_year(MONTHS[found[1]], day, found[5], today, past=past)
    if found := _THE_DAY.search(words):
        return _day_of_month(day_number(found[1], found[2]), today, past=past)
    return None


def _in_year(month: int, day: int, year: str | None, today: date, *, past: bool) -> date:
    """A day without a year is the next one, or the last one for what is told of the past."""
    if year:
        return date(int(year), month, day)
    this = date(today.year, month, day)
    if past:
        return this if this <= today else date(today.year - 1, month, day)
    return this if this >= today else date(today.year + 1, month, day)


def _day_of_month(day: int, today: date, *, past: bool) -> date | None:
    """ "the fourteenth": of this month or of the next (the last, for the past) that has such a day."""
    for step in range(12):
        first = _month_after(today, -step if past else step)
        if day <= (_month_after(first, 1) - first).days:
            found = first.replace(day=day)
            if (found <= today) if past else (found >= today):
                return found
    return None


def _near_day(words: str, today: date) -> date | None:
    days = next((days for pattern, days in _NEAR_DAYS if pattern.search(words)), None)
    return None if days is None else today + timedelta(days=days)


def _weekday(words: str, today: date, *, past: bool) -> date | None:
    found = _WEEKDAY.search(words)
    if found is None:
        return None
    before, name, after = found.groups()
    ahead = (DAYS[name] - today.weekday()) % 7
    monday = today - timedelta(days=today.weekday())
    if after:
        return monday + timedelta(days=DAYS[name] + (7 if "next" in after else -7))
    if before in ("last", "past") or (past and before is None):
        return today - timedelta(days=7 - ahead)
    if before == "next":  # the one of the coming week, also where this week still has one
        return monday + timedelta(days=7 + DAYS[name])
    return today + timedelta(days=ahead or 7)


def _stretch(words: str, now: datetime, *, past: bool) -> Meant | None:
    """ "next week", "in March", "in 2027"."""
    today = now.date()
    if found := _WHOLE.search(words):
        step = {"next": 1, "this": 0, "last": -1}[found[1]]
        return _days(*_whole(found[2], step, today), now)
    if found := _IN_MONTH.search(words):
        if found[2] == "may" and not (found[1] or found[3] or "in may" in words):
            return None
        first = _in_year(MONTHS[found[2]], 1, found[3], today.replace(day=1), past=past or found[1] == "last")
        return _days(first, _month_after(first, 1), now)
    if found := _IN_YEAR.search(words):
        return _days(date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1), now)
    return None


def _whole(unit: str, step: int, today: date) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * step)
    if unit == "week":
        return monday, monday + timedelta(days=7)
    if unit == "weekend":
        return monday + timedelta(days=5), monday + timedelta(days=7)
    if unit == "month":
        first = _month_after(today, step)
        return first, _month_after(first, 1)
    return date(today.year + step, 1, 1), date(today.year + step + 1, 1, 1)


def _day_with_time(words: str, day: date, now: datetime) -> Meant:
    """The day, or the part or minute of it that the words name."""
    at = _clock(words, bare=True)
    if at is not None:
        start = datetime.combine(day, at, now.tzinfo)
        return _span(start, start + timedelta(minutes=1))
    for pattern, begins, hours in _PARTS:
        if pattern.search(words):
            start = datetime.combine(day, begins, now.tzinfo)
            return _span(start, start + timedelta(hours=hours))
    return _days(day, day + timedelta(days=1), now)


def _clock(words: str, *, bare: bool) -> time | None:
    """Return the time of day; "at ten" without am, pm or o'clock only beside a day (`bare`)."""
    if found := _CLOCK.search(words):
        hour, minute = int(found[1] or found[4]), int(found[2] or found[5] or 0)
        return time(_half_of_day(hour, found[3], words) if found[3] else hour, minute)
    found = _AT.search(words)
    if found is None or not (bare or found[1] or found[4] or found[5]):
        return None
    hour = int(found[2]) if found[2].isdecimal() else CARDINALS[found[2]]
    minute = {"half past ": 30, "quarter past ": 15, "quarter to ": 45}.get(found[1] or "", 0)
    if found[3]:
        minute = 5 if found[3] == "oh five" else int(found[3]) if found[3].isdecimal() else CARDINALS[found[3]]
    hour -= found[1] == "quarter to "
    return time(_half_of_day(hour, found[5], words), minute)


def _half_of_day(hour: int, half: str | None, words: str) -> int:
    if half:
        return hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 12 or "morning" in words:
        return hour
    later = any(part in words for part in ("afternoon", "evening", "tonight", "night"))
    return hour % 12 + 12 if later or hour < 8 or hour == 12 else hour


def _month_after(day: date, months: int) -> date:
    """Return the first day of the month `months` after that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _days(start: date, end: date, now: datetime) -> Meant:
    midnight = time(0)
    return _span(datetime.combine(start, midnight, now.tzinfo), datetime.combine(end, midnight, now.tzinfo))


def _span(start: datetime, end: datetime) -> Meant:
    return Meant(start.timestamp(), end.timestamp())
