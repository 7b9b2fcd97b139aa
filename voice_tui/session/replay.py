"""A recorded conversation once more, through any engine: the same sound, keys and clock give the same result."""

from __future__ import annotations

import difflib
import sqlite3
import tempfile
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from memory.errors import MemoryStoreError
from memory.file.connection import open_existing
from memory.store import SqliteMemory
from voice_tui.audio.file import FileAudio
from voice_tui.audio.file_reader import FileReader
from voice_tui.errors import AudioFileError, SessionError
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    ConversationStarted,
    DevicesChanged,
    Interrupt,
    PlayNote,
    PushToTalk,
    Role,
    SendText,
    SessionFailed,
    SetMute,
    SetTalkMode,
    SetVolume,
    TalkChanged,
    TranscriptUpdated,
    TranscriptWithdrawn,
    VolumeChanged,
)
from voice_tui.frame import Frame, as_frame, silence
from voice_tui.session.build import build_engine, guard, note_loader
from voice_tui.session.loop import Session, Start
from voice_tui.session.recording_format import MICROPHONE, SPEAKER, About, Entry, read_about, read_entries
from voice_tui.session.start import Library
from voice_tui.session.talk import DRAIN_SECONDS, EventFile
from voice_tui.settings import Settings

PRESSED = (SendText, Interrupt, SetMute, SetTalkMode, PushToTalk, SetVolume, PlayNote)
"""Commands that are given again. The others choose devices or conversations, or end the session."""


@dataclass(frozen=True, slots=True)
class Line:
    """A final turn: who said what, and whether it was cut off."""

    role: Role
    text: str
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where both transcripts differ; one of both sides may be empty.

    Args:
        at: Number of the first line concerned, from 1, in the recorded transcript.
        recorded: What was said there. `replayed`: what is said now.
    """

    at: int
    recorded: tuple[Line, ...]
    replayed: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay gave.

    Args:
        about: The recording.
        recorded: Its transcript. `replayed`: the new one.
    """

    about: About
    recorded: tuple[Line, ...]
    replayed: tuple[Line, ...]

    @property
    def differences(self) -> list[Difference]:
        """Where they differ; empty when they are the same."""
        matcher = difflib.SequenceMatcher(None, self.recorded, self.replayed, autojunk=False)
        return [
            Difference(i1 + 1, self.recorded[i1:i2], self.replayed[j1:j2])
            for kind, i1, i2, j1, j2 in matcher.get_opcodes()
            if kind != "equal"
        ]


class ScriptedAudio(FileAudio):
    """Files in place of a room: keys are pressed and devices change when as many frames were heard as then.

    Args:
        source: The microphone. `output`: see `FileAudio`.
        script: Frame to commands.
        played: What the speaker played in that room, or None for silence.
        devices: Which devices were open, with the frame at which they came; empty where nobody knows.
    """

    def __init__(
        self,
        source: str,
        output: Path | None,
        script: Mapping[int, Sequence[AnyCommand]],
        *,
        played: Path | None = None,
        devices: Sequence[tuple[int, DevicesChanged]] = (),
    ) -> None:
        super().__init__(source, output)
        self._script = script
        self._speaker = FileReader(str(played)) if played is not None else None
        self._devices = deque(devices)
        self._heard = 0
        self._send: Callable[[AnyCommand], object] = lambda command: None

    def press(self, send: Callable[[AnyCommand], object]) -> None:
        """Hand the commands to `send`, the first ones now."""
        self._send = send
        self._press()

    def start(self) -> DevicesChanged:
        """Open the files; see `FileAudio.start`. Returns the devices that were open."""
        files = super().start()
        return self._devices.popleft()[1] if self._devices else files

    def played(self) -> Frame:
        """Return what the speaker of that room played: its echo is in the microphone."""
        frame = self._speaker.read() if self._speaker is not None else None
        return silence() if frame is None else as_frame(frame)

    def poll(self) -> DevicesChanged | None:
        """Return the devices that came in that room before the frame that was read last."""
        if self._devices and self._devices[0][0] < self._heard:
            return self._devices.popleft()[1]
        return super().poll()

    def close(self) -> None:
        """Close the files."""
        super().close()
        if self._speaker is not None:
            self._speaker.close()

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame; what was pressed after it reaches the session before the one that follows."""
        frame = super().read(timeout)
        if frame is not None:
            self._heard += 1
            self._press()
        return frame

    def _press(self) -> None:
        for command in self._script.get(self._heard, ()):
            self._send(command)


def replay(
    about: About,
    folder: Path,
    settings: Settings,
    *,
    output: Path | None = None,
    events: Path | None = None,
    memory: Path | None = None,
) -> Replay:
    """Hold a recorded conversation again, as fast as it goes. Nothing of the person's is touched.

    Args:
        about: Of the folder, see `read_about`. `folder`: the recording.
        settings: Those of the recording, or with changes.
        output: Recording of the speaker (.wav or .flac). `events`: every event as a line of JSON.
        memory: A memory file to begin with a copy of; None begins with an empty one.

    Raises:
        VoiceTuiError: A file or a stage cannot be used, or the session failed.
    """
    entries = read_entries(folder)
    happened = [entry.event for entry in entries if entry.event is not None]
    fresh: list[AnyEvent] = []
    with _copy_of(memory, about.started_at) as store, EventFile(events) as record:

        def emit(event: AnyEvent) -> None:
            record.write(event)
            fresh.append(event)

        audio = ScriptedAudio(
            str(folder / MICROPHONE),
            output,
            _script(entries),
            played=folder / SPEAKER,
            devices=[(entry.frame, entry.event) for entry in entries if isinstance(entry.event, DevicesChanged)],
        )
        zone = timezone(timedelta(seconds=about.utc_offset))
        session = Session(
            build_engine(
                settings,
                store,
                inline=True,
                clock=lambda: datetime.fromtimestamp(about.started_at + audio.now(), zone),
            ),
            audio,
            emit,
            start=_start(happened, settings, about),
            library=Library(load_note=note_loader(store)),
            guard=guard(settings),
        )
        audio.press(session.command)
        session.run()
    for event in fresh:
        if isinstance(event, SessionFailed):
            raise SessionError(event.message, hint=event.hint)
    return Replay(about, tuple(lines(happened)), tuple(lines(fresh)))


def lines(events: Iterable[AnyEvent]) -> list[Line]:
    """Return the final turns of one conversation, in order; what was withdrawn is left out."""
    turns: dict[int, Line] = {}
    started = False
    for event in events:
        if isinstance(event, TranscriptUpdated) and event.final:
            turns[event.turn] = Line(event.role, event.text, event.interrupted)
        elif isinstance(event, TranscriptWithdrawn):
            turns.pop(event.turn, None)
        elif isinstance(event, ConversationStarted):
            if started:
                break  # the next one, asked for aloud
            started = True
    return [line for _, line in sorted(turns.items(), key=lambda item: item[0])]


def load(folder: Path) -> About:
    """Return what is known of a recording; see `read_about`."""
    if not folder.is_dir():
        raise AudioFileError(f"There is no folder {folder}", hint="Name the folder of a recorded conversation")
    return read_about(folder)


def _script(entries: Iterable[Entry]) -> dict[int, list[AnyCommand]]:
    script: defaultdict[int, list[AnyCommand]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.command, PRESSED):
            script[entry.frame].append(entry.command)
    return dict(script)


def _start(happened: Sequence[AnyEvent], settings: Settings, about: About) -> Start:
    """Begin as the recording began: what was pressed later comes by itself."""
    talk = next((event for event in happened if isinstance(event, TalkChanged)), None)
    loud = next((event for event in happened if isinstance(event, VolumeChanged)), None)
    mode = talk.mode if talk is not None else settings.turns.mode
    volume = loud.volume if loud is not None else settings.audio.volume
    return Start(mode=mode, volume=volume, conversation=lambda: about.conversation, drain=DRAIN_SECONDS)


@contextmanager
def _copy_of(memory: Path | None, now: float) -> Generator[SqliteMemory]:
    """Open a memory of its own, which goes with the replay."""
    with tempfile.TemporaryDirectory(prefix="voice-tui-replay-") as folder:
        file = Path(folder) / "memory.db"
        if memory is not None:
            _copy(memory, file)
        with SqliteMemory(file, clock=lambda: now) as store:
            yield store


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(open_existing(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except sqlite3.Error as e:
        raise MemoryStoreError(f"The memory file {source} cannot be read: {e}") from e
