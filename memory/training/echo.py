"""Probes made of the conversations' own words, by program.

The probes of the data were written to share few words with their evidence, which is the hard case and not the usual
one: people mostly ask for a thing by the words they said it in. From both kinds the ranker learns what a shared word is
worth, and the judge that "where is my car parked" is answered by "my car is parked in Bridge Street".

    echo       a question of some of the words of one turn; that turn is its evidence
    changed    the same with one word that the conversation never had; nothing is evidence
    foreign    a question of the words of another conversation; nothing is evidence
    strange    a question that was written for another conversation, with the names of this one; nothing is evidence
    overheard  a turn of another conversation, as it was said; nothing is evidence
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory.retrieval.passages import is_question, sentences, shape
from memory.text import STOP_WORDS, words
from memory.training.data import ANSWERABLE, ASSISTANT, Category, Conversation, Probe, Turn

ECHOES, CHANGED, FOREIGN, STRANGE, OVERHEARD = 24, 8, 6, 16, 6
"""How many of each are made of a conversation."""

MIN_WORDS, MAX_WORDS = 2, 6
"""Words of a turn that a question repeats."""

_OPENINGS = (
    "what",
    "when did",
    "where is",
    "who",
    "how",
    "why did",
    "which",
    "is there",
    "do you know",
    "what about",
    "",
)
_SAID = (
    "what did {} say about",
    "what did {} tell about",
    "when did {} mention",
    "what does {} think of",
    "did {} say",
)


@dataclass(frozen=True, slots=True)
class _Said:
    turn: Turn
    words: tuple[str, ...]


def echoes(conversation: Conversation, others: Sequence[Conversation], rng: random.Random) -> tuple[Probe, ...]:
    """Return probes made of the words of a conversation and of others.

    Args:
        conversation: Where they are asked.
        others: Where words come from that were never said there.
        rng: Of every choice.
    """
    said = _sayings(conversation)
    heard = {word for turn in conversation.turns for word in words(turn.text)}
    elsewhere = [(other, one) for other in others for one in _sayings(other)]
    strange = sorted({word for _, one in elsewhere for word in one.words} - heard)
    probes = [_echo(conversation, conversation, one, rng) for one in rng.sample(said, min(ECHOES, len(said)))]
    for one in rng.sample(said, min(CHANGED, len(said))):
        place = rng.randrange(len(one.words))
        changed = _Said(one.turn, (*one.words[:place], rng.choice(strange), *one.words[place + 1 :]))
        probes.append(_echo(conversation, conversation, changed, rng, "unanswerable"))
    for other, one in rng.sample(elsewhere, FOREIGN):
        probes.append(_echo(conversation, other, one, rng, "unanswerable"))
    probes += _strange(conversation, others, rng)
    for _, one in rng.sample([pair for pair in elsewhere if not is_question(pair[1].turn.text)], OVERHEARD):
        probes.append(_probe(conversation, one.turn.text, "statement", ()))
    return tuple(probes)


def _strange(conversation: Conversation, others: Sequence[Conversation], rng: random.Random) -> list[Probe]:
    """Return questions of other conversations of the same kind, about the people of this one."""
    asked = [
        (other, probe)
        for other in others
        if other.kind == conversation.kind
        for probe in other.probes
        if probe.category in ANSWERABLE
    ]
    return [
        replace(
            _probe(conversation, _renamed(probe.text, other, conversation), "unanswerable", ()),
            speaker=conversation.speakers[0] if probe.speaker else None,
        )
        for other, probe in rng.sample(asked, STRANGE)
    ]


def _renamed(text: str, other: Conversation, ours: Conversation) -> str:
    """Put the names of our speakers in place of theirs."""
    names = {theirs.lower(): own for theirs, own in zip(other.speakers, ours.speakers, strict=True)}
    return re.sub(r"\w+", lambda found: names.get(found[0].lower(), found[0]), text)


def _sayings(conversation: Conversation) -> list[_Said]:
    """Return what a question could repeat: some sentence of each turn that says something."""
    found: list[_Said] = []
    for turn in conversation.turns:
        if turn.speaker == ASSISTANT or shape(turn.text).question:
            continue
        best = max(sentences(turn.text), key=lambda part: len(_content(part)), default="")
        if len(_content(best)) >= MIN_WORDS:
            found.append(_Said(turn, tuple(_content(best))))
    return found


def _content(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOP_WORDS and word.removesuffix("'s") not in STOP_WORDS]


def _echo(
    conversation: Conversation, source: Conversation, one: _Said, rng: random.Random, category: Category = "single"
) -> Probe:
    count = rng.randint(MIN_WORDS, min(MAX_WORDS, len(one.words)))
    chosen = [one.words[place] for place in sorted(rng.sample(range(len(one.words)), count))]
    if source.kind == "people":
        who = one.turn.speaker if source is conversation else rng.choice(conversation.speakers)
        opening = rng.choice(_SAID).format(who) if rng.random() < 0.5 else f"{rng.choice(_OPENINGS)} {who}'s"
    else:
        opening = rng.choice(_SAID).format("I") if rng.random() < 0.3 else f"{rng.choice(_OPENINGS)} my"
    mark = "" if conversation.noisy else "?"
    return _probe(
        conversation,
        f"{opening} {' '.join(chosen)}{mark}".strip(),
        category,
        (one.turn.id,) if category == "single" else (),
    )


def _probe(conversation: Conversation, text: str, category: Category, evidence: tuple[str, ...]) -> Probe:
    last = conversation.probes[-1]
    return Probe(f"{conversation.id}-echo", category, text, evidence, (), "", last.at, None)
