"""What keeps a sentence from becoming a memory: it is no statement of fact, somebody else's, unsure, or too private.

Pure functions; any thread.
"""

from __future__ import annotations

import re

from memory.understanding.when_words import plain

MAX_CHARS = 1_000
"""A longer turn is a story or a pasted page; nothing is inferred from it."""

_LEAD = re.compile(
    r"^(?:(?:well|so|um+|uh+|er|oh|ah|hey|hi|hello|okay|ok|yes|yeah|right|look|listen|and|but|also|now|then|you "
    r"know|by the way|"
    r"actually|honestly|to be honest|as you know|i mean|just so you know|for the record|please note|fyi)\b[,.]? +)+",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_CLAUSE = re.compile(r",? (?:and|but) (?=(?:i|i'm|i've|my|we|we're|our)\b(?! (?:both|too)))", re.IGNORECASE)

_QUESTION = re.compile(
    r"^(?:what|when|where|who|whose|whom|which|why|how|is|are|was|were|do|does|did|can|could|will|would|shall|"
    r"should|may|"
    r"have you|has|had|am i|don't you|isn't|aren't|remember when|guess)\b"
)
_TAG = re.compile(r"\b(?:right|isn't it|don't i|doesn't (?:he|she|it)|correct|you know that|okay|huh)\?$")
_HYPOTHETICAL = re.compile(
    r"\b(?:if|suppose|supposing|imagine|pretend|let's say|say i|what if|would|could|might|may|maybe|perhaps|wish|"
    r"unless|"
    r"probably|possibly|in case|i guess|i suppose|i think|i believe|not sure|i doubt|sort of|kind of|hopefully|"
    r"i hope|in theory|assuming|as if|as though|i'd)\b"
)
_REPORTED = re.compile(
    r"\b(?:said|says|say that|told|tells|asked|asks|claims?|claimed|thinks|thought|according to|quote|quoted|wrote|"
    r"writes|goes like|the song|the lyrics?|the movie|the film|the book|the novel|the show|the story|the "
    r"character|a dream|"
    r"my dream|dreamed|dreamt|for example|the joke|the poem|the saying|the game|as they say|heard that|read that|"
    r"sings?|sang|plays? the (?:part|role))\b"
)
_QUOTED = re.compile(r"[\"“”«»]|(?<!\w)'[^']+'(?!\w)")
_NO_LONGER = re.compile(
    r"\b(?:used to|no longer|any ?more|almost|nearly|back then|once upon|not yet|as a joke|kidding|joking)\b"
)
_NEGATED = re.compile(
    r"\b(?:not|never|no|n't|isn't|aren't|don't|doesn't|didn't|wasn't|weren't|haven't|hasn't|cannot|can't|won't)\b"
)
_TO_ASSISTANT = re.compile(
    r"^(?:tell|play|set|show|read|open|stop|start|turn|give|call|remind|find|search|look|write|make|sing|"
    r"translate|explain|"
    r"repeat|spell|calculate|count|help|let|put|add|take|forget|delete|cancel|wake|send|say|ask|please)\b"
)
SENSITIVE = {
    "health": re.compile(
        r"\b(?:ill|sick|disease|diagnos\w+|cancer|tumou?r|diabet\w+|depress\w+|anxiety|pregnan\w+|miscarriage|"
        r"abortion|"
        r"medication|medicine|pills?|antidepress\w+|insulin|therapy|therapist|psychiatr\w+|surgery|operation|"
        r"hospital|hiv|"
        r"aids|allerg\w+|asthma|epilep\w+|blood pressure|adhd|autis\w+|bipolar|addict\w+|alcoholic|rehab|overweight|"
        r"disab\w+|heart attack|stroke|chemo\w*|symptoms?|infection|migraines?|dialysis|std|weigh)\b"
    ),
    "money": re.compile(
        r"\b(?:salary|wage|earn\w*|income|debts?|loans?|mortgage|bank|savings?|overdraft|bankrupt\w*|owe[sd]?|"
        r"invest\w*|"
        r"shares|stocks|inherit\w*|pension|tax(?:es)?|euros?|dollars?|pounds a|iban|credit|paid me|lottery|broke|"
        r"alimony)\b|"
        r"[$€£]\s?\d"
    ),
    "credentials": re.compile(
        r"\b(?:passwords?|passcode|passphrase|pin|pins|code|codes|login|log-?in|username|secret key|api key|token|"
        r"passport|"
        r"licen[cs]e number|social security|insurance number|account number|card number|cvv|combination|safe)\b|"
        r"\d{6,}"
    ),
    "other": re.compile(
        r"\b(?:gay|lesbian|bisexual|transgender|sexual\w*|sex|affair|cheat\w*|vote[ds]?|voting|republican|democrat|"
        r"muslim|christian|jewish|hindu|buddhist|catholic|atheist|religio\w+|church|mosque|synagogue|arrest\w*|"
        r"prison|jail|"
        r"criminal|court|lawsuit|divorc\w+|suicid\w*|trade union|immigra\w+|asylum)\b"
    ),
}
"""What is only kept when the person asks for it in so many words."""


def sentences(text: str) -> list[str]:
    """Return the statements of a turn one by one, without the words that only lead in; a recogniser sets no marks."""
    if len(text) > MAX_CHARS:
        return []
    found = [part for line in _SENTENCE.split(text.replace("’", "'")) for part in _CLAUSE.split(line)]
    return [bare for part in found if (bare := without_lead(part))]


def without_lead(text: str) -> str:
    """Return a sentence without "well," and "by the way" before it."""
    return _LEAD.sub("", " ".join(text.split())).strip(" ,")


def is_question(sentence: str) -> bool:
    """Whether a sentence asks; a tag ("…, right?") asks as well."""
    words = plain(sentence)
    return words.endswith("?") or _QUESTION.match(words) is not None or _TAG.search(words) is not None


def is_order(sentence: str) -> bool:
    """Whether a sentence wants something done."""
    return _TO_ASSISTANT.match(plain(sentence)) is not None


def is_said_of_the_world(sentence: str) -> bool:
    """Whether a sentence states what is so in its speaker's own name: not asked, supposed, quoted, played or past."""
    words = plain(sentence)
    return not (
        is_question(sentence)
        or _QUOTED.search(sentence)
        or any(pattern.search(words) for pattern in (_HYPOTHETICAL, _REPORTED, _NO_LONGER, _TO_ASSISTANT))
    )


def is_negated(sentence: str) -> bool:
    """Whether a sentence says that something is not so."""
    return _NEGATED.search(plain(sentence).replace("n't", " n't")) is not None


def sensitive(sentence: str) -> str:
    """Return what makes a sentence too private to be kept unasked: a name of SENSITIVE, or ""."""
    words = plain(sentence)
    return next((name for name, pattern in SENSITIVE.items() if pattern.search(words)), "")
