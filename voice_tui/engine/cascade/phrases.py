"""What can be said without a language model: one list of phrases for the recogniser's grammar and for the notebook.

Patterns are written in the notation of JSGF: `(a | b)` one of them, `[a]` optional. Three slots may stand in a pattern:
`{duration}` ("five minutes", "half an hour"), `{percent}` ("fifty"), and, only at the end, `{rest}` (any words). A
command with a `{rest}` is *open*: a grammar cannot hold it, so the recogniser spots its first words and takes the rest
from free decoding.

The recogniser and the responder both read `COMMANDS`, so what is understood and what is answered cannot diverge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

UNITS = {"second": 1, "minute": 60, "hour": 3600}
"""Seconds in the units of a duration."""

_ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty")


def _number_words() -> dict[str, int]:
    words = {word: value for value, word in enumerate(_ONES, start=1)}
    for tens, value in zip(_TENS, range(20, 70, 10), strict=True):
        words[tens] = value
        if value < 60:
            words.update({f"{tens} {one}": value + n for n, one in enumerate(_ONES[:9], start=1)})
    return words


def _percent_words() -> dict[str, int]:
    words = {word: value for value, word in enumerate(_ONES, start=1)}
    tens = ("ten", *_TENS, "seventy", "eighty", "ninety")
    words.update(zip(tens, range(10, 100, 10), strict=True))
    return {"zero": 0, **words, "half": 50, "full": 100, "hundred": 100}


PERCENTS = _percent_words()
"""The words that a share in percent is made of, and their values; "half" and "full" stand alone."""

NUMBERS = _number_words()
"""The spoken numbers of a duration, "one" to "sixty", and their values."""


@dataclass(frozen=True, slots=True)
class Command:
    """One intent and every way to say it.

    Args:
        name: The intent.
        patterns: JSGF expressions, lower case, as described above.
    """

    name: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """What a text was understood as.

    Args:
        name: The intent, a name in `COMMANDS`.
        rest: The free words of an open command, as they were written; "" for the others.
        seconds: The duration that was said; 0 for commands without one.
        percent: The share that was said; 0 for commands without one.
    """

    name: str
    rest: str = ""
    seconds: float = 0.0
    percent: int = 0


COMMANDS: tuple[Command, ...] = (
    Command("time", ("what time is it [now]", "(what is | what's) the time", "tell me the time")),
    Command(
        "date",
        (
            "(what is | what's) (the | today's) date [today]",
            "what day is (it | today) [today]",
            "what date is (it | today)",
        ),
    ),
    Command(
        "set_timer",
        ("(set | start) (a | the) timer for {duration}", "timer for {duration}", "(set | start) a {duration} timer"),
    ),
    Command("cancel_timers", ("(cancel | stop) (the | my) (timer | timers)", "cancel all timers")),
    Command("timers_left", ("how much time is left [on the timer]", "what timers are running")),
    Command("help", ("help [me]", "what can (you do | i say)", "what do you do")),
    Command(
        "repeat",
        ("repeat [that | it]", "say (that | it) again", "what did you say", "(can | could) you repeat that", "pardon"),
    ),
    Command(
        "stop", ("stop [it | that | talking | speaking]", "be quiet", "never mind", "forget it", "shut up", "cancel")
    ),
    Command(
        "louder", ("louder", "speak (up | louder)", "volume up", "turn (it | the volume) up", "turn up the volume")
    ),
    Command(
        "softer",
        (
            "(softer | quieter)",
            "speak (softer | more quietly)",
            "volume down",
            "turn (it | the volume) down",
            "turn down the volume",
        ),
    ),
    Command("set_volume", ("set the volume to {percent} [percent]", "volume {percent} percent")),
    Command("remember_last", ("remember (that | this)", "(make a note of | note) that")),
    Command("forget_last", ("forget that", "forget the last (one | note)", "delete the last (one | note)")),
    Command("recall_all", ("what do you (remember | know)", "what have i told you")),
    Command("recall_today", ("what did i (tell you | say) today",)),
    Command("recall_yesterday", ("what did i (tell you | say) yesterday",)),
    Command("list_notes", ("(list | read | show) [me] my (notes | memories)", "what are my notes")),
    Command("yes", ("(yes | yeah | yep | sure | correct)", "yes please", "[yes] (that's | that is) right")),
    Command("no", ("(no | nope)", "no thank you", "no thanks", "(that's | that is) (wrong | not right)")),
    Command("new_conversation", ("[start a] new conversation", "start over")),
    Command("hello", ("(hello | hi)", "hello there", "good (morning | afternoon | evening)")),
    Command("thanks", ("thank you [very much]", "thanks [a lot]")),
    Command("bye", ("(good bye | goodbye | bye)", "bye bye", "good night", "see you later")),
    Command(
        "remember",
        (
            "remember that {rest}",
            "(make a note | take a note) that {rest}",
            "don't (forget | let me forget) that {rest}",
            "remember {rest}",
        ),
    ),
    Command(
        "recall",
        (
            "what do you (know | remember) about {rest}",
            "what did i (tell you | say) about {rest}",
            "what have i told you about {rest}",
            "tell me what you (know | remember) about {rest}",
            "do you (know | remember) {rest}",
            "when (is | was) {rest}",
            "where (is | are | did i) {rest}",
            "who is {rest}",
            "what is my {rest}",
            "what's my {rest}",
        ),
    ),
    Command(
        "forget",
        (
            "forget (what | everything) i (said | told you) about {rest}",
            "forget (about | that) {rest}",
            "forget {rest}",
            "delete the note about {rest}",
        ),
    ),
)
"""Every intent. Among patterns that fit, the one with the most fixed words wins, and closed ones before open ones."""

POLITE_BEFORE = ("please", "hey", "okay", "ok", "now", "can you", "could you", "would you", "will you")
"""Words before a command that change nothing; the parser skips them."""

POLITE_AFTER = ("please", "for me")
"""Words after a command that change nothing."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_TOKEN = re.compile(r"\{\w+\}|[()\[\]|]|[a-z']+")
_GLUE = {"(": "(?:", ")": ")", "|": "|", "[": "(?:", "]": ")?"}


def is_open(pattern: str) -> bool:
    """Whether a pattern ends in free words."""
    return pattern.endswith("{rest}")


def prefix(pattern: str) -> str:
    """Return an open pattern without its free words."""
    return pattern.removesuffix("{rest}").strip()


def match(text: str, commands: tuple[Command, ...] = COMMANDS) -> Match | None:
    """Understand a sentence as one of the commands.

    Args:
        text: As recognised or typed; case and punctuation do not matter, and neither do polite words around it.
        commands: Others than those of the grammar, in the same notation.

    Returns:
        The command, or None when it is none.
    """
    words = _words(text)
    said = "".join(f"{word.group()} " for word in words)
    for name, pattern in _patterns(commands):
        found = pattern.fullmatch(said)
        if found is not None:
            groups = found.groupdict()
            rest = ""
            if groups.get("rest"):
                rest = _written(text, words, said, found.span("rest"))
            share = percent(groups.get("percent") or "")
            return Match(name, rest=rest, seconds=seconds(groups.get("duration") or ""), percent=share)
    return None


def _written(text: str, words: list[re.Match[str]], said: str, span: tuple[int, int]) -> str:
    """Return the words at `span` of `said` as they were written, with what stands after the last word of all."""
    first, last = (said.count(" ", 0, end) for end in span)
    stop = len(text) if last + 1 == len(words) else words[last].end()
    return text[words[first].start() : stop].strip().rstrip(".!?")


def _words(text: str) -> list[re.Match[str]]:
    """Return the words of a text, lower case; positions hold for `text`, as every replacement keeps its length."""
    plain = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return list(_WORD.finditer(plain.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))


def seconds(duration: str) -> float:
    """Return the length of a spoken or typed duration such as "half an hour" or "90 seconds"; 0 when it is none."""
    total = 0.0
    unit = 0
    for amount, part in re.findall(rf"({_AMOUNT} )?{_UNIT}(?= |$)", duration.strip()):
        unit = UNITS[part.rstrip("s")]
        total += _amount(amount.strip()) * unit
    return total + (unit / 2 if duration.strip().endswith("and a half") else 0)


def percent(words: str) -> int:
    """Return the value of a share such as "50", "seventy five" or "one hundred and fifty"; 0 when it is none."""
    total = 0
    for word in words.split():
        if word == "hundred":
            total = 100 * (total or 1)
        else:
            total += int(word) if word.isdigit() else PERCENTS.get(word, 0)
    return total


def _amount(words: str) -> float:
    half = 0.5 if words.endswith(" and a half") else 0.0
    words = words.removesuffix(" and a half")
    if words in NUMBERS or words.isdigit():
        return (NUMBERS.get(words) or int(words)) + half
    return {"half a": 0.5, "half an": 0.5, "a quarter of an": 0.25}.get(words, 1.0)


_NUMBER = "|".join([*sorted(NUMBERS, key=len, reverse=True), r"[0-9]{1,4}"])
_AMOUNT = rf"(?:half an?|a quarter of an|an?|(?:{_NUMBER})(?: and a half)?)"
_UNIT = f"({'|'.join(UNITS)})s?"
_DURATION = rf"{_AMOUNT} (?:second|minute|hour)s?(?: and a half)?(?: (?:and )?{_AMOUNT} (?:second|minute)s?)?"
_SHARE = rf"(?:[0-9]{{1,6}}|(?:a )?(?:{'|'.join(PERCENTS)})(?: (?:and )?(?:{'|'.join(PERCENTS)})){{0,3}})"
_SLOTS = {
    "{duration}": f"(?P<duration>{_DURATION}) ",
    "{percent}": f"(?P<percent>{_SHARE}) ",
    "{rest}": "(?P<rest>.+) ",
}


def _expression(pattern: str) -> str:
    """Return the regular expression of a JSGF pattern, over words that each end in one space."""
    return "".join(_SLOTS.get(token) or _GLUE.get(token) or f"{re.escape(token)} " for token in _TOKEN.findall(pattern))


@cache
def _patterns(commands: tuple[Command, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    listed = [(command.name, pattern) for command in commands for pattern in command.patterns]
    listed.sort(key=lambda item: (is_open(item[1]), -len(item[1].split())))
    before = "".join(f"{words} |" for words in POLITE_BEFORE).rstrip("|")
    after = "".join(f"{words} |" for words in POLITE_AFTER).rstrip("|")
    return tuple((name, re.compile(f"(?:{before})*{_expression(pattern)}(?:{after})*")) for name, pattern in listed)
