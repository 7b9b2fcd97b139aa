"""From settings to a session: which engine, which stages, which devices, which memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from memory.conversations import Conversations
from memory.embedder.process import Embedder, embedder_of
from memory.errors import MemoryStoreError
from memory.port import MemoryPort
from memory.store import SqliteMemory
from voice_tui.audio.codec import decode, encode_flac
from voice_tui.audio.echo import EchoGuard, HalfDuplex, echo_guard
from voice_tui.engine.cascade.engine import CascadeEngine, Providers
from voice_tui.engine.cascade.ports import Responder, Stt, Vad
from voice_tui.engine.cascade.providers import check_voice, make_stt, make_tts, make_vad
from voice_tui.engine.cascade.responder.factory import make_responder
from voice_tui.engine.cascade.timers import Timers
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.passthrough import PassthroughEngine
from voice_tui.engine.port import Engine, PastTurn
from voice_tui.errors import EngineError, ProviderError
from voice_tui.events import AnyEvent, DevicesChanged
from voice_tui.frame import Pcm
from voice_tui.paths import memory_path, state_dir
from voice_tui.schema import replaced
from voice_tui.session.front import Guard
from voice_tui.session.past import MOST_TURNS
from voice_tui.session.sharing import share
from voice_tui.session.start import LoadNote, LoadTurns
from voice_tui.settings import MemorySettings, Settings, TtsSettings, TurnSettings

log = logging.getLogger(__name__)

PATIENT_SECONDS = 60.0
"""How long a conversation from a file waits for vectors."""

Watch = Callable[[str, int, int], None]
"""What is being loaded, for a person; bytes done; bytes in all, 0 = unknown."""


def open_memory(
    settings: Settings, *, patient: bool = False, tell: Callable[[AnyEvent], object] | None = None
) -> SqliteMemory:
    """Open the file of the memories; made if missing. What recalls by meaning gets ready beside.

    Args:
        settings: memory.path, memory.embedder* and memory.remote count.
        patient: Time is no object, the same result every time is: wait until memories and questions have vectors.
        tell: Takes what the exchange with a server has to tell, on its thread; None = there is no exchange.

    Raises:
        EngineError: It cannot be opened; the hint says what to do.
    """
    try:
        store = SqliteMemory(memory_path(settings.memory.path), embedder=_embedder(settings.memory))
    except MemoryStoreError as e:
        raise EngineError(e.message, hint=e.hint) from e
    if store.meaning:
        store.meaning.warm()
        if patient:
            store.meaning.query_seconds = PATIENT_SECONDS
            store.meaning.wait(PATIENT_SECONDS)
    if tell is not None:
        share(store, settings, tell)
    return store


def _embedder(memory: MemorySettings) -> Embedder | None:
    """Return what recalls by meaning; where it cannot be had, recall goes by words, and the doctor says why."""
    try:
        return embedder_of(memory.embedder, memory.embedder_model)
    except MemoryStoreError as e:
        log.warning("recall goes by words alone: %s", e)
        return None


def turn_policy(turns: TurnSettings) -> TurnPolicy:
    """Return the turn-taking numbers that the settings ask for."""
    return TurnPolicy(
        threshold=turns.vad_threshold,
        silence=turns.silence,
        max_silence=max(turns.silence, turns.max_silence),
        interrupt_after=turns.interrupt_after,
        max_turn=turns.max_turn,
    )


def build_engine(
    settings: Settings,
    memory: MemoryPort,
    *,
    inline: bool,
    clock: Callable[[], datetime] | None = None,
    timers: Timers | None = None,
    stand_in: bool = True,
    trace: Path | None = None,
    watch: Watch = lambda phase, done, total: None,
) -> Engine:
    """Make the engine that the settings name.

    Args:
        settings: All of them.
        memory: Where it remembers.
        inline: For files: everything happens inside the step, so that the same file gives the same answer.
        clock: Returns the local time, aware; None = this machine's.
        timers: Those of the engine whose place it takes; None = none.
        stand_in: Where the model cannot be used, the cascade serves and says why; False = that is an error.
        trace: File that gets what goes through the model; only Moshi writes one.
        watch: Told how far loading is.

    Raises:
        EngineError: A stage cannot be made; the message says which, the hint what to do.
    """
    if settings.engine.name == "passthrough":
        return PassthroughEngine()
    missing: EngineError | None = None
    if settings.engine.name == "moshi":
        try:
            return _moshi(settings, inline=inline, trace=trace, watch=watch)
        except EngineError as e:
            if not stand_in:
                raise
            log.warning("Moshi cannot serve: %s", e)
            missing = e
    settings, voiceless = _with_a_voice(settings)
    providers = Providers(
        vad=make_vad(settings),
        stt=make_stt(settings, state_dir(), inline=inline),
        responder=build_responder(settings, memory, clock),
        tts=make_tts(settings),
    )
    engine = CascadeEngine(providers, turn_policy(settings.turns), inline=inline, timers=timers)
    for problem in (missing, voiceless):
        if problem is not None:
            engine.stand_in(problem)
    return engine


def _with_a_voice(settings: Settings) -> tuple[Settings, EngineError | None]:
    """Return the settings with the default voice where there is none of that name, and what to say of it."""
    try:
        check_voice(settings)
    except ProviderError as e:
        voice = TtsSettings().voice
        return replaced(settings, {"tts.voice": voice}), EngineError(f"{e.message}, so {voice!r} speaks", hint=e.hint)
    return settings, None


def _moshi(settings: Settings, *, inline: bool, trace: Path | None, watch: Watch) -> Engine:
    """Load the model; MLX is loaded here and nowhere else."""
    from voice_tui.engine.moshi.factory import make_moshi

    def ears() -> tuple[Vad, Stt, TurnPolicy]:
        return make_vad(settings), make_stt(settings, state_dir(), inline=inline), turn_policy(settings.turns)

    return make_moshi(settings.moshi, inline=inline, ears=ears, trace=trace, watch=watch)


def build_responder(settings: Settings, memory: MemoryPort, clock: Callable[[], datetime] | None = None) -> Responder:
    """Make what answers; see `build_engine`.

    Raises:
        ConfigError: The address of the language model is none.
    """
    return make_responder(settings, memory, clock or _local_time, encode_flac, decode)


def turns_loader(talks: Conversations) -> LoadTurns:
    """Return what loads the latest turns of a conversation that was kept."""

    def load(conversation: str) -> list[PastTurn]:
        try:
            turns = talks.latest(conversation, MOST_TURNS)
        except MemoryStoreError as e:
            raise EngineError(e.message, hint=e.hint) from e
        if not turns:
            raise EngineError("That conversation is not there any more", hint="It may have been deleted")
        return [PastTurn(turn.role, turn.text, turn.interrupted) for turn in turns]

    return load


def guard(settings: Settings) -> Guard:
    """Return what chooses the echo canceller for the devices that are open.

    Without its library it listens only while nothing is played.
    """

    def choose(devices: DevicesChanged) -> EchoGuard | None:
        try:
            return echo_guard(settings.audio.echo, devices.output)
        except ImportError as e:
            log.warning("the echo canceller does not load, so listening stops while speaking: %s", e)
            return HalfDuplex()

    return choose


def note_loader(memory: MemoryPort) -> LoadNote:
    """Return what loads the recording of a spoken note."""

    def load(memory_id: str) -> tuple[Pcm, str]:
        try:
            clip, found = memory.clip(memory_id), memory.get(memory_id)
        except MemoryStoreError as e:
            raise EngineError(e.message, hint=e.hint) from e
        if clip is None or found is None:
            raise EngineError("That memory has no recording", hint="Only notes that were spoken have one")
        return decode(clip), found.text

    return load


def _local_time() -> datetime:
    return datetime.now().astimezone()
