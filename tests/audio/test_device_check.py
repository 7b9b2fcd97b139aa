"""The test tone and the round trip through the virtual card, its speaker wired to its microphone and not."""

from __future__ import annotations

import signal
import subprocess

import numpy as np
import pytest

from tests.audio.talk import both_open, talking
from tests.card import Card
from voice_tui.audio.portaudio import ANSWER_SECONDS
from voice_tui.audio.soundcheck import tone
from voice_tui.frame import SAMPLE_RATE

pytestmark = pytest.mark.card

PATIENCE = 15.0
PASSED_ON_MS = (60, 900)
"""A way through two virtual devices and the loop that joins them, however busy the machine."""


def wire(card: Card) -> None:
    """Let the microphone hear the speaker."""
    module = ["module-loopback", "source=vspk.monitor", "sink=vmic", "latency_msec=40", "adjust_time=0"]
    subprocess.run(["pactl", "load-module", *module], env=card.env, check=True, capture_output=True, timeout=10)


def test_the_round_trip_is_measured_on_a_microphone_that_hears_the_speaker(doomed_card):
    wire(doomed_card)
    with talking(doomed_card) as talk:
        talk.until(both_open, PATIENCE)
        talk.tell("check round_trip")
        found = talk.until(lambda line: line["what"] == "SoundChecked", PATIENCE)
        assert found["verdict"] == "speakers"
        assert PASSED_ON_MS[0] < found["latency_ms"] < PASSED_ON_MS[1]
        assert found["echo_db"] == pytest.approx(0.0, abs=1.5)


def test_without_an_echo_nothing_comes_back_and_the_tone_is_heard_in_the_speaker(doomed_card):
    recording = doomed_card.record()
    with talking(doomed_card) as talk:
        talk.until(both_open, PATIENCE)
        talk.tell("check round_trip")
        found = talk.until(lambda line: line["what"] == "SoundChecked", PATIENCE)
        assert found["verdict"] in ("deaf", "nothing")
        assert (found["latency_ms"], found["echo_db"]) == (None, None)
        talk.tell("check tone")
        talk.until(lambda line: line["what"] == "Stats" and line["output_peak"] > 0.2, PATIENCE, found["when"])
        talk.until(lambda line: line["what"] == "Stats" and line["playout_ms"] == 0, PATIENCE, found["when"] + 1.0)
    heard, wanted = recording.stop(), tone()
    size = 1 << (len(heard) + len(wanted)).bit_length()
    match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)[: len(heard)]
    assert match.max() > 0.9 * float(np.dot(wanted, wanted)), f"{len(heard) / SAMPLE_RATE:.1f} s were recorded"


def test_a_list_that_never_comes_is_not_waited_for(doomed_card):
    doomed_card.signal(signal.SIGSTOP)
    with doomed_card.python("-m", "voice_tui", "devices") as asking:
        said, problem = asking.communicate(timeout=PATIENCE + ANSWER_SECONDS)
    assert (asking.returncode, said) == (1, "")
    assert problem.startswith("voice-tui: The sound system does not answer\n")
