"""Recordings: everything on one timeline, readable whatever happens, and never in the way of the conversation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.session.fakes import FakeAudio, FakeEngine
from tests.session.recorded import PATIENCE, Recorded, noise, track
from voice_tui.engine.port import Step
from voice_tui.events import (
    AnyEvent,
    DevicesChanged,
    NewConversation,
    SendText,
    SessionStarted,
    SessionStopped,
    SetMute,
    TalkChanged,
    TranscriptUpdated,
    VolumeChanged,
)
from voice_tui.frame import FRAME_SAMPLES, Frame, silence
from voice_tui.session.loop import Session, Start
from voice_tui.session.recording_folder import RecordingFolder
from voice_tui.session.recording_format import read_about, read_entries


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "recordings")


def test_both_tracks_lie_on_one_timeline(recorded: Recorded) -> None:
    heard, played = noise(1, 5), noise(2, 5)
    recorded.begin()
    for frame, far_end in zip(np.split(heard, 5), np.split(played, 5), strict=True):
        recorded.recorder.heard(frame, far_end)
    folder = recorded.end()
    np.testing.assert_array_equal(track(folder, "microphone"), np.rint(heard * 32768))
    np.testing.assert_array_equal(track(folder, "speaker"), np.rint(played * 32768))


def test_events_and_commands_stand_at_their_frame(recorded: Recorded) -> None:
    recorded.begin("مرحبا/../..")
    text = TranscriptUpdated(turn=1, role="user", text="naïve 🎂\n\u2028 مرحبا", final=True, at=1.0)
    for number in range(4):
        if number == 2:
            recorded.recorder.commanded(SendText(text="hi 🎂"))
            recorded.recorder.note(text)
        recorded.recorder.heard(noise(number), silence())
    folder = recorded.end()
    assert folder.parent == recorded.root
    entries = read_entries(folder)
    assert [(entry.frame, entry.command) for entry in entries if entry.command] == [(2, SendText(text="hi 🎂"))]
    assert [(entry.frame, entry.event) for entry in entries if entry.event][-1] == (2, text)
    about = read_about(folder)
    assert (about.conversation, about.frames, about.complete) == ("مرحبا/../..", 4, True)
    assert about.versions["voice-tui"]
    assert (about.lost_frames, about.lost_entries) == (0, 0)


def test_every_conversation_gets_a_folder_that_knows_the_state_it_began_in(recorded: Recorded) -> None:
    states: list[AnyEvent] = [
        DevicesChanged(input="Mic", output="Loud"),
        SessionStarted(engine="fake", detail="for tests"),
        TalkChanged(mode="push", talking=False),
        VolumeChanged(volume=0.5),
    ]
    for event in states:
        recorded.recorder.note(event)
    recorded.begin("one")
    recorded.recorder.heard(noise(1), silence())
    recorded.begin("two")
    recorded.recorder.heard(noise(2), silence())
    recorded.recorder.heard(noise(3), silence())
    recorded.end()
    first, second = recorded.folders()
    assert (read_about(first).conversation, read_about(second).conversation) == ("one", "two")
    for folder, frames in ((first, 1), (second, 2)):
        assert [entry.event for entry in read_entries(folder)][:4] == states
        assert len(track(folder, "microphone")) == frames * FRAME_SAMPLES


class Room:
    """A real loop on fakes with a recorder listening in."""

    def __init__(self, root: Path, frames: list[Frame], reply: Callable[[Frame], Step] | None = None) -> None:
        self.recorded = Recorded(root)
        self.engine = FakeEngine()
        self.engine.reply = reply or (lambda frame: Step(pcm=frame))
        self.events: list[AnyEvent] = []
        self.audio = FakeAudio(frames)
        self.session = Session(
            self.engine,
            self.audio,
            self.emit,
            start=Start(conversation=lambda: f"c{len(self.events)}"),
            tap=self.recorded.recorder,
            at_end=lambda: self.recorded.recorder.close(PATIENCE),
        )
        self.audio.at_end = self.session.stop

    def emit(self, event: AnyEvent) -> None:
        self.events.append(event)
        self.recorded.recorder.note(event)


def test_the_loop_is_recorded_from_its_first_event_to_its_last(tmp_path: Path) -> None:
    frames = [noise(number) for number in range(6)]
    room = Room(tmp_path / "r", list(frames))
    assert room.session.command(SendText(text="hello"))
    assert room.session.run() == 0
    (folder,) = room.recorded.folders()
    assert [entry.event for entry in read_entries(folder) if entry.event] == room.events
    assert SendText(text="hello") in [entry.command for entry in read_entries(folder)]
    heard = np.rint(np.concatenate(frames) * 32768)
    np.testing.assert_array_equal(track(folder, "microphone")[: len(heard)], heard)
    played = track(folder, "speaker")
    np.testing.assert_array_equal(played[FRAME_SAMPLES : len(heard)], heard[:-FRAME_SAMPLES])
    assert isinstance(room.events[-1], SessionStopped)


def test_a_muted_microphone_is_recorded_as_silence(tmp_path: Path) -> None:
    room = Room(tmp_path / "r", [noise(number) for number in range(3)])
    assert room.session.command(SetMute(muted=True))
    room.session.run()
    assert not track(room.recorded.folders()[0], "microphone").any()


def test_a_new_conversation_is_a_new_folder(tmp_path: Path) -> None:
    room = Room(tmp_path / "r", [noise(1)])
    assert room.session.command(NewConversation())
    room.session.run()
    assert len(room.recorded.folders()) == 2


def test_a_hung_disk_costs_silence_and_never_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(tmp_path / "r", size=20)
    hung, go_on, write = threading.Event(), threading.Event(), RecordingFolder.heard

    def hang(folder: RecordingFolder, frame: np.ndarray, played: np.ndarray) -> None:
        hung.set()
        go_on.wait(PATIENCE)
        write(folder, frame, played)

    monkeypatch.setattr(RecordingFolder, "heard", hang)
    recorded.begin()
    frames, costs = [noise(number) for number in range(101)], []
    for number, frame in enumerate(frames[:100]):
        began = time.perf_counter()
        recorded.recorder.heard(frame, silence())
        costs.append(time.perf_counter() - began)
        if number == 0:
            hung.wait(PATIENCE)
    go_on.set()
    assert sorted(costs)[-5] < 0.02, "frames would have been late"
    deadline = time.monotonic() + PATIENCE
    while recorded.recorder._items.qsize():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    recorded.recorder.heard(frames[100], silence())
    folder = recorded.end()
    kept = track(folder, "microphone")
    assert len(kept) == 101 * FRAME_SAMPLES, "the timeline holds"
    lost = recorded.recorder.losses.frames
    assert lost >= 75
    assert read_about(folder).lost_frames == lost
    silent = [not kept[at : at + FRAME_SAMPLES].any() for at in range(0, len(kept), FRAME_SAMPLES)]
    assert sum(silent) == lost
    np.testing.assert_array_equal(kept[-FRAME_SAMPLES:], np.rint(frames[100] * 32768))


def test_listening_in_costs_the_loop_next_to_nothing(recorded: Recorded) -> None:
    recorded.begin()
    frame, costs = noise(1), []
    for _ in range(300):
        began = time.perf_counter()
        recorded.recorder.heard(frame, frame)
        costs.append(time.perf_counter() - began)
        while recorded.recorder._items.qsize() > 100:
            time.sleep(0.001)
    recorded.end()
    print(f"p50 {1e6 * sorted(costs)[150]:.0f} us")
    assert sorted(costs)[150] < 0.002


def test_a_place_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    recorded = Recorded(tmp_path / "file")
    recorded.begin()
    for number in range(50):
        recorded.recorder.heard(noise(number), silence())
    recorded.begin("two")
    recorded.recorder.close(PATIENCE)
    (notice,) = recorded.notices
    assert notice.message == "The recording stopped: File exists"
    assert "Choose another folder" in notice.hint
