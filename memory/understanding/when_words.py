"""Numbers, days and months as they are written and as a recogniser spells them."""

from __future__ import annotations

import calendar
import re

_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
CARDINALS = {name: number for number, name in enumerate(f"{_UNITS} eighteen nineteen twenty".split(), 1)} | {
    "thirty": 30,
    "forty": 40,
    "forty five": 45,
    "fifty": 50,
}
COUNTS = CARDINALS | {"a": 1, "an": 1, "a couple of": 2, "a few": 3}

_FIRST = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
_TEENS = [*_FIRST.split(), "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"]
_TO_TWENTY = {name: number for number, name in enumerate(_TEENS, 1)}
_TWENTIES = {f"twenty {name}": 20 + number for number, name in enumerate(_TEENS[:9], 1)}
ORDINALS = _TO_TWENTY | _TWENTIES | {"thirtieth": 30, "thirty first": 31}

_LONG = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_SHORT = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
MONTHS = _LONG | _SHORT | {"sept": 9}
DAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}


def either(words: dict[str, int]) -> str:
    """Return a pattern for one of the words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


DAY_OF_MONTH = rf"(?:(\d{{1,2}})(?:st|nd|rd|th)|({either(ORDINALS)}))"
"""Two groups: figures, or a word."""

_SPELLED = re.compile(rf"\b({either(ORDINALS | CARDINALS)})\b")


def plain(text: str) -> str:
    """Return text in lower case with plain apostrophes and single spaces, hyphens of numbers opened."""
    return " ".join(re.sub(r"\b(twenty|thirty|forty)-", r"\1 ", text.lower().replace("’", "'")).split())


def day_number(figures: str | None, word: str | None) -> int:
    """Return the day of the month that a match of DAY_OF_MONTH means."""
    return int(figures) if figures else ORDINALS[word or ""]


def count(word: str) -> int:
    """Return a number written in figures or as a word."""
    return COUNTS.get(word) or int(word)


def numbers(text: str) -> list[str]:
    """Return the numbers of a text in order, ordinals and cardinals alike: "the fourteenth" and "14" are both "14"."""
    spelled = _SPELLED.sub(lambda found: str((ORDINALS | CARDINALS)[found[1]]), plain(text))
    return re.findall(r"\d+", spelled)
