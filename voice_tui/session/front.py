"""What stands between the microphone and the engine: echo canceller, mute switch, push-to-talk, a sound check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from voice_tui.audio.echo import EchoGuard
from voice_tui.audio.soundcheck import ChirpHunt, chirp, tone
from voice_tui.errors import DeviceError
from voice_tui.events import DevicesChanged, SoundChecked, TalkMode
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm, as_frame, silence

Guard = Callable[[DevicesChanged], EchoGuard | None]
"""Open devices -> what keeps the assistant from hearing itself, or None where nothing is needed."""

TONE_FRAMES = 18
"""How long the engine hears nothing because of the test tone: 1 s, the way to the microphone, the room."""


class Front:
    """Lets through what the engine may hear. The session's main thread only.

    Args:
        mode: Open microphone or push-to-talk.
        guard: Chooses the echo canceller.

    Attributes:
        muted: The microphone is muted. `held`: what it hears is for its meter alone.
        talking: In push mode, whether the person talks now.
    """

    def __init__(self, mode: TalkMode, guard: Guard) -> None:
        self.mode: TalkMode = mode
        self.muted = False
        self.held = False
        self.talking = False
        self._guard = guard
        self._devices: DevicesChanged | None = None
        self._echo: EchoGuard | None = None
        self._to_play: list[Pcm] = []
        self._hunt: ChirpHunt | None = None
        self._deaf_frames = 0
        self._result: SoundChecked | None = None

    @property
    def hears_echo(self) -> bool:
        """Whether the microphone may hear something of the assistant."""
        return self._echo is not None

    @property
    def checking(self) -> bool:
        """Whether a sound check is under way."""
        return self._hunt is not None or self._deaf_frames > 0

    def gate(self, frame: Frame) -> Frame:
        """Silence what nobody must hear."""
        if self.muted or self.held or (self.mode == "push" and not self.talking):
            return silence()
        return frame

    def clean(self, frame: Frame, played: Frame) -> Frame:
        """Take out broken samples and the assistant's own voice, then what must not be heard."""
        frame = as_frame(frame)
        if self.checking:
            self._listen_for_chirp(frame)
            return silence()
        return self.gate(frame if self._echo is None else self._echo.process(frame, played))

    def check(self, kind: Literal["tone", "round_trip"]) -> None:
        """Begin a sound check; the engine hears nothing until it is over.

        Raises:
            DeviceError: A device that it needs is missing or muted.
        """
        devices = self._devices
        if devices is None or not devices.output:
            raise DeviceError("There is no speaker to try", hint="Connect or choose one")
        if kind == "tone":
            notes = tone()
            cuts = range(FRAME_SAMPLES, len(notes), FRAME_SAMPLES)
            self._to_play, self._hunt, self._deaf_frames = np.split(notes, cuts), None, TONE_FRAMES
            return
        if not devices.input:
            raise DeviceError("There is no microphone to try", hint="Connect or choose one")
        if self.muted:
            raise DeviceError("The microphone is muted", hint="Open it, then measure again")
        self._to_play, self._hunt = [chirp()], ChirpHunt()

    def checked(self) -> tuple[Pcm | None, SoundChecked | None]:
        """Return what the check wants played now, and its result; asked once after every frame.

        Right after a frame nothing waits in the microphone's queue, so the time is counted from there.
        """
        pcm = self._to_play.pop(0) if self._to_play else None
        result, self._result = self._result, None
        return pcm, result

    def lost_speaker(self, devices: DevicesChanged) -> bool:
        """Whether there was a speaker until now, and is none among these."""
        return self._devices is not None and bool(self._devices.output) and not devices.output

    def opened(self, devices: DevicesChanged) -> None:
        """Choose what keeps the echo of these devices out."""
        self._devices = devices
        self._echo = self._guard(devices)

    def use(self, guard: Guard) -> None:
        """Choose by other rules from now on."""
        self._guard = guard
        if self._devices is not None:
            self._echo = guard(self._devices)

    def _listen_for_chirp(self, frame: Frame) -> None:
        self._deaf_frames = max(0, self._deaf_frames - 1)
        if self._hunt is None or self._to_play:  # it has not been played yet
            return
        found = self._hunt.hear(frame)
        if found is not None:
            self._hunt = None
            latency_ms = None if found.latency is None else 1000 * found.latency
            self._result = SoundChecked(verdict=found.verdict, latency_ms=latency_ms, echo_db=found.echo_db)
