"""The real recogniser on real recordings: commands, ordinary speech, pauses, strangers, broken sound."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from threading import Event as CancelFlag

import numpy as np
import pytest

from tests.engine.cascade.recordings import needs_recordings, recording, to_16k, with_room
from voice_tui.engine.cascade.phrases import Command
from voice_tui.engine.cascade.ports import Heard
from voice_tui.engine.cascade.stt.inline import InlineStt
from voice_tui.engine.cascade.stt.mean import TYPICAL, Speaker
from voice_tui.engine.cascade.stt.pocketsphinx import PocketsphinxRecogniser
from voice_tui.engine.cascade.stt.recognisers import make
from voice_tui.engine.cascade.tts.espeak import EspeakTts
from voice_tui.errors import ProviderError

PIECE = 1_280

SAID = {
    "rh_lamp": "turn on the living room lamp",
    "g_half_hour": "half an hour",
    "g_two_people": "two people",
    "ps_cards_001": "ten of clubs",
    "ps_goforward": "go forward ten meters",
    "v2j_firefox": "launch firefox",
}


class Ears:
    """A loaded recogniser and what it knows of the speaker."""

    def __init__(self, *sentences: str) -> None:
        self.speaker = Speaker()
        self.recogniser = PocketsphinxRecogniser(self.speaker, (Command("heard", sentences),) if sentences else ())

    def forget(self) -> None:
        self.speaker.mean, self.speaker.frames, self.speaker.level = TYPICAL, 0.0, 0.0

    def hear(self, pcm: np.ndarray) -> Heard:
        """The final of one utterance."""
        return self.follow(pcm)[-1]

    def follow(self, pcm: np.ndarray) -> list[Heard]:
        """Everything heard of one utterance, 80 ms at a time."""
        self.recogniser.begin(1)
        partial = [self.recogniser.feed(pcm[at : at + PIECE]) for at in range(0, len(pcm), PIECE)]
        self.recogniser.pause()
        return [*(heard for heard in partial if heard is not None), self.recogniser.finish()]


@pytest.fixture(scope="module")
def loaded() -> Ears:
    return Ears()


@pytest.fixture
def ears(loaded: Ears) -> Iterator[Ears]:
    loaded.forget()
    yield loaded
    loaded.recogniser.cancel()


@pytest.fixture(scope="module")
def obeying() -> Ears:
    """Ears whose grammar also holds what the recordings say."""
    return Ears(*SAID.values())


@needs_recordings
@pytest.mark.parametrize("name", SAID)
def test_a_command_of_the_grammar_is_taken_for_it(obeying: Ears, name: str) -> None:
    obeying.forget()
    heard = obeying.hear(with_room(recording(name)))
    assert (heard.text, heard.command) == (SAID[name], True)
    assert heard.confidence is not None
    assert heard.confidence > 0.7


@needs_recordings
@pytest.mark.parametrize(
    "name", ["rh_lamp", "g_half_hour", "ps_cards_001", "lj001_0002", "lj002_0020", "g_today", "cv_firefox"]
)
def test_ordinary_speech_is_not_taken_for_a_command(ears: Ears, name: str) -> None:
    heard = ears.hear(with_room(recording(name)))
    assert not heard.command
    assert heard.text


@needs_recordings
@pytest.mark.parametrize("name", ["noise_sb1", "noise_rhasspy", "silence_leopard"])
def test_noise_is_no_command(ears: Ears, name: str) -> None:
    assert not ears.hear(recording(name)[: 16_000 * 2]).command


@needs_recordings
def test_words_grow_while_somebody_speaks(ears: Ears) -> None:
    *partial, last = ears.follow(with_room(recording("sb_spk1_snt5")))
    assert len(partial) > 3
    assert not any(heard.final for heard in partial)
    assert last.final
    assert last.text == "sunday is the best part of the week"
    assert all(a.text != b.text for a, b in pairwise(partial)), "only news is told"


@needs_recordings
@pytest.mark.parametrize("gain", [0.02, 3.0])
def test_quiet_and_loud_microphones_are_heard_alike(ears: Ears, gain: float) -> None:
    assert ears.hear(with_room(recording("ps_goforward")) * np.float32(gain)).text == SAID["ps_goforward"]


@needs_recordings
def test_what_was_learned_of_one_speaker_does_not_deafen_for_another(ears: Ears) -> None:
    ears.hear(with_room(recording("lj001_0002")))
    assert ears.speaker.known
    assert ears.hear(with_room(recording("ps_goforward")) * np.float32(0.1)).text == SAID["ps_goforward"]


@needs_recordings
def test_who_goes_on_after_a_pause_is_heard_to_the_end(ears: Ears) -> None:
    pcm = with_room(recording("ps_goforward"))
    half = len(pcm) // 2 // PIECE * PIECE
    ears.recogniser.begin(3)
    for at in range(0, len(pcm), PIECE):
        if at == half:
            ears.recogniser.pause()
            ears.recogniser.resume()
        ears.recogniser.feed(pcm[at : at + PIECE])
    heard = ears.recogniser.finish()
    assert (heard.utterance, heard.text) == (3, SAID["ps_goforward"])


@needs_recordings
def test_the_parts_of_a_long_utterance_are_joined(ears: Ears) -> None:
    first, second = with_room(recording("sb_spk1_snt5"), after=0.5), with_room(recording("sb_spk1_snt1"))
    ears.recogniser.begin(1)
    ears.recogniser.feed(first)
    ears.recogniser.pause()
    ears.recogniser.resume()
    ears.recogniser.feed(second)
    heard = ears.recogniser.finish()
    assert heard.text.startswith("sunday is the best part of the week")
    assert "child" in heard.text


@needs_recordings
def test_the_same_sound_gives_the_same_words_and_confidence(ears: Ears) -> None:
    pcm = with_room(recording("ps_goforward"))
    first = ears.hear(pcm)
    ears.forget()
    again = ears.hear(pcm)
    assert again.text == first.text
    # Pocketsphinx's scores hang a little on what a decoder heard before; two that heard nothing agree on everything.
    assert again.confidence == pytest.approx(first.confidence, abs=0.03)
    assert Ears().follow(pcm) == Ears().follow(pcm)


def test_nothing_silence_and_broken_samples_are_no_words(ears: Ears) -> None:
    ears.recogniser.begin(1)
    assert ears.recogniser.finish().text == ""
    assert ears.hear(np.zeros(16_000, np.float32)).text == ""
    assert ears.hear(np.full(16_000, np.nan, np.float32)).text == ""
    assert ears.recogniser.finish() == Heard(0, "", final=True, confidence=0.0), "nothing was begun"
    assert ears.recogniser.feed(np.zeros(PIECE, np.float32)) is None
    assert not ears.speaker.known, "silence teaches nothing"


@needs_recordings
def test_a_cancelled_utterance_leaves_nothing(ears: Ears) -> None:
    ears.recogniser.begin(1)
    ears.recogniser.feed(with_room(recording("sb_spk1_snt1")))
    ears.recogniser.cancel()
    assert ears.hear(with_room(recording("g_half_hour"))).text == "half an hour"


@needs_recordings
def test_in_the_calling_thread_the_answer_is_there_at_once(ears: Ears) -> None:
    stt = InlineStt("pocketsphinx", ears.recogniser)
    stt.begin(5)
    stt.feed(with_room(recording("g_half_hour")))
    stt.pause()
    stt.resume()
    stt.finish()
    *_, heard = stt.poll()
    assert (heard.utterance, heard.text, heard.final) == (5, "half an hour", True)
    assert stt.poll() == []
    stt.begin(6)
    stt.cancel()
    assert stt.poll() == []


def test_what_was_learned_is_kept_for_the_next_start(tmp_path: Path) -> None:
    state = tmp_path / "state"
    recogniser = make("pocketsphinx", state)
    assert isinstance(recogniser, PocketsphinxRecogniser)
    recogniser.close()
    assert (state / "speaker.json").exists()
    with pytest.raises(ProviderError, match="no recogniser called"):
        make("gramophone", None)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("words", ["what time is it", "set a timer for five minutes", "what did i tell you yesterday"])
def test_the_ears_understand_the_voice(ears: Ears, words: str) -> None:
    pieces = list(EspeakTts("en-us", 150).synthesize(words, CancelFlag()))
    heard = ears.hear(with_room(to_16k(np.concatenate(pieces))))
    assert heard.text == words
    assert heard.command
