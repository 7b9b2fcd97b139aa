"""A session on this machine's devices, and the workshop that makes its parts for other settings while it runs."""

from __future__ import annotations

from collections.abc import Callable

from memory.conversations import Conversations
from memory.judge import BAR
from memory.store import SqliteMemory
from voice_tui.audio.device import DeviceAudio
from voice_tui.engine.cascade.ports import Responder
from voice_tui.engine.cascade.providers import check_voice, make_tts
from voice_tui.engine.cascade.timers import Timers
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.port import PastTurn
from voice_tui.events import AnyEvent, Progressed
from voice_tui.frame import Pcm
from voice_tui.session.build import (
    build_engine,
    build_responder,
    guard,
    note_loader,
    open_memory,
    turn_policy,
    turns_loader,
)
from voice_tui.session.front import Guard
from voice_tui.session.listeners import Listeners
from voice_tui.session.loop import Session, Start
from voice_tui.session.outlet import Outlet
from voice_tui.session.refit import Made, Part, Refit
from voice_tui.session.reminder import Reminder
from voice_tui.session.searcher import Searcher
from voice_tui.session.start import Library
from voice_tui.settings import Settings


def build_live(settings: Settings, outlet: Outlet) -> Session:
    """Make a session on this machine's devices whose events go to `outlet`, to the transcripts and to a recording.

    Raises:
        VoiceTuiError: The memory's file or a stage of the engine cannot be used.
    """
    memory = open_memory(settings, tell=outlet.put)
    listeners = Listeners(settings, memory, outlet.put)
    workshop = Workshop(memory, listeners, outlet.put, bar=settings.memory.bar)
    searcher = Searcher(workshop.memory, outlet.put, bar=workshop.bar)

    def watch(phase: str, done: int, total: int) -> None:
        outlet.put(Progressed(phase=phase, done=done, total=total))

    def end() -> None:
        searcher.close()
        listeners.close()

    return Session(
        build_engine(settings, memory, inline=False, timers=workshop.timers, watch=watch),
        DeviceAudio(settings.audio),
        listeners.emit,
        start=Start(mode=settings.turns.mode, volume=settings.audio.volume),
        library=Library(workshop.load_note, workshop.load_turns, searcher.ask),
        guard=guard(settings),
        tap=listeners,
        refit=Refit(settings, workshop),
        reminder=Reminder(workshop.memory, bar=workshop.bar, inline=False),
        at_end=end,
        dropped_events=lambda: outlet.dropped,
    )


class Workshop:
    """Implements `Maker` with the memory that is open.

    Args:
        memory: In use. `listeners`: told when a conversation is about to begin.
        tell: Takes events of the memory's exchange with a server, on its thread.
        bar: Relevance from which a memory is worth bringing up.
    """

    def __init__(
        self,
        memory: SqliteMemory,
        listeners: Listeners,
        tell: Callable[[AnyEvent], object] | None = None,
        *,
        bar: float = BAR,
    ) -> None:
        self.timers = Timers()
        self._bar = bar
        self._memory = memory
        self._next: SqliteMemory | None = None
        self._next_responder: Responder | None = None
        self._listeners = listeners
        self._tell = tell

    def memory(self) -> SqliteMemory:
        """The memory in use."""
        return self._memory

    def bar(self) -> float:
        """Relevance from which a memory is handed to an engine that does not recall by itself."""
        return self._bar

    def make(self, settings: Settings, parts: frozenset[Part]) -> Made:
        """Make parts; see `Maker.make`."""
        if "memory" in parts:
            self._open_next(settings)
        if self._next is not None and parts & {"memory", "responder"}:
            self._next_responder = build_responder(settings, self._next)
        if "engine" in parts:
            self.timers.settle()
            engine = build_engine(settings, self._memory, inline=False, timers=self.timers, stand_in=False)
            return Made(engine=engine)
        if "tts" in parts:
            check_voice(settings)
        responder = build_responder(settings, self._memory) if "responder" in parts else None
        if responder is not None:
            self._bar = settings.memory.bar
            self._listeners.advise_by(settings)
        return Made(responder=responder, tts=make_tts(settings) if "tts" in parts else None)

    def policy(self, settings: Settings) -> TurnPolicy:
        """Return the turn-taking numbers."""
        return turn_policy(settings.turns)

    def guard(self, settings: Settings) -> Guard:
        """Return what chooses the echo canceller."""
        return guard(settings)

    def begin_conversation(self, settings: Settings) -> Made:
        """Use the memory's file that was opened meanwhile, keep and record as the settings say."""
        responder, self._next_responder = self._next_responder, None
        if self._next is not None:
            self._memory, self._next = self._next, None  # the old one stays open for what is still on its way there
        self._listeners.renew(settings, self._memory)
        return Made(responder=responder)

    def load_note(self, memory_id: str) -> tuple[Pcm, str]:
        """Return the recording of a spoken note, and its text."""
        return note_loader(self._memory)(memory_id)

    def load_turns(self, conversation: str) -> list[PastTurn]:
        """Return the latest turns of a conversation that was kept."""
        return list(turns_loader(Conversations(self._memory))(conversation))

    def close(self) -> None:
        """Close the files of the memory; after the session has ended."""
        for store in (self._memory, self._next):
            if store is not None:
                store.close()

    def _open_next(self, settings: Settings) -> None:
        """Open the file now, so that one that cannot be used is refused at once."""
        opened = open_memory(settings, tell=self._tell)
        same = _kind(opened) == _kind(self._memory)
        before, self._next = self._next, None if same else opened
        unused, self._next_responder = self._next_responder, None
        for old in (unused, before, opened if self._next is None else None):
            if old is not None:
                old.close()


def _kind(store: SqliteMemory) -> tuple[object, ...]:
    return store.path, store.model, store.remote
