"""What the notebook keeps from turn to turn."""

from __future__ import annotations

from dataclasses import dataclass, replace

from memory.types import Memory
from voice_tui.engine.cascade.ports import Clip, Part, Text, UserTurn


@dataclass(frozen=True, slots=True)
class Forget:
    """Asked: shall these be forgotten?"""

    notes: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Heard:
    """Asked: did you say this?"""

    turn: UserTurn


@dataclass(frozen=True, slots=True)
class Dictate:
    """Asked: what shall I remember?"""


@dataclass(frozen=True, slots=True)
class Noted:
    """Asked: are these the words of the note?

    Args:
        note: What was kept. `fresh`: whether it was made then, and may be taken back.
    """

    note: Memory
    fresh: bool


@dataclass(frozen=True, slots=True)
class Again:
    """Asked: say the note again, whose words were wrong.

    Args:
        note: What is to be replaced, None where nothing of it was kept.
    """

    note: Memory | None


@dataclass(frozen=True, slots=True)
class HowLong:
    """Asked: for how long?"""


@dataclass(frozen=True, slots=True)
class Keep:
    """Asked: shall this be remembered?

    Args:
        words: What is to be kept. `turn`: in which it was said.
    """

    words: str
    turn: UserTurn


Question = Keep | Forget | Heard | Dictate | Noted | Again | HowLong


@dataclass(frozen=True, slots=True)
class Change:
    """What was last done to the notes.

    Args:
        notes: Which. `gone`: whether they were forgotten; else they were made.
    """

    notes: tuple[Memory, ...]
    gone: bool


@dataclass(frozen=True, slots=True)
class State:
    """What is kept from turn to turn; replaced as a whole, so that a withdrawn turn leaves none of it.

    Args:
        question: What was asked back and waits for an answer.
        note: The note spoken of last, for "forget that".
        change: What was last done to the notes, for "undo".
        told: The note this turn spoke of, for "no, the fourteenth" in the next.
        said: What the user said last that was no command, for "remember that".
        answer: The last answer, for "say that again".
        refusals: How often the person was told that there is no language model.
    """

    question: Question | None = None
    note: Memory | None = None
    change: Change | None = None
    told: Memory | None = None
    said: UserTurn | None = None
    answer: tuple[Text | Clip, ...] = ()
    refusals: int = 0


class Conversation:
    """The state of one conversation, and the state before the turn under way. Its owner holds a lock."""

    def __init__(self) -> None:
        self.state = self.before = State()

    def begin(self) -> None:
        """A turn begins: what was asked back or told before waits for it and no longer."""
        self.before = self.state
        self.state = replace(self.state, question=None, told=None)

    def withdraw(self) -> None:
        """The turn never happened."""
        self.state = self.before

    def reset(self) -> None:
        """A fresh conversation."""
        self.state = self.before = State()

    def ask(self, question: Question, words: str) -> list[Part]:
        """Return a question to the person as an answer, and wait for theirs."""
        self.state = replace(self.state, question=question)
        return [Text(words)]

    def changed(self, *notes: Memory, gone: bool = False) -> None:
        """Remember what was done to the notes last; nothing = there is nothing to undo."""
        self.state = replace(self.state, change=Change(notes, gone) if notes else None)

    def speak_of(self, note: Memory | None) -> None:
        """Remember which note was spoken of last."""
        self.state = replace(self.state, note=note, told=note)
