"""Trying the devices out in the middle of a session: what is played, what the engine must not hear, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.session.fakes import FakeAudio, FakeEngine
from voice_tui.audio.soundcheck import LISTEN_SECONDS, chirp, tone
from voice_tui.engine.port import Step
from voice_tui.events import AnyEvent, CheckSound, DevicesChanged, Notice, SetMute, SoundChecked
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, Pcm
from voice_tui.session.loop import Session

DELAY = 2000


class FakeRoom(FakeAudio):
    """A microphone that hears what was written, a while later and half as loud."""

    def __init__(self, seconds: float, gain: float = 0.5) -> None:
        random = np.random.default_rng(7)
        self.sound = (1e-4 * random.standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)
        self.gain = gain
        self.input = "microphone"
        super().__init__([])

    def start(self) -> DevicesChanged:
        return DevicesChanged(input=self.input, output="speaker")

    def read(self, timeout: float) -> Frame | None:
        start = self.reads * FRAME_SAMPLES
        self.reads += 1
        if len(self.sound) < start + FRAME_SAMPLES:
            self.at_end()
            return None
        return self.sound[start : start + FRAME_SAMPLES]

    def write(self, pcm: Pcm) -> None:
        super().write(pcm)
        start = self.reads * FRAME_SAMPLES + DELAY
        space = self.sound[start : start + len(pcm)]
        space += self.gain * pcm[: len(space)]


def run(audio: FakeRoom, *commands: object) -> tuple[list[AnyEvent], FakeEngine]:
    engine, events = FakeEngine(), []
    engine.reply = lambda frame: Step()
    session = Session(engine, audio, events.append)
    audio.at_end = session.stop
    for command in commands:
        assert session.command(command)  # type: ignore[arg-type]
    assert session.run() == 0
    return events, engine


def test_the_round_trip_is_measured_while_the_engine_hears_nothing() -> None:
    audio = FakeRoom(LISTEN_SECONDS + 1.0)
    events, engine = run(audio, CheckSound(kind="round_trip"))
    (result,) = [event for event in events if isinstance(event, SoundChecked)]
    assert result.verdict == "speakers"
    assert result.latency_ms == pytest.approx(1000 * DELAY / SAMPLE_RATE, abs=2)
    assert result.echo_db == pytest.approx(-6, abs=1)
    assert result.at > LISTEN_SECONDS
    np.testing.assert_array_equal(audio.written[0], chirp())
    assert ("cut", None) in engine.calls
    heard = np.concatenate(engine.heard)
    assert not heard[: round(LISTEN_SECONDS * SAMPLE_RATE)].any()
    assert heard[-FRAME_SAMPLES:].any(), "afterwards it hears again"


def test_headphones_give_nothing_back() -> None:
    events, _ = run(FakeRoom(LISTEN_SECONDS + 1.0, gain=0.0), CheckSound(kind="round_trip"))
    assert [event.verdict for event in events if isinstance(event, SoundChecked)] == ["nothing"]


def test_the_tone_is_played_and_kept_from_the_engine() -> None:
    audio = FakeRoom(4.0)
    events, engine = run(audio, CheckSound(kind="tone"))
    np.testing.assert_array_equal(np.concatenate(audio.written), tone())
    assert float(np.abs(np.concatenate(engine.heard)).max()) < 0.01
    assert engine.heard[-1].any()
    assert not [event for event in events if isinstance(event, (SoundChecked, Notice))]


@pytest.mark.parametrize(
    ("microphone", "commands", "message"),
    [
        ("", [CheckSound(kind="round_trip")], "There is no microphone to try"),
        ("x", [SetMute(muted=True), CheckSound(kind="round_trip")], "The microphone is muted"),
    ],
)
def test_what_is_missing_is_said(microphone: str, commands: list[object], message: str) -> None:
    audio = FakeRoom(0.5)
    audio.input = microphone
    events, _ = run(audio, *commands)
    assert [event.message for event in events if isinstance(event, Notice)] == [message]
    assert not audio.written
