"""Programs that tests run in a process of their own, beside a virtual card: `python -m tests.audio.card_program NAME …`

Each prints one line of JSON per thing that happened.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from threading import Thread

import msgspec
import numpy as np

from voice_tui.audio.device import DeviceAudio
from voice_tui.audio.portaudio import list_devices
from voice_tui.engine.passthrough import PassthroughEngine
from voice_tui.errors import DeviceError
from voice_tui.events import AnyEvent, CheckSound, ChooseDevices, DevicesChanged, SessionStopped, SoundChecked, Stats
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE
from voice_tui.session.loop import Session
from voice_tui.settings import AudioSettings


def tell(what: str, **details: object) -> None:
    print(json.dumps({"what": what, **details}), flush=True)


def opened(input: str = "", output: str = "", rates: tuple[int, ...] = (SAMPLE_RATE,), block: int = 480) -> DeviceAudio:
    audio = DeviceAudio(AudioSettings(input=input, output=output, block_samples=block), rates=rates)
    tell("started", **msgspec.to_builtins(audio.start()))
    return audio


def closed(audio: DeviceAudio) -> None:
    stats = asdict(audio.stats())
    begun = time.monotonic()
    audio.close()
    audio.close()
    tell("closed", seconds=time.monotonic() - begun, **stats)


def devices() -> None:
    try:
        tell("devices", devices=[asdict(device) for device in list_devices()])
    except DeviceError as e:
        tell("error", message=e.message, hint=e.hint)


def state(input: str, output: str) -> None:
    """Open, exchange half a second of frames, close."""
    audio = opened(input, output)
    begun = time.monotonic()
    frames = [audio.read(1.0) for _ in range(6)]
    audio.write(np.full(FRAME_SAMPLES, 0.1, dtype=np.float32))
    pending = audio.pending()
    while audio.pending() and time.monotonic() < begun + 5:
        audio.read(0.05)
    tell(
        "frames",
        count=sum(frame is not None for frame in frames),
        loud=any(frame.any() for frame in frames if frame is not None),
        seconds=time.monotonic() - begun,
        pending=[pending, audio.pending()],
    )
    closed(audio)


def record(path: str, rate: str, block: str) -> None:
    """Record the microphone until standard input ends."""
    audio, frames = opened(rates=(int(rate),), block=int(block)), []
    ended = Thread(target=sys.stdin.read, daemon=True)
    ended.start()
    while ended.is_alive():
        frame = audio.read(0.25)
        if frame is not None:
            frames.append(frame)
    np.save(path, np.concatenate(frames))
    closed(audio)


def play(path: str, rate: str, block: str) -> None:
    """Play samples, all handed over at once, and wait until they were heard."""
    audio = opened(rates=(int(rate),), block=int(block))
    audio.read(1.0)
    audio.write(np.load(path))
    while audio.pending():
        audio.read(0.25)
    tell("heard")
    closed(audio)


def hang() -> None:
    """Close when told to, whatever the device does."""
    audio = opened()
    audio.read(1.0)
    tell("reading")
    sys.stdin.readline()
    closed(audio)


def session(input: str = "", output: str = "") -> None:
    """A whole session that passes the microphone on to the speaker.

    Obeys "choose MICROPHONE SPEAKER", "check KIND" and "stop".
    """

    def emit(event: AnyEvent) -> None:
        if isinstance(event, (DevicesChanged, SessionStopped, SoundChecked, Stats)):
            tell(type(event).__name__, when=time.monotonic(), **msgspec.to_builtins(event))

    talk = Session(PassthroughEngine(), DeviceAudio(AudioSettings(input=input, output=output)), emit)

    def obey() -> None:
        for line in sys.stdin:
            word, *names = line.split(" ")
            if word.strip() == "choose":
                talk.command(ChooseDevices(input=names[0], output=names[1].strip()))
            elif word == "check":
                talk.command(CheckSound(kind="tone" if names[0].strip() == "tone" else "round_trip"))
            else:
                talk.stop("asked to")

    Thread(target=obey, daemon=True).start()
    talk.run()
    tell("over", when=time.monotonic())


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
