"""Who listens in on a session: the app, the transcripts, the recording; the last two can be switched between talks."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from memory.conversations import Conversations
from memory.store import SqliteMemory
from voice_tui.engine.cascade.responder.adviser import Adviser
from voice_tui.events import AnyCommand, AnyEvent, ChangeSettings, Event, RecordingChanged, SessionStopped
from voice_tui.frame import Frame
from voice_tui.paths import log_path, recordings_path, state_dir
from voice_tui.scrub import scrub
from voice_tui.session.chronicle import Chronicle
from voice_tui.session.debug_logs import DebugLog, Timings, words
from voice_tui.session.learner import Learner
from voice_tui.session.recording import LASTING, Recorder
from voice_tui.session.recording_folder import shareable
from voice_tui.settings import Settings

LAST_WORDS_SECONDS = 0.15
"""How long the end of a session waits for the transcript, and for the recording, to reach the disk."""

ADVICE_SECONDS = 20.0
"""How long a language model may look for what is worth suggesting; a word of the person ends it."""

RETIRING_SECONDS = 5.0
"""The same for what is switched off while the session goes on; nothing waits for it."""


class Listeners:
    """Passes on events, sound and commands; implements `Tap`. Session's main thread, every method returns at once.

    Args:
        settings: memory.*, recordings.* and log.* count.
        memory: Where transcripts and what is learnt go.
        tell: Takes every event, and notices of the listeners on their own threads.
    """

    def __init__(self, settings: Settings, memory: SqliteMemory, tell: Callable[[AnyEvent], None]) -> None:
        self._tell = tell
        self._states: dict[type[Event], AnyEvent] = {}
        self._memory: SqliteMemory = memory
        self._settings: Settings = settings
        self._chronicle = self._new_chronicle(settings, memory)
        self._learner = self._new_learner(settings, memory)
        self._recorder = self._new_recorder(settings)
        self._logs = _new_logs(settings)

    def emit(self, event: AnyEvent) -> None:
        """Pass an event to everybody."""
        self._tell(event)
        if isinstance(event, LASTING):
            self._states[type(event)] = event
        if self._chronicle is not None:
            self._chronicle.note(event)
        self._learner.note(event)
        if self._recorder is not None:
            self._recorder.note(event)
        for debug_log in self._logs:
            debug_log.note(event)

    def heard(self, frame: Frame, played: Frame) -> None:
        """A frame of both voices; see `Tap.heard`."""
        if self._recorder is not None:
            self._recorder.heard(frame, played)

    def commanded(self, command: AnyCommand) -> None:
        """A command; of settings, nothing private is recorded."""
        if self._recorder is not None:
            if isinstance(command, ChangeSettings):
                command = msgspec.structs.replace(command, settings=shareable(command.settings))
            self._recorder.commanded(command)

    def renew(self, settings: Settings, memory: SqliteMemory) -> None:
        """Another conversation is about to begin: from it on, keep and record as `settings` say."""
        if settings.memory.conversations != self._settings.memory.conversations or memory is not self._memory:
            self._retire(self._chronicle)
            self._chronicle = self._new_chronicle(settings, memory)
        if settings.memory != self._settings.memory or memory is not self._memory:
            self._retire(self._learner)
            self._learner = self._new_learner(settings, memory)
        if settings != self._settings:
            was_on = self._recorder is not None
            self._retire(self._recorder)
            self._recorder = self._new_recorder(settings)
            if self._recorder is not None:
                for state in self._states.values():
                    self._recorder.note(state)
            elif was_on:
                self._tell(RecordingChanged(recording=False))
        if settings.log != self._settings.log:
            for debug_log in self._logs:
                self._retire(debug_log)
            self._logs = _new_logs(settings)
        self._settings = settings
        self._memory = memory

    def advise_by(self, settings: Settings) -> None:
        """The language model changed: no other one hears of what is said from now on. Any thread."""
        self._learner.advise_by(_adviser(settings))

    def close(self) -> None:
        """Write what waits, within `LAST_WORDS_SECONDS` each."""
        for listener in (self._chronicle, self._learner, self._recorder, *self._logs):
            if listener is not None:
                listener.close(LAST_WORDS_SECONDS)

    def _new_chronicle(self, settings: Settings, memory: SqliteMemory) -> Chronicle | None:
        return Chronicle(Conversations(memory), self._tell) if settings.memory.conversations else None

    def _new_learner(self, settings: Settings, memory: SqliteMemory) -> Learner:
        kept = settings.memory
        return Learner(
            memory,
            self._tell,
            suggest=kept.suggest,
            summaries=kept.summaries and kept.conversations,
            adviser=_adviser(settings),
            scrub=lambda texts: scrub(texts, state_dir(), recordings_path(settings.recordings.path)),
        )

    def _new_recorder(self, settings: Settings) -> Recorder | None:
        if not settings.recordings.enabled:
            return None
        return Recorder(recordings_path(settings.recordings.path), settings, self._tell)

    def _retire(self, listener: Chronicle | Learner | Recorder | DebugLog | None) -> None:
        """Let one finish what it has, in its own time."""
        if listener is not None:
            listener.note(SessionStopped())
            threading.Thread(target=listener.close, args=(RETIRING_SECONDS,), name="retiring", daemon=True).start()


def _adviser(settings: Settings) -> Adviser | None:
    """Return the language model that may notice what is worth suggesting."""
    wanted = settings.memory.suggest and settings.memory.suggest_by_llm and settings.llm.base_url
    return Adviser(settings.llm, ADVICE_SECONDS) if wanted else None


def _new_logs(settings: Settings) -> list[DebugLog]:
    """Return the logs that the settings ask for."""
    logs: list[DebugLog] = []
    if settings.log.timings:
        logs.append(DebugLog(log_path("timings"), Timings()))
    if settings.log.text:
        logs.append(DebugLog(log_path("text"), words))
    return logs
