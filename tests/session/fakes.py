"""An audio port and an engine that do what the test says, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from voice_tui.audio.port import AudioStats
from voice_tui.engine.port import Capabilities, Context, Injection, PastTurn, Step, Tick
from voice_tui.events import DevicesChanged
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame, Pcm, silence


class FakeAudio:
    """Gives the frames it was made with, then silence; keeps what is written.

    `at_end` is called when the frames are over, so that a test can stop the loop.
    """

    def __init__(self, frames: list[Frame], at_end: Callable[[], None] = lambda: None) -> None:
        self.frames = list(frames)
        self.at_end = at_end
        self.written: list[Pcm] = []
        self.closed = 0
        self.changes: list[DevicesChanged] = []
        self.reads = 0
        self.name = "fake"
        self.block_samples: int | None = None

    def start(self) -> DevicesChanged:
        return DevicesChanged(input=f"{self.name} microphone", output=f"{self.name} speaker")

    def now(self) -> float:
        return self.reads * FRAME_SECONDS

    def read(self, timeout: float) -> Frame | None:
        if not self.frames:
            self.at_end()
            self.reads += 1
            return silence()
        self.reads += 1
        return self.frames.pop(0)

    def played(self) -> Frame:
        return self.written[-1] if self.written else silence()

    @property
    def exhausted(self) -> bool:
        return not self.frames

    def write(self, pcm: Pcm) -> None:
        self.written.append(pcm)

    def flush(self) -> int:
        return 0

    def pending(self) -> int:
        return 0

    def stats(self) -> AudioStats:
        return AudioStats(capture_samples=2 * FRAME_SAMPLES, playout_samples=480, overruns=1, underruns=2)

    def choose(self, input: str, output: str, block_samples: int | None = None) -> None:
        self.block_samples = block_samples
        self.changes.append(DevicesChanged(input=input, output=output))

    def poll(self) -> DevicesChanged | None:
        return self.changes.pop(0) if self.changes else None

    def close(self) -> None:
        self.closed += 1


class FakeEngine:
    """Notes every call; answers steps with `reply`."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.heard: list[Frame] = []
        self.reply: Callable[[Frame], Step] = lambda frame: Step(pcm=frame)
        self.capabilities = Capabilities("fake", "for tests")
        self.injection = Injection("unsupported")
        self.idle = True

    def reset(self) -> None:
        self.calls.append(("reset", None))

    def recount(self, turns: Sequence[PastTurn]) -> None:
        self.calls.append(("recount", tuple(turns)))

    def prefill(self, context: Context) -> Injection:
        self.calls.append(("prefill", context.texts))
        return Injection("prefill", 10, 22, texts=len(context.texts))

    def step(self, frame: Frame, tick: Tick) -> Step:
        self.heard.append(frame)
        return self.reply(frame)

    def poll(self, tick: Tick) -> Step:
        return Step()

    def send_text(self, text: str, tick: Tick) -> None:
        self.calls.append(("send_text", text))

    def push_to_talk(self, talking: bool, tick: Tick) -> None:
        self.calls.append(("push_to_talk", talking))

    def play(self, pcm: Pcm, caption: str, tick: Tick) -> None:
        self.calls.append(("play", caption))

    def inject(self, context: Context) -> Injection:
        self.calls.append(("inject", context.texts))
        return self.injection

    def interrupt(self, tick: Tick, *, wanted: bool = True) -> None:
        self.calls.append(("interrupt", None) if wanted else ("cut", None))

    def close(self) -> None:
        self.calls.append(("close", None))


def tone(level: float = 0.5) -> Frame:
    """A frame of a constant level."""
    return np.full(FRAME_SAMPLES, level, dtype=np.float32)
