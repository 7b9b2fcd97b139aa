"""The list of sound devices, asked in a process of its own.

A broken sound system can end the process that asks (PortAudio aborts) or hang it, and the app's process never loads a
sound library at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from voice_tui.audio.choice import DeviceInfo
from voice_tui.errors import DeviceError

TIMEOUT = 15.0
"""A sound system that has not listed its devices by then, in seconds, hangs."""


def ask_devices(timeout: float = TIMEOUT) -> list[DeviceInfo]:
    """Return every microphone and speaker. Any thread; blocks.

    Raises:
        DeviceError: PortAudio is missing, broke or hangs.
    """
    command = [sys.executable, "-m", "voice_tui", "devices", "--json", "--config", os.devnull]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as e:
        raise DeviceError("The sound system hangs", hint="Restart the sound server, or the computer") from e
    if not done.stdout.startswith("["):
        raise _failure(done)
    return [DeviceInfo(**entry) for entry in json.loads(done.stdout)]


def _failure(done: subprocess.CompletedProcess[str]) -> DeviceError:
    """Put the child's own complaint (message, then an indented hint) into an error."""
    lines = done.stderr.strip().splitlines()
    if done.returncode < 0 or not lines:
        return DeviceError(f"The sound system broke (status {done.returncode})", hint="See the log devices-native")
    return DeviceError(lines[0].removeprefix("voice-tui: "), hint=" ".join(line.strip() for line in lines[1:]))
