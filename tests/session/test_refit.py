"""Other settings while the session runs: real engines and a real memory file, on a double of the devices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memory.conversations import Conversations
from memory.store import SqliteMemory
from tests.session.fakes import FakeAudio, tone
from voice_tui.errors import ProviderError
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    ChangeSettings,
    ConversationStarted,
    DevicesChanged,
    EngineChanged,
    NewConversation,
    SendText,
    SettingsChanged,
    TalkChanged,
    TranscriptUpdated,
    TranscriptWithdrawn,
    VolumeChanged,
)
from voice_tui.frame import Frame
from voice_tui.schema import replaced
from voice_tui.session.build import build_engine
from voice_tui.session.listeners import Listeners
from voice_tui.session.live import Workshop
from voice_tui.session.loop import Session, Start
from voice_tui.session.refit import Made, Part, Refit
from voice_tui.session.start import Library
from voice_tui.settings import MemorySettings, Settings, TtsSettings

DEADLINE = 20.0


class PacedAudio(FakeAudio):
    """Frames of the person's sound at about 1 ms each, so that threads beside the loop get their turn."""

    def read(self, timeout: float) -> Frame | None:
        time.sleep(0.001)
        self.reads += 1
        return self.frames[0]

    @property
    def exhausted(self) -> bool:
        return False


class Bench:
    """A session that is driven by what it says: `then` maps the first event that fits to the next command."""

    def __init__(self, folder: Path, **changes: object) -> None:
        base = Settings(memory=MemorySettings(path=str(folder / "memory.db")), tts=TtsSettings(provider="none"))
        self.settings = replaced(base, changes)  # type: ignore[arg-type]
        self.memory = SqliteMemory(self.settings.memory.path)
        self.events: list[AnyEvent] = []
        self.listeners = Listeners(self.settings, self.memory, self._note)
        self.workshop = Workshop(self.memory, self.listeners)
        self.audio = PacedAudio([tone(0.0)])
        self.session = Session(
            build_engine(self.settings, self.memory, inline=False, timers=self.workshop.timers),
            self.audio,
            self.listeners.emit,
            start=Start(mode=self.settings.turns.mode, volume=self.settings.audio.volume),
            library=Library(load_turns=self.workshop.load_turns),
            refit=Refit(self.settings, self.workshop),
            tap=self.listeners,
            at_end=self.listeners.close,
        )
        self.script: list[tuple[Callable[[AnyEvent], bool], Callable[[], object]]] = []
        self.deadline = time.monotonic() + DEADLINE

    def _note(self, event: AnyEvent) -> None:
        self.events.append(event)
        if self.script and self.script[0][0](event):
            self.script.pop(0)[1]()
        if time.monotonic() > self.deadline:
            self.session.stop("too late")

    def run(self, *steps: tuple[Callable[[AnyEvent], bool], AnyCommand]) -> None:
        """Give each command when its event has come; stop with the last event."""
        for wanted, command in steps[:-1]:
            self.script.append((wanted, lambda command=command: self.session.command(command)))
        self.script.append((steps[-1][0], lambda: self.session.stop("done")))
        assert self.session.run() == 0
        assert not self.script, [type(e).__name__ for e in self.events if type(e).__name__ != "Stats"][-12:]

    def change(self, **values: object) -> ChangeSettings:
        self.settings = replaced(self.settings, {p.replace("__", "."): v for p, v in values.items()})  # type: ignore[misc]
        return ChangeSettings(settings=self.settings)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def listening(event: AnyEvent) -> bool:
    return isinstance(event, ConversationStarted)


def changed(event: AnyEvent) -> bool:
    return isinstance(event, SettingsChanged)


def renewed(event: AnyEvent) -> bool:
    return isinstance(event, EngineChanged)


def answered(event: AnyEvent) -> bool:
    return isinstance(event, TranscriptUpdated) and event.role == "assistant" and event.final


END: Any = None


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for thread in threading.enumerate():
        if thread.name in ("retiring", "refit"):
            thread.join(DEADLINE)
    made.workshop.close()


def test_what_needs_no_making_applies_at_once(bench: Bench) -> None:
    change = bench.change(audio__volume=0.4, turns__mode="push", audio__input="USB", audio__block_samples=240)
    bench.run((listening, change), (lambda e: isinstance(e, DevicesChanged) and e.input == "USB", END))
    (told,) = bench.of(SettingsChanged)
    assert told.applied == ("audio.input", "audio.block_samples", "audio.volume", "turns.mode")
    assert bench.of(VolumeChanged)[-1].volume == 0.4
    assert bench.of(TalkChanged)[-1].mode == "push"
    assert bench.of(DevicesChanged)[-1].input == "USB"
    assert bench.audio.block_samples == 240


def test_only_what_differs_is_touched(bench: Bench) -> None:
    from voice_tui.events import SetVolume

    steps = (
        (listening, SetVolume(volume=0.7)),
        (lambda e: isinstance(e, VolumeChanged) and e.volume == 0.7, bench.change(turns__silence=0.9)),
    )
    bench.run(*steps, (changed, END))
    assert bench.of(SettingsChanged)[0].applied == ("turns.silence",)
    assert bench.of(VolumeChanged)[-1].volume == 0.7, "what was set by key stays"


def test_the_engine_is_toggled_and_the_conversation_goes_on(bench: Bench) -> None:
    bench.run(
        (listening, SendText(text="remember that the key is under the pot")),
        (answered, bench.change(engine__name="passthrough")),
        (changed, bench.change(engine__name="cascade")),
        (changed, SendText(text="where is the key")),
        (answered, SendText(text="say that again")),
        (answered, END),
    )
    assert [event.engine for event in bench.of(EngineChanged)] == ["passthrough", "cascade"]
    assert len(bench.of(ConversationStarted)) == 1
    finals = [e for e in bench.of(TranscriptUpdated) if e.final]
    assert [e.turn for e in finals] == list(range(1, 7)), "turn numbers go on"
    assert "pot" in finals[3].text
    assert finals[5].text == finals[3].text
    written = np.concatenate(bench.audio.written) if bench.audio.written else np.zeros(1)
    assert written.max() == 0.0


def test_the_new_engine_is_told_what_was_said(bench: Bench) -> None:
    bench.run(
        (listening, SendText(text="what time is it")),
        (answered, bench.change(engine__name="passthrough")),
        (changed, bench.change(engine__name="cascade")),
        (changed, SendText(text="say that again")),
        (answered, END),
    )
    finals = [e for e in bench.of(TranscriptUpdated) if e.final]
    assert finals[3].text == finals[1].text


def test_what_the_person_was_saying_is_withdrawn_with_the_engine_that_heard_it(bench: Bench) -> None:
    from voice_tui.session.past import Past

    past = Past()
    past.numbered(TranscriptUpdated(turn=1, role="user", text="hello", final=True))
    past.numbered(TranscriptUpdated(turn=2, role="user", text="and", final=False))
    assert past.change_engine() == [2]
    assert past.numbered(TranscriptWithdrawn(turn=1)) == TranscriptWithdrawn(turn=3)
    assert [turn.text for turn in past.turns()] == ["hello"]


def test_a_stage_is_toggled(bench: Bench) -> None:
    bench.run(
        (listening, bench.change(tts__provider="espeak", tts__voice="en-gb")),
        (renewed, SendText(text="what time is it")),
        (answered, END),
    )
    assert bench.of(EngineChanged)[0].detail.endswith("espeak-ng")
    assert bench.audio.written, "the new voice speaks"


def test_what_cannot_be_made_is_refused_and_the_old_one_stays(bench: Bench) -> None:
    bench.run(
        (listening, bench.change(llm__base_url="no address", audio__volume=0.5)),
        (changed, SendText(text="what time is it")),
        (answered, END),
    )
    (told,) = bench.of(SettingsChanged)
    assert told.refused == ("llm.base_url",)
    assert told.applied == ("audio.volume",)
    assert "llm.base_url" in told.message
    assert not bench.of(EngineChanged)


def test_a_maker_that_breaks_is_a_refusal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(settings: Settings, parts: frozenset[Part]) -> Made:
        raise MemoryError("no room")

    monkeypatch.setattr(bench.workshop, "make", broken)
    bench.run((listening, bench.change(engine__name="passthrough")), (changed, END))
    (told,) = bench.of(SettingsChanged)
    assert told.refused == ("engine.name",)
    assert "no room" in told.message


def test_the_newest_of_several_wishes_wins(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    make = bench.workshop.make

    def slow(settings: Settings, parts: frozenset[Part]) -> Made:
        made.append(settings.tts.voice)
        time.sleep(0.05)
        return make(settings, parts)

    monkeypatch.setattr(bench.workshop, "make", slow)
    first, *others = (bench.change(tts__voice=voice) for voice in ("en-gb", "de", "fr", "en-us-nyc"))
    for command in (first, *others):
        bench.session.command(command)
    bench.run((changed, END))
    assert made == ["en-us-nyc"]


def test_a_refused_one_is_asked_for_again_when_it_can_be_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    make, tries = bench.workshop.make, []

    def second_time(settings: Settings, parts: frozenset[Part]) -> Made:
        tries.append(parts)
        if len(tries) == 1:
            raise ProviderError("not now")
        return make(settings, parts)

    monkeypatch.setattr(bench.workshop, "make", second_time)
    wanted = bench.change(tts__voice="en-gb")
    bench.run((listening, wanted), (changed, wanted), (renewed, END))
    assert [event.refused for event in bench.of(SettingsChanged)][:1] == [("tts.voice",)]


def test_memories_transcripts_and_recordings_change_with_the_next_conversation(bench: Bench, tmp_path: Path) -> None:
    other, sounds = tmp_path / "other.db", tmp_path / "sounds"
    change = bench.change(
        memory__path=str(other),
        memory__conversations=True,
        recordings__enabled=True,
        recordings__path=str(sounds),
    )
    bench.run(
        (listening, change),
        (changed, SendText(text="remember that the key is under the pot")),
        (answered, NewConversation()),
        (changed, SendText(text="remember that the tea is in the tin")),
        (answered, END),
    )
    first, second = bench.of(SettingsChanged)
    assert not first.applied
    assert first.later == second.applied
    assert set(first.later) == {"memory.path", "recordings.enabled", "recordings.path"}
    assert [memory.text for memory in bench.memory.list()] == ["the key is under the pot"]
    with SqliteMemory(other) as store:
        assert [memory.text for memory in store.list()] == ["the tea is in the tin"]
        (kept,) = Conversations(store).list()
        assert kept.turns == 2
    (folder,) = sounds.iterdir()
    assert kept.id in (folder / "session.json").read_text()


def test_what_is_changed_back_does_not_wait_for_the_next_conversation(bench: Bench) -> None:
    on, off = bench.change(recordings__enabled=True), bench.change(recordings__enabled=False)
    bench.run((listening, on), (changed, off), (changed, END))
    first, second = bench.of(SettingsChanged)
    assert (first.later, first.applied) == (("recordings.enabled",), ())
    assert (second.later, second.applied) == ((), ("recordings.enabled",))


def test_a_memory_that_cannot_be_opened_is_refused_before_it_is_needed(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "folder.db").mkdir()
    bench.run(
        (listening, bench.change(memory__path=str(tmp_path / "folder.db"))),
        (changed, NewConversation()),
        (listening, SendText(text="remember that the key is under the pot")),
        (answered, END),
    )
    (told,) = bench.of(SettingsChanged)
    assert told.refused == ("memory.path",)
    assert "folder.db" in told.message
    assert bench.memory.count() == 1


def test_frames_go_on_while_an_engine_is_made(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    make = bench.workshop.make
    seen: list[int] = []

    def slow(settings: Settings, parts: frozenset[Part]) -> Made:
        before = bench.audio.reads
        while bench.audio.reads < before + 10 and time.monotonic() < bench.deadline:
            time.sleep(0.001)
        seen.append(bench.audio.reads - before)
        return make(settings, parts)

    monkeypatch.setattr(bench.workshop, "make", slow)
    bench.run((listening, bench.change(engine__name="passthrough")), (changed, END))
    assert seen[0] >= 10, "the loop stood still"
