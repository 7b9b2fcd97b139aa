"""The user's turn in the making: one or more utterances (an early cut is joined), their words and their sound."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from voice_tui.engine.cascade.ears import Utterance
from voice_tui.engine.cascade.ports import Heard, UserTurn
from voice_tui.events import TranscriptUpdated

BACKCHANNELS = frozenset(
    {
        "mm",
        "mmm",
        "mm-hm",
        "mhm",
        "hm",
        "hmm",
        "uh-huh",
        "uh",
        "huh",
        "oh",
        "ah",
        "yeah",
        "yes",
        "yep",
        "okay",
        "ok",
        "right",
        "sure",
        "really",
        "wow",
        "i",
        "see",
        "got",
        "it",
    }
)
"""Words by which a listener says no more than 'I am listening'."""

UNFINISHED_ENDINGS = ("and", "but", "or", "because", "so", "remember", "remember that", "about", "timer for")
"""A turn that ends like this asks for more patience."""


def is_backchannel(text: str) -> bool:
    """Return whether `text` is at most three words that only acknowledge."""
    words = text.lower().replace(",", " ").replace(".", " ").split()
    return 0 < len(words) <= 3 and all(word in BACKCHANNELS for word in words)


DIGITS = frozenset(
    {"zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", *"0123456789"}
)

DICTATED_DIGITS = 3
"""So many digits one after the other at the end are a number that is being dictated, in groups with pauses."""


def is_unfinished(text: str) -> bool:
    """Return whether the speaker can hardly be done."""
    last = text.lower().replace(",", " ").rstrip(" .").split()[-DICTATED_DIGITS:]
    if len(last) == DICTATED_DIGITS and DIGITS.issuperset(last):
        return True
    return text.lower().rstrip(" .").endswith(tuple(f" {e}" for e in UNFINISHED_ENDINGS)) or text in UNFINISHED_ENDINGS


GARBLED = 0.15
"""Confidence under which words that were heard over the assistant's voice are noise."""


@dataclass(slots=True)
class Part:
    """One utterance of the turn and what was recognised of it."""

    utterance: Utterance
    heard: Heard | None = None
    partial: str = ""

    @property
    def text(self) -> str:
        """The final words, or the partial while they are awaited."""
        return self.heard.text if self.heard is not None else self.partial


@dataclass(slots=True)
class Draft:
    """The turn as far as it is known.

    Args:
        turn: Its number in the transcript.
        parts: The utterances, in order.
        shown: Whether the transcript already has it.
    """

    turn: int
    parts: list[Part] = field(default_factory=list[Part])
    shown: bool = False

    def take(self, heard: Heard) -> bool:
        """Note what was recognised; False when it belongs to no utterance of this turn."""
        for part in self.parts:
            if part.utterance.number == heard.utterance:
                if heard.final:
                    part.heard = heard
                else:
                    part.partial = heard.text
                return True
        return False

    @property
    def text(self) -> str:
        """All words so far."""
        return " ".join(part.text for part in self.parts if part.text)

    @property
    def complete(self) -> bool:
        """Whether the final words of every utterance are in."""
        return all(part.heard is not None for part in self.parts)

    def drop(self, utterance: Utterance | None) -> None:
        """Take out an utterance that was nothing."""
        self.parts = [part for part in self.parts if part.utterance is not utterance]

    @property
    def confidence(self) -> float | None:
        """The least sure utterance's confidence; None when no provider said any."""
        known = [p.heard.confidence for p in self.parts if p.heard is not None and p.heard.confidence is not None]
        return min(known) if known else None

    @property
    def garbled(self) -> bool:
        """Whether the words are no more than what a recogniser hears into noise."""
        return self.confidence is not None and self.confidence < GARBLED

    def partial(self, now: float) -> TranscriptUpdated:
        """The turn so far, for the transcript."""
        return TranscriptUpdated(at=now, turn=self.turn, role="user", text=self.text, final=False)

    def final(self, now: float) -> TranscriptUpdated:
        """The whole turn, for the transcript."""
        return TranscriptUpdated(
            at=now, turn=self.turn, role="user", text=self.text, final=True, confidence=self.confidence
        )

    def as_turn(self, now: float) -> UserTurn:
        """What the responder gets."""
        only = self.parts[0].heard if len(self.parts) == 1 else None
        audio = [frame for part in self.parts for frame in part.utterance.audio]
        return UserTurn(
            text=self.text,
            confidence=self.confidence,
            alternative=only.alternative if only is not None else "",
            command=only is not None and only.command,
            audio=np.concatenate(audio) if audio else None,
            now=now,
        )
