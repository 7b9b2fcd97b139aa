"""All that the app knows, kept away from the widgets: events go in, the topics that must be redrawn come out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Flag, auto
from typing import Literal

import msgspec

from memory.types import Memory, Transcript
from voice_tui.events import (
    AnswerHeard,
    AnyEvent,
    ConversationStarted,
    DevicesChanged,
    MemoryChanged,
    MemoryRecalled,
    Notice,
    SessionFailed,
    SessionStarted,
    SessionStopped,
    Severity,
    StateChanged,
    Stats,
    TranscriptUpdated,
    TranscriptWithdrawn,
    TurnMeasured,
)
from voice_tui.settings import Settings
from voice_tui.tui.state.conversation import Conversation
from voice_tui.tui.state.handover import Handover
from voice_tui.tui.state.health import Health, after
from voice_tui.tui.state.models import Models
from voice_tui.tui.state.notices import NoticeRecord, Notices, notice
from voice_tui.tui.state.sent import Sent, Sentence
from voice_tui.tui.state.settings_view import Kept
from voice_tui.tui.state.talks import Talks
from voice_tui.tui.state.text import one_line

STEP_HISTORY = 240
"""Steps kept for the sparkline; the oldest go."""

TURN_HISTORY = 200
"""Measured turns kept for the median; the oldest go."""

EVENT_HISTORY = 500
"""Events kept for the log screen; the oldest go. Stats are not among them: they come several times per second."""


class Topic(Flag):
    """A part of the screen."""

    NONE = 0
    STATUS = auto()
    METRICS = auto()
    TRANSCRIPT = auto()
    MEMORIES = auto()
    RECALLED = auto()
    EVENTS = auto()
    SETTINGS = auto()
    MODELS = auto()


Reach = Literal["", "asked", "words", "meaning"]
"""How a search was carried out: by meaning too, or by words alone. `asked`: the session has yet to answer; "" = nothing
is searched, or so few letters that they are a beginning of a word and nothing else."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the memory pane shows.

    Args:
        memories: The list, as found for `query`.
        total: How many active memories there are in all.
        selected: The memory under the cursor, or None.
        undo: What the last delete removed or the last edit changed, as it was; empty when there is nothing to undo.
        error: Why there is no list, for a person; "" when all is well.
        loaded: Whether a first answer has come.
        recalled: Text and score of what was used just now, best first; `recalled_ids` likewise.
        query_recalled: The words it was looked up by.
        why_recalled: What matched, likewise. `tokens_recalled`: what it cost of the model's window.
        way_recalled: How it reached the model, and for how long; "" where that takes no time.
        scores: Relevance of what bears on the words that are searched, by id. `reach`: how it was looked for.
        suggested: How many suggestions wait; they stand first in `memories` while nothing is searched.
        shared: How the exchange with a memory server stands, in words; "" = there is none.
        said: What was done last; "" once something else came.
    """

    memories: tuple[Memory, ...] = ()
    query: str = ""
    total: int = 0
    selected: Memory | None = None
    undo: tuple[Memory, ...] = ()
    error: str = ""
    loaded: bool = False
    recalled: tuple[tuple[str, float], ...] = ()
    recalled_ids: tuple[str, ...] = ()
    query_recalled: str = ""
    why_recalled: tuple[str, ...] = ()
    tokens_recalled: int = 0
    way_recalled: str = ""
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    reach: Reach = ""
    suggested: int = 0
    shared: str = ""
    said: str = ""

    def without_recalled(self) -> Shelf:
        """Return the same shelf, nothing of it used."""
        return replace(
            self, recalled=(), recalled_ids=(), query_recalled="", why_recalled=(), tokens_recalled=0, way_recalled=""
        )


class AppState:
    """The app's knowledge. UI thread only.

    Args:
        settings: As loaded.
        clock: Wall clock, seconds since 1970.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.kept = Kept()
        self.clock = clock
        self.conversation = Conversation()
        self.health = Health(mode=settings.turns.mode, volume=settings.audio.volume)
        self.shelf = Shelf()
        self.talks = Talks()
        self.models = Models()
        self.conversation_id = ""
        self.resuming: Transcript | None = None
        self.sent = Sent()
        self.handover = Handover()
        self.notices = Notices()
        self.steps: deque[float] = deque(maxlen=STEP_HISTORY)
        self.turns: deque[TurnMeasured] = deque(maxlen=TURN_HISTORY)
        self.events: deque[str] = deque(maxlen=EVENT_HISTORY)
        self.events_seen = 0
        self.session_starts = 0

    @property
    def last_answer(self) -> str | None:
        """The text of the assistant's latest turn, or None."""
        return self.conversation.last_text("assistant")

    def apply(self, event: AnyEvent) -> tuple[Topic, NoticeRecord | None]:
        """Take in one event.

        Returns:
            What to redraw, and a toast to show or None.
        """
        before = self.health
        self.health = after(before, event)
        topics = Topic.STATUS if self.health is not before else Topic.NONE
        if (before.stats is None) != (self.health.stats is None):
            topics |= Topic.METRICS
        if isinstance(event, Stats):
            self.steps.append(event.step_ms)
            return topics | Topic.METRICS, None
        if isinstance(event, AnswerHeard):
            self.conversation.note_heard(event)
            return topics, None
        self.events_seen += 1
        self.events.append(msgspec.json.encode(event).decode("utf-8", "replace"))
        return topics | Topic.EVENTS | self._file(event), self._toast(event)

    def say(self, record: NoticeRecord) -> NoticeRecord | None:
        """Keep a notice; give it back when it should stand as a toast."""
        return record if self.notices.add(record) else None

    def forget_sound_check(self) -> None:
        """Another one begins."""
        self.health = replace(self.health, sound_check=None)

    def _file(self, event: AnyEvent) -> Topic:
        """Put the event where it belongs."""
        self.sent.note(event, self.conversation.chapter)
        match event:
            case TranscriptUpdated():
                self.conversation.update(event)
            case TranscriptWithdrawn():
                self.conversation.withdraw(event)
            case ConversationStarted():
                self._begin(event)
                return Topic.TRANSCRIPT | Topic.RECALLED
            case SessionStarted():
                self._count_start()
            case StateChanged(state="loading") | SessionFailed() | SessionStopped():
                return self._end_answer()
            case TurnMeasured():
                self.turns.append(event)
                return Topic.METRICS
            case MemoryRecalled():
                return self._recalled(event)
            case MemoryChanged():
                self.conversation.note_memory(event)
                if event.action == "forgotten":
                    self.handover.forgot(event.text)
                return Topic.TRANSCRIPT | Topic.MEMORIES
            case _:
                return Topic.NONE
        return Topic.TRANSCRIPT

    def _begin(self, event: ConversationStarted) -> None:
        """Another conversation; of one that goes on, what was said before is shown again."""
        self.conversation_id = event.conversation
        self.shelf = self.shelf.without_recalled()
        earlier = self.resuming
        if not self.handover.begin(event):
            self.resuming = None
            self.sent.another_conversation()
        if earlier is not None and event.resumed and earlier.conversation.id == event.conversation:
            self.conversation.go_on(earlier)
        else:
            self.conversation.begin_chapter("The conversation goes on" if event.resumed else "New conversation")

    def _count_start(self) -> None:
        """A second start means that the first session died: its turn numbers begin again."""
        self.session_starts += 1
        if self.session_starts > 1:
            if self.resuming is not None:
                self.handover.awaited = self.resuming.conversation.id
            elif not self.handover.awaited and self.settings.memory.conversations and self._has_turns:
                self.handover.awaited = self.conversation_id
            self.handover.starting = True
            self.conversation.begin_chapter("The session was restarted", matters=True)

    @property
    def _has_turns(self) -> bool:
        """Whether anything was said in the conversation, by now or in an earlier session."""
        return self.handover.resumed or self.conversation.chapter_has_turns

    def _end_answer(self) -> Topic:
        """The session has gone: what nobody heard of its answer was not said."""
        line, now = self.conversation.cut_off(), self.clock()
        heard = line if self.settings.memory.conversations else None
        self.handover.end(self.conversation_id, heard, self.sent.session_ended(now), now)
        return Topic.TRANSCRIPT

    def take_lost(self) -> Sequence[Sentence]:
        """Return the sentences that a session did not deal with, once; the transcript shows them no more."""
        lost = self.sent.take_lost()
        for one in lost:
            if one.key is not None:
                self.conversation.drop(one.key)
        return lost

    def not_there(self, conversation: str) -> None:
        """Nothing was kept of a conversation that was to go on: the fresh one takes its place."""
        if self.handover.awaited == conversation:
            self.handover.awaited, self.resuming = "", None

    def _recalled(self, event: MemoryRecalled) -> Topic:
        self.conversation.note_recall(event)
        self.shelf = replace(
            self.shelf,
            recalled=tuple(_scored(event.texts, event.scores)),
            recalled_ids=event.ids,
            query_recalled=one_line(event.query),
            why_recalled=tuple(one_line(why) for why in event.why),
            tokens_recalled=event.tokens,
            way_recalled=f"{event.strategy}, {event.frames} frames" if event.frames else "",
        )
        return Topic.TRANSCRIPT | Topic.RECALLED

    def _toast(self, event: AnyEvent) -> NoticeRecord | None:
        match event:
            case Notice():
                return self.say(notice(self.clock(), event.severity, event.message, event.hint))
            case DevicesChanged() if event.message:
                severity: Severity = "info" if event.input and event.output else "warning"
                return self.say(notice(self.clock(), severity, event.message, event.hint))
            case SessionFailed():
                return self.say(notice(self.clock(), "error", event.message, event.hint, "Session"))
            case _:
                return None


def _scored(texts: Sequence[str], scores: Sequence[float]) -> list[tuple[str, float]]:
    """Pair texts and scores; a text without a score gets 0."""
    padded = [*scores, *([0.0] * len(texts))]
    return [(one_line(text), score) for text, score in zip(texts, padded, strict=False)]
