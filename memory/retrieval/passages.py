"""Words for recall: a memory as a passage of stems, and what a question asks for.

Pure functions; any thread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from memory.retrieval.stem import stem
from memory.text import MAX_TERMS, STOP_WORDS, words

KEPT = 8_192
"""Memories of up to LONG characters whose words are kept apart for the next question, and of as many their shape: 11 MB
where they are as long as what is said, 70 MB at the very most. They are kept by their words, so that what is changed is
taken apart anew; the one not asked for longest goes first. Python's garbage collector looks through all of them with
its lock held, which the sound would wait for, so a passage holds nothing but words, which it passes over: 1 ms."""

LONG, KEPT_LONG = 400, 256
"""Of longer ones so many are kept."""

MAX_PASSAGE_CHARS = 4_000
"""As much of a memory as is looked at closely; its index has every word."""

MIN_LETTERS = 4
"""Shorter words are alike by chance."""

MIN_SENTENCE = 3
"""Words under which a sentence is taken together with the next."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n+")
_MAY_END = re.compile(r"[.!?…\n]")
_NUMBERS = _set(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half dozen "
    "couple once twice first second third"
)
_TIMES = _set(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday yesterday today tonight tomorrow morning afternoon evening night noon midnight "
    "week weekend month year summer autumn fall winter spring ago since until last next recently hour hours minute "
    "minutes o'clock days weeks months years weekends christmas easter birthday soon later"
)
_PLACES = _set("in at near to from on into behind under beside outside street road city town north south")
_REASONS = _set("because since so due cause reason therefore thanks")
_I = _set("i i'm i've i'd i'll me my mine myself im ive we our us we're we've ours")
_YOU = _set("you your you're you've yours youre")
_OTHERS = _set("he she they him her them his hers their theirs it its that those this these there one")
_WH = {
    "when": "when", "where": "where", "who": "who", "whose": "who", "whom": "who", "why": "why", "how": "how",
    "what": "what", "which": "what", "whats": "what", "what's": "what", "when's": "when", "where's": "where",
    "who's": "who", "whos": "who", "wheres": "where", "whens": "when", "how's": "how",
}  # fmt: skip
_AUXILIARIES = _set(
    "is are was were do does did can could will would should have has had am may might shall isn't aren't wasn't "
    "weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't any"
)
_ASKING = re.compile(
    r"^(?:(?:so|and|but|um|uh|hey|ok|okay|well|er|hm+|oh|please|sorry|wait|now)\b[\s,]*)*"
    r"(?:(?:can|could|would|will) you |please )*"
    r"(?:tell me|remind me|do you (?:know|remember|recall)|i (?:wonder|forgot|forget|can't remember|cant remember)|"
    r"any idea|i'd like to know|i want to know|let me know|give me|list|name |show me|refresh my memory|"
    r"i don't remember|i dont remember|what about|how about|let's hear|read me|i'm trying to remember)",
)
_FILLERS = _set("so and but um uh hey ok okay well er oh wait")
_QUANTITIES = _set("many much long old often far big tall high heavy fast late early large")
_QUANTITY_NOUNS = _set(
    "time date day year month age number size price amount cost phone code score distance temperature percent"
)


class Passage(NamedTuple):
    """The words of a memory; a tuple, which is made in a sixth of the time of a frozen dataclass.

    Args:
        text: It.
        stems: How often each stem occurs.
        order: The stems in order.
    """

    text: str
    stems: Mapping[str, int]
    order: tuple[str, ...]


EMPTY = Passage("", {}, ())


class Shape(NamedTuple):
    """What sort of thing a memory says.

    Args:
        length: Words. `content`: those that are no stop words.
        question: It asks something. `only_asks`: in one sentence.
        first_person: It speaks of "I". `second_person`: of "you".
        number: It holds a number. `time`, `place`, `reason`, `name`: likewise a word of that sort.
    """

    length: int
    content: int
    question: bool
    only_asks: bool
    first_person: bool
    second_person: bool
    number: bool
    time: bool
    place: bool
    reason: bool
    name: bool


_DIGIT = re.compile(r"[0-9]")
_CLOCK = re.compile(r"\d(?::\d\d|\s?[ap]m\b)|\b(?:19|20)\d\d\b")
_NAME = re.compile(r"[a-z,;:] [A-Z][a-z]")


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a very short one stands together with the next."""
    text = text[:MAX_PASSAGE_CHARS]
    if not _MAY_END.search(text, 0, len(text) - 1):  # as most are, without splitting it
        bare = text.strip()
        return [bare] if bare else []
    parts: list[str] = []
    open_part = ""
    for part in _SENTENCE_END.split(text):
        open_part = f"{open_part} {part}".strip()
        if len(open_part.split()) >= MIN_SENTENCE:
            parts.append(open_part)
            open_part = ""
    if open_part and parts:
        parts[-1] = f"{parts[-1]} {open_part}"
    elif open_part:
        parts.append(open_part)
    return parts


def passage(text: str) -> Passage:
    """Return the words of a memory."""
    text = text[:MAX_PASSAGE_CHARS]
    return _passage(text) if len(text) <= LONG else _long_passage(text)


def shape(text: str) -> Shape:
    """Return what sort of thing a memory says."""
    text = text[:MAX_PASSAGE_CHARS]
    return _shape(text) if len(text) <= LONG else _long_shape(text)


def _passage_of(text: str) -> Passage:
    order = _stems(words(text))
    return Passage(text, _counted(order), order)


def _shape_of(text: str) -> Shape:
    spoken = words(text)
    bare = frozenset(spoken)
    digit = _has_digit(text)
    question = is_question(text, spoken)
    return Shape(
        length=len(spoken),
        content=len(spoken) - sum(map(STOP_WORDS.__contains__, spoken)),
        question=question,
        only_asks=question and len(sentences(text)) <= 1,
        first_person=not _I.isdisjoint(bare),
        second_person=not _YOU.isdisjoint(bare),
        number=digit or not _NUMBERS.isdisjoint(bare),
        time=not _TIMES.isdisjoint(bare) or (digit and bool(_CLOCK.search(text))),
        place=not _PLACES.isdisjoint(bare),
        reason=not _REASONS.isdisjoint(bare),
        name=bool(_NAME.search(text)),
    )


_passage, _long_passage = lru_cache(KEPT)(_passage_of), lru_cache(KEPT_LONG)(_passage_of)
_shape, _long_shape = lru_cache(KEPT)(_shape_of), lru_cache(KEPT_LONG)(_shape_of)


def let_go() -> None:
    """Let go of all words that are kept, as after a memory was forgotten."""
    for kept in (_passage, _long_passage, _shape, _long_shape, _asks):
        kept.cache_clear()


def by_sentence(own: Passage) -> list[Sequence[str]]:
    """Return the stems of each sentence."""
    parts: list[Sequence[str]] = []
    start = 0
    for part in sentences(own.text):
        end = start + len(words(part))
        parts.append(own.order[start:end])
        start = end
    return parts


def _stems(spoken: Sequence[str]) -> tuple[str, ...]:
    return tuple([stem(word.removesuffix("'s") if "'" in word else word) for word in spoken])


def _counted(order: Sequence[str]) -> dict[str, int]:
    counts = dict.fromkeys(order, 1)
    if len(counts) < len(order):
        counts = dict.fromkeys(order, 0)
        for one in order:
            counts[one] += 1
    return counts


def _has_digit(text: str) -> bool:
    return bool(_DIGIT.search(text)) if text.isascii() else any(c.isdigit() for c in text)


def is_question(text: str, spoken: Sequence[str] | None = None) -> bool:
    """Return whether a text asks for something, with or without a question mark, directly or not."""
    bare = text.strip()
    if bare.endswith("?"):
        return True
    spoken = words(text) if spoken is None else spoken
    start = 0
    while start < len(spoken) and spoken[start] in _FILLERS:
        start += 1
    if start == len(spoken):
        return False
    first, second = spoken[start], spoken[start + 1 : start + 2]
    return (
        (first in _WH and not (first == "what" and second and second[0] in ("a", "an")))
        or (first in _AUXILIARIES and bool(second))
        or bool(_ASKING.match(bare.lower().replace("\u2019", "'")))
    )


_asks = lru_cache(KEPT)(is_question)


def asks(text: str) -> bool:
    """Return the same as `is_question`, kept as well."""
    text = text[:MAX_PASSAGE_CHARS]
    return _asks(text) if len(text) <= LONG else is_question(text)


Kind = str
"""What a question asks for: when, where, who, why, quantity, what, how, yesno or none."""


def asked_for(spoken: list[str]) -> Kind:
    """Return what is asked for, by the first question word."""
    for place, word in enumerate(spoken):
        found = _WH.get(word)
        if found is None:
            continue
        after = spoken[place + 1 : place + 3]
        if found == "how" and after and after[0] in _QUANTITIES:
            return "quantity"
        if found == "what" and after and after[0] in _QUANTITY_NOUNS:
            return "when" if after[0] in ("time", "date", "day", "year", "month") else "quantity"
        return found
    return "yesno" if spoken and spoken[0] in _AUXILIARIES else "none"


def first_person(spoken: list[str]) -> bool:
    """Return whether the speaker speaks of themselves; "tell me" and "remind me" do not count."""
    return any(word in _I for word in spoken if word not in ("me",)) or (
        "me" in spoken and not {"tell", "remind", "give", "show", "read"} & set(spoken)
    )


def second_person(spoken: list[str]) -> bool:
    """Return whether the speaker speaks to the listener; "can you tell me" and "do you know" do not count."""
    return not _YOU.isdisjoint(spoken) and not {"tell", "remind", "know", "remember", "recall"} & set(spoken)


def leans_on_before(spoken: list[str]) -> bool:
    """Return whether a question has words that only the turn before gives a meaning."""
    content = [word for word in spoken if word not in STOP_WORDS]
    return not _OTHERS.isdisjoint(spoken) or len(content) <= 1


def content_words_of(spoken: list[str]) -> dict[str, str]:
    """Return the stems that say what a text is about, each with a word as it was said, at most MAX_TERMS, in order."""
    found: dict[str, str] = {}
    for word in spoken:
        bare = word.removesuffix("'s")
        if word not in STOP_WORDS and bare not in STOP_WORDS and word not in _WH:
            found.setdefault(stem(bare), bare)
    return dict(list(found.items())[:MAX_TERMS])
