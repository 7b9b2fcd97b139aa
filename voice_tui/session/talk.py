"""A conversation on files, without a terminal: the same loop, the same engine, time counted in frames."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import msgspec

from voice_tui.audio.file import FileAudio
from voice_tui.errors import AudioFileError, SessionError
from voice_tui.events import AnyEvent, Notice, SessionFailed
from voice_tui.session.build import build_engine, note_loader, open_memory
from voice_tui.session.loop import Session, Start
from voice_tui.session.reminder import Reminder
from voice_tui.session.start import Library
from voice_tui.settings import Settings

DRAIN_SECONDS = 60.0
"""Longest that an answer may go on after the end of the input (a timer that rings later is not waited for)."""

OnEvent = Callable[[AnyEvent], None]


def talk(
    settings: Settings,
    source: str,
    output: Path | None,
    *,
    realtime: bool = False,
    events: Path | None = None,
    trace: Path | None = None,
    stand_in: bool = False,
    on_event: OnEvent = lambda event: None,
) -> int:
    """Hold a conversation whose user is a sound file.

    Without `realtime` it runs as fast as it can and gives the same result every time; with it, workers run beside the
    loop as they do in the app.

    Args:
        settings: All of them.
        source: Path of a sound file, or "-" for standard input.
        output: Recording of the speaker, on the input's timeline; None for none.
        realtime: Take as long as the sound lasts.
        events: File that gets every event as a line of JSON.
        trace: File that gets what went through Moshi, frame by frame.
        stand_in: Where Moshi cannot be used, the cascade serves and says why; False = that is an error.
        on_event: Gets every event as well.

    Returns:
        The exit status: 0; 128 and the signal's number when a signal ended it.

    Raises:
        VoiceTuiError: A file or a stage cannot be used.
    """
    with ExitStack() as stack:  # what may fail comes first, and what leaves a file behind last
        audio = FileAudio(source, output, realtime=realtime)
        stack.callback(audio.close)
        audio.open_source()
        memory = open_memory(settings, patient=not realtime)
        stack.callback(memory.close)
        engine = build_engine(settings, memory, inline=not realtime, trace=trace, stand_in=stand_in)
        stack.callback(engine.close)
        audio.open_output()
        record = stack.enter_context(EventFile(events))
        failed: list[SessionFailed] = []

        def emit(event: AnyEvent) -> None:
            record.write(event)
            on_event(event)
            if isinstance(event, SessionFailed):
                failed.append(event)

        session = Session(
            engine,
            audio,
            emit,
            start=Start(volume=settings.audio.volume, conversation=lambda: "file", drain=DRAIN_SECONDS),
            library=Library(load_note=note_loader(memory)),
            reminder=Reminder(lambda: memory, bar=lambda: settings.memory.bar, inline=not realtime),
        )
        with _signals_stop(session) as signals:
            status = session.run()
        if failed:
            raise SessionError(failed[0].message, hint=failed[0].hint)
        return 128 + signals.received if signals.received else status


class EventFile:
    """Events as lines of JSON; a file that cannot be written later on ends nothing but itself.

    Args:
        path: The file, or None for none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._encoder = msgspec.json.Encoder()

    def __enter__(self) -> EventFile:
        """Open the file.

        Raises:
            AudioFileError: It cannot be written.
        """
        if self._path is not None:
            try:
                self._file = self._path.open("wb")
            except OSError as e:
                raise AudioFileError(f"Cannot write the events to {self._path}: {e.strerror}") from e
        return self

    def write(self, event: AnyEvent) -> None:
        """Add a line."""
        if self._file is None:
            return
        try:
            self._file.write(self._encoder.encode(event) + b"\n")
            if isinstance(event, Notice):
                self._file.flush()
        except OSError:  # a full disk: the conversation is worth more than its record
            self._file = None

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


class _signals_stop:  # noqa: N801  # reads like the context managers of contextlib
    """SIGINT and SIGTERM end the session in order, so that what was recorded so far is a whole file."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: dict[int, object] = {}
        self.received = 0

    def __enter__(self) -> _signals_stop:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]  # what signal.signal returned

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        self._session.stop("interrupted" if number == signal.SIGINT else "terminated")
