"""The real eSpeak NG: hostile text, a missing program, a kill in mid-sentence, a cancel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event as CancelFlag
from typing import Any

import numpy as np
import pytest

from memory.installing import install_extra
from memory.store import SqliteMemory
from voice_tui.engine.cascade.tts import espeak, espeak_voices
from voice_tui.engine.cascade.tts.espeak import MAX_CHARACTERS, EspeakTts, command, install_hint, sayable
from voice_tui.engine.cascade.tts.espeak_voices import check_voice
from voice_tui.engine.cascade.tts.silent import SilentTts
from voice_tui.engine.port import Tick
from voice_tui.errors import ProviderError
from voice_tui.events import Notice
from voice_tui.frame import SAMPLE_RATE
from voice_tui.session.build import build_engine
from voice_tui.settings import Settings, TtsSettings

needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
LONG = "This sentence is said again and again. " * 200


def spoken(text: str, voice: str = "en-us", words_per_minute: int = 170) -> np.ndarray:
    pieces = list(EspeakTts(voice, words_per_minute).synthesize(text, CancelFlag()))
    return np.concatenate([np.zeros(0, np.float32), *pieces])


def seconds(pcm: np.ndarray) -> float:
    return len(pcm) / SAMPLE_RATE


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process that is started, in order."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return processes


def ended(process: subprocess.Popen[bytes], within: float = 1.0) -> bool:
    """Whether the process ends in so many seconds."""
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


@needs_voice
def test_a_sentence_is_clean_sound() -> None:
    pcm = spoken("Good morning. It is half past nine.")
    assert pcm.dtype == np.float32
    assert 1.0 < seconds(pcm) < 5.0
    assert 0.05 < float(np.abs(pcm).max()) <= 1.0
    assert np.abs(pcm[: SAMPLE_RATE // 20]).max() > 0.003, "no silence before the first sound"


@needs_voice
def test_the_first_sound_comes_long_before_the_last() -> None:
    speech = EspeakTts("en-us", 170).synthesize(LONG, CancelFlag())
    first = next(speech)
    assert seconds(first) < 2.0
    speech.close()


@needs_voice
def test_words_per_minute_count() -> None:
    assert seconds(spoken("one two three four five six seven", words_per_minute=320)) < 0.75 * seconds(
        spoken("one two three four five six seven", words_per_minute=170)
    )


@needs_voice
@pytest.mark.parametrize(
    "text",
    [
        "--version",
        "-v de -f /etc/hostname",
        "-",
        "<speak><prosody rate='x-slow'>hello</prosody><break time='60s'/></speak>",
        "<audio src='/etc/hostname'/>hello",
        "a\x00b\x07c\x1b[2Jd\x9be",
        "half a pair: \ud83d of surrogates",
        "[[h@l'oU]] and [[[[ again ]]",
        "smile 😀👍🏽👩‍👩‍👧 and 日本語 and العربية",
        "%s %n $(id) `id` ; id | id",
        "hello\nthere\r\nyou\u2028and\u2029me",
    ],
)
def test_hostile_text_is_only_read_aloud(text: str) -> None:
    pcm = spoken(text)
    assert np.isfinite(pcm).all()
    assert seconds(pcm) < 20.0, "no markup is obeyed"
    assert float(np.abs(pcm).max(initial=0.0)) <= 1.0


@needs_voice
@pytest.mark.parametrize("text", ["", "   ", "\x00\x01\x02", "\n\n"])
def test_nothing_to_say_starts_no_program(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert spoken(text).size == 0


@needs_voice
def test_a_hundred_kilobytes_are_cut_and_do_not_block() -> None:
    cancel = CancelFlag()
    speech = EspeakTts("en-us", 400).synthesize("word " * 20_000, cancel)
    assert seconds(next(speech)) > 0
    cancel.set()
    list(speech)
    assert len(sayable("word " * 20_000)) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo\tthree", "one two three"),
        ("  \x1b[31mred\x1b[0m  ", "[31mred [0m"),
        ("[[[h]]]", "[ [ [h]]]"),
        ("a\u0085b\x7fc", "a b c"),
        ("naïve – “quoted” café", "naïve – “quoted” café"),
        ("\ud800", ""),
    ],
)
def test_what_reaches_the_program(text: str, expected: str) -> None:
    assert sayable(text) == expected
    sayable(text).encode()


@needs_voice
def test_an_unknown_voice_is_an_error_with_the_way_out() -> None:
    with pytest.raises(ProviderError, match="xx-none") as raised:
        spoken("hello", voice="xx-none")
    assert "espeak-ng --voices" in raised.value.hint


@needs_voice
def test_a_kill_in_mid_sentence_is_an_error_after_what_was_said(started: list[subprocess.Popen[bytes]]) -> None:
    speech = EspeakTts("en-us", 170).synthesize(LONG, CancelFlag())
    assert next(speech).size > 0
    started[0].kill()
    with pytest.raises(ProviderError, match="stopped"):
        list(speech)


@needs_voice
@pytest.mark.parametrize("how", ["cancel", "close"])
def test_what_is_not_wanted_any_more_ends_its_program(how: str, started: list[subprocess.Popen[bytes]]) -> None:
    cancel = CancelFlag()
    speech = EspeakTts("en-us", 170).synthesize(LONG, cancel)
    assert next(speech).size > 0
    assert started[0].poll() is None
    if how == "cancel":
        cancel.set()
        assert sum(map(len, speech)) < SAMPLE_RATE
    else:
        speech.close()
    assert ended(started[0])


@needs_voice
def test_cancelled_before_it_began_it_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    cancel = CancelFlag()
    cancel.set()
    assert list(EspeakTts("en-us", 170).synthesize("hello", cancel)) == []


def program(folder: Path, script: str) -> None:
    """Put a program called espeak-ng into a folder."""
    path = folder / "espeak-ng"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_program_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[subprocess.Popen[bytes]]
) -> None:
    program(tmp_path, "exec /bin/sleep 60")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(espeak, "STALL_SECONDS", 0.2)
    with pytest.raises(ProviderError, match="no sound for"):
        spoken("hello")
    assert ended(started[0])


def test_a_program_that_sends_no_sound_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "echo 'cannot open the data file, or so it seems to me'")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match="no sound"):
        spoken("hello")


def test_a_program_that_cannot_be_run_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "espeak-ng"
    broken.write_bytes(b"\x7fELF but not really")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match="cannot be started"):
        spoken("hello")


def test_without_the_program_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(espeak, "LIBRARY", "no_such_package")
    with pytest.raises(ProviderError, match="not installed") as raised:
        spoken("hello")
    assert raised.value.hint == install_hint(sys.platform)
    assert "apt install espeak-ng" in install_hint("linux")
    assert "brew install espeak-ng" in install_hint("darwin")
    assert install_hint("win32") == install_extra("espeak")


def test_without_the_program_the_library_is_run_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(espeak, "LIBRARY", "numpy")  # anything that is installed
    arguments = command("en-us", 170)
    assert arguments[0] == sys.executable
    assert arguments[-3:] == ["voice_tui.engine.cascade.tts.espeak_library", "en-us", "170"]


def test_no_voice_says_nothing() -> None:
    silent = SilentTts()
    assert list(silent.synthesize("hello", CancelFlag())) == []
    silent.close()


# --- which voices there are ---


@needs_voice
@pytest.mark.parametrize("voice", ["en-us", "EN-GB", "de", "en-us+f3", "gmw/en-US"])
def test_a_voice_that_is_there_is_accepted(voice: str) -> None:
    check_voice(voice)


@needs_voice
@pytest.mark.parametrize(
    ("voice", "near"), [("eng-us", "en-us"), ("no such voice", "en-gb"), ("-x", "en-us"), ("", "en-us")]
)
def test_a_voice_that_is_not_there_is_refused_with_some_that_are(voice: str, near: str) -> None:
    with pytest.raises(ProviderError, match="There is no voice") as raised:
        check_voice(voice)
    assert near in raised.value.hint and "--voices lists all" in raised.value.hint


@pytest.mark.parametrize("script", ["exit 1", "exec /bin/sleep 60"])
def test_a_program_that_knows_nothing_refuses_no_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    program(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(espeak_voices, "SECONDS", 0.2)
    check_voice("xx-none")
    assert espeak_voices.voices() == []


@needs_voice
def test_a_conversation_goes_on_with_the_default_voice_and_says_so(tmp_path: Path) -> None:
    settings = Settings(tts=TtsSettings(voice="xx-none"))
    with SqliteMemory(tmp_path / "memory.db") as memory:
        engine = build_engine(settings, memory, inline=True)
        notices = [event for event in engine.poll(Tick(0.0, 0)).events if isinstance(event, Notice)]
        engine.close()
    assert [notice.message for notice in notices] == ["There is no voice 'xx-none', so 'en-us' speaks"]
