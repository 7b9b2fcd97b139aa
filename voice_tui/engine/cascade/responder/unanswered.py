"""What a question is about that no note answers: "what is the name of my dog" → "the name of your dog".

Only what a person could have told somebody counts: what is theirs, a name, what or who or when or where something is.
A sum, a poem or the assistant itself is for a language model.
"""

from __future__ import annotations

import re

from voice_tui.engine.cascade.responder.intents import expanded
from voice_tui.engine.cascade.responder.wording import turned

THAT = "that"
"""What is said where the question cannot be turned round safely."""

_TO_THE_ASSISTANT = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)
_ASKING = re.compile(
    r"(?:what|who|whose|when|where|which|why|how|is|are|was|were|am|do|does|did|has|have)\b", re.IGNORECASE
)
_MINE = re.compile(r"\b(?:my|mine|our|ours)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w'] )[A-Z][a-z]+")  # not the first word
_OF_ONESELF = re.compile(r"(?:is|are|was|were|am|do|does|did|has|have) (?:i|we)\b", re.IGNORECASE)

_WORD = r"[\w'-]+"
_SUBJECT = rf"(?:(?:my|our|the) {_WORD}|(?!(?:it|this|that|there|i|we|my|our|the|an?)\b){_WORD})"
_LEFT_OPEN = r"(?:to|from|with|for|about|at|in|on|of|by|like)"
_BE = r"(?:is|are|was|were)"

_AM_I = re.compile(r"(what|who|where|which|how) am i\b(.*)", re.IGNORECASE)
_DO_I = re.compile(r"((?:what|who|when|where|which)(?: \w+)?) do (?:i|we) (.+)", re.IGNORECASE)
_DOES = re.compile(rf"((?:what|who|when|where|which)) does ({_SUBJECT}) ([a-z]+)((?: {_LEFT_OPEN})?)", re.IGNORECASE)
_DID = re.compile(r"(?:what|who|when|where|which)\b.* (?:do|does|did)\b", re.IGNORECASE)
_IS_OPEN = re.compile(
    rf"(what|who|when|where) ({_BE}) ({_SUBJECT}) ((?:{_WORD} )*(?:{_LEFT_OPEN}|\w+ing))", re.IGNORECASE
)
_HOW = re.compile(rf"(how \w+) ({_BE}) ({_SUBJECT})", re.IGNORECASE)
_IS = re.compile(rf"(?:what|who|when|where) {_BE} ((?:the|my|our) .+)", re.IGNORECASE)
_IS_NAME = re.compile(rf"(?:[Ww]hat|[Ww]ho|[Ww]hen|[Ww]here) {_BE} ([A-Z][a-z]+(?:'s .+)?)")
_THING = re.compile(rf"what {_BE} (?:the|our|my) ((?:{_WORD} ){{0,2}}{_WORD})", re.IGNORECASE)
_ENDS_OPEN = re.compile(rf" (?:{_LEFT_OPEN}|\w+ing)$", re.IGNORECASE)


def missing(question: str, topic: str = "") -> str | None:
    """Return what to have no note about, said to the person who asked; None where no note could be the answer.

    Args:
        question: As recognised or typed.
        topic: What a question is about that asks for notes in so many words, if it does.
    """
    text = " ".join(expanded(question).split()).rstrip("?!. ")
    if _TO_THE_ASSISTANT.search(text) or not _ASKING.match(text):
        return None
    if round_ := _turned_round(text):
        return round_
    if _DID.match(text) or not topic:
        could_be = topic or _MINE.search(text) or _NAME.search(text) or _OF_ONESELF.match(text)
        return THAT if could_be else None
    return None


def thing(question: str) -> str:
    """Return what a question of the form "what is the peanut situation" names, "" for another question."""
    found = _THING.fullmatch(" ".join(expanded(question).split()).rstrip("?!. "))
    return found[1] if found and not re.search(rf"\b{_LEFT_OPEN}\b", found[1], re.IGNORECASE) else ""


def _turned_round(text: str) -> str:
    if found := _AM_I.fullmatch(text):
        return f"{found[1].lower()} you are{turned(found[2])}"
    if found := _DO_I.fullmatch(text):
        return f"{_lower(found[1])} you {turned(found[2])}"
    if found := _DOES.fullmatch(text):
        return f"{found[1].lower()} {turned(found[2])} {_third(found[3])}{found[4]}"
    if found := _IS_OPEN.fullmatch(text):
        return f"{found[1].lower()} {turned(found[3])} {found[2].lower()} {turned(found[4])}"
    if found := _HOW.fullmatch(text):
        return f"{_lower(found[1])} {turned(found[3])} {found[2].lower()}"
    found = _IS.fullmatch(text) or _IS_NAME.fullmatch(text)
    return turned(found[1]) if found and not _ENDS_OPEN.search(found[1]) else ""


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _third(verb: str) -> str:
    """Return such as "lives" for "live"."""
    if verb == "have":
        return "has"
    if re.search(r"[^aeiou]y$", verb):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "sh", "ch", "x", "z", "o")) else f"{verb}s"
