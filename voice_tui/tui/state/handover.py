"""What one session leaves to the next when it dies: the conversation to go on with, and what is still to be kept.

No terminal in here; UI thread only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from memory.traces import BLANK, forgotten_words
from memory.types import Turn
from voice_tui.events import ConversationStarted
from voice_tui.tui.state.conversation import Line
from voice_tui.tui.state.sent import Sentence

FORGOTTEN = 50
"""Memories that were forgotten and whose words stay out of an answer that is kept from here; the oldest go."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """What was heard of an answer whose session ended in the middle of it.

    Args:
        conversation: Its id. `turn`: its number is still to be found.
    """

    conversation: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class GoneWith:
    """Typed sentences that a session did not deal with; its last conversations may say that they were said.

    Args:
        conversations: Their ids. `texts`: the sentences, oldest first.
    """

    conversations: tuple[str, ...]
    texts: tuple[str, ...]


class Handover:
    """From the end of a session until the conversation that it broke off goes on."""

    def __init__(self) -> None:
        self.awaited = ""
        """The conversation that the end of its session broke off, until it goes on; "" for none."""
        self.starting = False
        """A fresh session has begun, and not yet its first conversation."""
        self.resumed = False
        """The present conversation was begun before, so that something was said in it."""
        self._restarted = False
        self._cut_off: CutOff | None = None
        self._gone_with: GoneWith | None = None
        self._forgotten: deque[str] = deque(maxlen=FORGOTTEN)

    def forgot(self, text: str) -> None:
        """A memory was forgotten: no answer that is kept later says it."""
        self._forgotten.append(text)

    def begin(self, event: ConversationStarted) -> bool:
        """Take the beginning of a conversation.

        Returns:
            Whether it is the first of a fresh session: then what was wanted of the one before is still to come.
        """
        self._restarted, self.starting = self.starting and not event.resumed, False
        self.resumed = event.resumed
        if not self._restarted:
            self.awaited = ""
        return self._restarted

    def end(self, conversation: str, heard: Line | None, lost: Sequence[Sentence], now: float) -> None:
        """Take the end of a session.

        Args:
            conversation: Its id, or "".
            heard: What was heard of the answer under way, where conversations are kept.
            lost: What was typed and not dealt with. `now`: seconds since 1970.
        """
        if heard is not None and conversation:
            text = _without(heard.text, self._forgotten)
            turn = Turn(0, "assistant", text, at=heard.at, said_at=now, interrupted=True)
            self._cut_off = CutOff(conversation, turn)
        if lost:
            conversations = dict.fromkeys(filter(None, (conversation, self.awaited)))
            self._gone_with = GoneWith(tuple(conversations), tuple(one.text for one in lost))

    def take_cut_off(self) -> CutOff | None:
        """Return the answer that is still to be kept, once."""
        cut_off, self._cut_off = self._cut_off, None
        return cut_off

    def take_gone_with(self) -> GoneWith | None:
        """Return what no conversation that is kept should say yet, once."""
        gone, self._gone_with = self._gone_with, None
        return gone

    def take_restarted(self) -> bool:
        """Whether the conversation that has just begun is the first of a fresh session; once."""
        restarted, self._restarted = self._restarted, False
        return restarted


def _without(text: str, forgotten: Sequence[str]) -> str:
    """Return a text without the words of memories that were forgotten."""
    for pattern in filter(None, map(forgotten_words, forgotten)):
        text = pattern.sub(BLANK, text)
    return text
