"""Microphone and speaker as the session sees them: whatever happens to the devices, frames come at their pace.

Three facts of PortAudio shape this. A device that dies says nothing: its callbacks stop. A device that hangs makes
every call hang, so all calls but reading happen elsewhere (`keeper`). The list of devices is read once, when the
library is loaded; a child process sees what has come since (`lookout`).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace

from voice_tui.audio import device_words as words
from voice_tui.audio.capture import Capture, FrameSource, PacedSilence
from voice_tui.audio.choice import KINDS, Kind
from voice_tui.audio.farend import FarEnd
from voice_tui.audio.keeper import Keeper
from voice_tui.audio.line import Line, MicrophoneLine, Pulse, SpeakerLine
from voice_tui.audio.orders import Outcome, Terms
from voice_tui.audio.port import AudioStats
from voice_tui.audio.portaudio import Stream
from voice_tui.audio.recovery import Side
from voice_tui.audio.speaker import Speaker
from voice_tui.audio.watchdog import Fault, SleepWatch, Watchdog, through_sleep
from voice_tui.errors import DeviceError
from voice_tui.events import DevicesChanged
from voice_tui.frame import SAMPLE_RATE, Frame, Pcm, silence
from voice_tui.settings import AudioSettings

log = logging.getLogger(__name__)

CLOSE_SECONDS = 1.0
"""A stream that has not closed by then is given up; its thread is a daemon."""

START_SECONDS = 1.5
"""How long the session waits for its devices before it says that the sound system does not answer, and goes on."""

TOGETHER_SECONDS = 0.1
"""Microphone and speaker that go within this time are told of in one sentence."""


class DeviceAudio:
    """A microphone and a speaker as an `AudioPort`; either may be missing, which is a state and not an error.

    A device that goes is told of within 1 s, and it, or one in its place, is used within 3 s of its return.

    Args:
        settings: Names of the devices, and the block.
        rates: Samples per second tried, in this order, before the device's own default.
        clock: Seconds, monotonic.
        clock_through_sleep: The same, but it goes on while the computer sleeps.
    """

    def __init__(
        self,
        settings: AudioSettings,
        *,
        rates: tuple[int, ...] = (SAMPLE_RATE,),
        clock: Callable[[], float] = time.monotonic,
        clock_through_sleep: Callable[[], float] = through_sleep,
    ) -> None:
        self._wanted: dict[Kind, str] = {"input": settings.input, "output": settings.output}
        self._clock = clock
        self._through_sleep = clock_through_sleep
        self._began = clock_through_sleep()
        self._lines: dict[Kind, Line] = {}
        self._problems: dict[Kind, DeviceError] = {}
        self._dogs: dict[Kind, Watchdog] = {}
        self._sleep = SleepWatch()
        self._heard: tuple[Pulse | None, int] = (None, 0)
        self._keeper = Keeper(Terms(rates, settings.block_samples, clock), self._detach)
        self._capture = Capture(clock=clock)
        self._source: FrameSource = PacedSilence(clock=clock)
        self._speaker = Speaker(SAMPLE_RATE, settings.block_samples, connected=False, clock=clock)
        self._far_end = FarEnd()
        self._past = AudioStats()
        self._stepping = False
        self._asked = False
        self._patient_until: float | None = None
        self._told: frozenset[Kind] | None = None
        self._names: dict[Kind, str] = {}
        self._news_at: float | None = None

    def start(self) -> DevicesChanged:
        """Open both devices; after `START_SECONDS` the session begins without, and `poll` tells when they are there."""
        self._began = self._through_sleep()
        self.choose(self._wanted["input"], self._wanted["output"])
        self.poll()
        self._keeper.wait(START_SECONDS)
        self.poll()
        if not self._keeper.answers:
            self._say_hanging(self._clock())
        self._source = self._source if "input" in self._lines else PacedSilence(clock=self._clock)
        return self._tell()

    def now(self) -> float:
        """Monotonic seconds since `start`, the computer's sleep included: timers that were set run on."""
        return self._through_sleep() - self._began

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame of the microphone, or of silence while there is none."""
        if self._stepping:
            self._speaker.stepped()
        frame = self._source.read(timeout)
        self._stepping = frame is not None
        return frame

    def played(self) -> Frame:
        """Return what the speaker was given while the last frame came in."""
        return self._far_end.frame() if "output" in self._lines else silence()

    @property
    def exhausted(self) -> bool:
        """A microphone has no end."""
        return False

    def write(self, pcm: Pcm) -> None:
        """Queue samples for the speaker."""
        self._speaker.write(pcm)

    def flush(self) -> int:
        """Drop what is queued, with a fade; returns how many samples."""
        return self._speaker.flush()

    def pending(self) -> int:
        """Samples written and not heard yet."""
        return self._speaker.pending()

    def stats(self) -> AudioStats:
        """A snapshot; resets the peaks."""
        past = self._past
        return AudioStats(
            capture_samples=self._capture.waiting if self._source is self._capture else 0,
            playout_samples=self._speaker.queued,
            overruns=past.overruns + self._capture.overruns,
            underruns=past.underruns + self._speaker.playout.underruns,
            skipped=past.skipped + self._capture.skipped,
            trimmed_samples=past.trimmed_samples + self._speaker.trimmed,
            input_peak=self._capture.take_peak(),
            output_peak=self._speaker.take_peak(),
        )

    def choose(self, input: str, output: str, block_samples: int | None = None) -> None:
        """Use other devices; `poll` tells what came of it."""
        if block_samples is not None:
            self._keeper.terms = replace(self._keeper.terms, block_samples=block_samples)
        self._wanted = {"input": input, "output": output}
        self._asked = True
        self._patient_until = self._clock() + START_SECONDS
        self._keeper.ask()

    def poll(self) -> DevicesChanged | None:
        """Look after the devices; called every few hundredths of a second, whether frames come or not."""
        now = self._clock()
        self._watch(now)
        outcome = self._keeper.poll({kind: self._side(kind) for kind in KINDS}, now)
        if outcome is not None:
            self._take(outcome, now)
        elif self._patient_until is not None and now > self._patient_until:
            self._say_hanging(now)
        if self._news_at is None or now < self._news_at:
            return None
        return self._tell()

    def close(self) -> None:
        """Stop input, then output, then give both back; at most `CLOSE_SECONDS`."""
        self._speaker.flush()
        streams = [self._lines[kind].stream for kind in KINDS if kind in self._lines]
        self._lines = {}
        self._keeper.close(streams, CLOSE_SECONDS)

    # ---- devices that go ----

    def _watch(self, now: float) -> None:
        faults: dict[Kind, Fault] = {}
        for kind, line in self._lines.items():
            fault = self._dogs[kind].look(now, line.pulse.beats, active=line.stream.active)
            if fault is not None:
                faults[kind] = fault
        for kind, fault in faults.items():
            self._lose(kind, fault, now)
        if self._slept():
            log.info("everything stood still for a while: what waited is dropped")
            self._capture.forget()
            self._speaker.flush()

    def _lose(self, kind: Kind, fault: Fault, now: float) -> None:
        problem = self._problems[kind] = words.lost(kind, self._lines[kind].name, fault)
        log.warning("%s", problem.message)
        stream = self._detach(kind)
        if stream is not None:
            self._keeper.release([stream])
        if self._news_at is None:
            self._news_at = now + TOGETHER_SECONDS

    def _slept(self) -> bool:
        """Whether everything stood still since the last look, devices included."""
        pulse = next((line.pulse for line in self._lines.values()), None)
        beats = 0 if pulse is None else pulse.beats
        before, self._heard = self._heard, (pulse, beats)
        heard = math.inf if pulse is None or pulse is not before[0] else (beats - before[1]) * pulse.seconds
        return self._sleep.look(self._through_sleep(), heard)

    def _detach(self, kind: Kind) -> Stream | None:
        line = self._lines.pop(kind, None)
        if line is None:
            return None
        line.pulse.cut = True
        if kind == "input":
            self._source = PacedSilence(clock=self._clock)
        else:
            self._speaker.disconnect()
        return line.stream

    # ---- devices that come ----

    def _take(self, outcome: Outcome, now: float) -> None:
        asked, self._asked, self._patient_until = self._asked, False, None
        for kind, problem in outcome.problems.items():
            if asked:
                self._problems[kind] = problem
            else:  # one sentence per trouble, not one per try
                self._problems.setdefault(kind, problem)
        for kind, line in outcome.lines.items():
            before = self._detach(kind)
            if before is not None:
                self._keeper.release([before])
            self._connect(line)
        if asked or outcome.lines:
            self._news_at = now

    def _connect(self, line: Line) -> None:
        kind = line.kind
        self._lines[kind] = line
        self._dogs[kind] = Watchdog()
        self._problems.pop(kind, None)
        if line.stands_in is not None:
            self._problems[kind] = words.stands_in(kind, line.name, line.stands_in)
        if isinstance(line, MicrophoneLine):
            self._past = replace(
                self._past,
                overruns=self._past.overruns + self._capture.overruns,
                skipped=self._past.skipped + self._capture.skipped,
            )
            self._capture = self._source = line.capture
        elif isinstance(line, SpeakerLine):
            self._past = replace(
                self._past,
                underruns=self._past.underruns + self._speaker.playout.underruns,
                trimmed_samples=self._past.trimmed_samples + self._speaker.trimmed,
            )
            line.speaker.take_over(self._speaker)
            self._speaker = line.speaker
            self._far_end = line.far_end

    # ---- words and numbers ----

    def _tell(self) -> DevicesChanged:
        """Return how things are; what has come back is told where nothing is missing."""
        self._news_at = None
        message, hint = words.both(self._problems[kind] for kind in KINDS if kind in self._problems)
        before, self._told = self._told, frozenset(self._lines)
        known = self._names
        now: dict[Kind, str] = {kind: line.name for kind, line in self._lines.items()}
        self._names = {**known, **now}
        if not message and before is not None:
            message = words.back({kind: name for kind, name in now.items() if kind not in before}, known)
        microphone, speaker = self._lines.get("input"), self._lines.get("output")
        return DevicesChanged(
            at=self.now(),
            input=microphone.name if microphone else "",
            output=speaker.name if speaker else "",
            input_rate=microphone.rate if microphone else 0,
            output_rate=speaker.rate if speaker else 0,
            message=message,
            hint=hint,
        )

    def _say_hanging(self, now: float) -> None:
        """Nothing was opened in time: the person need not wait for it."""
        self._patient_until = None
        self._problems = dict.fromkeys(KINDS, words.hanging())
        self._news_at = now

    def _side(self, kind: Kind) -> Side:
        line = self._lines.get(kind)
        return Side(self._wanted[kind], line is not None, line is not None and line.stands_in is not None)
