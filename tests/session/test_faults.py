"""What breaks around a real session: its process, its disk, a second app. One clear sentence, and nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.file.health import check
from memory.store import SqliteMemory
from memory.types import Turn
from tests.session.test_host import DEADLINE, Listener, answered, started
from voice_tui.events import (
    AnswerHeard,
    ConversationStarted,
    MemoryChanged,
    Notice,
    RecordingChanged,
    ResumeConversation,
    SendText,
    StateChanged,
    TranscriptUpdated,
)
from voice_tui.session.host import SessionHost
from voice_tui.session.recording_format import read_about, read_entries, recordings
from voice_tui.settings import MemorySettings, RecordingSettings, Settings, TtsSettings

pytestmark = pytest.mark.timeout(180)

needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture(autouse=True)
def no_sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No sound server: the session lives without devices."""
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    monkeypatch.delenv("ALSA_CONFIG_PATH", raising=False)


class Desktop:
    """Sessions that are closed at the end."""

    def __init__(self) -> None:
        self._hosts: list[SessionHost] = []

    def open(self, settings: Settings) -> tuple[SessionHost, Listener]:
        """Start a session and wait for it."""
        host, listener = SessionHost(settings), Listener()
        self._hosts.append(host)
        host.start(listener)
        listener.wait(started, 2 * DEADLINE)
        return host, listener

    def close(self) -> None:
        for host in self._hosts:
            host.close(timeout=2.0)


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    made = Desktop()
    yield made
    made.close()


def silent(memory: Path, **more) -> Settings:
    return Settings(memory=MemorySettings(path=str(memory)), tts=TtsSettings(provider="none"), **more)


def ask(host: SessionHost, listener: Listener, text: str) -> str:
    """Type something; returns the answer."""
    host.send(SendText(text=text))
    listener.wait(lambda event: isinstance(event, TranscriptUpdated) and event.role == "user" and event.final)
    answer = listener.wait(answered, 2 * DEADLINE)
    assert isinstance(answer, TranscriptUpdated)
    return answer.text


def kept(memory: Path) -> list[list[Turn]]:
    """The turns of every conversation."""
    with SqliteMemory(memory) as store:
        talks = Conversations(store)
        return [talks.latest(talk.id, 100) for talk in talks.list()]


def wait_until_kept(memory: Path, said: str) -> None:
    """Wait until a turn is on the disk: it is written while the answer is being spoken, not after it."""
    end = time.monotonic() + DEADLINE
    while said not in [turn.text for turns in kept(memory) for turn in turns]:
        assert time.monotonic() < end, f"{said!r} is not in the file"
        time.sleep(0.01)


@needs_voice
def test_killed_while_it_speaks_it_goes_on_where_it_was(desktop: Desktop, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    settings = Settings(
        memory=MemorySettings(path=str(path)), recordings=RecordingSettings(enabled=True, path=str(tmp_path / "rec"))
    )
    host, listener = desktop.open(settings)
    conversation = listener.wait(lambda event: isinstance(event, ConversationStarted))
    assert isinstance(conversation, ConversationStarted)
    ask(host, listener, "remember that the key is under the pot")
    host.send(SendText(text="what can you do"))
    listener.wait(lambda event: isinstance(event, TranscriptUpdated) and event.text == "what can you do")
    listener.wait(lambda event: isinstance(event, TranscriptUpdated) and event.role == "assistant")
    listener.wait(lambda event: isinstance(event, StateChanged) and event.state == "speaking")
    listener.wait(lambda event: isinstance(event, AnswerHeard) and event.text != "")
    wait_until_kept(path, "what can you do")
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    notice = listener.wait(lambda event: isinstance(event, Notice) and event.severity == "error")
    assert isinstance(notice, Notice)
    assert "SIGKILL" in notice.message
    assert "your memories are safe" in notice.hint
    listener.wait(started, 2 * DEADLINE)
    host.send(ResumeConversation(conversation=conversation.conversation))
    listener.wait(lambda event: isinstance(event, ConversationStarted) and event.resumed)
    assert "pot" in ask(host, listener, "where is the key")
    host.close(timeout=5.0)
    assert check(path).ok
    (turns,) = kept(path)
    said = [turn.text for turn in turns if turn.role == "user"]
    assert said == ["remember that the key is under the pot", "what can you do", "where is the key"]
    for found in recordings(tmp_path / "rec", 10):
        assert read_about(found.folder).format == 1
        assert read_entries(found.folder), "what was recorded until then can be read"


def test_killed_while_it_writes_nothing_that_was_acknowledged_is_gone(desktop: Desktop, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    host, listener = desktop.open(silent(path))
    for number in range(2):
        host.send(SendText(text=f"remember that box {number} is blue"))
        listener.wait(lambda event: isinstance(event, MemoryChanged), 2 * DEADLINE)
        listener.wait(answered, 2 * DEADLINE)
        host.send(SendText(text=f"remember that crate {number} is red"))
        listener.wait(lambda event: isinstance(event, TranscriptUpdated) and "crate" in event.text)
        assert host.pid is not None
        os.kill(host.pid, signal.SIGKILL)  # the note is being written, or was just now
        listener.wait(started, 2 * DEADLINE)
    remembered = {event.text for event in listener.events if isinstance(event, MemoryChanged)}
    assert {f"box {number} is blue" for number in range(2)} <= remembered
    host.close(timeout=5.0)
    with SqliteMemory(path) as store:
        assert store.notices == (), "the file was never damaged"
        assert remembered <= {memory.text for memory in store.everything()}
    assert check(path).ok


def test_two_apps_on_one_file_remember_for_each_other(desktop: Desktop, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    first, second = desktop.open(silent(path)), desktop.open(silent(path))
    ask(*first, "remember that the key is under the pot")
    ask(*second, "remember that the bicycle is in the cellar")
    assert "pot" in ask(*second, "where is the key")
    assert "cellar" in ask(*first, "where is the bicycle")
    for host, listener in (first, second):
        host.close(timeout=5.0)
        assert not [event for event in listener.events if isinstance(event, Notice) and event.severity == "error"]
    assert sorted(len(turns) for turns in kept(path)) == [4, 4], "each has its own conversation"
    assert check(path).ok


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1.5 MB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_told_and_the_talk_goes_on_and_later_everything_is_kept(
    desktop: Desktop, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory, transcripts, recording and logs on one full disk."""
    monkeypatch.setenv("XDG_STATE_HOME", str(small_disk / "state"))
    path = small_disk / "memory.db"
    settings = silent(path, recordings=RecordingSettings(enabled=True, path=str(small_disk / "rec")))
    host, listener = desktop.open(settings)
    listener.wait(lambda event: isinstance(event, RecordingChanged) and event.recording)
    ask(host, listener, "remember that the key is under the pot")
    filler = small_disk / "filler"
    _fill(filler)
    answer = ask(host, listener, "remember that the bicycle is in the cellar")
    assert "pot" in ask(host, listener, "where is the key"), "what was kept before is there"
    told = [event for event in listener.events if isinstance(event, Notice)]
    sentences = " | ".join([answer, *(f"{notice.message} {notice.hint}" for notice in told)])
    assert "disk is full" in sentences.lower() or "could not" in sentences.lower(), sentences
    stopped = lambda event: isinstance(event, RecordingChanged) and not event.recording  # noqa: E731
    if not any(stopped(event) for event in listener.events):
        listener.wait(stopped)
    told = [event.message for event in listener.events if isinstance(event, Notice)]
    assert len(told) == len(set(told)), "nothing is said twice"
    filler.unlink()
    assert ask(host, listener, "remember that the tea is in the tin")
    assert "tin" in ask(host, listener, "where is the tea")
    host.close(timeout=5.0)
    assert check(path).ok
    (turns,) = kept(path)
    assert [turn.text for turn in turns if turn.role == "user"] == [
        "remember that the key is under the pot",
        "remember that the bicycle is in the cellar",
        "where is the key",
        "remember that the tea is in the tin",
        "where is the tea",
    ]


def _fill(file: Path) -> None:
    """Take all the room that is left."""
    with file.open("wb", buffering=0) as filler:
        for size in (65_536, 4_096):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                continue
