"""What each setting does, seen from outside: two values, and what differs between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from memory.conversations import Conversations
from memory.types import NewMemory, Turn
from tests.config.effects_llm import brought_up, noticed, slow_judge, who_judges
from tests.config.effects_moshi import device_found, pushed
from tests.engine.cascade.responder.desk import recording
from tests.engine.cascade.responder.fakes import FakeLlmServer, Peer, answering
from tests.engine.cascade.responder.talking import NOW
from tests.memory.models import tiny_model
from tests.memory.servers import FakeServer
from tests.session.fakes import FakeAudio, FakeEngine, tone
from voice_tui.audio.choice import DeviceInfo, candidates
from voice_tui.audio.line import formats
from voice_tui.engine.cascade.ports import Part, Text, UserTurn
from voice_tui.engine.cascade.providers import make_stt, make_tts
from voice_tui.engine.cascade.turns import CHUNK_SECONDS, TurnTaking
from voice_tui.engine.port import PastTurn
from voice_tui.errors import VoiceTuiError
from voice_tui.events import ConversationStarted, DevicesChanged, SessionStopped, TranscriptUpdated, TurnMeasured
from voice_tui.paths import state_dir
from voice_tui.schema import Value, replaced
from voice_tui.session.build import build_engine, build_responder, guard, open_memory, turn_policy
from voice_tui.session.listeners import Listeners
from voice_tui.session.loop import Session, Start
from voice_tui.settings import Settings

Observe = Callable[[Settings, Path], object]
"""Settings and a folder of one's own -> what can be seen of them."""


@dataclass(frozen=True)
class Effect:
    """Two values of a setting, what is looked at, and settings that it needs beside it."""

    one: Value
    other: Value
    observe: Observe
    beside: tuple[tuple[str, Value], ...] = ()

    def of(self, path: str, value: Value, folder: Path) -> object:
        folder.mkdir()
        base = replaced(Settings(), {"memory.path": str(folder / "memory.db"), **dict(self.beside)})
        return self.observe(replaced(base, {path: value}), folder)


# ---------------------------------------------------------------- sound


def devices_opened(settings: Settings, _: Path) -> object:
    rate, yes = 24_000, DeviceInfo
    known = [yes(0, "Inside", "ALSA", 1, 1, rate, True, True), yes(1, "USB", "ALSA", 1, 1, rate, False, False)]
    audio = settings.audio
    names = (
        candidates(known, audio.input, "input")[0].device.name,
        candidates(known, audio.output, "output")[0].device.name,
    )
    return names, formats(known[0], "input", (rate,), audio.block_samples)


def echo_guarded(settings: Settings, _: Path) -> object:
    return type(guard(settings)(DevicesChanged(input="Inside", output="Loudspeaker")))


def heard_and_played(settings: Settings, _: Path) -> object:
    engine, audio = FakeEngine(), FakeAudio([tone(), tone()])
    start = Start(mode=settings.turns.mode, volume=settings.audio.volume)
    session = Session(engine, audio, lambda event: None, start=start)
    audio.at_end = session.stop
    session.run()
    return float(engine.heard[0].max()), [float(pcm.max()) for pcm in audio.written[:1]]


# ---------------------------------------------------------------- turns


def decisions(
    settings: Settings, *parts: tuple[float, float], speaking: bool = False, unfinished: bool = False
) -> list[str]:
    """Feed (probability, seconds) one after the other."""
    turns, now, made = TurnTaking(turn_policy(settings.turns)), 0.0, []
    for probability, seconds in parts:
        for _ in range(round(seconds / CHUNK_SECONDS)):
            now += CHUNK_SECONDS
            decision = turns.on_chunk(probability, now, speaking=speaking)
            made += [decision.name] if decision else []
            if unfinished and made:
                turns.on_words(unfinished=True, backchannel=False)
    return made


def short_pause(settings: Settings, _: Path) -> object:
    return decisions(settings, (0.9, 1.0), (0.01, 0.9))


def pause_in_a_sentence(settings: Settings, _: Path) -> object:
    return decisions(settings, (0.9, 1.0), (0.01, 0.9), unfinished=True)


def faint_speech(settings: Settings, _: Path) -> object:
    return decisions(settings, (0.5, 1.0))


def a_word_in_between(settings: Settings, _: Path) -> object:
    return decisions(settings, (0.9, 0.4), speaking=True)


def endless_speech(settings: Settings, _: Path) -> object:
    return decisions(settings, (0.9, 8.0))


# ---------------------------------------------------------------- ears, voice, engine


def engine_made(settings: Settings, folder: Path) -> object:
    with open_memory(settings) as memory:
        engine = build_engine(settings, memory, inline=False)
        engine.close()
    return engine.capabilities.name


def ears_made(settings: Settings, folder: Path) -> object:
    stt = make_stt(settings, folder, inline=True)
    stt.close()
    return stt.name


def spoken(settings: Settings, _: Path) -> object:
    tts = make_tts(settings)
    pieces = list(tts.synthesize("a good day", threading.Event()))
    return round(float(sum(np.abs(piece, dtype=np.float64).sum() for piece in pieces)), 0)  # however it was cut


# ---------------------------------------------------------------- Moshi


def words_said(settings: Settings, folder: Path) -> object:
    """So many that some come twice."""
    return tokens_said(settings, folder, 60)


def tokens_said(settings: Settings, folder: Path, steps: int = 12) -> object:
    """What a tiny random model says in a few steps."""
    pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx])")
    from tests.engine.moshi.checkpoints import MICRO, write_micro
    from voice_tui.engine.moshi.factory import make_generator
    from voice_tui.engine.moshi.load.find import find

    model = folder.parent / "model"
    if not model.exists():
        write_micro(model, MICRO)
    generator = make_generator(find(str(model)), settings.moshi)
    said = [generator.step([step % 50] * 8) for step in range(steps)]
    return [(spoken.text, spoken.own.tolist()) for spoken in said]


def model_wanted(settings: Settings, _: Path) -> object:
    pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx])")
    with open_memory(settings) as memory:
        try:
            build_engine(settings, memory, inline=True, stand_in=False)
        except VoiceTuiError as e:
            return e.message
    return ""


# ---------------------------------------------------------------- answers


def said(parts: list[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Text))


def answer_to_unsure_words(settings: Settings, _: Path) -> object:
    with open_memory(settings) as memory:
        responder = build_responder(settings, memory)
        return said(list(responder.respond(UserTurn("good morning", confidence=0.5), threading.Event())))


def note_kept(settings: Settings, _: Path) -> object:
    with open_memory(settings) as memory:
        turn = UserTurn("remember that the key is under the pot", confidence=0.9, audio=recording())
        list(build_responder(settings, memory).respond(turn, threading.Event()))
        return [memory.clip(note.id) is not None for note in memory.list()]


@contextmanager
def asked(settings: Settings, *scripts: Callable[[Peer], None]) -> Iterator[tuple[FakeLlmServer, list[Part], str]]:
    """Ask a question of a language model that does what the scripts say; gives server, answer and error."""
    with FakeLlmServer(*scripts) as server, open_memory(settings) as memory:
        responder = build_responder(replaced(settings, {"llm.base_url": server.url}), memory, lambda: NOW)
        responder.recount([PastTurn("user", "long words " * 100), PastTurn("assistant", "yes " * 300)])
        parts: list[Part] = []
        error = ""
        try:
            parts += responder.respond(UserTurn("tell me a story", typed=True), threading.Event())
        except VoiceTuiError as e:
            error = e.message
        finally:
            responder.close()
        yield server, parts, error


def request_sent(settings: Settings, _: Path) -> object:
    with asked(settings, answering("Yes.")) as (server, _, _):
        (request,) = server.requests
        return request.body, request.headers.get("authorization")


def who_answers(settings: Settings, _: Path) -> object:
    with open_memory(settings) as memory:
        responder = build_responder(settings, memory)
        responder.close()
        return responder.name


def stalls(peer: Peer) -> None:
    peer.head()
    peer.wait_for_hang_up()


def stalled_after(settings: Settings, _: Path) -> object:
    with asked(settings, stalls) as (_, _, error):
        return error.rpartition("for ")[2]


def busy(peer: Peer) -> None:
    peer.head("503 Service Unavailable", "application/json")
    peer.raw(b"{}")


def tries(settings: Settings, _: Path) -> object:
    with asked(settings, busy) as (server, _, _):
        return len(server.requests)


# ---------------------------------------------------------------- what is kept


def memory_opened(settings: Settings, _: Path) -> object:
    with open_memory(settings) as memory:
        return memory.path


def vectors_made(settings: Settings, folder: Path) -> object:
    name = settings.memory.embedder_model
    model = str(tiny_model(folder / name, seed=len(name)))
    with open_memory(replaced(settings, {"memory.embedder_model": model}), patient=True) as memory:
        memory.add(NewMemory("the key is under the pot"))
        if memory.meaning:
            assert memory.meaning.wait(30.0)
        with memory.reading() as db:
            return db.execute("select name, dimension from embedder").fetchall()


def sent_to_the_server(settings: Settings, folder: Path) -> object:
    server = FakeServer()
    settings = replaced(settings, {"memory.remote": server.url if settings.memory.remote else ""})
    with open_memory(settings, tell=lambda event: None) as memory:
        kept = memory.add(NewMemory("the key is under the pot"))
        end = time.monotonic() + 20
        while (state := memory.remote_state()) is not None and state.waiting and time.monotonic() < end:
            time.sleep(0.01)
    held = [name == kept.id for name, *_ in server.held()] if server.requests else []
    server.close()
    return held


def conversation_kept(settings: Settings, folder: Path) -> object:
    settings = replaced(settings, {"recordings.path": settings.recordings.path or str(folder / "sounds")})
    with open_memory(settings) as memory:
        listeners = Listeners(settings, memory, lambda event: None)
        listeners.emit(ConversationStarted(conversation="c"))
        listeners.heard(tone(), tone())
        listeners.emit(TranscriptUpdated(turn=1, role="user", text="hello", final=True))
        listeners.emit(TurnMeasured(turn=2, total_ms=1, endpoint_ms=1, stt_ms=1, first_text_ms=1, tts_ms=1))
        listeners.emit(SessionStopped())
        for listener in (listeners._chronicle, listeners._learner, listeners._recorder, *listeners._logs):
            if listener is not None:
                listener.close(10.0)
        return Conversations(memory).count(), sorted(
            p.name for p in Path(settings.recordings.path).rglob("session.json")
        )


def learnt(settings: Settings, folder: Path) -> object:
    said = (
        "i live in oslo",
        "the kitchen needs yellow paint",
        "we painted the garden fence",
        "old maps of norway are nice",
    )
    with open_memory(settings) as memory:
        turns = [Turn(number=number, role="user", text=text) for number, text in enumerate(said)]
        Conversations(memory).append("over", turns)
        listeners = Listeners(settings, memory, lambda event: None)
        listeners.emit(ConversationStarted(conversation="c"))
        listeners.emit(TranscriptUpdated(turn=1, role="user", text="i live in oslo", final=True))
        listeners.emit(SessionStopped())
        for listener in (listeners._learner, listeners._chronicle, *listeners._logs):
            if listener is not None:
                listener.close(10.0)
        return len(memory.suggestions()), [note.kind for note in memory.list()]


def recording_folder(settings: Settings, folder: Path) -> object:
    conversation_kept(settings, folder)
    return [p.exists() and any(p.iterdir()) for p in (folder.parent / "first", folder.parent / "second")]


def logs_written(settings: Settings, folder: Path) -> object:
    for old in state_dir().glob("*.log"):
        old.unlink()
    conversation_kept(settings, folder)
    return sorted(path.name for path in state_dir().glob("*.log"))


# ---------------------------------------------------------------- the table

ASK: tuple[tuple[str, Value], ...] = (("llm.model", "tiny"), ("llm.timeout", 60.0), ("llm.retries", 0))

SEEDED: tuple[tuple[str, Value], ...] = (("moshi.seed", 7),)

EFFECTS: dict[str, Effect] = {
    "engine.name": Effect("cascade", "passthrough", engine_made),
    "moshi.model": Effect("some/model", "other/model", model_wanted, (("engine.name", "moshi"),)),
    "moshi.device": Effect("cpu", "cuda", device_found),
    "moshi.temperature": Effect(0.0, 1.0, tokens_said, SEEDED),
    "moshi.text_temperature": Effect(0.0, 1.0, tokens_said, SEEDED),
    "moshi.top_k": Effect(1, 0, tokens_said, SEEDED),
    "moshi.text_top_k": Effect(1, 0, tokens_said, SEEDED),
    "moshi.repetition_penalty": Effect(1.0, 2.0, words_said, (*SEEDED, ("moshi.text_temperature", 0.0))),
    "moshi.padding_bonus": Effect(0.0, 50.0, tokens_said, SEEDED),
    "moshi.seed": Effect(7, 8, tokens_said),
    "moshi.alignment": Effect("reference", "upstream", tokens_said, SEEDED),
    "moshi.strategy": Effect("add", "monologue", pushed),
    "moshi.persona": Effect("be kind", "be curt, and brief", pushed, (("moshi.strategy", "prefill"),)),
    "moshi.pin": Effect(False, True, pushed, (("moshi.strategy", "prefill"),)),
    "moshi.add_strength": Effect(0.5, 2.0, pushed, (("moshi.strategy", "add"),)),
    "moshi.add_seconds": Effect(0.2, 0.6, pushed, (("moshi.strategy", "add"),)),
    "moshi.greeting": Effect("", "hello", pushed),
    "audio.input": Effect("", "USB", devices_opened),
    "audio.output": Effect("", "USB", devices_opened),
    "audio.block_samples": Effect(240, 960, devices_opened),
    "audio.echo": Effect("off", "half-duplex", echo_guarded),
    "audio.volume": Effect(1.0, 0.5, heard_and_played),
    "turns.mode": Effect("open", "push", heard_and_played),
    "turns.silence": Effect(0.3, 2.5, short_pause),
    "turns.max_silence": Effect(0.3, 2.5, pause_in_a_sentence),
    "turns.vad_threshold": Effect(0.2, 0.9, faint_speech),
    "turns.interrupt_after": Effect(0.06, 1.0, a_word_in_between),
    "turns.max_turn": Effect(5.0, 60.0, endless_speech),
    "stt.ask_below": Effect(0.0, 1.0, answer_to_unsure_words),
    "tts.provider": Effect("espeak", "none", spoken),
    "tts.voice": Effect("en-us", "de", spoken),
    "tts.words_per_minute": Effect(100, 300, spoken),
    "llm.base_url": Effect("", "http://127.0.0.1:9/v1", who_answers),
    "llm.model": Effect("tiny", "small", request_sent, ASK[1:]),
    "llm.api_key_env": Effect("VOICE_TUI_TEST_KEY", "VOICE_TUI_NO_KEY", request_sent, ASK),
    "llm.system_prompt": Effect("You are kind.", "You are curt.", request_sent, ASK),
    "llm.temperature": Effect(0.0, 1.0, request_sent, ASK),
    "llm.max_tokens": Effect(50, 60, request_sent, ASK),
    "llm.context_tokens": Effect(512, 100_000, request_sent, (*ASK, ("llm.max_tokens", 50))),
    "llm.timeout": Effect(1.0, 1.5, stalled_after, ASK[::2]),
    "llm.retries": Effect(0, 1, tries, ASK[:2]),
    "memory.embedder": Effect("auto", "none", vectors_made, (("memory.embedder_model", "small"),)),
    "memory.embedder_model": Effect("small", "tiny", vectors_made),
    "memory.bar": Effect(0.3, 0.95, brought_up),
    "memory.judge": Effect("built-in", "llm", who_judges, (("memory.judge_seconds", 10.0),)),
    "memory.judge_seconds": Effect(0.2, 10.0, slow_judge, (("memory.judge", "llm"),)),
    "memory.suggest_by_llm": Effect(True, False, noticed),
    "memory.note_audio": Effect(True, False, note_kept),
    "memory.suggest": Effect(True, False, learnt),
    "memory.summaries": Effect(True, False, learnt),
    "memory.conversations": Effect(True, False, conversation_kept),
    "memory.remote": Effect("", "a server", sent_to_the_server),
    "recordings.enabled": Effect(True, False, conversation_kept),
    "log.timings": Effect(True, False, logs_written),
    "log.text": Effect(True, False, logs_written),
}
"""Those that one function can show; the paths, the ears, the look and the log have tests of their own."""
