"""Sentences that hold something worth keeping: what the person asks to be kept, and what may be worth a suggestion.

Every rule reads a sentence in lower case without lead-in words. Pure data; any thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.types import Kind
from memory.understanding.when_words import CARDINALS, either


@dataclass(frozen=True, slots=True)
class Rule:
    """One sort of sentence.

    Args:
        name: For a person: why it was kept.
        pattern: Matches from the beginning of the sentence; a group "keep" holds what is kept, else all of it is.
        kind: Of the memory. `importance`: 0-1.
        timed: Only where the sentence names a time.
        negated: Also where it says that something is not so.
    """

    name: str
    pattern: re.Pattern[str]
    kind: Kind
    importance: float = 0.5
    timed: bool = False
    negated: bool = False


def _rule(
    name: str, pattern: str, kind: Kind, importance: float = 0.5, *, timed: bool = False, negated: bool = False
) -> Rule:
    return Rule(name, re.compile(pattern), kind, importance, timed, negated)


_RELATION = (
    r"(?:(?:older|younger|little|big|best|twin|step|half|late|new|old) ?)*(?:mother|father|mum|mom|dad|sister|"
    r"brother|son|"
    r"daughter|wife|husband|partner|girlfriend|boyfriend|fianc[ée]e?|uncle|aunt|cousin|nephew|niece|grandmother|"
    r"grandfather|"
    r"grandma|grandpa|granddaughter|grandson|friend|neighbou?r|boss|colleague|flatmate|roommate|teacher|landlord|"
    r"landlady|kids?|children|parents|twins|in-laws|mother-in-law|father-in-law|dog|cat|parrot|horse|rabbit)"
)
_PERSON = rf"(?:my|our) {_RELATION}(?:,? (?!is\b|was\b|has\b|likes?\b|lives?\b|works?\b|and\b)\w+,?)?"
_NOT_A_NAME = (
    r"(?:later|back|again|when|if|on|at|in|tomorrow|today|tonight|a|an|the|as|at|stupid|crazy|old|maybe|whenever|"
    r"soon|"
    r"away|up|upon|out|off|names|and|your|my|please|now|for|about|by|before|after|any|what|anything|whatever|"
    r"sorry|it|that|this)\b"
)
_THING = r"(?!(?:that|it|this|these|those|them|you|your|him|her|to|the way|how|what|when|where|being|so|very|like)\b)"
_PET_OR_KIN = (
    r"(?:\w+ )?(?:dogs?|cats?|horses?|rabbits?|parrots?|goldfish|kids?|child|children|sons?|daughters?|brothers?|"
    r"sisters?|"
    r"twins|grandchildren|siblings|cars?|garden|boat|bikes?|bicycles?|motorbike|farm|allotment|caravan|piano|"
    r"guitar|violin)"
)
_TRADE = (
    r"(?:nurse|teacher|doctor|lawyer|student|farmer|cook|chef|programmer|developer|engineer|baker|carpenter|"
    r"electrician|"
    r"plumber|driver|pilot|architect|artist|musician|writer|journalist|scientist|designer|accountant|photographer|"
    r"librarian|gardener|firefighter|police officer|soldier|sailor|translator|dentist|vet|pharmacist|mechanic|"
    r"painter|"
    r"actor|actress|dancer|singer|consultant|manager|salesman|saleswoman|hairdresser|waiter|waitress|retired \w+)"
)

EXPLICIT: tuple[Rule, ...] = (
    _rule(
        "you asked to remember it",
        r"(?:please |and |can you |could you |will you |i want you to |i'd like you to )*"
        r"(?:remember|keep in mind|don't forget|do not forget|note down|make a note|note|take a note|write down)"
        r"(?: that|:|,)? (?!when\b|to ask\b|what\b|how\b|who\b|where\b|me\b|this\b|that\b|it\b|the "
        r"time\b)(?P<keep>\w.*\w.*)",
        "note",
        0.7,
        negated=True,
    ),
    _rule("your name", rf"my (?:first |full |last |given )?name(?: is|'s) (?!not\b)(?!{_NOT_A_NAME})\w+", "fact", 0.9),
    _rule("your name", rf"(?:i'm|i am) (?:called|known as) (?!not\b)(?!{_NOT_A_NAME})\w+", "fact", 0.9),
    _rule(
        "your name", rf"(?:please |you can |you may |just )*call me (?!{_NOT_A_NAME})\w+(?: \w+)?[.!]?$", "fact", 0.9
    ),
    _rule(
        "how you want it",
        r"from now on,? (?:please |always |never |i want )*\w+ \w+.*",
        "instruction",
        0.7,
        negated=True,
    ),
)
"""The first that matches counts. What these give is kept without asking."""

INFERRED: tuple[Rule, ...] = (
    _rule(
        "where you live",
        r"(?:i|we) (?:now |still |currently )?(?:live|am living|'re living) (?:in|at|on|near|with|alone)\b"
        r"(?! (?:fear|hope|the past|hell|peace|sin|denial|luxury|harmony|dread|the moment|the present))\b.*\w",
        "fact",
        0.8,
    ),
    _rule("where you live", r"(?:i|we)(?:'ve| have)? (?:just |now |recently )?moved (?:to|into) \w+", "fact", 0.8),
    _rule(
        "where you come from",
        r"(?:i'm|i am|i come|we're|we come) (?:originally )?from (?!there\b|here\b|now\b|the\b|a\b)\w+",
        "fact",
        0.7,
    ),
    _rule("where you come from", r"i (?:grew up|was born) (?:in|on|near) \w+", "fact", 0.7),
    _rule(
        "your work",
        r"i (?:now |currently )?work (?:as|at|for|in) (?!it\b|that\b|the (?:morning|evening|afternoon|night)|"
        r"free\b|nothing\b)\w+",
        "fact",
        0.7,
    ),
    _rule("your work", rf"(?:i'm|i am) an? (?:\w+ )?{_TRADE}\b", "fact", 0.7),
    _rule("your studies", r"(?:i|i'm|i am) (?:study|studying|learning|learn) (?!that|it|this|how)\w+", "fact", 0.6),
    _rule("what you speak", r"i speak (?:\w+ )*[a-z]+(?:ish|ian|ese|an|ch|ic|ek|hindi|urdu)\b", "fact", 0.6),
    _rule("what you eat", r"(?:i'm|i am) (?:a )?(?:vegetarian|vegan|pescatarian)\b", "preference", 0.7, negated=True),
    _rule(
        "what you eat",
        r"i (?:don't|do not|never) (?:eat|drink) (?!that|it|this|much|enough)\w+",
        "preference",
        0.7,
        negated=True,
    ),
    _rule(
        "what you like",
        rf"i (?:really |absolutely |also |just |always )*(?:like|love|enjoy|prefer|adore) {_THING}\w+",
        "preference",
    ),
    _rule(
        "what you do not like",
        rf"i (?:really |absolutely |also |just )*(?:don't like|do not like|hate|dislike|can't stand|cannot stand) "
        rf"{_THING}\w+",
        "preference",
        negated=True,
    ),
    _rule("what you like", r"my favou?rite \w+(?: \w+)? (?:is|are) (?!not\b|that\b|it\b)\w+", "preference", 0.7),
    _rule(
        "your people",
        rf"(?:i|we)(?:'ve got| have got| have|'ve) (?:a|an|one|two|three|four|five|six) {_PET_OR_KIN}\b",
        "fact",
        0.6,
    ),
    _rule(
        "your people",
        rf"{_PERSON} (?:(?:now |still |also |just )*(?:lives?|works?|studies|likes?|loves?|hates?|speaks?|plays?|"
        rf"collects?|"
        r"moved|is called|is named|is from|comes from|is (?:\d+|turning|"
        rf"an? (?:\w+ )?{_TRADE}|{either(CARDINALS)})\b|are (?:called|named|from|\d+)))"
        r"(?:$|(?! not\b) \w)",
        "fact",
        0.6,
    ),
    _rule("your people", rf"{_PERSON}'s (?:name|birthday|wedding|favou?rite \w+) is \w+", "fact", 0.6),
    _rule("an anniversary", r"(?:my|our) (?:birthday|anniversary|wedding day|wedding anniversary) is \w+", "fact", 0.8),
    _rule(
        "a plan",
        r"(?:i|we)(?:'m|'re| am| are) (?:going (?:to (?:the|my|our|a|an|see|visit|meet|fly|move|start|get married|"
        r"run) |away|out|on|hiking|camping|"
        r"skiing|swimming|shopping|home|back)|going to [a-z]+ (?:on|next|this|in|for|tomorrow)|flying|driving|"
        r"travelling|traveling|moving|meeting|seeing|visiting|starting|"
        r"getting|having|leaving|taking|presenting|running|picking|hosting|playing)\b.*",
        "event",
        0.7,
        timed=True,
    ),
    _rule(
        "a plan",
        r"(?:i|we)(?:'ve got| have got| have|'ve) (?:got )?(?:an?|my|our|the|another|two|three) (?:\w+ ){0,3}"
        r"(?:appointment|meeting|exam|interview|test|flight|date|lesson|class|party|concert|dinner|lunch|deadline|"
        r"wedding|visit|training|match|game|trip|rehearsal|presentation|call|reservation|ticket)\b.*",
        "event",
        0.7,
        timed=True,
    ),
    _rule(
        "a plan",
        r"(?:my|our|the) (?:\w+ ){0,3}(?:appointment|meeting|exam|interview|flight|train|wedding|party|concert|"
        r"deadline|"
        r"rehearsal|presentation|trip|holiday|vacation|dentist|haircut|visit|match|game) (?:is|starts|leaves|begins|"
        r"takes place|was moved|has moved|got moved) .*",
        "event",
        0.7,
        timed=True,
    ),
)
"""The first that matches counts. What these give is suggested, and kept when the person says so."""
