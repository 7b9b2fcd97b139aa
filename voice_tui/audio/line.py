"""One direction of sound through PortAudio: an open stream, what it feeds or drinks from, and how it is opened.

The speaker takes half blocks from a buffer of three, the microphone gives whole ones into a buffer of two: both leave
the callback the same time (one block) before sound is lost, but the speaker's way is half a block shorter, and a frame
is needed at the next half block and not at the next whole one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from voice_tui.audio.capture import Capture
from voice_tui.audio.choice import WORDS, Candidate, DeviceInfo, Kind
from voice_tui.audio.farend import FarEnd
from voice_tui.audio.playout import Playout
from voice_tui.audio.portaudio import PortAudio, Stream
from voice_tui.audio.speaker import Speaker
from voice_tui.errors import DeviceError
from voice_tui.frame import SAMPLE_RATE

log = logging.getLogger(__name__)

ALIVE_SECONDS = 1.2
"""A device that has taken or given nothing for so long after it was opened does not work."""

_TICK = 0.01


class Pulse:
    """Counts the calls of a device. Written by its callback, read by the loop.

    Args:
        seconds: Length of a block.
    """

    def __init__(self, seconds: float) -> None:
        self.beats = 0
        self.seconds = seconds
        self.cut = False
        """Set when the line is lost: should its callback ever come again, it touches nothing."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a device is asked for.

    Args:
        rate: Samples per second.
        channels: Its channels; sound here is mono.
        block: Samples per callback.
        latency: Seconds of the device's own buffer.
    """

    rate: int
    channels: int
    block: int
    latency: float

    @property
    def seconds(self) -> float:
        """Length of a block."""
        return self.block / self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An open direction.

    Args:
        name: Of the device.
        rate: Samples per second of the device.
        stands_in: Why it is not the device that was asked for; None when it is.
    """

    kind: Kind
    name: str
    rate: int
    stream: Stream
    pulse: Pulse
    stands_in: DeviceError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneLine(Line):
    """An open microphone, and where its sound waits."""

    capture: Capture


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerLine(Line):
    """An open speaker, and where its sound comes from."""

    speaker: Speaker
    far_end: FarEnd


def formats(device: DeviceInfo, kind: Kind, rates: Sequence[int], block_samples: int) -> list[Format]:
    """Return what to ask of a device, best first.

    Args:
        rates: Samples per second, before the device's own.
        block_samples: The block that the settings ask for, at 24 kHz.
    """
    most = device.channels(kind)
    channels = [count for count in dict.fromkeys((1, 2, most)) if count <= most]
    seconds = block_samples / SAMPLE_RATE
    block, latency = (seconds, 2 * seconds) if kind == "input" else (seconds / 2, 1.5 * seconds)
    return [
        Format(rate, count, round(block * rate), latency)
        for rate in dict.fromkeys((*rates, device.default_rate))
        for count in channels
    ]


def open_line(
    portaudio: PortAudio, candidate: Candidate, kind: Kind, forms: Sequence[Format], clock: Callable[[], float]
) -> Line:
    """Open a device in the first format that it takes, and see that it works. May hang as long as the sound system.

    Args:
        forms: Not empty.
        clock: Seconds, monotonic; the one that reads and writes use.

    Raises:
        DeviceError: It takes none of them, or nothing comes and goes.
    """
    device = candidate.device
    opener = _open_microphone if kind == "input" else _open_speaker
    refusal: Exception | None = None
    for form in forms:
        try:
            line = opener(portaudio, candidate, form, clock)
        except portaudio.PortAudioError as e:
            log.info("%s refuses %s: %s", device.name, form, e)
            refusal = e
            continue
        if _works(line):
            return line
        close_streams([line.stream])
        raise DeviceError(
            f'The {WORDS[kind]} "{device.name}" gives no sign of life',
            hint="It may be switched off or suspended; it is tried again and again, and typing works meanwhile",
        )
    raise DeviceError(
        f'The {WORDS[kind]} "{device.name}" cannot be opened: {refusal}',
        hint="Close what else may be using it, or choose another; typing works meanwhile",
    ) from refusal


def close_streams(streams: Sequence[Stream], *, gently: bool = False) -> None:
    """Close streams in order. Hangs as long as their device does.

    Args:
        gently: Let the speaker play what it holds; a device that is suspended would be waited for.
    """
    for stream in streams:
        try:
            if gently:
                stream.stop()
            else:
                stream.abort()
            stream.close()
        except Exception:  # whatever a dying device says: it is gone either way
            log.exception("a sound device could not be closed")


def _open_microphone(portaudio: PortAudio, candidate: Candidate, form: Format, clock: Callable[[], float]) -> Line:
    capture = Capture(form.rate, clock=clock)
    pulse = Pulse(form.seconds)

    def callback(block: Any, _frames: int, _time: Any, status: Any) -> None:
        pulse.beats += 1
        capture.device_overflows += bool(status.input_overflow)
        capture.push(block[:, 0])

    stream = _started(portaudio.InputStream(callback=callback, **_parameters(candidate.device, form)))
    return MicrophoneLine(
        kind="input",
        name=candidate.device.name,
        rate=form.rate,
        stream=stream,
        pulse=pulse,
        stands_in=candidate.problem,
        capture=capture,
    )


def _open_speaker(portaudio: PortAudio, candidate: Candidate, form: Format, clock: Callable[[], float]) -> Line:
    speaker = Speaker(form.rate, form.block, connected=True, clock=clock)
    pulse = Pulse(form.seconds)
    far_end = FarEnd(form.rate)
    callback = _player(speaker.playout, far_end, pulse, form.channels, clock)
    stream = _started(portaudio.OutputStream(callback=callback, **_parameters(candidate.device, form)))
    speaker.playout.latency = round(stream.latency * form.rate)
    return SpeakerLine(
        kind="output",
        name=candidate.device.name,
        rate=form.rate,
        stream=stream,
        pulse=pulse,
        stands_in=candidate.problem,
        speaker=speaker,
        far_end=far_end,
    )


def _player(
    playout: Playout, far_end: FarEnd, pulse: Pulse, channels: int, clock: Callable[[], float]
) -> Callable[..., None]:
    def callback(block: Any, _frames: int, _time: Any, status: Any) -> None:
        pulse.beats += 1
        if pulse.cut:
            block[:] = 0.0
            return
        playout.fill(block[:, 0], clock(), underflow=bool(status.output_underflow))
        far_end.push(block[:, 0])
        if channels > 1:
            block[:, 1:] = block[:, :1]

    return callback


def _parameters(device: DeviceInfo, form: Format) -> dict[str, Any]:
    return {
        "device": device.index,
        "samplerate": form.rate,
        "channels": form.channels,
        "blocksize": form.block,
        "dtype": "float32",
        "latency": form.latency,
    }


def _started(stream: Stream) -> Stream:
    try:
        stream.start()
    except Exception:
        stream.close()
        raise
    return stream


def _works(line: Line) -> bool:
    """Wait until the device gives, or takes more than what fills its own buffer at the start."""
    enough = 2 if line.kind == "input" else 3 + round(line.stream.latency / line.pulse.seconds)
    deadline = time.monotonic() + ALIVE_SECONDS
    while line.pulse.beats < enough:
        if time.monotonic() > deadline or not line.stream.active:
            return False
        time.sleep(_TICK)
    return True
