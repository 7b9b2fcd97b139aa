"""The engine behind its port: a conversation on a file, what it says, and what it does when something is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile

from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.engine.cascade.fakes import FakeStt, FakeVad
from tests.engine.moshi.checkpoints import mimi_file
from tests.engine.moshi.needed import mx as mx  # this engine needs it
from voice_tui import cli
from voice_tui.engine.cascade.turns import TurnPolicy
from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.engine import MoshiEngine, Parts, Turns
from voice_tui.engine.moshi.factory import Words, make_generator
from voice_tui.engine.moshi.guide import HUSHED_FRAMES, TAIL_FRAMES
from voice_tui.engine.moshi.listener import Listener
from voice_tui.engine.moshi.load.find import find
from voice_tui.engine.moshi.options import sampling_of
from voice_tui.engine.moshi.speech import PAUSE_FRAMES, Speech, Spell
from voice_tui.engine.moshi.traits import traits_of
from voice_tui.engine.port import Context, PastTurn, Step, Tick
from voice_tui.errors import EngineStoppedError
from voice_tui.events import AnyEvent, Notice, StateChanged, TranscriptUpdated
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, silence
from voice_tui.paths import prompts_dir
from voice_tui.settings import MoshiSettings

TONE = (0.3 * np.sin(np.arange(6 * FRAME_SAMPLES) * 2 * np.pi * 220 / SAMPLE_RATE)).astype(np.float32)
QUIET = ("--set", "moshi.padding_bonus=50", "--set", "moshi.transcribe=false")
"""A random model never ends its turn; without words the file ends soon after the input."""


def talked(talker: Path, folder: Path, *more: str) -> tuple[int, dict[str, np.ndarray]]:
    """Hold a conversation on a file; gives the exit code and the trace."""
    soundfile.write(folder / "in.wav", TONE, SAMPLE_RATE)
    command = ["talk", "--engine", "moshi", "--model", str(talker), "--input", str(folder / "in.wav")]
    command += ["--output", str(folder / "out.wav"), "--trace", str(folder / "trace.npz"), *QUIET, *more]
    status = cli.main(command)
    trace = folder / "trace.npz"
    return status, dict(np.load(trace)) if trace.exists() else {}


def test_the_same_seed_gives_the_same_bytes(talker: Path, tmp_path: Path) -> None:
    for name in ("one", "again"):
        (tmp_path / name).mkdir()
    status, one = talked(talker, tmp_path / "one", "--seed", "5")
    assert status == 0
    assert talked(talker, tmp_path / "again", "--seed", "5")[0] == 0
    assert (tmp_path / "one" / "out.wav").read_bytes() == (tmp_path / "again" / "out.wav").read_bytes()
    frames = len(one["text"])
    assert frames >= 6
    assert (one["user"].shape, one["audio"].shape, one["step_ms"].shape) == ((frames, 8), (frames, 8), (frames,))
    assert set(one["audio"][0]) == {-1}
    assert one["audio"][1:].min() >= 0
    sound, _ = soundfile.read(tmp_path / "one" / "out.wav")
    assert np.abs(sound).max() > 0.01


def test_what_is_known_reaches_the_model_and_the_log(talker: Path, tmp_path: Path) -> None:
    """From the memory's file over the prompt to the events; the greeting is said after it."""
    with SqliteMemory(tmp_path / "memory.db") as memory:
        memory.add(NewMemory("the dog"))
    told = ("--set", f"memory.path={tmp_path / 'memory.db'}", "--set", "moshi.strategy=prefill")
    more = ("--set", "moshi.persona=hi", "--set", "moshi.greeting=hello", "--events", str(tmp_path / "events.jsonl"))
    status, _ = talked(talker, tmp_path, *told, *more)
    assert status == 0
    log = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    (used,) = [event for event in log if event["type"] == "memory_recalled"]
    assert (used["strategy"], used["texts"]) == ("prefill", ["the dog"])
    assert used["frames"] == used["tokens"] > 0
    assert [event["text"] for event in log if event["type"] == "transcript" and event["final"]] == ["hello"]
    assert len(list(prompts_dir().iterdir())) == 1, "the next start is instant"


def test_a_model_that_is_not_there_is_told_and_the_cascade_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "in.wav", silence(), SAMPLE_RATE)
    log = tmp_path / "events.jsonl"
    monkeypatch.setenv("VOICE_TUI_ENGINE_NAME", "moshi")
    assert cli.main(["talk", "--input", str(tmp_path / "in.wav"), "--events", str(log)]) == 0
    assert "kyutai/moshiko-mlx-q4 is not on this machine" in capsys.readouterr().err
    started = [json.loads(line) for line in log.read_text().splitlines()][:2]
    assert "cascade" in {event.get("engine") for event in started}


def test_an_engine_that_was_asked_for_here_and_cannot_be_had_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(tmp_path / "in.wav", silence(), SAMPLE_RATE)
    log = tmp_path / "events.jsonl"
    command = ["talk", "--engine", "moshi", "--input", str(tmp_path / "in.wav"), "--events", str(log)]
    assert cli.main(command) == 1
    assert "kyutai/moshiko-mlx-q4 is not on this machine" in capsys.readouterr().err
    assert not log.exists()


def test_a_trace_needs_this_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["talk", "--input", "a.wav", "--trace", str(tmp_path / "t.npz")]) == 1
    assert "Only the engine moshi writes a trace" in capsys.readouterr().err


@pytest.fixture(scope="module")
def codec() -> Iterator[MimiCodec]:
    codec = MimiCodec(mimi_file(), inline=True)
    yield codec
    codec.close()


def made_engine(talker: Path, codec: MimiCodec, settings: MoshiSettings, spell: Spell) -> MoshiEngine:
    checkpoint = find(str(talker))
    parts = Parts(
        name="tiny",
        generator=make_generator(checkpoint, settings),
        codec=codec,
        traits=traits_of("tiny", checkpoint.config),
        spell=spell,
        encode=Words(checkpoint.text).encode,
        turns=Turns(),
    )
    return MoshiEngine(parts, settings)


@pytest.fixture
def engine(talker: Path, codec: MimiCodec) -> MoshiEngine:
    """Greedy, without a listener; every token is a word."""
    codec.reset()
    settings = MoshiSettings(temperature=0, text_temperature=0, seed=1)
    return made_engine(talker, codec, settings, lambda ids: " ".join(map(str, ids)))


def steps(engine: MoshiEngine, count: int) -> list[Step]:
    return [engine.step(TONE[:FRAME_SAMPLES], Tick(0.08 * number, 0)) for number in range(count)]


def events(made: list[Step]) -> list[AnyEvent]:
    return [event for step in made for event in step.events]


def test_text_becomes_a_turn_that_grows(engine: MoshiEngine) -> None:
    made = steps(engine, 4)
    assert made[0].pcm is None
    assert all(step.pcm is not None and step.pcm.shape == (FRAME_SAMPLES,) for step in made[1:])
    state, *said = events(made)
    assert isinstance(state, StateChanged)
    assert state.state == "speaking"
    texts = [event.text for event in said if isinstance(event, TranscriptUpdated)]
    assert [len(text.split()) for text in texts] == list(range(1, len(texts) + 1))
    assert not engine.idle


def test_an_interruption_is_silence_and_the_end_of_the_turn(engine: MoshiEngine) -> None:
    steps(engine, 3)
    engine.interrupt(Tick(1.0, 0))
    made = steps(engine, HUSHED_FRAMES)
    assert made[0].flush
    assert not any(step.flush for step in made[1:])
    assert all(not step.pcm.any() for step in made if step.pcm is not None)
    final = [event for event in events(made) if isinstance(event, TranscriptUpdated)]
    assert [(event.final, event.interrupted) for event in final] == [(True, True)]
    assert engine.idle


def test_a_reset_begins_the_same_conversation_again(engine: MoshiEngine) -> None:
    def texts() -> list[str]:
        return [e.text for e in events(steps(engine, 3)) if isinstance(e, TranscriptUpdated)]

    engine.reset()
    first = texts()
    engine.reset()
    assert texts() == first


def test_a_note_is_played_instead_of_its_voice(engine: MoshiEngine) -> None:
    steps(engine, 2)
    note = np.full(FRAME_SAMPLES + 100, 0.25, np.float32)
    engine.play(note, "a note", Tick(0.2, 0))
    first, second, third = steps(engine, 3)
    assert first.pcm is not None and second.pcm is not None and third.pcm is not None
    assert np.all(first.pcm == 0.25)
    assert np.all(second.pcm[:100] == 0.25) and not second.pcm[100:].any()
    assert third.pcm.any()
    assert "a note" in [event.text for event in events([first]) if isinstance(event, TranscriptUpdated)]


def test_what_it_cannot_do_it_says(engine: MoshiEngine) -> None:
    engine.send_text("hello", Tick(0.0, 0))
    assert any(isinstance(event, Notice) for event in events([engine.poll(Tick(0.0, 0))]))
    assert engine.inject(Context(("a fact",))).strategy == "unsupported"


GREETED = MoshiSettings(temperature=0, text_temperature=0, seed=1, padding_bonus=50, greeting="hello you and me")


@pytest.fixture(scope="module")
def reserved(talker: Path, codec: MimiCodec) -> MoshiEngine:
    """It says only what it is made to say."""
    return made_engine(talker, codec, GREETED, Words(find(str(talker)).text).spell)


def test_the_greeting_is_a_turn_in_step_with_the_voice_and_ends_when_interrupted(reserved: MoshiEngine) -> None:
    reserved.tune(GREETED)
    reserved.reset()
    made = steps(reserved, 6)
    assert [event.text for event in events(made) if isinstance(event, TranscriptUpdated)] == ["hello"]
    assert all(step.pcm is not None and step.pcm.any() for step in made[1:]), "aloud"
    assert not reserved.idle
    reserved.interrupt(Tick(1.0, 0))
    (final,) = [event for event in events(steps(reserved, 20)) if isinstance(event, TranscriptUpdated)]
    assert (final.text, final.final, final.interrupted) == ("hello", True, True)
    reserved.reset()
    reserved.recount([PastTurn("user", "hello")])
    assert events(steps(reserved, 6)) == [], "whoever comes back is not greeted again"


@pytest.mark.parametrize("echo", [False, True])
def test_whoever_speaks_over_the_greeting_ends_it_but_not_its_echo(
    echo: bool, reserved: MoshiEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(FakeVad(), FakeStt([]), TurnPolicy(), Turns().next)
    monkeypatch.setattr(reserved, "_parts", replace(reserved._parts, listener=listener))
    reserved.tune(GREETED)
    reserved.reset()
    for number in range(8):  # speech counts as such from the fourth frame on
        reserved.step(TONE[:FRAME_SAMPLES], Tick(0.08 * number, 0, echo=echo))
    assert listener.hearing
    assert reserved._guide.greeting == echo


def test_temperature_and_seed_count_from_the_next_frame_on(reserved: MoshiEngine) -> None:
    def said(seed: int) -> list[str]:
        reserved.tune(msgspec.structs.replace(GREETED, greeting=""))
        reserved.reset()
        assert events(steps(reserved, 2)) == []
        warm = {"temperature": 1.0, "text_temperature": 1.0, "padding_bonus": 0.0, "seed": seed}
        reserved.tune(msgspec.structs.replace(GREETED, greeting="", **warm))
        return [event.text for event in events(steps(reserved, 3)) if isinstance(event, TranscriptUpdated)]

    assert said(7) == said(7) != said(8)


def test_a_thought_is_neither_heard_nor_read(reserved: MoshiEngine) -> None:
    reserved.tune(msgspec.structs.replace(GREETED, greeting="", strategy="monologue"))
    reserved.reset()
    steps(reserved, 2)
    told = reserved.inject(Context(("hello",)))
    assert (told.strategy, told.tokens, told.frames) == ("monologue", 1, 1 + TAIL_FRAMES)
    assert reserved.capabilities.inject == ("monologue",)
    assert "experimental" in reserved.capabilities.detail
    made = steps(reserved, told.frames + 2)
    assert events(made) == []
    silent = [step.pcm is not None and not step.pcm.any() for step in made]
    assert silent == [True] * told.frames + [False] * 2


def test_after_its_end_a_step_is_refused(talker: Path) -> None:
    engine = made_engine(talker, MimiCodec(mimi_file(), inline=True), MoshiSettings(), str)
    engine.close()
    engine.close()
    with pytest.raises(EngineStoppedError):
        steps(engine, 1)


def test_turns_end_after_a_pause_and_count_on() -> None:
    turns = Turns()
    speech = Speech(lambda ids: "-".join(map(str, ids)), turns.next)
    heard: list[Any] = []
    for token in (7, 3, 8, *[3] * PAUSE_FRAMES, 0, 9, *[0] * PAUSE_FRAMES):
        heard += [e for e in speech.note(token, 1.0) if isinstance(e, TranscriptUpdated)]
    assert [(event.turn, event.text, event.final) for event in heard] == [
        (1, "7", False), (1, "7-8", False), (1, "7-8", True), (2, "9", False), (2, "9", True)
    ]  # fmt: skip
    assert not speech.open


def test_the_settings_reach_the_sampling() -> None:
    settings = MoshiSettings(temperature=0.1, text_temperature=0.2, top_k=3, text_top_k=4)
    sampling = sampling_of(settings)
    assert (sampling.temperature, sampling.text_temperature, sampling.top_k, sampling.text_top_k) == (0.1, 0.2, 3, 4)
