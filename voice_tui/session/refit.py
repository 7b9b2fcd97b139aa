"""Other settings while a session runs: what can be done at once is, what must be made is made in a thread of its own.

The loop goes on with the old parts until the new ones are there. What cannot be made is refused: the old part stays.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from voice_tui.engine.cascade.engine import CascadeEngine
from voice_tui.engine.cascade.mouth import Stages
from voice_tui.engine.cascade.ports import Responder, Tts
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.port import Engine, PastTurn, Tunable
from voice_tui.errors import VoiceTuiError
from voice_tui.events import AnyEvent, SettingsChanged, TalkMode
from voice_tui.schema import Value, by_path, differing, replaced, value_at
from voice_tui.session.front import Guard
from voice_tui.settings import Settings

log = logging.getLogger(__name__)

Part = Literal["engine", "responder", "tts", "memory"]
"""What is made anew in a thread of its own."""

_PART_OF: dict[str, Part] = {
    "engine.name": "engine",
    "moshi.model": "engine",
    "moshi.device": "engine",
    "moshi.alignment": "engine",
    "moshi.transcribe": "engine",
    "stt.provider": "engine",
    "stt.ask_below": "responder",
    "memory.note_audio": "responder",
    "memory.bar": "responder",
    "memory.judge": "responder",
    "memory.judge_seconds": "responder",
    "memory.suggest_by_llm": "responder",
    "memory.path": "memory",
    "memory.embedder": "memory",
    "memory.embedder_model": "memory",
    "memory.remote": "memory",
}
_PART_OF_SECTION: dict[str, Part] = {"llm": "responder", "tts": "tts"}


@dataclass(slots=True)
class Made:
    """Parts for other settings; None = not asked for. (The memory's file is kept by its maker.)"""

    engine: Engine | None = None
    responder: Responder | None = None
    tts: Tts | None = None

    def close(self) -> None:
        """Release what nobody wants."""
        for part in (self.engine, self.responder, self.tts):
            if part is not None:
                part.close()


class Maker(Protocol):
    """Makes parts."""

    def make(self, settings: Settings, parts: frozenset[Part]) -> Made:
        """Make parts, in a thread of their own.

        Raises:
            VoiceTuiError: One of them cannot be made.
        """
        ...

    def policy(self, settings: Settings) -> TurnPolicy:
        """Return the turn-taking numbers."""
        ...

    def guard(self, settings: Settings) -> Guard:
        """Return what chooses the echo canceller."""
        ...

    def begin_conversation(self, settings: Settings) -> Made:
        """Another conversation is about to begin: use what applies from it on, and return the parts for it.

        The loop's thread; returns at once.
        """
        ...


class Running(Protocol):
    """What a refit asks of the session, between two frames."""

    @property
    def engine(self) -> Engine:
        """The engine in use."""
        ...

    def set_volume(self, volume: float) -> None:
        """Gain of the voice."""
        ...

    def set_mode(self, mode: TalkMode) -> None:
        """Open microphone or push-to-talk."""
        ...

    def use_devices(self, input: str, output: str, block_samples: int) -> None:
        """Open other devices, or the same ones another way."""
        ...

    def use_guard(self, guard: Guard) -> None:
        """Keep the assistant from hearing itself by other means."""
        ...

    def use_engine(self, engine: Engine) -> Engine:
        """Go on with another engine, which is told what was said; returns the old one."""
        ...

    def past(self) -> Sequence[PastTurn]:
        """Return what was said in this conversation."""
        ...

    def tell(self, event: AnyEvent) -> None:
        """Send an event, timed now."""
        ...


@dataclass(slots=True)
class _Job:
    """Parts being made.

    Args:
        before: Settings that are in force meanwhile. `wanted`: those that the parts are for.
    """

    before: Settings
    wanted: Settings
    parts: frozenset[Part]
    made: Made | None = None
    error: VoiceTuiError | None = None
    thread: threading.Thread | None = field(default=None, repr=False)

    def run(self, maker: Maker) -> None:
        try:
            self.made = maker.make(self.wanted, self.parts)
        except VoiceTuiError as e:
            self.error = e
        except Exception as e:  # top of the thread
            log.exception("parts for other settings could not be made")
            self.error = VoiceTuiError(f"That does not work: {type(e).__name__}: {e}", hint="The log has the details")


class Refit:
    """Brings settings into a running session. The session's main thread only.

    Args:
        settings: Those that the session was made with.
        maker: Makes parts.
    """

    def __init__(self, settings: Settings, maker: Maker) -> None:
        self._settings = settings
        self._conversation = settings
        """As they were when this conversation began."""
        self._maker = maker
        self._wanted: Settings | None = None
        self._job: _Job | None = None

    def change(self, wanted: Settings) -> None:
        """Ask for other settings; while parts are being made the newest wish waits."""
        self._wanted = wanted

    def note_devices(self, input: str, output: str) -> None:
        """Take it that other devices were chosen by name."""
        names: dict[str, Value] = {"audio.input": input, "audio.output": output}
        self._settings = replaced(self._settings, names)

    def begin_conversation(self, running: Running) -> None:
        """Another conversation is about to begin: from it on, everything that was changed applies."""
        later = _later(differing(self._conversation, self._settings))
        self._conversation = self._settings
        self._put_in(self._maker.begin_conversation(self._settings), running)
        if later:
            running.tell(SettingsChanged(applied=later))

    def poll(self, running: Running) -> None:
        """Move on; called between two frames."""
        job = self._job
        if job is not None:
            assert job.thread is not None
            if job.thread.is_alive():
                return
            self._job = None
            self._finish(job, running)
        elif self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self._begin(wanted, running)

    def close(self) -> None:
        """Release what is being made, when it is there."""
        job, self._job = self._job, None
        if job is not None and job.thread is not None:
            job.thread.join(0.5)
            if job.made is not None:
                job.made.close()

    def _begin(self, wanted: Settings, running: Running) -> None:
        before = self._settings
        parts = _parts(path for path in differing(before, wanted) if _in_use(path, wanted))
        self._apply_at_once(before, wanted, running)
        job = _Job(before, wanted, parts)
        if not parts:
            self._finish(job, running)
            return
        self._job = job
        job.thread = threading.Thread(target=job.run, args=(self._maker,), name="refit", daemon=True)
        job.thread.start()

    def _apply_at_once(self, before: Settings, wanted: Settings, running: Running) -> None:
        old, new = before.audio, wanted.audio
        if wanted.log.level != before.log.level:
            logging.getLogger().setLevel(wanted.log.level.upper())
        if new.volume != old.volume:
            running.set_volume(new.volume)
        if wanted.turns.mode != before.turns.mode:
            running.set_mode(wanted.turns.mode)
        if wanted.turns != before.turns and isinstance(running.engine, CascadeEngine):
            running.engine.take_turns_by(self._maker.policy(wanted))
        if wanted.moshi != before.moshi and isinstance(running.engine, Tunable):
            running.engine.tune(wanted.moshi)
        if new.echo != old.echo:
            running.use_guard(self._maker.guard(wanted))
        if (new.input, new.output, new.block_samples) != (old.input, old.output, old.block_samples):
            running.use_devices(new.input, new.output, new.block_samples)

    def _finish(self, job: _Job, running: Running) -> None:
        changed = differing(job.before, job.wanted)
        refused = tuple(path for path in changed if part_of(path) in job.parts) if job.error is not None else ()
        self._settings = replaced(job.wanted, {path: value_at(job.before, path) for path in refused})
        if job.made is not None:
            self._put_in(job.made, running)
        waiting = _later(differing(self._conversation, self._settings))  # not what was changed back
        later = tuple(path for path in changed if path in waiting)
        applied = tuple(path for path in changed if path not in refused and path not in later)
        message, hint = (job.error.message, job.error.hint) if job.error is not None else ("", "")
        if changed or job.error is not None:
            running.tell(
                SettingsChanged(
                    applied=applied,
                    later=later,
                    refused=refused,
                    message=message,
                    hint=hint,
                )
            )

    def _put_in(self, made: Made, running: Running) -> None:
        if made.engine is not None:
            old = running.use_engine(made.engine)
            threading.Thread(target=old.close, name="retiring", daemon=True).start()
        elif isinstance(running.engine, CascadeEngine) and (made.responder or made.tts):
            running.engine.replace(Stages(made.responder, made.tts, running.past))
        else:  # an engine without such stages; the next one is made for these settings
            made.close()


def part_of(path: str) -> Part | None:
    """Return what must be made anew when this setting changes, or None."""
    return _PART_OF.get(path) or _PART_OF_SECTION.get(path.partition(".")[0])


def _in_use(path: str, settings: Settings) -> bool:
    """Whether the setting counts with the engine that is wanted."""
    return settings.engine.name == "moshi" or not path.startswith("moshi.")


def _parts(paths: Iterable[str]) -> frozenset[Part]:
    """Return what must be made anew when these change."""
    return frozenset(part for path in paths if (part := part_of(path)) is not None)


def _later(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if not by_path()[path].live)
