"""All that is known of one memory: where it comes from, the time it means, and what it was before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from memory.formats.transcripts import local_time
from memory.types import Memory, Provenance
from voice_tui.tui.screens.dialog import LEAVING, Dialog
from voice_tui.tui.state.text import one_line, plain

_DAY = 86_400.0
_DIM = "$foreground 60%"
_STATUS = {"active": "remembered", "suggested": "suggested, waits for your yes", "superseded": "no longer so"}
MOST_VERSIONS = 10
"""Earlier versions that are shown; the newest."""


class MemoryDetailScreen(Dialog[None]):
    """Shows a memory; Escape closes it.

    Args:
        provenance: What is known.
        score: Its relevance for the words that were searched, or None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,i", "cancel", "Close", id="dialog_cancel"), *LEAVING]
    TALLEST = ".detail"
    OTHER_ROWS = 1

    def __init__(self, provenance: Provenance, score: float | None = None) -> None:
        super().__init__()
        self.title = "The memory"
        self._provenance = provenance
        self._score = score

    def compose_body(self) -> ComposeResult:
        """Yield the words, and the facts about them line by line."""
        lines = [
            Content.assemble((f"{name:<10}", _DIM), value)
            for name, value in facts(self._provenance, self._score)
            if value
        ]
        with VerticalScroll(classes="detail", can_focus=True):
            yield Static(Content("\n").join([Content(plain(self._provenance.memory.text)), Content(""), *lines]))


def facts(found: Provenance, score: float | None) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is known; "" where there is nothing to say."""
    memory = found.memory
    yield "Kind", f"{memory.kind}, {_STATUS.get(memory.status, memory.status)}{', pinned' if memory.pinned else ''}"
    yield "Said", f"{local_time(memory.said_at)} by {one_line(memory.speaker) or _SPEAKERS[memory.role]}"
    yield "Means", meant(memory)
    yield "From", _source(found)
    yield "Words", one_line(found.turn.text) if found.turn is not None else one_line(memory.said)
    yield "Kept", "because you asked" if memory.explicit else "inferred from what was said"
    yield "Sure", f"{memory.confidence:.2f} of the words, importance {memory.importance:.2f}"
    yield "Search", "" if score is None else f"relevance {score:.2f} for the words searched"
    yield "Recorded", f"{memory.clip_seconds:.0f} s" if memory.clip_seconds > 0 else ""
    yield "Until", local_time(memory.expires_at) if memory.expires_at > 0 else ""
    for place, old in enumerate(found.history[:MOST_VERSIONS]):
        yield "" if place else "Before", f"{one_line(old.text)} ({local_time(old.said_at)})"
    yield "Id", memory.id


_SPEAKERS = {"user": "you", "assistant": "the assistant"}


def meant(memory: Memory) -> str:
    """Return the time that a memory means: a day, several days, or an hour."""
    if memory.meant_at <= 0:
        return ""
    length = memory.meant_until - memory.meant_at
    if length > 1.5 * _DAY:
        return (
            f"{local_time(memory.meant_at, form='%Y-%m-%d')} to {local_time(memory.meant_until - 1, form='%Y-%m-%d')}"
        )
    return local_time(memory.meant_at, form="%A, %Y-%m-%d" if length > 0.9 * _DAY else "%A, %Y-%m-%d %H:%M")


def _source(found: Provenance) -> str:
    if not found.memory.conversation:
        return "typed or imported"
    return f"the conversation “{one_line(found.conversation)}”" if found.conversation else "a conversation that is gone"
