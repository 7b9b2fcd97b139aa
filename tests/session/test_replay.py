"""A recorded conversation again: the same words come out, and what changed is named."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.session.recorded import Recorded, noise
from voice_tui import cli
from voice_tui.audio.file import FileAudio
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    ConversationStarted,
    DevicesChanged,
    NewConversation,
    PushToTalk,
    SendText,
    SetTalkMode,
    TranscriptUpdated,
    TranscriptWithdrawn,
)
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Frame, silence
from voice_tui.session.build import build_engine, guard, note_loader
from voice_tui.session.loop import Session, Start
from voice_tui.session.replay import Difference, Line, Replay, ScriptedAudio, lines, load, replay
from voice_tui.session.start import Library
from voice_tui.settings import Settings, TtsSettings

needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
PATIENCE = 30.0
BEGAN = 1_790_000_037.0
"""When the recorded conversations begin, seconds since 1970: 23 s before the minute is full."""
SILENT = Settings(tts=TtsSettings(provider="none"))


def record(tmp_path: Path, sound: np.ndarray, script: dict[int, list[AnyCommand]], settings: Settings = SILENT) -> Path:
    """Hold a conversation on a file, with keys pressed at their frames, and record it."""
    source = tmp_path / "said.wav"
    soundfile.write(source, sound, SAMPLE_RATE, subtype="PCM_16")
    return hold(tmp_path, ScriptedAudio(str(source), None, script), settings)


def hold(tmp_path: Path, audio: ScriptedAudio, settings: Settings) -> Path:
    """Hold a conversation in a room and record it."""
    recorded = Recorded(tmp_path / "recordings", settings=settings, clock=lambda: BEGAN)
    with SqliteMemory(tmp_path / "memory.db", clock=lambda: BEGAN) as memory:

        def clock() -> datetime:
            return datetime.fromtimestamp(BEGAN + audio.now()).astimezone()

        session = Session(
            build_engine(settings, memory, inline=True, clock=clock),
            audio,
            recorded.recorder.note,
            start=Start(conversation=lambda: "c1", drain=PATIENCE),
            library=Library(load_note=note_loader(memory)),
            guard=guard(settings),
            tap=recorded.recorder,
            at_end=lambda: recorded.recorder.close(PATIENCE),
        )
        audio.press(session.command)
        assert session.run() == 0
    assert recorded.notices == []
    return recorded.folders()[0]


def spoken(text: str, pause: float = 2.0) -> np.ndarray:
    done = subprocess.run(["espeak-ng", "--stdout", "-s", "140", text], capture_output=True, check=True, timeout=30)
    import io

    from voice_tui.audio.codec import decode

    pcm = decode(io.BytesIO(done.stdout).getvalue())
    return np.concatenate([np.zeros(SAMPLE_RATE // 2, np.float32), pcm, np.zeros(int(pause * SAMPLE_RATE), np.float32)])


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    """Six seconds of silence with three texts typed into them."""
    script: dict[int, list[AnyCommand]] = {
        0: [SendText(text="remember that the spare key is under the blue pot 🔑")],
        30: [SendText(text="where is the spare key")],
        60: [SendText(text="what time is it")],
    }
    return record(tmp_path, np.zeros(6 * SAMPLE_RATE, np.float32), script)


def run(*argv: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.main([str(word) for word in argv])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_typed_words_and_the_clock_come_back_at_their_frames(typed: Path, tmp_path: Path) -> None:
    about = load(typed)
    again = replay(about, typed, about.settings, events=tmp_path / "events.jsonl")
    assert again.differences == []
    assert [line.role for line in again.recorded] == ["user", "assistant"] * 3
    assert "blue pot" in again.replayed[3].text
    assert again.replayed[1] == again.recorded[1]
    stamps = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    said = [stamp["at"] for stamp in stamps if stamp["type"] == "transcript" and stamp["role"] == "user"]
    assert said == [0.0, pytest.approx(30 * 0.08), pytest.approx(60 * 0.08)]


def test_twice_gives_the_same_sound_and_events(typed: Path, tmp_path: Path) -> None:
    about = load(typed)
    results = []
    for name in ("one", "two"):
        events, sound = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.wav"
        replay(about, typed, about.settings, events=events, output=sound)
        transcript = [line for line in events.read_text().splitlines() if '"type":"transcript' in line]
        results.append((transcript, sound.read_bytes()))
    assert results[0] == results[1]
    assert results[0][0]


@needs_voice
@pytest.mark.timeout(180)
def test_spoken_words_come_back(tmp_path: Path) -> None:
    folder = record(tmp_path, spoken("what time is it", pause=3.0), {}, Settings())
    about = load(folder)
    again = replay(about, folder, about.settings, output=tmp_path / "again.flac")
    assert len(again.recorded) >= 2, "something was recognised"
    assert again.differences == []
    assert np.abs(soundfile.read(tmp_path / "again.flac")[0]).max() > 0.02, "and answered aloud"


class EchoingRoom(ScriptedAudio):
    """Open speakers: what is played comes back into the microphone 60 ms later, at half its level."""

    DELAY = 1440

    def __init__(self, source: str) -> None:
        super().__init__(source, None, {})
        self._queue = np.zeros(0, np.float32)
        self._given = silence()
        self._air = np.zeros(self.DELAY, np.float32)

    def start(self) -> DevicesChanged:
        super().start()
        return DevicesChanged(input="Desk Microphone", output="Desk Speakers", input_rate=24_000, output_rate=24_000)

    def read(self, timeout: float) -> Frame | None:
        frame = super().read(timeout)
        if frame is None:
            return None
        part, self._queue = self._queue[:FRAME_SAMPLES], self._queue[FRAME_SAMPLES:]
        self._given = np.pad(part, (0, FRAME_SAMPLES - len(part)))
        self._air = np.concatenate([self._air, self._given * 0.5])
        echo, self._air = self._air[:FRAME_SAMPLES], self._air[FRAME_SAMPLES:]
        return np.clip(frame + echo, -1, 1).astype(np.float32)

    def played(self) -> Frame:
        return self._given

    def write(self, pcm: np.ndarray) -> None:
        super().write(pcm)
        self._queue = np.concatenate([self._queue, pcm])

    def flush(self) -> int:
        self._queue = self._queue[:0]
        return super().flush()


@needs_voice
@pytest.mark.timeout(180)
def test_what_was_said_before_open_speakers_comes_back_too(tmp_path: Path) -> None:
    """The canceller gets the speaker of then, not that of now."""
    sound = tmp_path / "said.wav"
    soundfile.write(sound, spoken("what time is it", pause=4.0), SAMPLE_RATE, subtype="PCM_16")
    folder = hold(tmp_path, EchoingRoom(str(sound)), Settings())
    about = load(folder)
    assert np.abs(soundfile.read(folder / "speaker.flac")[0]).max() > 0.02
    results = [replay(about, folder, about.settings, events=tmp_path / f"{n}.jsonl") for n in range(2)]
    assert [line.role for line in results[0].recorded][:2] == ["user", "assistant"]
    assert [result.differences for result in results] == [[], []]
    assert '"output":"Desk Speakers"' in (tmp_path / "0.jsonl").read_text()
    texts = [
        [line for line in (tmp_path / f"{n}.jsonl").read_text().splitlines() if "transcript" in line] for n in (0, 1)
    ]
    assert texts[0] == texts[1]


@needs_voice
def test_the_talk_key_is_pressed_again(tmp_path: Path) -> None:
    sound = spoken("what time is it", pause=3.0)
    frames = len(sound) // FRAME_SAMPLES
    script: dict[int, list[AnyCommand]] = {
        0: [SetTalkMode(mode="push")],
        3: [PushToTalk(talking=True)],
        frames - 30: [PushToTalk(talking=False)],
    }
    folder = record(tmp_path, sound, script)
    about = load(folder)
    again = replay(about, folder, about.settings)
    assert again.recorded
    assert again.differences == []


def test_the_person_s_own_memory_is_not_touched_and_may_be_copied(typed: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.db"
    with SqliteMemory(mine) as store:
        store.add(NewMemory("The spare key is in the garage"))
    before = mine.read_bytes()
    about = load(typed)
    settings = msgspec.structs.replace(about.settings)
    assert replay(about, typed, settings).differences == []
    with_mine = replay(about, typed, settings, memory=mine)
    assert mine.read_bytes() == before
    assert {file.name for file in tmp_path.glob("mine.db*")} == {"mine.db"}
    assert with_mine.recorded == replay(about, typed, settings).recorded


def test_differences_are_named_where_they_are() -> None:
    a, b, c = Line("user", "one"), Line("assistant", "two"), Line("user", "three")
    same = Replay(None, (a, b, c), (a, b, c))  # type: ignore[arg-type]
    assert same.differences == []
    other = replace(same, replayed=(a, replace(b, interrupted=True), c, Line("assistant", "four")))
    assert other.differences == [
        Difference(2, (b,), (replace(b, interrupted=True),)),
        Difference(4, (), (Line("assistant", "four"),)),
    ]
    assert replace(same, replayed=()).differences == [Difference(1, (a, b, c), ())]


def test_lines_are_the_final_turns_of_the_first_conversation() -> None:
    def said(turn: int, text: str, *, final: bool = True) -> TranscriptUpdated:
        return TranscriptUpdated(turn=turn, role="user", text=text, final=final)

    events: list[AnyEvent] = [
        ConversationStarted(conversation="a"),
        said(2, "second"),
        said(1, "first"),
        said(1, "first, joined"),
        said(3, "partial", final=False),
        said(4, "withdrawn"),
        TranscriptWithdrawn(turn=4),
        ConversationStarted(conversation="b"),
        said(5, "another talk"),
    ]
    assert [line.text for line in lines(events)] == ["first, joined", "second"]


def test_keys_that_begin_conversations_are_not_pressed_again(tmp_path: Path) -> None:
    script: dict[int, list[AnyCommand]] = {5: [SendText(text="hello")], 20: [NewConversation()]}
    folder = record(tmp_path, np.zeros(4 * SAMPLE_RATE, np.float32), script)
    about = load(folder)
    again = replay(about, folder, about.settings, events=tmp_path / "e.jsonl")
    assert again.differences == []
    assert (tmp_path / "e.jsonl").read_text().count("conversation_started") == 1


class TestCommand:
    def test_the_same_is_0_and_says_so(self, typed: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run("replay", typed, "--check", capsys=capsys)
        assert (code, err) == (0, "")
        assert out == "The same 6 lines, recorded with voice-tui 0.1.0\n"

    def test_another_engine_differs_and_check_says_1(self, typed: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = run("replay", typed, "--engine", "passthrough", capsys=capsys)
        assert code == 0
        assert "- You: remember that the spare key is under the blue pot 🔑\n" in out
        assert out.endswith("1 difference in 6 lines, recorded with voice-tui 0.1.0\n")
        assert run("replay", typed, "--check", "--set", "engine.name=passthrough", capsys=capsys)[0] == 1

    def test_json(self, typed: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = run("replay", typed, "--json", "--check", capsys=capsys)
        shown = json.loads(out)
        assert (code, shown["differences"]) == (0, [])
        assert shown["recorded"] == shown["replayed"]
        assert shown["conversation"] == "c1"

    def test_a_killed_recording_can_be_replayed(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        recorded = Recorded(tmp_path / "r", settings=SILENT)
        recorded.begin()
        for number in range(40):
            recorded.recorder.heard(noise(number) * 0.01, silence())
        folder = recorded.end()
        copied = tmp_path / "killed"
        shutil.copytree(folder, copied)
        whole = (folder / "microphone.flac").read_bytes()
        (copied / "microphone.flac").write_bytes(whole[: len(whole) * 2 // 3])
        assert run("replay", copied, "--check", capsys=capsys)[0] == 0

    @pytest.mark.parametrize(
        ("argv", "why"),
        [
            (["nowhere"], "There is no folder nowhere"),
            (["."], "is no recording"),
            (["nowhere", "--set", "audio.volum=1"], "no setting called"),
        ],
    )
    def test_what_cannot_be_replayed_is_one_clear_line(
        self, argv: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
    ) -> None:
        monkeypatch.chdir(tmp_path)
        code, out, err = run("replay", *argv, capsys=capsys)
        assert (code, out) == (1, "")
        assert why in err
        assert "Traceback" not in err

    def test_a_memory_that_is_not_there_is_told(self, typed: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, err = run("replay", typed, "--memory", "/nowhere/memory.db", capsys=capsys)
        assert code == 1
        assert "cannot be read" in err


def test_a_file_without_a_script_is_like_any_other(tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    soundfile.write(source, noise(1, 3), SAMPLE_RATE, subtype="PCM_16")
    sent: list[AnyCommand] = []
    plain, scripted = FileAudio(str(source)), ScriptedAudio(str(source), None, {})
    scripted.press(sent.append)
    plain.start()
    scripted.start()
    for _ in range(4):
        np.testing.assert_array_equal(plain.read(0), scripted.read(0))
    assert sent == []
    plain.close()
    scripted.close()
