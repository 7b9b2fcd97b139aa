"""Words to intents: the spoken commands of `phrases`, and the many ways in which people type the same.

A closed sentence of the recogniser's grammar always means what the grammar says. Then come closed typed phrasings, the
grammar's open commands, and last the open typed ones.
"""

from __future__ import annotations

import re
from dataclasses import replace

from voice_tui.engine.cascade.phrases import Match, match
from voice_tui.engine.cascade.responder.phrasings import TYPED

OWN = frozenset(
    {
        *("time", "date", "set_timer", "remind", "cancel_timers", "help", "repeat", "stop", "louder", "softer"),
        *("set_volume", "timers_left"),
        *("remember", "remember_last", "forget", "forget_last", "forget_all", "undo", "new_conversation"),
        *("recall_all", "recall_today", "recall_yesterday", "list_notes"),
    }
)
"""The assistant's own business: answered here even when there is a language model, and never sent to it."""

MAX_CHARS = 2_000
"""A longer text is no command; pasted pages go to the language model."""

_CONTRACTED_IS = re.compile(r"\b(what|when|where|who|how|which)'s\b", re.IGNORECASE)
_CONTRACTED_ARE = re.compile(r"\b(what|where|who)'re\b", re.IGNORECASE)
_UNITS = {"s": "seconds", "sec": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "hr": "hours"}
_SHORT_UNIT = re.compile(r"\b(\d+)\s*(sec|min|hr|s|m|h)s?\b\.?", re.IGNORECASE)
_HALF = re.compile(r"\b(\d+)[.,]5(?= ?(?:hour|minute))", re.IGNORECASE)
_QUESTION_WORDS = r"(?:what|when|where|who|whose|which|why|how)"
_ASKS = re.compile(
    rf"(?:{_QUESTION_WORDS}|is|are|was|were|do|does|did|can|could|will|would|should|have|has)\b", re.IGNORECASE
)
_OWNERS = frozenset({"the", "my", "all"})
_AFTER_TOPIC = re.compile(r"\s+(?:is|are|was|were)$", re.IGNORECASE)
_BEFORE_TOPIC = re.compile(
    r"(?:(?:the|my|all)\s+)*(?:(?:notes?|memory|memories|what|anything|something|everything|all)\b\s*)?"
    r"(?:(?:i|we) (?:said|told you|noted)\b\s*)?"
    rf"(?:(?:about|regarding|that|whether|if|{_QUESTION_WORDS})\b\s*)?(?:(?:is|are|was|were)\b\s*)?",
    re.IGNORECASE,
)


def parse(text: str) -> Match | None:
    """Understand what the person said or typed.

    Args:
        text: As recognised or typed.

    Returns:
        The intent (a name of `phrases.COMMANDS` or of `TYPED`) with its free words and seconds, or None.
    """
    if len(text) > MAX_CHARS:
        return None
    plain = expanded(text)
    spoken = match(text) or match(plain)
    if spoken is not None and not spoken.rest:
        return spoken
    typed = match(plain, TYPED) or match(_spelled(plain), TYPED)
    found = typed if typed is not None and not (typed.rest and spoken) else spoken
    return _refined(found) if found is not None else None


def duration(text: str) -> float:
    """Return the seconds of a duration such as "5 min", "an hour and a half" or "90s"; 0 when it is none."""
    spelled = _spelled(text)
    found = match(f"timer for {spelled}") or match(f"timer {spelled}")
    return found.seconds if found is not None else 0.0


def topic(words: str) -> str:
    """Return what a question is about: "whether my sister likes tea" → "my sister likes tea"."""
    words = _AFTER_TOPIC.sub("", words)
    before = _BEFORE_TOPIC.match(words)
    named = (
        before is not None and re.search(r"\w", before.group()) and before.group().split()[-1].lower() not in _OWNERS
    )
    return words[before.end() :] if before and named and before.end() < len(words) else words


def is_question(text: str) -> bool:
    """Whether a text asks something."""
    return text.rstrip().endswith("?") or _ASKS.match(text.strip()) is not None


def expanded(text: str) -> str:
    """Return the text without contractions of questions: "when's" → "when is"."""
    plain = _CONTRACTED_IS.sub(r"\1 is", text.replace("’", "'"))
    return _CONTRACTED_ARE.sub(r"\1 are", plain)


def _spelled(text: str) -> str:
    """Return the text with the units of durations written out: "5 min" → "5 minutes"."""
    whole = _HALF.sub(r"\1 and a half ", text)
    return " ".join(_SHORT_UNIT.sub(lambda unit: f"{unit[1]} {_UNITS[unit[2].lower()]}", whole).split())


def _refined(found: Match) -> Match:
    """Put right what a pattern with free words takes too literally."""
    if found.name == "remember" and re.match(rf"{_QUESTION_WORDS}\b", found.rest, re.IGNORECASE):
        return Match("recall", rest=topic(found.rest))
    if found.name in ("recall", "forget"):
        return replace(found, rest=topic(found.rest))
    return found
