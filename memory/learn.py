"""From a turn to the store: what was asked to be kept, suggested or corrected, and what a talk was about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from memory.conversations import Conversations
from memory.correct import corrected, is_correction
from memory.extract import Extracted, extract
from memory.llm.data import Ask
from memory.llm.noticing import notice
from memory.store import SqliteMemory
from memory.summaries.outdated import corrected_since
from memory.summaries.summary import as_memory, closed_without_summary, mark_summarised, summary_of
from memory.types import Memory, NewMemory

Action = Literal["added", "corrected", "suggested"]

SUGGESTION_SECONDS = 30 * 86_400.0
"""How long a suggestion waits for a yes or a no; then it is forgotten."""

MOST_SUMMARIES = 5
"""Conversations that are summed up at one go."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A turn of the user in its final form.

    Args:
        text: The words. `confidence`: of recognition, 0-1; None when typed.
        conversation: Id; "" = none. `turn`: its number there.
        speaker: Name of who said it; "" = the user.
        said_at: Seconds since 1970.
        recent: Ids of memories that the turn before made: what a correction is about, newest first.
    """

    text: str
    confidence: float | None = None
    conversation: str = ""
    turn: int = 0
    speaker: str = ""
    said_at: float = 0.0
    recent: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Learned:
    """What a turn changed in the store."""

    action: Action
    memory: Memory


def learn(store: SqliteMemory, heard: Heard, *, suggest: bool, ask: Ask | None = None) -> list[Learned]:
    """Keep what a turn asks to keep, and suggest what may be worth it. Not for the 80 ms loop.

    Args:
        store: Where to. `heard`: the turn.
        suggest: Whether anything is inferred at all.
        ask: A language model that may notice what the rules do not see; None = there is none.

    Raises:
        memory.errors.MemoryStoreError: It cannot be written.
    """
    if is_correction(heard.text):
        correction = _correct(store, heard)
        if correction is not None:
            return [correction]
    learned: list[Learned] = []
    found = extract(heard.text, confidence=heard.confidence, said_at=heard.said_at)
    if suggest and ask is not None and not any(one.explicit for one in found):
        seen = {one.text for one in found}
        found += [one for one in notice(heard.text, heard.confidence, ask) if one.text not in seen]
    for one in found:
        if one.explicit:
            kept = store.add(_new(one, heard))
            if kept.created_at == kept.updated_at:
                learned.append(Learned("added", kept))
        elif suggest and (guess := store.suggest(_suggestion(one, heard))) is not None:
            learned.append(Learned("suggested", guess))
    return learned


def _correct(store: SqliteMemory, heard: Heard) -> Learned | None:
    for memory_id in heard.recent:
        old = store.get(memory_id)
        text = corrected(old.text, heard.text) if old is not None else None
        if old is None or text is None:
            continue
        one = Extracted(text, old.kind, old.explicit, "", old.importance, said=heard.text)
        if old.status == "suggested":
            store.dismiss(old.id)
            guess = store.suggest(_suggestion(one, heard))
            return Learned("suggested", guess) if guess is not None else None
        return Learned("corrected", store.correct(old.id, _new(one, heard)))
    return None


def _new(one: Extracted, heard: Heard) -> NewMemory:
    return NewMemory(
        one.text,
        kind=one.kind,
        speaker=heard.speaker,
        said_at=heard.said_at,
        conversation=heard.conversation,
        turn=heard.turn,
        explicit=one.explicit,
        confidence=1.0 if heard.confidence is None else heard.confidence,
        importance=one.importance,
        slot=one.slot,
        said=one.said,
    )


def _suggestion(one: Extracted, heard: Heard) -> NewMemory:
    return replace(_new(one, heard), explicit=False, expires_at=heard.said_at + SUGGESTION_SECONDS)


def sum_up(store: SqliteMemory, *, but: str) -> list[Memory]:
    """Keep a short summary of conversations that are over and have none, without what was forgotten or corrected.

    Args:
        store: Where conversations and memories are.
        but: Id of the conversation that goes on.
    """
    made: list[Memory] = []
    talks = Conversations(store)
    with store.reading() as db:
        waiting = closed_without_summary(db, but, MOST_SUMMARIES)
        no_longer = corrected_since(db) if waiting else []
    for conversation in waiting:
        transcript = talks.load(conversation)
        text = summary_of(transcript, no_longer) if transcript is not None else ""
        if transcript is not None and text:
            made.append(store.add(as_memory(transcript.conversation, text)))
        store.write(lambda db, conversation=conversation: mark_summarised(db, conversation, store.now()))
    return made
