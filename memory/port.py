"""What the rest of the product sees of the memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from memory.remote.state import RemoteState
from memory.types import Conversation, Found, Memory, NewMemory, Provenance, Query, Recollection, Transcript, Turn


class MemoryPort(Protocol):
    """A durable set of memories. Every method may be called from any thread; none is meant for the 80 ms loop.

    Every write is durable when the method returns.

    Raises (all methods):
        memory.errors.MemoryStoreError: With `.message` and `.hint` for the person.
    """

    def add(self, new: NewMemory) -> Memory:
        """Keep a memory; the same words twice give the one that is there, its time renewed."""
        ...

    def correct(self, memory_id: str, new: NewMemory) -> Memory:
        """Keep a memory that takes the place of another, which becomes its history."""
        ...

    def history(self, memory_id: str) -> list[Memory]:
        """Return what was so before a memory took its place, newest first."""
        ...

    def provenance(self, memory_id: str) -> Provenance | None:
        """Return where a memory comes from and what it was before, None where it is gone."""
        ...

    def take_back(self, memory_ids: Sequence[str]) -> list[Memory]:
        """Undo `add` or `correct`: remove memories; what they took the place of is so again. Returns them, for undo."""
        ...

    def suggestions(self, *, limit: int = 50) -> list[Memory]:
        """Return what was inferred and waits for the person's yes, newest first."""
        ...

    def approve(self, memory_id: str) -> Memory:
        """A suggestion becomes a memory."""
        ...

    def dismiss(self, memory_id: str) -> Memory:
        """Remove a suggestion for good; it is not made again."""
        ...

    def get(self, memory_id: str) -> Memory | None:
        """Return one memory, or None."""
        ...

    def list(self, *, limit: int = 100, offset: int = 0) -> list[Memory]:
        """Return active memories, pinned first, then newest first."""
        ...

    def count(self) -> int:
        """Return how many active memories there are."""
        ...

    def search(self, text: str, *, limit: int = 50) -> list[Memory]:
        """Find as the person types: every word (the last as a prefix) must occur; "" lists all."""
        ...

    def recall(self, query: str | Query, *, limit: int = 3) -> list[Recollection]:
        """Return what bears on `query`, best first; empty when nothing does."""
        ...

    def candidates(self, query: str | Query, *, limit: int = 15) -> list[Recollection]:
        """Return what comes nearest to `query`, best first, whatever its relevance."""
        ...

    def edit(self, memory_id: str, text: str) -> Memory:
        """Replace the words of a memory; its clip is kept."""
        ...

    def forget(self, memory_ids: Sequence[str]) -> list[Memory]:
        """Remove memories with their history, words, index entries and clips; returns what was removed, for undo.

        Their words go out of the transcripts as well.
        """
        ...

    def restore(self, memories: Sequence[Memory]) -> None:
        """Undo `forget`: put them back (clips included while this process lives)."""
        ...

    def pin(self, memory_id: str, pinned: bool) -> Memory:
        """Keep a memory on top, or let it go down again."""
        ...

    def clip(self, memory_id: str) -> bytes | None:
        """Return the recorded clip of a spoken note as an encoded sound file, or None."""
        ...

    def remote_state(self) -> RemoteState | None:
        """Return how the exchange with a server stands, None where there is none."""
        ...

    def close(self) -> None:
        """Write what is left and release the file."""
        ...


class ConversationPort(Protocol):
    """What was said, conversation by conversation. Every method may be called from any thread, none from the 80 ms loop
    but `latest`. Every write is durable when the method returns.

    Raises (all methods):
        memory.errors.MemoryStoreError: With `.message` and `.hint` for the person.
    """

    def append(self, conversation: str, turns: Sequence[Turn], *, started_at: float = 0.0) -> None:
        """Keep turns; one whose number is there replaces it. The conversation is made with its first turn.

        Args:
            conversation: Its id.
            turns: In their final form; those without words are left out.
            started_at: Of a conversation that is new, seconds since 1970; 0 = now.
        """
        ...

    def withdraw(self, conversation: str, number: int) -> bool:
        """Take a turn out that never happened, and its conversation when nothing is left; returns if it was there."""
        ...

    def finish(self, conversation: str, ended_at: float) -> None:
        """Note when a conversation ended; does nothing where there is none."""
        ...

    def list(self, *, limit: int = 100, offset: int = 0) -> list[Conversation]:
        """Return conversations, the one that was last spoken in first."""
        ...

    def count(self) -> int:
        """Return how many there are."""
        ...

    def search(self, text: str, *, limit: int = 50) -> list[Found]:
        """Find as the person types: a turn or the title must hold every word (the last as a prefix); "" finds all."""
        ...

    def load(self, conversation: str) -> Transcript | None:
        """Return a whole conversation, or None."""
        ...

    def latest(self, conversation: str, limit: int) -> list[Turn]:
        """Return the last turns of a conversation, oldest first; empty when there is none."""
        ...

    def resolve(self, part: str) -> list[Conversation]:
        """Return up to two conversations whose id is, begins or ends with `part`."""
        ...

    def rename(self, conversation: str, title: str) -> Conversation:
        """Give it a name; "" takes the name away, and the first words serve again."""
        ...

    def delete(self, conversations: Sequence[str]) -> list[Transcript]:
        """Remove conversations with every word from the file; returns what was removed, for undo."""
        ...

    def restore(self, transcripts: Sequence[Transcript]) -> None:
        """Put whole conversations in; those that are there are left alone. Undoes `delete`."""
        ...
