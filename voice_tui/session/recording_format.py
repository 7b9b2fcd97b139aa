"""A recorded conversation on disk: how it is laid out, and how it is read.

    microphone.flac   what the microphone gave, before echo cancellation; silence while it was muted
    speaker.flac      what the speaker was given meanwhile: the reference of the echo canceller; same length
    events.jsonl      one `Entry` per line, in order
    session.json      `About`

Time is counted in frames of 80 ms from the start of the conversation, so that a replay hits the same frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from voice_tui.errors import AudioFileError
from voice_tui.events import AnyCommand, AnyEvent
from voice_tui.settings import Settings

MICROPHONE, SPEAKER, EVENTS, ABOUT = "microphone.flac", "speaker.flac", "events.jsonl", "session.json"

FORMAT = 1
"""Raised when a folder can no longer be read as before."""


_FRAME_SECONDS = 0.08
"""As `voice_tui.frame` has it, which needs numpy; the app lists recordings without it."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of events.jsonl.

    Args:
        frame: Frames of the conversation that had been heard.
        event: What happened, or None. `command`: what the person or the app asked for, or None.
    """

    frame: int
    event: AnyEvent | None = None
    command: AnyCommand | None = None


class About(msgspec.Struct, frozen=True, kw_only=True):
    """session.json.

    Args:
        format: See `FORMAT`.
        conversation: Its id. `resumed`: what was said before in it is not in this folder.
        started_at: Seconds since 1970. `utc_offset`: of local time, seconds.
        versions: Of this program, Python, the system and the libraries.
        settings: In force, without what is private (see `shareable`).
        complete: The recording was ended in order.
        frames: How long it is. `lost_frames`: of them, those that were replaced by silence as the disk was too slow.
        lost_entries: Events and commands that are missing for the same reason.
    """

    format: int = FORMAT
    conversation: str
    resumed: bool = False
    started_at: float
    utc_offset: float = 0.0
    versions: dict[str, str] = {}
    settings: Settings
    complete: bool = False
    frames: int = 0
    lost_frames: int = 0
    lost_entries: int = 0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames * _FRAME_SECONDS


class _Format(msgspec.Struct):
    format: int


def read_about(folder: Path) -> About:
    """Read session.json of a recorded conversation.

    Raises:
        AudioFileError: There is none, or it cannot be read.
    """
    try:
        raw = (folder / ABOUT).read_bytes()
        if msgspec.json.decode(raw, type=_Format).format != FORMAT:
            raise AudioFileError(
                f"{folder} was recorded by another version of this program", hint="Replay it with that version"
            )
        return msgspec.json.decode(raw, type=About)
    except OSError as e:
        hint = "Name the folder of a recorded conversation"
        raise AudioFileError(f"{folder} is no recording: {ABOUT}: {e.strerror}", hint=hint) from e
    except msgspec.DecodeError as e:
        raise AudioFileError(f"{folder / ABOUT} cannot be read: {e}") from e


def read_entries(folder: Path) -> list[Entry]:
    """Read events.jsonl; a last line that was cut off is left out.

    Raises:
        AudioFileError: There is none, or a line of it is wrong.
    """
    try:
        lines = (folder / EVENTS).read_bytes().split(b"\n")
    except OSError as e:
        raise AudioFileError(f"{folder / EVENTS} cannot be read: {e.strerror}") from e
    decoder = msgspec.json.Decoder(Entry)
    entries: list[Entry] = []
    for number, line in enumerate(lines[:-1], 1):  # after the last newline stands nothing, or a part
        try:
            entries.append(decoder.decode(line))
        except msgspec.DecodeError as e:
            raise AudioFileError(f"{folder / EVENTS}, line {number} cannot be read: {e}") from e
    return entries


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording in a list.

    Args:
        folder: Where it is.
        about: What is known of it; None when that cannot be read.
        bytes: Size of all its files.
    """

    folder: Path
    about: About | None
    bytes: int


def recordings(root: Path, limit: int) -> list[Recorded]:
    """Return the recordings in a folder, the latest first; none where there is no such folder.

    Raises:
        AudioFileError: The folder cannot be read.
    """
    try:
        folders = sorted((path.parent for path in root.glob(f"*/{ABOUT}")), key=lambda path: path.name, reverse=True)
        return [_listed(folder) for folder in folders[:limit]]
    except OSError as e:
        raise AudioFileError(f"The recordings in {root} cannot be listed: {e.strerror}") from e


def _listed(folder: Path) -> Recorded:
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    try:
        return Recorded(folder, read_about(folder), size)
    except AudioFileError:  # of another version, or damaged: it is still there, and its sound can be heard
        return Recorded(folder, None, size)


def remove(folder: Path) -> None:
    """Delete a recording for good.

    Raises:
        AudioFileError: It is none, or cannot be deleted.
    """
    if not (folder / ABOUT).is_file():
        raise AudioFileError(f"{folder} is no recording")
    try:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    except OSError as e:
        raise AudioFileError(f"{folder} cannot be deleted: {e.strerror}", hint="Some of it may be gone already") from e
