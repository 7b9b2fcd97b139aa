"""Time expressions of a question: which stretch of the past it points at.

Pure functions; any thread. Days are those of the clock that `asked_at` is given in.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_SHORT_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_MONTH = "|".join([*_MONTHS, *(name + r"\b\.?" for name in _SHORT_MONTHS if name != "may")])
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})|"
    rf"(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)|(?P<alone>{_MONTH}))"
    r"(?:,? (?:of )?(?P<year>(?:19|20)\d\d))?"
)
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_YEAR = re.compile(r"\b(?:in|of|during|since|early|late|mid) ((?:19|20)\d\d)\b")
_AGO = re.compile(r"\b(\d+|a|an|one|two|three|four|five|six|a few|a couple of) (day|week|month|year)s? ago\b")
_LAST = re.compile(
    r"\b(last|this|past) (week|weekend|month|year|spring|summer|autumn|fall|winter|"
    + "|".join([*_MONTHS, *_DAYS])
    + r")\b"
)
_COUNTS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "a few": 3,
    "a couple of": 2,
}
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30.4, "year": 365.25}
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, seconds since 1970, `end` not included."""

    start: float
    end: float

    def holds(self, at: float) -> bool:
        """Whether a moment lies in it."""
        return self.start <= at < self.end

    def distance(self, at: float) -> float:
        """Return how many days a moment lies outside; 0 inside."""
        return max(0.0, self.start - at, at - self.end) / DAY


def span_of(text: str, asked_at: float, zone: tzinfo = UTC) -> Span | None:
    """Return the stretch of time that a question names, or None.

    Args:
        text: The question.
        asked_at: When it is asked, seconds since 1970; 0 = not known, and only full dates are understood.
        zone: Of the days.
    """
    lower = text.lower()
    try:
        now = datetime.fromtimestamp(asked_at, zone) if asked_at else None
        return _dated(lower, now, zone) or (_relative(lower, now) if now else None)
    except (ValueError, OverflowError, OSError):
        return None


def _dated(text: str, now: datetime | None, zone: tzinfo) -> Span | None:
    if found := _ISO.search(text):
        return _days(datetime(*(int(part) for part in found.groups()), tzinfo=zone), 1)  # pyright: ignore[reportArgumentType]
    for found in _DATE.finditer(text):
        name = (found["month"] or found["month2"] or found["alone"]).rstrip(".")
        month = _MONTHS.get(name) or _SHORT_MONTHS[name]
        day, year = found["day"] or found["day2"], found["year"]
        if (
            name == "may"
            and not (day or year)
            and not re.search(r"\b(?:in|during|since|of|last|this|early|late|by) may\b", text)
        ):
            continue
        return _month_or_day(month, int(day) if day else 0, int(year) if year else None, now, zone)
    if found := _YEAR.search(text):
        return _between(datetime(int(found[1]), 1, 1, tzinfo=zone), datetime(int(found[1]) + 1, 1, 1, tzinfo=zone))
    return None


def _month_or_day(month: int, day: int, year: int | None, now: datetime | None, zone: tzinfo) -> Span | None:
    """Return a day or a month; without a year the last one before now."""
    if year is None:
        if now is None:
            return None
        year = now.year if datetime(now.year, month, max(1, day), tzinfo=zone) <= now else now.year - 1
    if day:
        return _days(datetime(year, month, day, tzinfo=zone), 1)
    return _between(datetime(year, month, 1, tzinfo=zone), _next_month(year, month, zone))


def _relative(text: str, now: datetime) -> Span | None:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for word, back in (("today", 0), ("this morning", 0), ("tonight", 0), ("yesterday", 1), ("last night", 1)):
        if re.search(rf"\b{word}\b", text):
            return _days(today - timedelta(days=back + ("the day before yesterday" in text)), 1)
    if found := _AGO.search(text):
        unit = _UNIT_DAYS[found[2]]
        count = _COUNTS.get(found[1]) or int(found[1])
        middle = now - timedelta(days=unit * count)
        return Span(middle.timestamp() - unit * DAY / 2, middle.timestamp() + unit * DAY / 2)
    if found := _LAST.search(text):
        return _last(found[2], found[1] == "this", today)
    if re.search(r"\b(?:recently|lately|the other day|these days)\b", text):
        return Span(now.timestamp() - 30 * DAY, now.timestamp() + DAY)
    return None


def _last(what: str, current: bool, today: datetime) -> Span:
    zone = today.tzinfo or UTC
    if what in _DAYS:
        back = (today.weekday() - _DAYS[what] - 1) % 7 + 1
        return _days(today - timedelta(days=back), 1)
    if what in _MONTHS or what in _SEASONS:
        first = _MONTHS.get(what) or _SEASONS[what]
        length = 92 if what in _SEASONS else 31
        over = datetime(today.year, first, 1, tzinfo=zone) + timedelta(days=0 if current else length)
        year = today.year if over <= today else today.year - 1
        start = datetime(year, first, 1, tzinfo=zone)
        return (
            _between(start, start + timedelta(days=92))
            if what in _SEASONS
            else _between(start, _next_month(year, first, zone))
        )
    if what == "weekend":
        return _days(today - timedelta(days=(today.weekday() - 5) % 7 or 7), 2)
    if what == "week":
        monday = today - timedelta(days=today.weekday())
        return _days(monday if current else monday - timedelta(days=7), 7)
    if what == "month":
        start = today.replace(day=1)
        start = start if current else (start - timedelta(days=1)).replace(day=1)
        return _between(start, _next_month(start.year, start.month, zone))
    start = datetime(today.year - (not current), 1, 1, tzinfo=zone)
    return _between(start, datetime(start.year + 1, 1, 1, tzinfo=zone))


def _next_month(year: int, month: int, zone: tzinfo) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)


def _days(start: datetime, count: int) -> Span:
    return Span(start.timestamp(), (start + timedelta(days=count)).timestamp())


def _between(start: datetime, end: datetime) -> Span:
    return Span(start.timestamp(), end.timestamp())
