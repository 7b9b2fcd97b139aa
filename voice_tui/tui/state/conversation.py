"""The words on screen: turns of both sides, in order, and what must be redrawn after an event. No terminal in here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from memory.types import Transcript
from voice_tui.events import AnswerHeard, MemoryChanged, MemoryRecalled, Role, TranscriptUpdated, TranscriptWithdrawn
from voice_tui.tui.state.text import one_line, plain

Key = tuple[int, str, int]
"""(chapter, kind, number): unique over restarts of the session, whose turn numbers begin again."""

Kind = Literal["turn", "note", "chapter"]

MAX_LINES = 10_000
"""Lines kept for saving; beyond it the oldest go and `Conversation.dropped` counts them."""

EARLIER_TURNS = 50
"""Turns that are shown again of a conversation that goes on."""

_REMEMBERED = {
    "added": "Remembered",
    "updated": "Changed",
    "corrected": "Corrected",
    "suggested": "Worth remembering?",
    "forgotten": "Forgot",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in the transcript.

    Args:
        key: See `Key`.
        kind: A turn of somebody, a note on what memory did, or the beginning of a new chapter.
        text: Safe to draw.
        role: Who speaks, for a turn.
        final: False for a partial.
        interrupted: The user cut the answer off.
        typed: The person typed it.
        confidence: How sure recognition is, 0-1, or None.
        at: Seconds since the session began.
    """

    key: Key
    kind: Kind
    text: str
    role: Role = "system"
    final: bool = True
    interrupted: bool = False
    typed: bool = False
    confidence: float | None = None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Put:
    """Draw `line`; new lines stand before the line `before`, or at the end when that is None."""

    line: Line
    before: Key | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove that line."""

    key: Key


Change = Put | Drop


class Conversation:
    """Every line of this run of the app. UI thread only."""

    def __init__(self) -> None:
        self._lines: dict[Key, Line] = {}
        self._chapter = 0
        self._notes = 0
        self._changes: list[Change] = []
        self._heard: AnswerHeard | None = None
        self.dropped = 0

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def has_turns(self) -> bool:
        """Whether somebody said something yet."""
        return any(line.kind == "turn" for line in self._lines.values())

    @property
    def chapter(self) -> int:
        """Number of the chapter that new lines belong to."""
        return self._chapter

    @property
    def chapter_has_turns(self) -> bool:
        """Whether somebody finished a turn in the conversation that goes on."""
        lines = (line for line in reversed(self._lines.values()) if line.kind == "turn" and line.final)
        return next((line.key[0] == self._chapter for line in lines), False)

    def last_text(self, role: Role) -> str | None:
        """Return the text of the latest turn of `role`, or None."""
        newest = (line.text for line in reversed(self._lines.values()) if line.kind == "turn" and line.role == role)
        return next(newest, None)

    def take_changes(self) -> list[Change]:
        """Return what happened since the last call."""
        changes, self._changes = self._changes, []
        return changes

    def update(self, event: TranscriptUpdated) -> None:
        """Add or replace a turn; a number that comes late is put where it belongs."""
        key = (self._chapter, "turn", event.turn)
        line = Line(
            key=key,
            kind="turn",
            text=plain(event.text),
            role=event.role,
            final=event.final,
            interrupted=event.interrupted,
            typed=event.typed,
            confidence=event.confidence,
            at=event.at,
        )
        if self._lines.get(key) != line:
            self._put(line)

    def withdraw(self, event: TranscriptWithdrawn) -> None:
        """Remove a turn that never happened."""
        self.drop((self._chapter, "turn", event.turn))

    def note_heard(self, event: AnswerHeard) -> None:
        """Remember how far the answer under way was heard, should its session die."""
        self._heard = event

    def cut_off(self) -> Line | None:
        """The session has ended: leave of an answer under way what was heard of it; returns that, or None."""
        key = next((key for key, line in reversed(self._lines.items()) if line.role == "assistant"), None)
        if key is None or key[0] != self._chapter or self._lines[key].final:
            return None
        heard, self._heard = self._heard, None
        line = self._lines[key]
        text = plain(heard.text) if heard is not None and heard.turn == key[2] else line.text
        if not text:
            self.drop(key)
            return None
        line = replace(line, text=text, final=True, interrupted=True)
        self._put(line)
        return line

    def note_recall(self, event: MemoryRecalled) -> None:
        """Say which memories an answer used."""
        if event.texts:
            self._note(
                f"Used {_count(len(event.texts))}: {' · '.join(one_line(text) for text in event.texts)}", event.at
            )

    def note_memory(self, event: MemoryChanged) -> None:
        """Say what was written to or removed from memory."""
        self._note(f"{_REMEMBERED[event.action]}: {one_line(event.text)}", event.at)

    def begin_chapter(self, title: str, *, matters: bool = False) -> None:
        """Start counting turns afresh; a rule is drawn when something was said since the last one.

        One that `matters` is drawn below another as well, but not below one that says the same.
        """
        self._chapter += 1
        self._heard = None
        last = next(reversed(self._lines.values()), None)
        if last is not None and (last.kind != "chapter" or (matters and last.text != title)):
            self._put(Line(key=(self._chapter, "chapter", 0), kind="chapter", text=title))

    def go_on(self, earlier: Transcript) -> None:
        """Start counting turns afresh, below what was said before in the same conversation."""
        self._chapter += 1
        title = one_line(earlier.conversation.title)
        self._put(Line(key=(self._chapter, "chapter", 0), kind="chapter", text=f"Earlier: {title}"))
        turns = earlier.turns[-EARLIER_TURNS:]
        for number, turn in enumerate(turns, -len(turns)):  # below zero: before all that the session will say
            self._put(
                Line(
                    key=(self._chapter, "turn", number),
                    kind="turn",
                    text=plain(turn.text),
                    role=turn.role,
                    interrupted=turn.interrupted,
                    typed=turn.typed,
                    confidence=turn.confidence,
                )
            )
        self._put(Line(key=(self._chapter, "chapter", 1), kind="chapter", text="The conversation goes on"))

    def _note(self, text: str, at: float) -> None:
        self._notes += 1
        self._put(Line(key=(self._chapter, "note", self._notes), kind="note", text=text, at=at))

    def _put(self, line: Line) -> None:
        before = None
        if line.key in self._lines:
            self._lines[line.key] = line
        else:
            before = self._insert(line)
        self._changes.append(Put(line, before))
        while len(self._lines) > MAX_LINES:
            self.drop(next(iter(self._lines)))
            self.dropped += 1

    def _insert(self, line: Line) -> Key | None:
        later = self._first_later_turn(line) if line.kind == "turn" else None
        if later is None:
            self._lines[line.key] = line
            return None
        ordered = list(self._lines.items())
        place = next(index for index, (key, _) in enumerate(ordered) if key == later)
        ordered.insert(place, (line.key, line))
        self._lines = dict(ordered)
        return later

    def _first_later_turn(self, line: Line) -> Key | None:
        chapter, _, number = line.key
        later: Key | None = None
        for key in reversed(self._lines):
            if key[0] != chapter:
                break
            if key[1] == "turn":
                if key[2] < number:
                    break
                later = key
        return later

    def drop(self, key: Key) -> None:
        """Remove a line, if it is there."""
        if self._lines.pop(key, None) is not None:
            self._changes.append(Drop(key))


def _count(memories: int) -> str:
    return "1 memory" if memories == 1 else f"{memories} memories"
