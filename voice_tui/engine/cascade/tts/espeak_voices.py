"""Which voices eSpeak NG has here, asked of the program itself."""

from __future__ import annotations

import difflib
import shutil
import subprocess

from voice_tui.engine.cascade.tts.espeak import PROGRAM, command
from voice_tui.errors import ProviderError
from voice_tui.settings import TtsSettings

SECONDS = 5.0
"""Longest wait for an answer (20 ms as a rule); without one the voice is taken to be there."""

DEFAULT = TtsSettings().voice

COMMON = ("en-us", "en-gb", "de", "fr-fr", "es", "it")
"""Named where none is near what was asked for."""

MOST_NAMED = 4
WORDS_PER_MINUTE = 165


def check_voice(voice: str) -> None:
    """Make sure that a voice is there. Any thread but the loop's; starts a program.

    Where eSpeak NG is missing or does not answer nothing is known, and nothing is said here.

    Raises:
        ProviderError: There is no such voice; the hint names some that there are.
    """
    if voice != DEFAULT and _fails(voice) and not _fails(DEFAULT):
        raise ProviderError(f"There is no voice {voice!r}", hint=_hint(voice))


def voices() -> list[str]:
    """Return the names of the languages that eSpeak NG speaks here, such as "en-us"; empty when it does not say."""
    program = shutil.which(PROGRAM)
    if program is None:
        return []
    try:
        done = subprocess.run([program, "--voices"], capture_output=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = [line.split() for line in done.stdout.decode(errors="replace").splitlines()[1:]]
    return [row[1] for row in rows if len(row) > 1]


def _hint(voice: str) -> str:
    there = voices()
    near = difflib.get_close_matches(voice.lower(), there, MOST_NAMED, 0.5)
    some = near or [name for name in COMMON if name in there][:MOST_NAMED] or list(COMMON[:MOST_NAMED])
    every = f"; {PROGRAM} --voices lists all" if there else ""
    return f"There are, for example: {', '.join(some)}{every}"


def _fails(voice: str) -> bool:
    """Whether the program refuses to say nothing at all with this voice."""
    try:
        words = command(voice, WORDS_PER_MINUTE)
        done = subprocess.run(words, input=b"", capture_output=True, timeout=SECONDS, check=False)
    except (ProviderError, OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode > 0
