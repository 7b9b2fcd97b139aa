"""A session that does what a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread

from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    DevicesChanged,
    MemoriesFound,
    MemoryRecalled,
    SearchMemories,
    SessionStarted,
    StateChanged,
    Stats,
    TranscriptUpdated,
    TurnMeasured,
)
from voice_tui.session.port import OnEvent

Finds = Callable[[str], Iterable[tuple[str, float]]]
"""Words that are searched -> ids and relevance of what bears on them."""


class FakeSession:
    """A `SessionPort` that records commands and emits what it is told to.

    Searches are kept apart in `searches` and answered with what `finds` finds; where that is None, not at all.
    """

    def __init__(self, script: Iterable[AnyEvent] = ()) -> None:
        self.script = list(script)
        self.commands: list[AnyCommand] = []
        self.searches: list[SearchMemories] = []
        self.finds: Finds | None = lambda words: ()
        self.by_meaning = True
        self.started = 0
        self.closed = 0
        self.restarted = 0
        self._on_event: OnEvent | None = None

    def start(self, on_event: OnEvent) -> None:
        self.started += 1
        self._on_event = on_event
        for event in self.script:
            on_event(event)

    def send(self, command: AnyCommand) -> None:
        if not isinstance(command, SearchMemories):
            self.commands.append(command)
            return
        self.searches.append(command)
        if self.finds is not None:
            found = tuple(self.finds(command.query))
            self._emit((MemoriesFound(number=command.number, found=found, by_meaning=self.by_meaning),))

    def restart(self) -> None:
        self.restarted += 1

    def close(self, timeout: float = 0.4) -> None:
        self.closed += 1

    def emit(self, *events: AnyEvent) -> None:
        """Emit from another thread, as a real session does."""
        assert self._on_event is not None, "not started"
        thread = Thread(target=self._emit, args=(events,))
        thread.start()
        thread.join()

    def _emit(self, events: tuple[AnyEvent, ...]) -> None:
        assert self._on_event is not None
        for event in events:
            self._on_event(event)


def stats(**changes: object) -> Stats:
    """A healthy snapshot, with changes."""
    values: dict[str, object] = {
        "frames": 1500,
        "step_ms": 4.2,
        "step_p50_ms": 3.9,
        "step_p95_ms": 5.1,
        "step_p99_ms": 7.8,
        "overhead_p99_ms": 0.4,
        "lag_ms": 0.0,
        "capture_ms": 12.0,
        "playout_ms": 160.0,
        "overruns": 0,
        "underruns": 0,
        "skipped": 0,
        "trimmed_ms": 0.0,
        "dropped_events": 0,
        "input_peak": 0.08,
        "output_peak": 0.3,
        "muted": False,
        "talk_mode": "open",
        "talking": False,
        "volume": 1.0,
    }
    return Stats(**(values | changes))  # type: ignore[arg-type]


READY: tuple[AnyEvent, ...] = (
    DevicesChanged(input="Built-in Microphone", output="Headphones", input_rate=24000, output_rate=24000),
    SessionStarted(engine="cascade", detail="pocketsphinx · notebook · espeak-ng"),
    StateChanged(state="listening"),
)
"""What a session says when it has loaded."""

DIALOGUE: tuple[AnyEvent, ...] = (
    TranscriptUpdated(turn=1, role="user", text="what time is it", final=True, confidence=0.9, at=3.1),
    TranscriptUpdated(turn=2, role="assistant", text="It is a quarter past eight.", final=True, at=3.9),
    TurnMeasured(turn=2, total_ms=598, endpoint_ms=400, stt_ms=96, first_text_ms=62, tts_ms=40),
    TranscriptUpdated(
        turn=3,
        role="user",
        text="remember that the spare key is under the blue pot",
        final=True,
        confidence=0.4,
        at=9.0,
    ),
    TranscriptUpdated(turn=4, role="assistant", text="I will remember that, with your recording.", final=True, at=10.0),
    TranscriptUpdated(turn=5, role="user", text="Where is the spare key?", final=True, typed=True, at=20.0),
    MemoryRecalled(
        query="where is the spare key",
        ids=("m2",),
        texts=("The spare key is under the blue pot.",),
        scores=(0.91,),
        strategy="spoken",
        at=20.2,
    ),
    TranscriptUpdated(
        turn=6, role="assistant", text="You told me that the spare key is under", final=True, interrupted=True, at=21.0
    ),
    TurnMeasured(turn=6, total_ms=612, endpoint_ms=400, stt_ms=110, first_text_ms=60, tts_ms=42),
    TranscriptUpdated(turn=7, role="user", text="and how old is the brook", final=False, at=24.0),
    StateChanged(state="hearing"),
)
"""A conversation with every sort of line."""

STEPS = (3.9, 4.1, 3.7, 4.4, 5.2, 4.0, 3.8, 7.9, 4.2, 4.1, 3.9, 4.6, 4.0, 3.8, 4.3, 5.9, 4.1, 3.9, 4.2)


def many_stats(**changes: object) -> list[Stats]:
    """Snapshots with steps that vary, as if a while had passed."""
    return [stats(step_ms=step, **changes) for step in STEPS]
