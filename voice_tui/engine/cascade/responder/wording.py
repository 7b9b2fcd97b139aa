"""Times, dates, lengths and lists as they are spoken, and a note turned round to the person who made it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

_ORDINAL_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def spoken_time(now: datetime) -> str:
    """Return such as "2:05 PM"."""
    hour = now.hour % 12 or 12
    return f"{hour}:{now.minute:02d} {'AM' if now.hour < 12 else 'PM'}"


def spoken_date(day: date) -> str:
    """Return such as "Friday, November 20th, 2026"."""
    return f"{day:%A}, {day:%B} {ordinal(day.day)}, {day.year}"


def ordinal(number: int) -> str:
    """Return such as "3rd"."""
    teen = 10 < number % 100 < 14
    return f"{number}{'th' if teen else _ORDINAL_ENDINGS.get(number % 10, 'th')}"


def spoken_duration(seconds: float) -> str:
    """Return such as "1 hour and 30 minutes"; whole seconds."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [counted(n, unit) for n, unit in ((hours, "hour"), (minutes, "minute"), (left, "second")) if n]
    return listed(parts or ["0 seconds"])


def counted(number: int, noun: str) -> str:
    """Return such as "1 note" or "2 notes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """Return such as "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def spoken_day(day: date, today: date) -> str:
    """Return when something was said: "today", "yesterday", "on Monday", "on May 3rd" or "on May 3rd, 2024"."""
    days = (today - day).days
    if days in (0, 1):
        return ("today", "yesterday")[days]
    if 1 < days < 7:
        return f"on {day:%A}"
    year = "" if day.year == today.year else f", {day.year}"
    return f"on {day:%B} {ordinal(day.day)}{year}"


def sentence(text: str) -> str:
    """Return the text with an end mark."""
    text = " ".join(text.split())
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


_QUOTE = re.compile(r"[\"“”«»]")
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself|you're|you've|you'll|you'd)\b", re.IGNORECASE)
_PAIRS = (
    "i am:you are|am i:are you|i'm:you're|i was:you were|was i:were you|i've:you've|i'll:you'll|i'd:you'd|i:you|me:you"
    "|my:your|mine:yours|myself:yourself|we:you|we're:you're|we've:you've|we'll:you'll|we'd:you'd|us:you|our:your"
    "|ours:yours|ourselves:yourselves"
)
_TURNED: dict[str, str] = dict(re.findall(r"([^:|]+):([^|]+)", _PAIRS))
_BEFORE_A_MINE = re.compile(r"\b(?:an?|the|coal|gold|land)\s$", re.IGNORECASE)
_BEFORE_A_NUMERAL = re.compile(r"\b(?:World War|Part|Chapter|Volume|Act|Book|Type|Phase|[A-Z][a-z]+beth)\s$")
_FIRST_PERSON = re.compile(
    r"(?<![\w'.-])(?:" + "|".join(sorted(map(re.escape, _TURNED), key=len, reverse=True)) + r")(?![\w'-]|\.\w)",
    re.IGNORECASE,
)


def turned(note: str) -> str:
    """Turn a note from the first to the second person: "my sister is allergic" → "your sister is allergic".

    Left as it is where that could make it wrong: with quotation marks, or when it already speaks to a "you".
    """
    plain = note.replace("’", "'")
    if _QUOTE.search(plain) or _SECOND_PERSON.search(plain):
        return note
    return _FIRST_PERSON.sub(lambda found: _turned(found.group(), plain[: found.start()]), plain)


def _turned(words: str, before: str) -> str:
    if words == "US" or (words.lower() == "mine" and _BEFORE_A_MINE.search(before)):
        return words
    if words == "I" and _BEFORE_A_NUMERAL.search(before):
        return words
    new = _TURNED[" ".join(words.lower().split())]
    new_sentence = before.rstrip().endswith((".", "!", "?"))
    at_start = not before.strip() and not words.startswith("I")  # "I" is a capital anywhere
    return new[0].upper() + new[1:] if words[0].isupper() and (new_sentence or at_start) else new
