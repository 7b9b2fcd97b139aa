"""The loop: what goes through it, what commands do, how it ends."""

from __future__ import annotations

import numpy as np
import pytest

from tests.session.fakes import FakeAudio, FakeEngine, tone
from voice_tui.engine.port import Step
from voice_tui.errors import EngineError, VoiceTuiError
from voice_tui.events import (
    AnyEvent,
    ChooseDevices,
    ConversationStarted,
    DevicesChanged,
    HoldMicrophone,
    Interrupt,
    MuteChanged,
    NewConversation,
    Notice,
    PlayNote,
    PushToTalk,
    SendText,
    SessionFailed,
    SessionStarted,
    SessionStopped,
    SetMute,
    SetTalkMode,
    SetVolume,
    Stats,
    Stop,
    TalkChanged,
    TranscriptUpdated,
    VolumeChanged,
)
from voice_tui.frame import silence
from voice_tui.session.loop import COMMANDS_SIZE, Session, Start
from voice_tui.session.start import Library


class Bench:
    """A session on fakes that ends with its frames."""

    def __init__(self, frames: int = 4, **options: object) -> None:
        self.engine = FakeEngine()
        self.audio = FakeAudio([tone() for _ in range(frames)])
        self.events: list[AnyEvent] = []
        self.session = Session(self.engine, self.audio, self.events.append, **options)  # type: ignore[arg-type]
        self.audio.at_end = self.session.stop

    def run(self, *commands: object) -> int:
        for command in commands:
            assert self.session.command(command)  # type: ignore[arg-type]
        return self.session.run()

    def of(self, kind: type) -> list:
        return [e for e in self.events if isinstance(e, kind)]


def test_frames_go_through_the_engine_and_out() -> None:
    bench = Bench(frames=5)
    assert bench.run() == 0
    assert len(bench.audio.written) >= 5
    np.testing.assert_array_equal(bench.audio.written[0], tone())
    assert isinstance(bench.events[0], DevicesChanged)
    assert bench.of(SessionStarted)[0].engine == "fake"
    assert isinstance(bench.events[-1], SessionStopped)


def test_it_ends_in_order_engine_before_audio() -> None:
    bench = Bench()
    order: list[str] = []
    bench.engine.close = lambda: order.append("engine")  # type: ignore[method-assign]
    bench.audio.close = lambda: order.append("audio")  # type: ignore[method-assign]
    bench.run()
    assert order == ["engine", "audio"]


def test_statistics_carry_the_counters() -> None:
    bench = Bench()
    bench.run()
    stats: Stats = bench.of(Stats)[-1]
    assert (stats.overruns, stats.underruns) == (1, 2)
    assert stats.lag_ms == pytest.approx(80.0)
    assert stats.capture_ms == pytest.approx(160.0)


def test_a_muted_microphone_is_silence_for_the_engine() -> None:
    bench = Bench()
    bench.run(SetMute(muted=True))
    assert not any(frame.any() for frame in bench.engine.heard)
    assert bench.of(MuteChanged)[0].muted


def test_push_mode_hears_only_while_talking() -> None:
    bench = Bench(start=Start(mode="push"))
    bench.run()
    assert not bench.engine.heard[0].any()
    talking = Bench(start=Start(mode="push"))
    talking.run(PushToTalk(talking=True))
    assert talking.engine.heard[0].any()
    assert ("push_to_talk", True) in talking.engine.calls


def test_muted_wins_over_the_talk_key() -> None:
    bench = Bench(start=Start(mode="push"))
    bench.run(SetMute(muted=True), PushToTalk(talking=True))
    assert not [call for call in bench.engine.calls if call[0] == "push_to_talk"]
    assert [notice.message for notice in bench.of(Notice)] == ["The microphone is muted"]


def test_a_held_microphone_is_measured_and_not_heard_and_a_muted_one_stays_muted_after_it() -> None:
    bench = Bench()
    bench.run(HoldMicrophone(held=True))
    assert not any(frame.any() for frame in bench.engine.heard)
    assert bench.of(Stats)
    assert not any(stats.muted for stats in bench.of(Stats))
    again = Bench()
    again.run(HoldMicrophone(held=True), HoldMicrophone(held=False))
    assert again.engine.heard[0].any()
    muted = Bench()
    muted.run(HoldMicrophone(held=True), SetMute(muted=True), HoldMicrophone(held=False))
    assert not any(frame.any() for frame in muted.engine.heard)
    assert muted.of(Stats)[-1].muted


def test_the_talk_key_does_nothing_while_the_microphone_is_held() -> None:
    bench = Bench(start=Start(mode="push"))
    bench.run(PushToTalk(talking=True), HoldMicrophone(held=True), PushToTalk(talking=True))
    talked = [talking for call, talking in bench.engine.calls if call == "push_to_talk"]
    assert talked == [True, False]


def test_muting_ends_the_turn_under_way() -> None:
    bench = Bench(start=Start(mode="push"))
    bench.run(PushToTalk(talking=True), SetMute(muted=True))
    assert [call for call in bench.engine.calls if call[0] == "push_to_talk"] == [
        ("push_to_talk", True),
        ("push_to_talk", False),
    ]


def test_leaving_push_mode_ends_the_turn() -> None:
    bench = Bench(start=Start(mode="push"))
    bench.run(PushToTalk(talking=True), SetTalkMode(mode="open"))
    assert [c for c in bench.engine.calls if c[0] == "push_to_talk"] == [
        ("push_to_talk", True),
        ("push_to_talk", False),
    ]
    assert bench.of(TalkChanged)[-1].mode == "open"


def test_volume_is_applied_clipped_and_told() -> None:
    bench = Bench(start=Start(volume=1.0))
    bench.run(SetVolume(volume=9.0))
    assert bench.of(VolumeChanged)[-1].volume == 2.0
    assert bench.audio.written[0].max() == pytest.approx(1.0)


def test_louder_said_aloud_changes_the_volume() -> None:
    bench = Bench()
    bench.engine.reply = lambda frame: Step(volume_change=0.25)
    bench.run()
    assert bench.of(VolumeChanged)[0].said is False
    assert bench.of(VolumeChanged)[1].volume == 1.25
    assert bench.of(VolumeChanged)[1].said, "it is to be kept"


def test_a_flush_comes_before_the_new_samples() -> None:
    bench = Bench(frames=1)
    order: list[str] = []
    bench.engine.reply = lambda frame: Step(pcm=frame, flush=True)
    bench.audio.flush = lambda: order.append("flush") or 0  # type: ignore[method-assign,func-returns-value]
    bench.audio.write = lambda pcm: order.append("write")  # type: ignore[method-assign]
    bench.run()
    assert order[:2] == ["flush", "write"]


def test_commands_reach_the_engine() -> None:
    bench = Bench()
    bench.run(SendText(text="hi"), Interrupt(), NewConversation())
    assert ("send_text", "hi") in bench.engine.calls
    assert ("interrupt", None) in bench.engine.calls
    assert ("reset", None) in bench.engine.calls
    assert len(bench.of(ConversationStarted)) == 2


def test_notes_are_played_and_a_missing_one_is_a_notice() -> None:
    def load(memory_id: str) -> tuple[np.ndarray, str]:
        if memory_id != "m1":
            raise VoiceTuiError("That note has no recording", hint="Only spoken notes have one")
        return silence(), "milk"

    bench = Bench(library=Library(load_note=load))
    bench.run(PlayNote(memory_id="m1"), PlayNote(memory_id="m2"))
    assert ("play", "milk") in bench.engine.calls
    assert bench.of(Notice)[0].message == "That note has no recording"


def test_devices_are_chosen_while_it_runs() -> None:
    bench = Bench()
    bench.run(ChooseDevices(input="x", output="y"))
    assert [(e.input, e.output) for e in bench.of(DevicesChanged)][1:] == [("x", "y")]


def test_a_device_that_gives_no_frames_is_told_of_nevertheless() -> None:
    bench = Bench()
    bench.audio.read = lambda timeout: bench.audio.at_end()  # type: ignore[method-assign,return-value]
    bench.audio.changes.append(DevicesChanged(input="", output="", message="The microphone does not answer"))
    bench.run()
    assert bench.of(DevicesChanged)[-1].message == "The microphone does not answer"


def test_a_device_change_is_passed_on() -> None:
    bench = Bench()
    bench.audio.changes.append(DevicesChanged(input="", output="", message="The microphone is gone"))
    bench.run()
    assert any(e.message == "The microphone is gone" for e in bench.of(DevicesChanged))


@pytest.mark.parametrize("speaker", ["", "another speaker"])
def test_an_answer_ends_with_its_speaker_and_goes_on_with_another(speaker: str) -> None:
    bench = Bench()
    bench.audio.changes.append(DevicesChanged(input="fake microphone", output=speaker))
    bench.audio.at_end = lambda: bench.session.stop() if bench.audio.reads > 8 else None
    before_end: list[tuple[str, object]] = []
    bench.engine.reply = lambda frame: before_end.extend(bench.engine.calls) or Step(pcm=frame)
    bench.run()
    assert (("interrupt", None) in before_end) == (not speaker)


@pytest.mark.parametrize("end", [NewConversation(), Stop()])
def test_what_was_heard_of_an_answer_is_told_before_the_conversation_ends(end: object) -> None:
    bench = Bench()
    cut = TranscriptUpdated(turn=2, role="assistant", text="It is", final=True, interrupted=True)
    bench.engine.poll = lambda tick: Step(events=(cut,) if bench.engine.calls[-1:] == [("interrupt", None)] else ())  # type: ignore[method-assign]
    bench.run(end)
    told = [
        event for event in bench.events if isinstance(event, TranscriptUpdated | ConversationStarted | SessionStopped)
    ]
    assert told[1] == cut


def test_an_engine_that_fails_ends_the_session_with_one_sentence() -> None:
    bench = Bench()

    def fail(frame: object) -> Step:
        raise EngineError("The model is gone", hint="Pull it again")

    bench.engine.reply = fail
    assert bench.run() == 1
    (failed,) = bench.of(SessionFailed)
    assert (failed.message, failed.hint) == ("The model is gone", "Pull it again")
    assert bench.audio.closed == 1


def test_an_unforeseen_error_becomes_one_sentence_too() -> None:
    bench = Bench()

    def fail(frame: object) -> Step:
        raise ZeroDivisionError("oops")

    bench.engine.reply = fail
    assert bench.run() == 1
    assert "ZeroDivisionError" in bench.of(SessionFailed)[0].message


def test_broken_samples_do_not_reach_the_engine() -> None:
    bench = Bench(frames=0)
    broken = tone()
    broken[:3] = [np.nan, np.inf, -7.0]
    bench.audio.frames = [broken]
    bench.run()
    heard = bench.engine.heard[0]
    assert np.isfinite(heard).all()
    assert heard[:3].tolist() == [0.0, 1.0, -1.0]


def test_stop_as_a_command() -> None:
    bench = Bench(frames=1000)
    bench.run(Stop())
    assert len(bench.engine.heard) <= 1
    assert bench.events[-1].reason == "asked to"


def test_a_flood_of_commands_is_refused_not_kept() -> None:
    bench = Bench()
    accepted = [bench.session.command(Interrupt()) for _ in range(COMMANDS_SIZE + 10)]
    assert accepted.count(False) == 10


def test_a_file_ends_the_session_once_the_engine_has_nothing_to_say() -> None:
    bench = Bench(frames=3, start=Start(drain=60.0))
    bench.audio.at_end = lambda: None
    bench.run()
    assert 1.5 < bench.events[-1].at < 3.0


def test_an_engine_that_never_falls_silent_is_ended_after_the_drain_time() -> None:
    bench = Bench(frames=3, start=Start(drain=10.0))
    bench.audio.at_end = lambda: None
    bench.engine.idle = False
    bench.run()
    assert 10.0 < bench.events[-1].at < 11.0
