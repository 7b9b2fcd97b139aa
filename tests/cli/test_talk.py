"""`voice-tui talk`: the whole product on files. A synthetic voice asks, real ears listen, the notebook answers."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Event as CancelFlag
from typing import Any

import numpy as np
import pytest
import soundfile

from voice_tui import cli
from voice_tui.audio.codec import decode
from voice_tui.cli_talk import Lines
from voice_tui.engine.cascade.tts.espeak import EspeakTts
from voice_tui.events import SessionStopped, TranscriptUpdated
from voice_tui.frame import SAMPLE_RATE, Pcm
from voice_tui.paths import log_path

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


NEVER_ASK_BACK = ("--set", "stt.ask_below=0")
"""The ears were made for people and are not sure of this voice."""


def spoken(text: str) -> Pcm:
    """A voice that asks, with half a second of room before and one and a half after."""
    pcm = np.concatenate(list(EspeakTts("en-us", 150).synthesize(text, CancelFlag())))
    return np.concatenate([np.zeros(12_000, np.float32), pcm, np.zeros(36_000, np.float32)])


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talk") / "question.wav"
    soundfile.write(path, spoken("what day is it"), SAMPLE_RATE)
    return path


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def transcript(path: Path, role: str) -> list[str]:
    return [e["text"] for e in events(path) if e["type"] == "transcript" and e["role"] == role and e["final"]]


def test_a_question_is_understood_answered_and_written_down(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply, log = tmp_path / "reply.wav", tmp_path / "events.jsonl"
    assert cli.main(["talk", "--input", str(question), "--output", str(reply), "--events", str(log)]) == 0
    assert transcript(log, "user") == ["what day is it"]
    (answer,) = transcript(log, "assistant")
    assert answer.lower().startswith(("today", "it is", "it's"))
    assert capsys.readouterr().out == f"you: what day is it\nassistant: {answer}\n"
    heard = np.abs(decode(reply.read_bytes()))
    asked = soundfile.info(question).duration
    assert heard[: round((asked - 1.5) * SAMPLE_RATE)].max() < 0.001, "it spoke before the question was over"
    assert heard.max() > 0.05


def test_the_same_file_gives_the_same_bytes_and_the_same_events(question: Path, tmp_path: Path) -> None:
    def held(name: str) -> tuple[bytes, list[dict[str, Any]]]:
        (tmp_path / name).mkdir()
        reply, log = tmp_path / name / "reply.wav", tmp_path / name / "events.jsonl"
        assert cli.main(["talk", "--input", str(question), "--output", str(reply), "--events", str(log)]) == 0
        timeless = [event for event in events(log) if event["type"] != "stats"]  # those hold step times
        return reply.read_bytes(), timeless

    assert held("first") == held("second")


def test_every_event_has_its_time_and_time_never_runs_backwards(question: Path, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    assert cli.main(["talk", "--input", str(question), "--events", str(log)]) == 0
    times = [event["at"] for event in events(log) if event["type"] != "turn_measured"]
    assert times == sorted(times)
    assert events(log)[-1]["type"] == "session_stopped"


def test_json_prints_the_turns_for_scripts(question: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["talk", "--input", str(question), "--json"]) == 0
    turns = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(turn["role"], turn["final"]) for turn in turns] == [("user", True), ("assistant", True)]


def test_doubt_about_words_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(as_json=False)
    for turn, confidence in ((1, 0.2), (2, 0.9), (3, None)):
        lines.note(
            TranscriptUpdated(turn=turn, role="user", text="turn on the lamb", final=True, confidence=confidence)
        )
    lines.note(SessionStopped(reason="end"))
    shown = capsys.readouterr().out.splitlines()
    assert shown == ["you (unsure of the words): turn on the lamb", "you: turn on the lamb", "you: turn on the lamb"]


def test_what_is_remembered_is_recalled_by_the_next_call(tmp_path: Path) -> None:
    for name, text in (
        ("tell", "remember that my sister is allergic to peanuts"),
        ("ask", "what do you know about my sister"),
    ):
        soundfile.write(tmp_path / f"{name}.wav", spoken(text), SAMPLE_RATE)
        command = ["talk", "--input", f"{tmp_path}/{name}.wav", "--events", f"{tmp_path}/{name}.jsonl"]
        assert cli.main([*command, *NEVER_ASK_BACK]) == 0
    changed = [event for event in events(tmp_path / "tell.jsonl") if event["type"] == "memory_changed"]
    assert [event["action"] for event in changed] == ["added"]
    recalled = [event for event in events(tmp_path / "ask.jsonl") if event["type"] == "memory_recalled"]
    assert recalled
    assert recalled[0]["ids"] == [changed[0]["id"]]
    told = [event["message"] for event in events(tmp_path / "ask.jsonl") if event["type"] == "notice"]
    assert not [message for message in told if "Memories do not reach" in message], "the cascade recalls by itself"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_in_order_with_its_status(
    number: signal.Signals, status: int, question: Path, tmp_path: Path
) -> None:
    reply, log = tmp_path / "reply.wav", tmp_path / "events.jsonl"
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(spoken("what day is it"), 20), SAMPLE_RATE)
    command = [sys.executable, "-m", "voice_tui", "talk", "--realtime", "--input", long, "--output", reply]
    process = subprocess.Popen([*command, "--events", log], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("you: ")  # one turn has been held
    process.send_signal(number)
    _, complaints = process.communicate(timeout=15)
    assert (process.returncode, complaints) == (status, "")
    assert len(decode(reply.read_bytes())) > SAMPLE_RATE
    assert events(log)[-1]["type"] == "session_stopped"


def test_a_language_model_that_is_not_there_is_said_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    soundfile.write(tmp_path / "a.wav", spoken("why is the sky blue"), SAMPLE_RATE)
    flags = ["--set", f"llm.base_url={url}", "--set", "llm.model=tiny", "--set", "llm.retries=0", *NEVER_ASK_BACK]
    assert cli.main(["talk", "--input", str(tmp_path / "a.wav"), "--output", str(tmp_path / "b.wav"), *flags]) == 0
    assert url in capsys.readouterr().err
    assert np.abs(decode((tmp_path / "b.wav").read_bytes())).max() > 0.05, "the failure was not spoken"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"this is no sound", "a.wav is not a sound file that can be read: Format"),
        (None, "cannot be read: No such file"),
    ],
    ids=["empty", "garbage", "missing"],
)
def test_a_bad_file_is_one_sentence_and_no_output(
    content: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, reply, log = tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "events.jsonl"
    if content is not None:
        source.write_bytes(content)
    assert cli.main(["talk", "--input", str(source), "--output", str(reply), "--events", str(log)]) == 1
    complaint = capsys.readouterr().err
    assert says.lower() in complaint.lower(), complaint
    assert not reply.exists() and not log.exists()
    assert "Traceback" not in log_path().read_text()


def test_an_engine_that_cannot_be_had_is_an_error_and_no_file_is_touched(
    question: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply, log = tmp_path / "b.wav", tmp_path / "events.jsonl"
    reply.write_bytes(b"kept")
    files = ("--output", str(reply), "--events", str(log))
    assert cli.main(["talk", "--engine", "moshi", "--model", str(tmp_path), "--input", str(question), *files]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("voice-tui: ") and "\n  " in err
    assert reply.read_bytes() == b"kept" and not log.exists()


def test_an_output_that_cannot_be_written_leaves_no_events(question: Path, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    command = ["talk", "--input", str(question), "--output", str(tmp_path / "no" / "b.wav"), "--events", str(log)]
    assert cli.main(command) == 1
    assert not log.exists()


def test_eight_channels_of_telephone_sound_and_broken_samples_are_only_sound(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    pcm = random.uniform(-4, 4, (8_000, 8)).astype(np.float32)
    pcm[::7] = np.nan
    pcm[::11] = np.inf
    soundfile.write(tmp_path / "a.wav", pcm, 8_000, subtype="FLOAT")
    assert cli.main(["talk", "--input", str(tmp_path / "a.wav"), "--output", str(tmp_path / "b.wav")]) == 0
    assert np.all(np.isfinite(decode((tmp_path / "b.wav").read_bytes())))
