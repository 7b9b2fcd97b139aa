"""A virtual sound card for tests that need a real PortAudio: a private PulseAudio with a microphone and a speaker.

PortAudio reads its environment when it is loaded, so whatever opens a device runs in a child process with `Card.env`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).parents[1]
TOOL = PROJECT / "../shared/tools/virtual-audio"
RAW = ["--raw", "--format=float32le", "--rate=24000", "--channels=1"]


class Card:
    """One server with its own folder.

    Args:
        folder: Its place; letters, digits, "/", ".", "_" and "-" only.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "VIRTUAL_AUDIO_DIR": str(folder)}
        self.up()

    def up(self) -> None:
        done = subprocess.run([TOOL, "up"], env=self.env, check=True, capture_output=True, text=True, timeout=30)
        for line in done.stdout.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            self.env[name] = value.strip("'")

    def down(self) -> None:
        self.signal(signal.SIGCONT)
        subprocess.run([TOOL, "down"], env=self.env, check=True, capture_output=True, timeout=30)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server, if it runs."""
        pid = self.folder / "pid"
        if pid.exists():
            with suppress(ProcessLookupError):
                os.kill(int(pid.read_text().split()[0]), number)

    def python(self, *args: str, **env: str) -> subprocess.Popen[str]:
        """Start a Python program that sees this card; text pipes on both ends."""
        return subprocess.Popen(
            [sys.executable, *args],
            cwd=PROJECT,
            env=self.env | env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def play(self, pcm: np.ndarray) -> None:
        """Play 24 kHz samples into the microphone; returns after the last."""
        command = ["pacat", "--playback", "-d", "vmic", *RAW]
        subprocess.run(command, env=self.env, input=pcm.astype(np.float32).tobytes(), check=True, timeout=60)

    @contextmanager
    def playing(self, pcm: np.ndarray) -> Iterator[None]:
        """Play 24 kHz samples into the microphone meanwhile; broken off at the end of the block."""
        file = self.folder / "playing.f32"
        file.write_bytes(pcm.astype(np.float32).tobytes())
        with file.open("rb") as samples:
            command = ["pacat", "--playback", "-d", "vmic", *RAW]
            process = subprocess.Popen(command, env=self.env, stdin=samples, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)

    def record(self) -> Recording:
        """Start recording the speaker."""
        return Recording(self)


class Recording:
    """What the speaker plays, until `stop`."""

    def __init__(self, card: Card) -> None:
        self._file = card.folder / f"recording-{os.urandom(4).hex()}.f32"
        with self._file.open("wb") as out:
            command = ["parec", "-d", "vspk.monitor", "--latency-msec=10", *RAW]
            self._process = subprocess.Popen(command, env=card.env, stdout=out, stderr=subprocess.DEVNULL)

    def samples(self) -> np.ndarray:
        """All that was recorded so far."""
        data = self._file.read_bytes()
        return np.frombuffer(data[: len(data) // 4 * 4], dtype=np.float32)

    def wait_for(self, seconds: float, deadline: float = 20.0) -> None:
        """Wait until so much was recorded."""
        end = time.monotonic() + deadline
        while len(self.samples()) < 24_000 * seconds:
            assert time.monotonic() < end, "nothing was recorded"
            time.sleep(0.02)

    def stop(self) -> np.ndarray:
        self._process.terminate()
        self._process.wait(10)
        return self.samples()


def _missing() -> str:
    if not TOOL.exists():
        return "the virtual sound card (../shared/tools/virtual-audio) is not here"
    for program in ("pulseaudio", "pactl", "pacat", "parec", "sox", "espeak-ng"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return "" if find_library("portaudio") else "libportaudio2 is not installed"


def _card(folder: Path) -> Iterator[Card]:
    if reason := _missing():
        pytest.skip(reason)
    card = Card(folder)
    try:
        yield card
    finally:
        card.down()


@pytest.fixture(scope="session")
def virtual_card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Card]:
    """A card that many tests share; leave it as it was."""
    yield from _card(tmp_path_factory.mktemp("card"))


@pytest.fixture
def doomed_card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Card]:
    """A card of one's own, to be killed."""
    yield from _card(tmp_path_factory.mktemp("doomed"))
