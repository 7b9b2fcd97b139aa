"""What a memory is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["fact", "preference", "event", "instruction", "summary", "note"]
Status = Literal["active", "suggested", "superseded", "forgotten"]
MemoryRole = Literal["user", "assistant"]
TurnRole = Literal["user", "assistant", "system"]


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing to remember.

    Args:
        id: 32 hex digits, unique over machines, sortable by time of creation.
        text: What is remembered, as the person would read it.
        kind: What sort of thing.
        role: Who said it: the user or the assistant.
        speaker: Name of who said it; "" = unknown.
        said_at: When it was said, seconds since 1970, UTC.
        created_at: When it was written. `updated_at`: when it was last changed.
        conversation: Id of the conversation it comes from; "" = none.
        status: Only "active" ones are recalled. "suggested": inferred, waits for the person's yes. "superseded": what
            was so before a correction.
        pinned: Kept whatever happens.
        explicit: The person asked for it to be remembered.
        confidence: Of the words, 0-1.
        importance: 0-1.
        clip_seconds: Length of the recorded clip of a spoken note; 0 = none.
        meant_at: Begin of the time that the words mean ("on Tuesday"), seconds since 1970; 0 = none. `meant_until`:
            its end, not included.
        turn: Number of the turn it comes from in its conversation; 0 = not known.
        slot: What can have only one value, such as "my dentist appointment|day"; "" = no such thing. See
            `memory.understanding.slots`.
        said: The words it was made from, where they are not `text`; "" = they are.
        superseded_by: Id of the memory that says what is so now; "" = none.
        expires_at: When it is forgotten by itself, seconds since 1970; 0 = never.
    """

    id: str
    text: str
    kind: Kind = "note"
    role: MemoryRole = "user"
    speaker: str = ""
    said_at: float = 0.0
    created_at: float = 0.0
    updated_at: float = 0.0
    conversation: str = ""
    status: Status = "active"
    pinned: bool = False
    explicit: bool = True
    confidence: float = 1.0
    importance: float = 0.5
    clip_seconds: float = 0.0
    meant_at: float = 0.0
    meant_until: float = 0.0
    turn: int = 0
    slot: str = ""
    said: str = ""
    superseded_by: str = ""
    expires_at: float = 0.0


@dataclass(frozen=True, slots=True)
class NewMemory:
    """What is handed to the store to keep; see `Memory` for the fields.

    Args:
        id: Given by the caller, or "" to have one made.
        clip: Recorded words, an encoded sound file (FLAC) as bytes, or None.
        said_at: 0 = now.
    """

    text: str
    id: str = ""
    kind: Kind = "note"
    role: MemoryRole = "user"
    speaker: str = ""
    said_at: float = 0.0
    conversation: str = ""
    explicit: bool = True
    pinned: bool = False
    confidence: float = 1.0
    importance: float = 0.5
    clip: bytes | None = field(default=None, repr=False)
    clip_seconds: float = 0.0
    status: Status = "active"
    meant_at: float = 0.0
    meant_until: float = 0.0
    turn: int = 0
    slot: str = ""
    said: str = ""
    expires_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Query:
    """What the memory is asked.

    Args:
        text: The words of the person.
        before: The turn before them, which their pronouns may need; "" = none.
        speaker: Name of who says them; "" = the user.
        asked_at: When, seconds since 1970; 0 = not known, and "last week" then means nothing.
        asked: The memory itself is asked ("what do you know about …"), so that a mere topic counts as a question.
        told: Ids of memories that this conversation has had already; only a question brings them up again.
        bar: Relevance from which a memory is worth bringing up.
        without: Kinds that are not wanted; they take no other memory's place.
        patience: Seconds to wait for the vector of the words at least; 0 = as long as a conversation can.
    """

    text: str
    before: str = ""
    speaker: str = ""
    asked_at: float = 0.0
    asked: bool = False
    told: frozenset[str] = frozenset()
    bar: float = 0.7
    without: frozenset[Kind] = frozenset()
    patience: float = 0.0


@dataclass(frozen=True, slots=True)
class Recollection:
    """A memory that a recall brought up.

    Args:
        memory: It.
        relevance: 0-1, how likely it bears on what was said (see `memory.judge`).
        importance: 0-1, how likely it is worth knowing at all.
        coverage: 0-1, the share of the question's words (the rarer the heavier) that it or its speaker's name holds.
        why: For a person: what matched.
        by_meaning: Whether closeness in meaning counted; else it was found by words alone.
    """

    memory: Memory
    relevance: float
    importance: float = 0.5
    coverage: float = 0.0
    why: str = ""
    by_meaning: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said in a conversation, in its final form.

    Args:
        number: Place in the conversation; rises, but not always by one.
        role: Who spoke.
        text: The words; of an interrupted answer what was really played.
        speaker: Name of who said it; "" = unknown.
        at: Seconds since the session began.
        said_at: When it was said, seconds since 1970, UTC.
        interrupted: The answer was cut off. `typed`: it was typed.
        confidence: Of recognition, 0-1; None where that makes no sense.
    """

    number: int
    role: TurnRole
    text: str
    speaker: str = ""
    at: float = 0.0
    said_at: float = 0.0
    interrupted: bool = False
    typed: bool = False
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a memory comes from and what it was before.

    Args:
        memory: It.
        conversation: Name of the conversation; "" = it was typed, imported, or that conversation is gone.
        turn: What was said there; None = not known.
        history: What was so before it, newest first.
    """

    memory: Memory
    conversation: str = ""
    turn: Turn | None = None
    history: tuple[Memory, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation, as a list shows it.

    Args:
        id: Unique.
        title: The name a person gave it, else the user's first words.
        started_at: Seconds since 1970, UTC. `ended_at`: when something was last said, or when it was ended.
        turns: How many there are.
        named: A person gave it the name.
    """

    id: str
    title: str
    started_at: float = 0.0
    ended_at: float = 0.0
    turns: int = 0
    named: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole conversation: what it is, and its turns in order."""

    conversation: Conversation
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that a search brought up.

    Args:
        conversation: It.
        turn: The first turn that has the words; None when only the title has them.
    """

    conversation: Conversation
    turn: Turn | None
