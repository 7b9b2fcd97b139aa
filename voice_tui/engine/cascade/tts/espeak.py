"""The voice of eSpeak NG, run as a separate program.

eSpeak NG is licensed under GPL-3, voice-tui under MIT. The program is therefore run at arm's length: text goes to its
standard input, sound comes from its standard output, and no code of it is linked or loaded here; the MIT licence of
voice-tui stands. Where no `espeak-ng` program is installed, the optional package `espeakng-loader` (extra `[espeak]`,
installed by the user's choice) brings the library; it is loaded only in a process of its own, `espeak_library`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import selectors
import shutil
import subprocess
import sys
from collections.abc import Iterator
from threading import Event as CancelFlag

from memory.installing import install_extra
from voice_tui.engine.cascade.tts.wavstream import decode_stream
from voice_tui.errors import ProviderError
from voice_tui.frame import Pcm

PROGRAM = "espeak-ng"
LIBRARY = "espeakng_loader"

MAX_CHARACTERS = 10_000
"""Of one text; the rest is not spoken. Ten minutes of speech, and less than what a pipe takes without a reader."""

STALL_SECONDS = 10.0
"""A voice that gives no byte for this long counts as hung (cold start under load: below 1 s)."""

POLL_SECONDS = 0.05
"""How soon a cancelled synthesis ends, at most."""

PIECE_BYTES = 1 << 15

_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class EspeakTts:
    """Implements `Tts`: one short-lived process per sentence; first sound after about 20 ms.

    Args:
        voice: A voice name of eSpeak NG, such as "en-us".
        words_per_minute: Speed, 80-400.
    """

    name = "espeak-ng"

    def __init__(self, voice: str, words_per_minute: int) -> None:
        self._voice = voice
        self._words_per_minute = words_per_minute

    def synthesize(self, text: str, cancel: CancelFlag) -> Iterator[Pcm]:
        """Yield the speech of one sentence in pieces, float32, 24 kHz; the process is killed when `cancel` is set.

        Raises:
            ProviderError: No eSpeak NG is installed, it does not know the voice, failed or hung.
        """
        spoken = sayable(text)
        if not spoken or cancel.is_set():
            return
        with _start(command(self._voice, self._words_per_minute)) as process:
            try:
                _write(process, spoken)
                yield from decode_stream(_read(process, cancel))
            finally:
                process.kill()  # does nothing once it has ended by itself
        if cancel.is_set():
            return
        if process.returncode < 0:
            raise ProviderError("The voice was stopped in the middle of a sentence", hint="Run: voice-tui doctor")
        if process.returncode > 0:
            raise ProviderError(f"The voice {self._voice!r} failed", hint="Choose another voice: espeak-ng --voices=en")

    def close(self) -> None:
        """Nothing to release: every process ends with its sentence."""


def command(voice: str, words_per_minute: int) -> list[str]:
    """Return the program and its arguments; the text goes to its standard input and is never an argument.

    Raises:
        ProviderError: eSpeak NG is installed neither as a program nor as a library; the hint has the fix.
    """
    program = shutil.which(PROGRAM)
    if program is not None:
        return [program, "--stdout", "--stdin", "-b1", f"-v{voice}", f"-s{words_per_minute}"]
    if importlib.util.find_spec(LIBRARY) is not None:
        return [sys.executable, "-P", "-m", "voice_tui.engine.cascade.tts.espeak_library", voice, str(words_per_minute)]
    raise ProviderError("No voice: eSpeak NG is not installed", hint=install_hint())


def install_hint(platform: str = sys.platform) -> str:
    """Return the one line that brings eSpeak NG to this platform."""
    extra = install_extra("espeak")
    if platform == "darwin":
        return f"brew install espeak-ng, or: {extra}"
    if platform.startswith("linux"):
        return f"sudo apt install espeak-ng (or your distribution's package of that name), or: {extra}"
    return extra


def sayable(text: str) -> str:
    """Return one line that the program speaks as words: no control characters, and `[[` does not start phonemes."""
    line = " ".join(_UNSPEAKABLE.sub(" ", text[:MAX_CHARACTERS]).split())
    while "[[" in line:
        line = line.replace("[[", "[ [")
    return line


def _start(arguments: list[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
    except OSError as e:
        raise ProviderError(f"The voice cannot be started: {e}", hint=install_hint()) from e


def _write(process: subprocess.Popen[bytes], text: str) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(text.encode())
        process.stdin.close()
    except BrokenPipeError:
        return  # it ended before it read, such as for an unknown voice; its exit status says so


def _read(process: subprocess.Popen[bytes], cancel: CancelFlag) -> Iterator[bytes]:
    """Yield what the process writes until it ends or `cancel` is set."""
    assert process.stdout is not None
    silent = 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not cancel.is_set():
            if not selector.select(POLL_SECONDS):
                silent += POLL_SECONDS
                if silent >= STALL_SECONDS:
                    raise ProviderError(
                        f"The voice gave no sound for {STALL_SECONDS:.0f} s", hint="Run: voice-tui doctor"
                    )
                continue
            data = os.read(process.stdout.fileno(), PIECE_BYTES)
            if not data:
                process.wait()
                return
            silent = 0.0
            yield data
