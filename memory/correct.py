"""Corrections of what was just said or told: "no, thirteen", "actually it's the fourteenth", "not Anna, Hannah".

A correction is taken as one only where it begins like one and offers exactly one place to put its words: a number in
place of the memory's only number, a weekday of its only weekday, or the value of what the memory gives the value of.
Pure functions; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from memory.text import STOP_WORDS
from memory.understanding.guards import is_order, is_question
from memory.understanding.slots import slot_of
from memory.understanding.when_words import CARDINALS, DAYS, MONTHS, ORDINALS, either, plain

MAX_CHARS = 200
MOST_VALUE_WORDS = 5

_MARK = re.compile(
    r"^(?:(?:oh|um+|uh|wait|sorry|well|hang on|hold on|pardon)\b[,.!]? +)*"
    r"(?:(?:no+|nope|actually|sorry|wait|correction|i mean|i meant|rather|that's wrong|that is wrong|wrong|not quite|"
    r"make that|make it|i misspoke)\b[,.!:;]? *)+",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:it's|it is|it was|that's|that is|it should be|should be|i said|i meant|i mean|make it|make that|"
    r"change it to|"
    r"he's|she's|they're|he is|she is)\b,? +)+",
    re.IGNORECASE,
)
_NOT_BUT = re.compile(
    r"^(?:it's |it is |that's )?not (?P<old>.+?)(?:,? but |, |\. ?)(?:it's |it is )?(?P<new>.+)$", re.IGNORECASE
)
_AND_NOT = re.compile(r"^(?:it's |it is |that's )?(?P<new>.+?),? (?:and )?not (?P<old>.+)$", re.IGNORECASE)
_NO_VALUE = re.compile(
    r"\b(?:thanks|thank|problem|way|idea|matter|worries|need|please|never mind|stop|forget|remember|wait|really|sure|"
    r"wrong|right|yes|okay|sorry|don't|do|did|does|can|will|would|should|have|has|was|were|i|you|he|she|they|we)\b"
)
_VALUE = re.compile(
    r"^(?P<head>.*?\b(?:is called|is named|'s name is|name is|lives? in|lives? at|moved to|works? at|works? for|"
    r"work as|call me|"
    r"is in|is at|is on|is under|is behind|are in|are on|are under|is|are|was|starts at|starts on|likes?|loves?|"
    r"prefers?|hates?))"
    r" (?P<value>.+)$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"^(?:in|at|on|under|behind|to|for|near|next to|above|below)\b ", re.IGNORECASE)
_COMPLEMENT = re.compile(
    r"^(?:allergic|married|engaged|related|afraid|scared|fond|proud|tired|made|born|good|bad|due|parked|hidden|kept|"
    r"stored|named|based) (?:to|of|in|at|on|for|with|from|after|behind|under)(?= )",
    re.IGNORECASE,
)
_PREPOSITION_LAST = re.compile(r" (?:in|at|on|under|behind|to|for)$", re.IGNORECASE)
_SORTS = (
    rf"(?:{either(DAYS)})",
    rf"(?:{either(MONTHS)})",
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)|{either(ORDINALS)})",
    r"(?:\d{1,2}:\d\d(?: ?[ap]\.?m\b\.?)?|\d{1,2} ?[ap]\.?m\b\.?)",
    rf"(?:\d[\d.,]*\d|\d|(?:(?:{either(CARDINALS)}|zero|oh|hundred|thousand)(?:[ -](?=\w)|\b))+)",
)
_PATTERNS = tuple(re.compile(rf"(?<![\w])(?:{sort})(?![\w])", re.IGNORECASE) for sort in _SORTS)


def is_correction(utterance: str) -> bool:
    """Whether words begin like a correction."""
    return _marked(utterance) is not None


def stated(utterance: str) -> str:
    """Return what a correction says is so, where that gives something its one value; "" otherwise."""
    rest = _marked(utterance) or ""
    return rest if slot_of(rest) else ""


def corrected(memory: str, utterance: str) -> str | None:
    """Return what a memory says once it is corrected, None where the words correct nothing in it.

    Args:
        memory: Its text.
        utterance: What the person said next.
    """
    rest = _marked(utterance)
    if rest is None:
        return None
    ways: tuple[Callable[[str, str], str | None], ...] = (_swapped, _restated, _same_sort, _other_value)
    new = next((found for way in ways if (found := way(memory, rest))), None)
    return new if new is not None and plain(new) != plain(memory) else None


def _marked(utterance: str) -> str | None:
    """Return what follows the mark of a correction, None where there is no mark."""
    words = " ".join(utterance.replace("’", "'").split())
    if len(words) > MAX_CHARS or is_question(words):
        return None
    mark = _MARK.match(words)
    rest = words[mark.end() :] if mark else words if _NOT_BUT.match(words) else ""
    rest = rest.strip(" ,.!;")
    if is_question(rest) or (is_order(rest) and not slot_of(rest)):
        return None
    return rest or None


def _swapped(memory: str, rest: str) -> str | None:
    """ "not X but Y", "Y, not X"."""
    for pattern in (_NOT_BUT, _AND_NOT):
        found = pattern.match(rest)
        if found is None:
            continue
        old, new = _bare(found["old"]), _bare(found["new"])
        if (whole := _restated(memory, new)) is not None:
            return whole
        if _VALUE.match(new):  # a statement about something else
            continue
        where = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)", re.IGNORECASE)
        if new and len(where.findall(memory)) == 1:
            return where.sub(lambda _, new=new: new, memory)
    return None


def _restated(memory: str, rest: str) -> str | None:
    """ "my appointment is on the fourteenth": the whole sentence with another value."""
    slot = slot_of(rest)
    if not slot:
        return rest if _same_head(memory, rest) else None
    about, sort = slot.rsplit("|", 1)
    mine, mine_sort = [*slot_of(memory).rsplit("|", 1), ""][:2]
    same = about == mine or mine.endswith((about.removeprefix("my "), about.removeprefix("the ")))
    return rest if same and sort == mine_sort else None


def _same_head(memory: str, rest: str) -> bool:
    """Whether both give a value of the same sort to the same thing: "my sister is allergic to …"."""
    mine, other = _VALUE.match(memory.rstrip(".")), _VALUE.match(rest)
    if mine is None or other is None or plain(mine["head"]) != plain(other["head"]):
        return False
    kept, offered = _COMPLEMENT.match(mine["value"]), _COMPLEMENT.match(other["value"])
    if kept and offered:
        return plain(kept.group()) == plain(offered.group())
    return not kept and not offered and len(mine["value"].split()) == len(other["value"].split())


def _same_sort(memory: str, rest: str) -> str | None:
    """A number for the only number, a weekday for the only weekday, and so on, where no other words come with it."""
    value = _bare(rest)
    done = memory
    left = value
    for pattern in _PATTERNS:
        offered = pattern.findall(left)
        if not offered:
            continue
        there = pattern.findall(done)
        if len(offered) != 1 or len(there) != 1:
            return None
        done = pattern.sub(lambda _, new=offered[0]: new.strip(), done)
        left = pattern.sub(" ", left)
    leftover = [word for word in re.findall(r"[\w']+", left.lower()) if word not in _GLUE]
    return done if done != memory and not leftover else None


_GLUE = frozenset(("the", "on", "of", "at", "in", "it's", "its", "is", "it", "be", "o'clock", "and", "instead", "day"))


def _other_value(memory: str, rest: str) -> str | None:
    """ "no, in Bergen": other words in place of the value."""
    found = _VALUE.match(memory.rstrip("."))
    value = _PREPOSITION.sub("", _OPENING.sub("", rest)).strip(" .!")
    words = value.split()
    if found is None or not 0 < len(words) <= MOST_VALUE_WORDS or _NO_VALUE.search(plain(value)):
        return None
    if any(pattern.search(value) for pattern in _PATTERNS) or all(word.lower() in STOP_WORDS for word in words):
        return None
    if _VALUE.match(value):  # a statement about something else
        return None
    kept = _COMPLEMENT.match(found["value"])
    if kept and not _COMPLEMENT.match(value):  # "is allergic to cats": the cats are the value
        return f"{found['head']} {kept.group()} {value}"
    offered = _PREPOSITION.match(_OPENING.sub("", rest)) or _PREPOSITION.match(found["value"])
    head = _PREPOSITION_LAST.sub("", found["head"]) if offered else found["head"]
    return f"{head} {offered.group() if offered else ''}{value}"


def _bare(words: str) -> str:
    return _OPENING.sub("", words.strip()).strip(" ,.!;").removesuffix(" instead").removesuffix(" please")
