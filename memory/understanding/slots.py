"""What can have only one value at a time: two different answers to the same question contradict each other.

"My dentist appointment is on the thirteenth" and "… on the fourteenth" share the slot "my dentist appointment|day": the
later one takes the place of the earlier. "My sister is a doctor" has no slot, as she can be much else besides.
Pure functions; any thread.
"""

from __future__ import annotations

import re

from memory.understanding.when_words import CARDINALS, DAYS, MONTHS, ORDINALS, either, plain

MAX_CHARS = 300
"""A longer text is a note with many sides, not an answer to one question."""

_LEAD = re.compile(
    r"^(?:(?:that|and|well|so|oh|um|uh|actually|no|sorry|okay|ok|hey|now|please|yes|by the way|you know|i mean)\b,? )+"
)
_FIXED: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?:my (?:first )?name is|my name's|i'm called|i am called|(?:please |you can )?call me) \w"),
        "me|name",
    ),
    (re.compile(r"(?:i|we) (?:now |still )?(?:live|am living|'m living) (?:in|at|on|near) \w"), "me|home"),
    (re.compile(r"(?:i|we)(?:'ve| have)? (?:just |now )?moved to \w"), "me|home"),
    (re.compile(r"i (?:now )?(?:work|am working) (?:at|for) \w"), "me|work"),
    (re.compile(r"i (?:now )?work as \w"), "me|job"),
    (re.compile(r"i(?:'m| am) (?:\d{1,3}|\w+(?:[ -]\w+)?) years old\b"), "me|age"),
)
_SUBJECT = r"(?P<subject>(?:my|our|the|his|her|their) [\w' -]{2,60}?)"
_LIVES = re.compile(rf"{_SUBJECT} (?:now )?(?:lives|live|moved|has moved) (?:in|to|at|near) \w")
_CALLED = re.compile(rf"{_SUBJECT} (?:is|are) (?:called|named) \w")
_IS = re.compile(rf"{_SUBJECT} (?:is|are|was|starts|begins|ends|leaves|takes place) (?:now |still )?(?P<value>.+)")
_ONE_OF_A_KIND = re.compile(
    r"\b(?:name|birthday|anniversary|address|password|passphrase|pin|code|number|age|size|e-?mail|favou?rite [\w ]+|"
    r"combination|plate|husband|wife|boss|landlord)$"
)
_ONE_PERSON = re.compile(
    r"^(?:my|our) (?:family |eye )?(?:doctor|gp|dentist|optician|therapist|physio|vet|hairdresser|barber|accountant|"
    r"lawyer|solicitor|manager|supervisor|partner|girlfriend|boyfriend|fianc[eé]e?|mother|father|mum|mom|dad)$"
)
"""Whom one has one of; who that is has the slot of a name, and how they are has none."""
_TITLED = re.compile(r"^(?:dr|doctor|mr|mrs|ms|miss|mx|prof|professor|sir)\b\.? \w")
_NAMED = re.compile(r"\b(?:is|was) (?:now |still )?[A-Z]\w+")
_DAY = re.compile(
    rf"\b(?:{either(DAYS)}|tomorrow|today|\d{{1,2}}(?:st|nd|rd|th)|(?:the |on )(?:{either(ORDINALS)})|"
    rf"(?:{either(MONTHS)}) (?:\d|{either(ORDINALS)})|\d{{4}}-\d\d-\d\d)\b"
)
_CLOCK = re.compile(
    rf"^(?:at )?(?:\d{{1,2}}(?::\d\d)?(?: ?[ap]\.?m\b\.?| o'?clock)|at (?:\d|{either(CARDINALS)}|noon|half))"
)
_PLACE = re.compile(
    r"^(?:in|under|behind|inside|next to|above|below|near|beside|between|at|on) (?:the |my |a |an |our )?\w"
)
_NUMBER = re.compile(rf"^(?:\d[\d .,-]*|(?:(?:{either(CARDINALS)}|zero|oh|hundred|thousand|and)[ -]?)+)$")


def slot_of(text: str) -> str:
    """Return the name of what a statement gives the one value of, "" where there is no such thing.

    Args:
        text: The statement, as said or written.
    """
    if len(text) > MAX_CHARS or "\n" in text.strip():
        return ""
    words = _LEAD.sub("", plain(text)).rstrip(".! ")
    for pattern, name in _FIXED:
        if pattern.match(words):
            return name
    if found := _LIVES.match(words):
        return f"{found['subject']}|home"
    if found := _CALLED.match(words):
        return f"{found['subject']}|name"
    return _of_is(words, named=_NAMED.search(text) is not None)


def _of_is(words: str, *, named: bool) -> str:
    found = _IS.match(words)
    if found is None:
        return ""
    subject, value = found["subject"], found["value"]
    if value.split()[0] in ("not", "never", "no"):
        return ""
    if _ONE_PERSON.search(subject) and (named or _TITLED.match(value)):
        return f"{subject}|name"
    if _ONE_OF_A_KIND.search(subject):
        return f"{subject}|is"
    return next((f"{subject}|{sort}" for sort, pattern in _SORTS if pattern.search(value)), "")


_SORTS = (("day", _DAY), ("clock", _CLOCK), ("number", _NUMBER), ("place", _PLACE))
