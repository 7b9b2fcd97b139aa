"""What the session loop sees of sound: a source of frames and a sink for them, devices or files alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from voice_tui.events import DevicesChanged
from voice_tui.frame import Frame, Pcm


@dataclass(frozen=True, slots=True)
class AudioStats:
    """A snapshot of both rings; counters since `start`.

    Args:
        capture_samples: Captured, not yet read. `playout_samples`: written, not yet played.
        overruns: Frames dropped because the capture ring was full.
        underruns: Times the speaker found the playout ring empty in the middle of speech.
        skipped: Captured frames thrown away because the reader was late.
        trimmed_samples: Playout samples cut to shed latency that an underrun had left behind.
        input_peak: 0-1, highest since the last snapshot. `output_peak` likewise.
    """

    capture_samples: int = 0
    playout_samples: int = 0
    overruns: int = 0
    underruns: int = 0
    skipped: int = 0
    trimmed_samples: int = 0
    input_peak: float = 0.0
    output_peak: float = 0.0


class AudioPort(Protocol):
    """Frames in, frames out, and a clock. All methods: session's main thread only."""

    def start(self) -> DevicesChanged:
        """Open source and sink; says what was opened, or why there is none (which is a state, not an error)."""
        ...

    def now(self) -> float:
        """Session clock in seconds since `start`: monotonic time, sleep included, for devices; position in a file."""
        ...

    def read(self, timeout: float) -> Frame | None:
        """Return the next captured frame, or None when none came within `timeout` seconds or the input is over.

        Without a microphone, frames of silence come at the pace of real time.
        """
        ...

    def played(self) -> Frame:
        """Return what the speaker was given while the frame last read was captured: the echo canceller's reference.

        Called once per frame read; silence where there is no speaker.
        """
        ...

    @property
    def exhausted(self) -> bool:
        """True once a file has been read to its end; `read` then gives silence. Devices: always False."""
        ...

    def write(self, pcm: Pcm) -> None:
        """Queue samples for the speaker. Never blocks; overflow drops the oldest and is counted as trimmed."""
        ...

    def flush(self) -> int:
        """Drop what is queued and unheard (with a 5 ms fade); returns how many samples were dropped."""
        ...

    def pending(self) -> int:
        """Samples written and not heard yet: playout ring plus the device's own buffer."""
        ...

    def stats(self) -> AudioStats:
        """A snapshot; resets the peaks."""
        ...

    def choose(self, input: str, output: str, block_samples: int | None = None) -> None:
        """Use other devices, by name ("" = the system's default); returns at once, `poll` tells what came of it.

        Files stay what they are.

        Args:
            input: Microphone. `output`: speaker.
            block_samples: Samples per block at 24 kHz; None = as before.
        """
        ...

    def poll(self) -> DevicesChanged | None:
        """Called whether frames come or not: what changed with the devices since the last call, or None."""
        ...

    def close(self) -> None:
        """Stop and release, within 2 s even when a device hangs. Safe to call twice."""
        ...
