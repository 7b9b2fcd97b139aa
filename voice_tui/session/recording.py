"""Recording conversations: a bounded queue and a thread that writes; the loop only copies a frame and goes on."""

from __future__ import annotations

import contextlib
import errno
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from voice_tui.audio.growing_flac import Samples
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    ConversationStarted,
    DevicesChanged,
    EngineChanged,
    Event,
    MuteChanged,
    Notice,
    RecordingChanged,
    SessionStarted,
    TalkChanged,
    VolumeChanged,
)
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm
from voice_tui.session.recording_folder import LEAST_FRAMES, Losses, RecordingFolder, shareable, versions
from voice_tui.session.recording_format import About
from voice_tui.settings import Settings

log = logging.getLogger(__name__)

QUEUE_SIZE = 2048
"""Frames, speech, events and commands that wait for the disk, about 50 s. Full: the newest is left out and counted;
a frame that is left out becomes silence, so that the timeline holds."""

_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}

LASTING = (DevicesChanged, SessionStarted, EngineChanged, TalkChanged, VolumeChanged, MuteChanged)
"""Events that still hold when a new conversation begins; each folder starts with the last of them."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A frame of microphone and speaker, and how many before it were lost."""

    samples: Samples
    played: Samples
    lost: int


@dataclass(frozen=True, slots=True)
class _Woken:
    """Nothing happened; look whether to end."""


@dataclass(frozen=True, slots=True)
class _Happened:
    event: AnyEvent
    at: float


@dataclass(frozen=True, slots=True)
class _Commanded:
    command: AnyCommand


_Item = _Heard | _Woken | _Happened | _Commanded


class Recorder:
    """Records every conversation of a session into a folder of its own; implements `Tap`.

    When the disk is full or fails, the person is told once, the recording ends and the conversation goes on.

    Args:
        root: Where the folders go.
        settings: Written down, without what is private.
        tell: Takes where it records, and the notice when it cannot; on the recorder's thread.
        clock: Seconds since 1970.
        least_frames: See `recording_folder.LEAST_FRAMES`.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        tell: Callable[[Notice | RecordingChanged], None],
        *,
        clock: Callable[[], float] = time.time,
        size: int = QUEUE_SIZE,
        least_frames: int = LEAST_FRAMES,
    ) -> None:
        self.losses = Losses()
        self._lost_now = 0
        self._items: queue.Queue[_Item] = queue.Queue(size)
        self._clock = clock
        self._closing = threading.Event()
        self._failed = False
        self._writer = _Writer(root, settings, self.losses, tell, least_frames)
        self._tell = tell
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def heard(self, frame: Frame, played: Frame) -> None:
        """Take a frame of the microphone and what the speaker played meanwhile."""
        if self._put(_Heard(_as_int16(frame), _as_int16(played), self._lost_now)):
            self._lost_now = 0
        else:
            self._lost_now += 1
            self.losses.frames += 1

    def commanded(self, command: AnyCommand) -> None:
        """Take a command."""
        self.losses.entries += not self._put(_Commanded(command))

    def note(self, event: AnyEvent) -> None:
        """Take an event."""
        self.losses.entries += not self._put(_Happened(event, self._clock()))

    def close(self, timeout: float) -> None:
        """Write what waits and finish the files, within `timeout` seconds. Safe to call twice."""
        self._closing.set()
        with contextlib.suppress(queue.Full):
            self._items.put_nowait(_Woken())  # only to wake the thread
        self._thread.join(timeout)

    def _put(self, item: _Item) -> bool:
        if self._failed:
            return True  # nothing is missing from a recording that has ended
        try:
            self._items.put_nowait(item)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        try:
            while not (self._closing.is_set() and self._items.empty()):
                self._writer.take(self._items.get())
            self._writer.finish()
        except OSError as e:
            self._give_up("the disk is full" if e.errno in _FULL else e.strerror or str(e))
        except Exception as e:  # top of the thread
            self._give_up(f"{type(e).__name__}: {e}")

    def _give_up(self, reason: str) -> None:
        log.exception("the recording ended")
        self._failed = True
        self._writer.abandon()
        with contextlib.suppress(queue.Empty):
            while True:
                self._items.get_nowait()
        where = self._writer.where
        hint = f"What was recorded until now is in {where}" if where else "Choose another folder for the recordings"
        self._tell(RecordingChanged(recording=False, folder=str(where or "")))
        self._tell(Notice(severity="warning", message=f"The recording stopped: {reason}", hint=hint))


class _Writer:
    """Sends what comes to the folder of the conversation under way. The recorder's thread only."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        losses: Losses,
        tell: Callable[[RecordingChanged], None],
        least_frames: int,
    ) -> None:
        self._least_frames = least_frames
        self._tell = tell
        self.where: Path | None = None
        self._root = root
        self._losses = losses
        self._settings = shareable(settings)
        self._folder: RecordingFolder | None = None
        self._states: dict[type[Event], AnyEvent] = {}

    def take(self, item: _Item) -> None:
        if isinstance(item, _Happened):
            if isinstance(item.event, ConversationStarted):
                self.finish()
                self._begin(item.event, item.at)
            self._note(item.event)
        elif self._folder is not None:
            _write(self._folder, item)

    def finish(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.close(self._losses)

    def abandon(self) -> None:
        """Release the files; session.json goes on saying that the recording is not complete."""
        folder, self._folder = self._folder, None
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.release()

    def _begin(self, event: ConversationStarted, at: float) -> None:
        offset = datetime.fromtimestamp(at).astimezone().utcoffset()
        about = About(
            conversation=event.conversation,
            resumed=event.resumed,
            started_at=at,
            utc_offset=offset.total_seconds() if offset is not None else 0.0,
            versions=versions(),
            settings=self._settings,
        )
        self._folder = RecordingFolder(self._root, about, least_frames=self._least_frames)
        self.where = self._folder.path
        self._tell(RecordingChanged(recording=True, folder=str(self.where)))
        for state in self._states.values():
            self._folder.entry(event=state)

    def _note(self, event: AnyEvent) -> None:
        if isinstance(event, LASTING):
            self._states[type(event)] = event
        if self._folder is not None:
            self._folder.entry(event=event)


def _write(folder: RecordingFolder, item: _Heard | _Woken | _Commanded) -> None:
    if isinstance(item, _Heard):
        silent = np.zeros(FRAME_SAMPLES, np.int16)
        for _ in range(item.lost):
            folder.heard(silent, silent)
        folder.heard(item.samples, item.played)
    elif isinstance(item, _Commanded):
        folder.entry(command=item.command)


def _as_int16(pcm: Pcm) -> Samples:
    """Copy to 16 bit; what came from a 16-bit device comes back exactly."""
    return np.clip(np.rint(pcm * 32768.0), -32768, 32767).astype(np.int16)
