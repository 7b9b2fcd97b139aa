"""What happened to memories; see `voice_tui.events`, where these are imported from."""

from __future__ import annotations

from typing import Literal

from voice_tui.event import Event


class MemoryChanged(Event, frozen=True, tag="memory_changed"):
    """A memory was written or removed by the session; the store is the truth, this says where to look.

    Args:
        action: What was done. "corrected": it took the place of another; "suggested": it waits for the person's yes.
        id: The memory.
        text: Its text (of a removed one: what it was).
        also: Other words that went with a forgotten one, to be taken out of files: earlier versions, further memories.
    """

    action: Literal["added", "updated", "corrected", "suggested", "forgotten"]
    id: str
    text: str
    also: tuple[str, ...] = ()


class MemoryRecalled(Event, frozen=True, tag="memory_recalled"):
    """Memories that were used for an answer.

    Args:
        query: The words they were looked up by.
        ids: The memories, best first. `texts` and `scores` likewise.
        strategy: How they reached the model: "spoken" (notebook), "prompt" (LLM); Moshi's prefill, add, monologue.
        why: What matched, for a person; likewise.
        tokens: What they cost of the model's window, estimated; 0 where they cost nothing.
        frames: Frames (80 ms) that it takes to hand them over; 0 where it takes no time.
    """

    query: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    scores: tuple[float, ...]
    strategy: str
    why: tuple[str, ...] = ()
    tokens: int = 0
    frames: int = 0


class MemoryShared(Event, frozen=True, tag="memory_shared"):
    """The exchange of memories with a server moved on: something came in, or it stands otherwise now.

    Args:
        state: In a few words, such as "in step". `detail`: what is wrong; "" = nothing.
    """

    state: str
    detail: str = ""


class MemoriesFound(Event, frozen=True, tag="memories_found"):
    """The answer to a `SearchMemories`.

    Args:
        number: Of the search; the newest that was asked is the only one that is of use.
        found: Id and relevance (0-1) of what bears on the words, best first; at most `MOST_FOUND`.
        by_meaning: Whether closeness in meaning counted, or words alone.
    """

    number: int
    found: tuple[tuple[str, float], ...] = ()
    by_meaning: bool = False


MOST_FOUND = 15
"""Memories that one `MemoriesFound` tells of."""
