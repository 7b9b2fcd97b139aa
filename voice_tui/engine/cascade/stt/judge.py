"""Which of two readings of an utterance holds, the command or the free words, and how sure that is.

The grammar decoder reads a command into any sound, even into a cough. It was one when the command explains the sound
nearly as well as free words do, which have a whole language to choose from, when its sounds fit, and when the free
words sound like it. The weights are a logistic regression over recordings of people; `benchmarks/stt_judge_fit.py`
makes them and shows, on speakers left out, how well the confidence keeps its word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voice_tui.engine.cascade.phrases import COMMANDS, Command, match
from voice_tui.engine.cascade.stt.grammar import Words, prefixes
from voice_tui.engine.cascade.stt.sphinx import Hypothesis

ACCEPT = 0.5
"""A command at least this likely is taken for one."""

MENTION = 0.15
"""One at least this likely is named as the alternative."""

COMMAND_BIAS = 12.4
WORSE_WEIGHT = -0.071
"""Per unit of score and frame that the command explains the whole sound worse than free words do."""
COST_WEIGHT = -0.158
"""Per unit of acoustic cost and frame of the command's words."""
UNLIKE_WEIGHT = -9.4
"""For words that share no sound with the free words."""

WORDS_BIAS = 4.12
WORDS_COST_WEIGHT = -0.119
"""Per unit of acoustic cost and frame of the free words."""

LEAST_FRAMES = 30
"""Shorter words are judged as if they were this long (0.3 s): few frames say little."""

PREFIX_DISTANCE = 0.25
"""First words whose sounds differ by no more than this share from those of an open command are taken for it."""

PREFIX_WORDS = 3
"""Shorter first words ("forget", "when is") must be heard exactly: too much else sounds alike."""

VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())  # noqa: SIM905  # reads as a table

Phones = tuple[str, ...]
Pronounce = Callable[[str], Phones]
"""Gives the phones of a word; empty when it is not known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said, most likely.

    Args:
        text: The words; "" = nothing.
        confidence: Which share of the words is expected to be right, 0-1; of a command all or none are.
        alternative: Another reading worth asking about, or "".
        command: Whether `text` is a whole command without free words.
    """

    text: str
    confidence: float
    alternative: str = ""
    command: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a command.

    Args:
        worse: By how much it explains the whole sound worse than free words, in score per frame of words.
        cost: Acoustic cost per frame of its words.
        unlike: How unlike the sounds of both readings are, 0-1.
    """

    worse: float
    cost: float
    unlike: float


class Judge:
    """Decides between two readings. Pure; a few milliseconds.

    Args:
        pronounce: The dictionary.
        commands: What counts as a command.
    """

    def __init__(self, pronounce: Pronounce, commands: tuple[Command, ...] = COMMANDS) -> None:
        self._pronounce = pronounce
        self._commands = commands

    def decide(self, free: Hypothesis | None, command: Hypothesis | None) -> Verdict:
        """Return the verdict on one utterance.

        Args:
            free: The reading with free words, or None. `command`: the one as a command, or None.
        """
        chance = self.command_chance(free, command)
        said = self.with_prefix(free.text) if free is not None else ""
        order = command.text if command is not None else ""
        if chance >= ACCEPT:
            return Verdict(order, chance, said if said != order else "", command=True)
        alternative = order if chance >= MENTION and order != said else ""
        if free is None:
            return Verdict("", 0.0, alternative)
        return Verdict(said, share_right(free), alternative, self.is_command(said))

    def is_command(self, text: str) -> bool:
        """Whether a text is a whole command without free words."""
        found = match(text, self._commands)
        return found is not None and not found.rest

    def command_chance(self, free: Hypothesis | None, command: Hypothesis | None) -> float:
        """Return how likely the command was said, 0-1."""
        if command is None or not self.is_command(command.text):
            return 0.0
        seen = self.evidence(free, command)
        return _logistic(
            COMMAND_BIAS + WORSE_WEIGHT * seen.worse + COST_WEIGHT * seen.cost + UNLIKE_WEIGHT * seen.unlike
        )

    def evidence(self, free: Hypothesis | None, command: Hypothesis) -> Evidence:
        """Return what speaks for a command; without free words nothing is worse and everything unlike."""
        if free is None:
            return Evidence(0.0, command.cost, 1.0)
        frames = max(LEAST_FRAMES, command.frames, free.frames)
        unlike = difference(self._phones(command.text), self._phones(free.text))
        return Evidence((free.score - command.score) / frames, command.cost, unlike)

    def with_prefix(self, text: str) -> str:
        """Return `text` with first words that sound like those of an open command replaced by them."""
        words = text.split()
        if len(words) <= PREFIX_WORDS or match(text, self._commands) is not None:
            return text
        best = min((self._prefix_difference(prefix, words) for prefix in _long_prefixes()), default=None)
        if best is None or best[0] > PREFIX_DISTANCE:
            return text
        _, used, prefix = best
        return " ".join((*prefix, *words[used:]))

    def _prefix_difference(self, prefix: Words, words: Sequence[str]) -> tuple[float, int, Words]:
        """Return how unlike the prefix the first words are, how many of them it replaces, and the prefix."""
        target = self._phones(" ".join(prefix))
        counts = range(max(1, len(prefix) - 1), min(len(words) - 1, len(prefix) + 1) + 1)
        found = [(difference(target, self._phones(" ".join(words[:count]))), count, prefix) for count in counts]
        return min(found, default=(1.0, 0, prefix))

    def _phones(self, text: str) -> Phones:
        return tuple(phone for word in text.split() for phone in self._pronounce(word) or tuple(word))


def share_right(free: Hypothesis) -> float:
    """Return which share of the free words is expected to be right, 0-1."""
    return _logistic(WORDS_BIAS + WORDS_COST_WEIGHT * free.cost)


def difference(a: Phones, b: Phones) -> float:
    """Return the edit distance of two pronunciations over the longer one, 0-1; a vowel for a vowel costs half."""
    row = [float(column) for column in range(len(b) + 1)]
    for index, phone in enumerate(a, start=1):
        corner, row[0] = row[0], float(index)
        for column, other in enumerate(b, start=1):
            corner, row[column] = (
                row[column],
                min(row[column] + 1.0, row[column - 1] + 1.0, corner + _exchange(phone, other)),
            )
    return row[-1] / max(1, len(a), len(b))


def _exchange(a: str, b: str) -> float:
    if a == b:
        return 0.0
    return 0.5 if (a in VOWELS) == (b in VOWELS) else 1.0


def _long_prefixes() -> list[Words]:
    return [words for words in prefixes() if len(words) >= PREFIX_WORDS]


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
