"""The training conversations as memories in real stores, and every probe asked of them.

Each conversation is looked at in three ways, so that what is learned holds for small and large memories alike:

    alone   its turns and nothing else
    mixed   its turns among those of MIXED other conversations of the same kind
    notes   a few of its turns as single notes, out of their conversation; much that is asked for is then not there
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from memory.errors import MemoryStoreError
from memory.recall import Look, Recaller
from memory.retrieval.overlap import Flags
from memory.retrieval.passages import shape
from memory.retrieval.ports import Embeds
from memory.store import SqliteMemory
from memory.training.data import ASSISTANT, Conversation, Probe
from memory.training.echo import echoes
from memory.types import Memory, Query

View = Literal["alone", "mixed", "notes"]
VIEWS: tuple[View, ...] = ("alone", "mixed", "notes")

MIXED = 12
NOTES = 12
"""Notes in a memory of notes."""

TURN_SECONDS = 10.0

EMBED_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A probe, and what recall looked at for it.

    Args:
        conversation: Id of the probe's conversation. `view`: in which memory it was asked.
        probe: It.
        look: Candidates and features.
        evidence: Which candidates are evidence, shape (candidates,).
        there: How many turns of evidence the memory holds.
        told: The words of all memories by row, see `Meaning.told`; the same for all probes of one memory.
    """

    conversation: str
    view: View
    probe: Probe
    look: Look
    evidence: Flags
    there: int
    told: Mapping[int, bytes]

    @property
    def echo(self) -> bool:
        """Whether the probe was made by program."""
        return self.probe.id.endswith("-echo")


def ask_all(conversations: Sequence[Conversation], embedder: Embeds | None, seed: int = 1) -> list[Asked]:
    """Put every conversation into stores and ask all its probes.

    Args:
        conversations: At least MIXED + 1 of each kind.
        embedder: None = recall by words alone.
        seed: Of the choice of other conversations and of notes.
    """
    rng = random.Random(seed)  # noqa: S311  # no secret
    asked: list[Asked] = []
    for conversation in conversations:
        others = [other for other in conversations if other.id != conversation.id]
        probes = (*conversation.probes, *echoes(conversation, others, rng))
        for view, memories in _views(conversation, others, rng):
            asked += ask_probes(conversation, view, memories, probes, embedder)
    return asked


def _views(
    conversation: Conversation, others: Sequence[Conversation], rng: random.Random
) -> Iterator[tuple[View, list[Memory]]]:
    own = memories_of(conversation)
    alike = [other for other in others if other.kind == conversation.kind]
    yield "alone", own
    yield "mixed", own + [memory for other in rng.sample(alike, MIXED) for memory in memories_of(other)]
    likely = [memory for memory in own if shape(memory.text).content > 3 and memory.role == "user"]
    yield "notes", [_note(memory) for memory in rng.sample(likely, min(NOTES, len(likely)))]


def memories_of(conversation: Conversation) -> list[Memory]:
    """Return the turns of a conversation as memories; ids are "conversation/turn"."""
    return [
        Memory(
            id=f"{conversation.id}/{turn.id}",
            text=turn.text,
            role="assistant" if turn.speaker == ASSISTANT else "user",
            speaker=turn.speaker,
            said_at=_seconds(session.at) + TURN_SECONDS * place,
            conversation=conversation.id,
        )
        for session in conversation.sessions
        for place, turn in enumerate(session.turns)
    ]


def _note(memory: Memory) -> Memory:
    return Memory(id=memory.id, text=memory.text, said_at=memory.said_at)


def query_of(probe: Probe) -> Query:
    """Return how a probe is asked."""
    return Query(probe.text, before=probe.before, speaker=probe.speaker or "", asked_at=_seconds(probe.at))


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()


def ask_probes(
    conversation: Conversation,
    view: View,
    memories: Sequence[Memory],
    probes: Sequence[Probe],
    embedder: Embeds | None,
) -> Iterator[Asked]:
    """Yield probes as they are asked of a store of some memories.

    Args:
        conversation: The probes'. `view`: what the memories are called.
        memories: Ids are "conversation/turn".
        probes: Those for which nothing at all is found are left out.
        embedder: None = recall by words alone.
    """
    with tempfile.TemporaryDirectory() as folder, SqliteMemory(Path(folder) / "m.db", embedder=embedder) as store:
        store.put([(memory, None) for memory in memories])
        recaller, meaning = Recaller(), store.meaning
        if meaning and not meaning.wait(EMBED_SECONDS):
            raise MemoryStoreError("The training data got no vectors", hint=meaning.progress().problem)
        with store.reading() as db:
            ids = dict(db.execute("select seq, id from memory"))
            told = meaning.told(db, list(ids)) if meaning else {}
            for probe in probes:
                look = recaller.look(db, query_of(probe), meaning)
                if look is None:
                    continue
                wanted = {f"{conversation.id}/{turn}" for turn in probe.evidence}
                found = [ids[candidate.line.seq] in wanted for candidate in look.candidates]
                there = len(wanted.intersection(ids.values()))
                yield Asked(conversation.id, view, probe, look, np.array(found), there, told)
