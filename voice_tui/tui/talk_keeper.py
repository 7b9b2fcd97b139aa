"""Work on the conversations that were kept, done on a `Desk` and told as messages; nothing here touches a widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

from textual.message import Message

from memory.errors import MemoryStoreError
from memory.port import ConversationPort
from memory.types import Found, Transcript, Turn
from voice_tui.tui.desk import Desk, Post

TalksFactory = Callable[[], AbstractContextManager[ConversationPort]]
"""Opens the store; entered on the desk's thread, again after it failed."""

LISTED = 200
"""Conversations in the list at once; search finds the rest."""


class TalksListed(Message):
    """A listing arrived; see `Talks` for its fields."""

    def __init__(self, query: str, found: Sequence[Found] = (), total: int = 0, error: str = "") -> None:
        super().__init__()
        self.query = query
        self.found = tuple(found)
        self.total = total
        self.error = error


class TalkOpened(Message):
    """A conversation was read; None when it is not there any more."""

    def __init__(self, transcript: Transcript | None) -> None:
        super().__init__()
        self.transcript = transcript


class TalkMissing(Message):
    """Nothing is kept of a conversation."""

    def __init__(self, conversation: str) -> None:
        super().__init__()
        self.conversation = conversation


class TalkDone(Message):
    """A change was made.

    Args:
        done: What, in a word or two.
        removed: What is gone, for undo.
        undone: Whether an undo was used up.
    """

    def __init__(self, done: str, *, removed: Sequence[Transcript] = (), undone: bool = False) -> None:
        super().__init__()
        self.done = done
        self.removed = tuple(removed)
        self.undone = undone


class TalkKeeper:
    """Holds the store. Its public methods return at once whether the desk took the job; results go to `reply`.

    Args:
        factory: See `TalksFactory`.
        desk: The thread that the store is used on.
    """

    def __init__(self, factory: TalksFactory, desk: Desk) -> None:
        self._factory = factory
        self._desk = desk
        self._stack = ExitStack()
        self._port: ConversationPort | None = None

    def list(self, query: str, reply: Post) -> bool:
        """Ask for a `TalksListed`; a search that waits is replaced by a newer one."""
        return self._desk.submit(lambda: self._listed(query), tag="talks", reply=reply)

    def open(self, conversation: str, reply: Post) -> bool:
        """Ask for a `TalkOpened`; only the newest wish counts."""
        return self._desk.submit(lambda: TalkOpened(self._opened().load(conversation)), tag="talk", reply=reply)

    def rename(self, conversation: str, title: str, reply: Post) -> bool:
        """Give a conversation a name."""

        def work() -> TalkDone:
            self._opened().rename(conversation, title)
            return TalkDone("Renamed" if title else "Name taken away")

        return self._desk.submit(work, reply=reply)

    def delete(self, conversation: str, reply: Post) -> bool:
        """Remove a conversation."""

        def work() -> TalkDone:
            return TalkDone("Deleted; u brings it back", removed=self._opened().delete([conversation]))

        return self._desk.submit(work, reply=reply)

    def restore(self, transcripts: Sequence[Transcript], reply: Post) -> bool:
        """Put back what was removed."""

        def work() -> TalkDone:
            self._opened().restore(transcripts)
            return TalkDone("Brought back", undone=True)

        return self._desk.submit(work, reply=reply)

    def add(self, conversation: str, turn: Turn) -> bool:
        """Keep a turn that came last, whatever its number; nothing where nothing else was kept."""

        def work() -> None:
            port = self._opened()
            for last in port.latest(conversation, 1):
                port.append(conversation, [replace(turn, number=last.number + 1)])

        return self._desk.submit(work)

    def take_back(self, conversation: str, texts: Sequence[str]) -> bool:
        """Take typed turns out that came last and that nothing was said to."""

        def work() -> None:
            port = self._opened()
            for text in reversed(texts):
                for last in port.latest(conversation, 1):
                    if last.role == "user" and last.typed and last.text == text:
                        port.withdraw(conversation, last.number)

        return self._desk.submit(work)

    def if_there(self, conversation: str, act: Callable[[], None], reply: Post) -> bool:
        """Do something on the desk's thread when anything of a conversation is kept, else answer `TalkMissing`."""

        def work() -> TalkMissing | None:
            try:
                missing = not self._opened().latest(conversation, 1)
            except MemoryStoreError:
                missing = False  # nobody knows; whoever needs it says what is wrong
            if missing:
                return TalkMissing(conversation)
            act()
            return None

        return self._desk.submit(work, reply=reply)

    def then(self, act: Callable[[], None]) -> bool:
        """Do something on the desk's thread, once everything that was asked for before is done."""
        return self._desk.submit(act)

    def close(self) -> bool:
        """Ask to release the store; the desk finishes it before it ends."""
        return self._desk.submit(self._close)

    def _opened(self) -> ConversationPort:
        if self._port is None:
            self._port = self._stack.enter_context(self._factory())
        return self._port

    def _listed(self, query: str) -> TalksListed:
        try:
            port = self._opened()
            return TalksListed(query, port.search(query, limit=LISTED), port.count())
        except MemoryStoreError as error:
            return TalksListed(query, error=f"{error.message}. {error.hint}".strip())

    def _close(self) -> None:
        self._port = None
        self._stack.close()
