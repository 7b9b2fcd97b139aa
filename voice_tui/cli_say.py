"""`voice-tui say`: a text through the configured voice, to the speaker or to a file."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from voice_tui.audio.device import DeviceAudio
from voice_tui.audio.file_writer import FileWriter
from voice_tui.audio.port import AudioPort
from voice_tui.cli_options import load_config
from voice_tui.engine.cascade.ports import Tts
from voice_tui.engine.cascade.providers import check_voice, make_tts
from voice_tui.engine.cascade.sentences import SentenceBuffer
from voice_tui.errors import DeviceError, ProviderError, VoiceTuiError
from voice_tui.fdguard import stderr_in_file
from voice_tui.frame import SAMPLE_RATE, Pcm
from voice_tui.paths import log_path
from voice_tui.settings import Settings

AHEAD_SAMPLES = SAMPLE_RATE // 2
"""How much is handed to the speaker before it is heard; its ring holds more."""

PIECE_SAMPLES = SAMPLE_RATE // 10
POLL_SECONDS = 0.02


def say(args: argparse.Namespace) -> int:
    """Speak a text.

    Raises:
        VoiceTuiError: There is nothing to say, no such voice, no speaker, or the file cannot be written.
    """
    if args.voice is not None:
        args.flags = [*args.flags, ("tts.voice", args.voice)]
    settings = load_config(args).settings
    text = (sys.stdin.read() if args.text == "-" else args.text).strip()
    if not text:
        raise VoiceTuiError("There is nothing to say", hint='Give a text, such as: voice-tui say "hello"')
    if settings.tts.provider == "none":
        raise ProviderError("No voice is configured", hint="Choose one: --set tts.provider=espeak")
    check_voice(settings)
    tts = make_tts(settings)
    try:
        _deliver(settings, spoken(tts, text, settings.audio.volume), args.output)
    finally:
        tts.close()
    return 0


def spoken(tts: Tts, text: str, volume: float) -> Iterator[Pcm]:
    """Yield the speech of a text, sentence by sentence, at a gain of `volume`."""
    sentences = SentenceBuffer()
    cancel = threading.Event()
    for sentence in sentences.push(text) + sentences.flush():
        for piece in tts.synthesize(sentence, cancel):
            yield np.clip(piece * np.float32(volume), -1.0, 1.0)


def _deliver(settings: Settings, speech: Iterator[Pcm], output: Path | None) -> None:
    if output is not None:
        with FileWriter(output) as file:
            for piece in speech:
                file.write(piece)
        return
    with stderr_in_file(log_path("say-native")):  # PortAudio and ALSA print there
        play(DeviceAudio(settings.audio), speech)


def play(audio: AudioPort, speech: Iterator[Pcm], *, wait: Callable[[float], None] = time.sleep) -> None:
    """Play to the end, handing over no more than the ring holds.

    Raises:
        DeviceError: There is no speaker, or it stopped.
    """
    try:
        state = audio.start()
        if not state.output:
            raise DeviceError(state.message or "There is no speaker", hint=state.hint)
        for piece in speech:
            for start in range(0, len(piece), PIECE_SAMPLES):
                _wait_below(AHEAD_SAMPLES, audio, wait)
                audio.write(piece[start : start + PIECE_SAMPLES])
        _wait_below(1, audio, wait)
    finally:
        audio.close()


def _wait_below(samples: int, audio: AudioPort, wait: Callable[[float], None]) -> None:
    while audio.pending() >= samples:
        wait(POLL_SECONDS)
        change = audio.poll()
        if change is not None and not change.output:
            raise DeviceError(change.message or "The speaker is gone", hint=change.hint)
