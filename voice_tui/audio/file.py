"""A sound file in place of the microphone and another in place of the speaker, with a clock of their own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from voice_tui.audio.file_reader import FileReader
from voice_tui.audio.file_writer import FileWriter
from voice_tui.audio.level import PeakMeter
from voice_tui.audio.playout import Playout
from voice_tui.audio.port import AudioStats
from voice_tui.events import DevicesChanged
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, Frame, Pcm, as_frame, clean, silence


class FileAudio:
    """An `AudioPort` over files. Time is counted in frames: the same input gives the same output at any speed.

    Each `read` lets 80 ms pass: the speaker plays 80 ms of what was written before, then the frame of those 80 ms is
    handed out. So sample n of the output is what one would hear at sample n of the input.

    Args:
        source: Path of a sound file, or "-" for standard input.
        output: Path of the recording of the speaker (.wav or .flac), or None for none.
        realtime: Let 80 ms really take 80 ms.
        tail: Most seconds of silence after the end; then `read` gives None.
        clock: Seconds, monotonic, for `realtime`. `sleep` waits on that clock.
    """

    def __init__(
        self,
        source: str,
        output: str | Path | None = None,
        *,
        realtime: bool = False,
        tail: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source = source
        self._output = output
        self._realtime = realtime
        self._tail_frames = tail / FRAME_SECONDS
        self._clock = clock
        self._sleep = sleep
        self._reader: FileReader | None = None
        self._writer: FileWriter | None = None
        self._playout = Playout(SAMPLE_RATE, FRAME_SAMPLES, live=False)
        self._frames = 0
        self._exhausted = False
        self._damage_told = False
        self._began = 0.0
        self._input_peak = PeakMeter()
        self._output_peak = PeakMeter()

    def open_source(self) -> None:
        """Open the sound file; done before, nothing else needs to be made when that fails.

        Raises:
            AudioFileError: It cannot be used; the message says why.
        """
        if self._reader is None:
            self._reader = FileReader(self._source)

    def open_output(self) -> None:
        """Begin the recording, if there is to be one; what the file held is gone.

        Raises:
            AudioFileError: It cannot be written; the message says why.
        """
        if self._writer is None and self._output is not None:
            self._writer = FileWriter(self._output)

    def start(self) -> DevicesChanged:
        """Open what is not open yet.

        Raises:
            AudioFileError: One of both files cannot be used; the message says which and why.
        """
        self.open_source()
        try:
            self.open_output()
        except BaseException:
            self.close()
            raise
        self._began = self._clock()
        return self._state()

    def now(self) -> float:
        """Position in the file, seconds."""
        return self._frames * FRAME_SECONDS

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame, or silence after the end; None when it is not due yet or the tail is over.

        Raises:
            AudioFileError: The output cannot be written any further.
        """
        if self._reader is None or self._tail_frames <= 0 or not self._due(timeout):
            return None
        if self._frames:
            self._playout.stepped()
        self._play()
        self._frames += 1
        frame = self._reader.read()
        self._exhausted = self._reader.exhausted
        if frame is None:
            self._tail_frames -= 1
            return silence()
        self._input_peak.add(frame)
        return as_frame(frame)

    def played(self) -> Frame:
        """Return silence: a file was recorded without this speaker in the room."""
        return silence()

    @property
    def exhausted(self) -> bool:
        """Whether the last sample of the file has been handed out."""
        return self._exhausted

    def write(self, pcm: Pcm) -> None:
        """Queue samples for the speaker."""
        pcm = clean(pcm)
        self._output_peak.add(pcm)
        self._playout.write(pcm, self.now())

    def flush(self) -> int:
        """Drop what is queued, with a fade; returns how many samples."""
        return self._playout.flush()

    def pending(self) -> int:
        """Samples written and not heard yet."""
        return self._playout.pending(self.now())

    def stats(self) -> AudioStats:
        """A snapshot; resets the peaks."""
        return AudioStats(
            playout_samples=self._playout.queued,
            underruns=self._playout.underruns,
            trimmed_samples=self._playout.trimmed,
            input_peak=self._input_peak.take(),
            output_peak=self._output_peak.take(),
        )

    def choose(self, input: str, output: str, block_samples: int | None = None) -> None:
        """Change nothing: these are files."""

    def poll(self) -> DevicesChanged | None:
        """Say once when the file turned out to be damaged; what was readable has been heard."""
        if self._reader is None or not self._reader.damage or self._damage_told:
            return None
        self._damage_told = True
        return self._state()

    def close(self) -> None:
        """Close both; the output then holds what was played until now. Safe to call twice."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()

    def _due(self, timeout: float) -> bool:
        if not self._realtime:
            return True
        wait = self._began + (self._frames + 1) * FRAME_SECONDS - self._clock()
        self._sleep(max(0.0, min(wait, timeout)))
        return wait <= timeout

    def _play(self) -> None:
        heard = silence()
        self._playout.fill(heard, self.now())
        if self._writer is not None:
            self._writer.write(heard)

    def _state(self) -> DevicesChanged:
        assert self._reader is not None
        return DevicesChanged(
            at=self.now(),
            input=self._reader.name,
            output="" if self._output is None else Path(self._output).name,
            input_rate=self._reader.rate,
            output_rate=0 if self._output is None else SAMPLE_RATE,
            message=self._reader.damage,
            hint="The rest of it cannot be read" if self._reader.damage else "",
        )
