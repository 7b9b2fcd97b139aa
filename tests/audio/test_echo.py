"""The assistant does not hear itself: a real canceller on a real voice in a room made of noise that dies away."""

from __future__ import annotations

import itertools
from threading import Event as CancelFlag

import numpy as np
import pytest
import soxr

from tests.audio.rooms import frames, heard_through, level_db, response
from voice_tui.audio.echo import EchoCanceller, EchoGuard, HalfDuplex, Tail, echo_guard, is_headphones
from voice_tui.engine.cascade.ports import STT_RATE
from voice_tui.engine.cascade.tts.espeak import EspeakTts
from voice_tui.engine.cascade.turns import CHUNK_SECONDS
from voice_tui.engine.cascade.vad.silero import SileroVad
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Pcm, silence

SENTENCE = "The boats come in with the tide, and the gulls are there before them, as they are every morning. "


@pytest.fixture(scope="module")
def voice() -> Pcm:
    """16 s of the assistant, with a pause in the middle."""
    tts = EspeakTts("en-us", 165)
    spoken = np.concatenate(list(tts.synthesize(SENTENCE * 3, CancelFlag())))
    return np.concatenate([spoken[: 7 * SAMPLE_RATE], silence(SAMPLE_RATE), spoken[: 8 * SAMPLE_RATE]])


@pytest.fixture(scope="module")
def person() -> Pcm:
    """Somebody else."""
    return np.concatenate(list(EspeakTts("en-gb+f3", 150).synthesize("Stop, that is not what I asked.", CancelFlag())))


def echo_of(voice: Pcm) -> Pcm:
    return heard_through(response(0.1, fading=0.35), voice)


def through(guard: EchoGuard, microphone: Pcm, played: Pcm) -> Pcm:
    pairs = zip(frames(microphone), frames(played), strict=True)
    return np.concatenate([guard.process(heard, said) for heard, said in pairs])


def speech_chunks(pcm: Pcm) -> list[float]:
    """When somebody was heard speaking: the ends of the chunks, seconds."""
    probabilities = SileroVad().probabilities(soxr.resample(pcm, SAMPLE_RATE, STT_RATE, quality="HQ"))
    return [CHUNK_SECONDS * (at + 1) for at, probability in enumerate(probabilities) if probability >= 0.5]


class TestCanceller:
    def test_the_assistant_s_own_voice_is_gone(self, voice: Pcm) -> None:
        echo = echo_of(voice)
        left = through(EchoCanceller(), echo, voice)
        settled = slice(4 * SAMPLE_RATE, len(left))
        assert level_db(echo[settled]) - level_db(left[settled]) > 25

    @pytest.mark.parametrize("near_db", [6, -6])
    def test_who_speaks_into_it_is_heard_at_once_and_whole(self, voice: Pcm, person: Pcm, near_db: float) -> None:
        said = slice(10 * SAMPLE_RATE, 10 * SAMPLE_RATE + len(person))
        echo = echo_of(voice)
        speech = np.zeros_like(echo)
        speech[said] = person * 10 ** ((level_db(echo[said]) + near_db - level_db(person)) / 20)
        left = through(EchoCanceller(), echo + speech, voice)
        assert level_db(left[said]) > level_db(speech[said]) - 2
        chunks = speech_chunks(left)
        began = 10 + float(np.flatnonzero(np.abs(person) > 0.1 * np.max(np.abs(person)))[0]) / SAMPLE_RATE
        assert sum(4 < at < 10 for at in chunks) < 4, "it heard itself"
        assert sum(began < at < began + 0.35 for at in chunks) >= 4

    def test_without_playback_nothing_changes_but_hum(self, person: Pcm) -> None:
        heard = through(EchoCanceller(), person, silence(len(person)))
        assert abs(level_db(heard) - level_db(person[: len(heard)])) < 1.5

    def test_broken_samples_do_no_harm(self) -> None:
        guard = EchoCanceller()
        loud = np.full(FRAME_SAMPLES, 50.0, np.float32)
        for _ in range(5):
            assert np.all(np.isfinite(guard.process(loud, loud)))


class TestTail:
    def test_a_pause_within_speech_is_the_canceller_s_business(self) -> None:
        tail = Tail()
        assert [tail.level(0.1, active=False) for _ in range(14)] == [0.0] * 14

    def test_it_begins_as_loud_as_the_room_and_dies_away(self) -> None:
        tail = Tail()
        levels = [tail.level(0.1, active=False) for _ in range(60)]
        assert levels[14] == 0.1
        assert all(later < earlier for earlier, later in itertools.pairwise(levels[14:]))
        assert 20 * np.log10(levels[54] / levels[14]) == pytest.approx(-20, abs=0.1)  # 50 dB in a second

    def test_new_sound_ends_it_once_its_echo_has_come(self) -> None:
        tail = Tail()
        for _ in range(20):
            tail.level(0.1, active=False)
        again = [tail.level(0.1, active=True) for _ in range(14)]
        assert again[11] > 0
        assert again[12:] == [0.0, 0.0]


class TestHalfDuplex:
    def test_it_is_deaf_while_the_speaker_plays_and_for_as_long_as_the_room_rings(self) -> None:
        guard = HalfDuplex()
        heard, said = np.full(FRAME_SAMPLES, 0.3, np.float32), np.full(FRAME_SAMPLES, 0.3, np.float32)
        played = [silence(), said, *[silence()] * 7]
        listening = [bool(np.any(guard.process(heard, frame))) for frame in played]
        assert listening == [True, False, False, False, False, False, False, True, True]


class TestChoice:
    @pytest.mark.parametrize(
        "name", ["AirPods Pro", "WH-1000XM5", "USB Headset", "Headphones (Realtek)", "Jabra Elite Earbuds"]
    )
    def test_headphones_need_nothing(self, name: str) -> None:
        assert is_headphones(name)
        assert echo_guard("auto", name) is None

    @pytest.mark.parametrize(
        "name", ["MacBook Pro Speakers", "Built-in Audio Analog Stereo", "pulse", "Earthquake 5.1"]
    )
    def test_speakers_get_the_canceller(self, name: str) -> None:
        assert isinstance(echo_guard("auto", name), EchoCanceller)

    def test_the_person_decides(self) -> None:
        assert isinstance(echo_guard("on", "AirPods"), EchoCanceller)
        assert isinstance(echo_guard("half-duplex", "AirPods"), HalfDuplex)
        assert echo_guard("off", "Speakers") is None

    def test_without_a_speaker_there_is_no_echo(self) -> None:
        assert echo_guard("on", "") is None
