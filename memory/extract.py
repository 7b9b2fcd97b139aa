"""What to keep from a turn of a conversation.

Two sorts: what the person asks to be kept, or says of themselves in so many words (*explicit*), and what a careful
reader would note down (*inferred*), which is only ever suggested. Three things are asked of every sentence: does its
speaker state it as so (no question, quotation, dream, "if"), whom is it about ("my sister likes jazz" says nothing
about the speaker's taste, so the words are kept as they were said), and is it too private to be kept unasked.
Rules only, no model; a turn takes well under a millisecond. Pure functions; any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from memory.types import Kind
from memory.understanding.guards import is_negated, is_question, is_said_of_the_world, sensitive, sentences
from memory.understanding.rules import EXPLICIT, INFERRED, Rule
from memory.understanding.slots import slot_of
from memory.understanding.when import time_meant
from memory.understanding.when_words import plain

SURE_TO_INFER = 0.7
"""Confidence of recognition from which something is inferred: a misheard word must not become a fact."""

SURE_TO_KEEP = 0.5
"""The same for what was said to be kept; below it the person is asked instead."""

MOST_WORDS = 40
"""Of an inferred sentence; a longer one says more than one thing."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """Something worth keeping.

    Args:
        text: The words to keep: the speaker's own.
        kind: See `memory.types.Kind`. `importance`: 0-1.
        explicit: Asked for; else it is a suggestion.
        why: For a person: what it is about.
        slot: See `memory.understanding.slots`.
        said: The whole sentence, where `text` is only a part of it.
    """

    text: str
    kind: Kind
    explicit: bool
    why: str
    importance: float = 0.5
    slot: str = ""
    said: str = ""


def extract(text: str, *, confidence: float | None = None, said_at: float = 0.0) -> list[Extracted]:
    """Return what is worth keeping of what a person said.

    Args:
        text: One turn, typed or recognised (then perhaps without capitals and marks).
        confidence: Of recognition, 0-1; None when typed.
        said_at: When, seconds since 1970.
    """
    sure = 1.0 if confidence is None else confidence
    if sure < SURE_TO_KEEP:
        return []
    whole = _asked_for(text)
    if whole is not None:
        return [whole]
    found: list[Extracted] = []
    for sentence in sentences(text):
        one = _explicit(sentence) or (_inferred(sentence, said_at) if sure >= SURE_TO_INFER else None)
        if one is not None and one.text not in (other.text for other in found):
            found.append(one)
    return found


def _asked_for(text: str) -> Extracted | None:
    """ "Remember that my keys are in the car and the car is in the garage" is one note, whatever it is made of."""
    lines = sentences(text)
    if not lines or text.rstrip().endswith("?"):
        return None
    start = text.lower().replace("’", "'").find(lines[0].lower())
    return _by(EXPLICIT[0], text[start:] if start >= 0 else text)


def _explicit(sentence: str) -> Extracted | None:
    if is_question(sentence):
        return None
    for rule in EXPLICIT[1:]:
        if is_said_of_the_world(_without_order(sentence)) and (found := _by(rule, sentence)):
            return found
    return None


def _without_order(sentence: str) -> str:
    """ "Please call me Ben" begins like an order and states a name all the same."""
    words = plain(sentence)
    return "my name is" if words.startswith(("call me", "please call me", "just call me")) else sentence


def _inferred(sentence: str, said_at: float) -> Extracted | None:
    if not is_said_of_the_world(sentence) or sensitive(sentence) or len(sentence.split()) > MOST_WORDS:
        return None
    for rule in INFERRED:
        if rule.timed and time_meant(sentence, said_at or 1.0) is None:
            continue
        if found := _by(rule, sentence, explicit=False):
            return found
    return None


def _by(rule: Rule, sentence: str, *, explicit: bool = True) -> Extracted | None:
    """Return what a rule finds in a sentence, in the words and capitals of the sentence."""
    line = " ".join(sentence.replace("’", "'").split())
    match = rule.pattern.match(line.lower())
    if match is None or (is_negated(line) and not rule.negated):
        return None
    keep = line[match.start("keep") :] if "keep" in rule.pattern.groupindex else line
    keep = keep.strip(" ,;") if keep.endswith("...") else keep.strip(" ,;").removesuffix(".")
    return Extracted(
        text=keep,
        kind=_kind(rule, keep, explicit=explicit),
        explicit=explicit,
        why=rule.name,
        importance=rule.importance,
        slot=slot_of(keep),
        said="" if keep == line.removesuffix(".") else line,
    )


def _kind(rule: Rule, keep: str, *, explicit: bool) -> Kind:
    """A note that would have been noticed anyway is of the kind it would then have been."""
    if rule.kind != "note" or not explicit:
        return rule.kind
    return kind_of(keep)


def kind_of(text: str) -> Kind:
    """Return what sort of thing words are that the person asked to be kept."""
    line = plain(text)
    if slot_of(text).endswith(("|name", "|is", "|number")):
        return "fact"
    for rule in (*EXPLICIT[1:], *INFERRED):
        if rule.pattern.match(line):
            return rule.kind
    return "event" if time_meant(text, 1.0) else "note"
