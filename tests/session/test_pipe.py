"""Messages over a pipe, and everything that is no message."""

from __future__ import annotations

import io
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_tui.errors import SessionError
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    MemoriesFound,
    MemoryRecalled,
    Notice,
    SearchMemories,
    SendText,
    StateChanged,
    Stats,
    TranscriptUpdated,
)
from voice_tui.framing import MAX_MESSAGE, FrameReader, framed
from voice_tui.session.outlet import OUTLET_SIZE, Outlet

STATS = Stats(
    frames=1, step_ms=1, step_p50_ms=1, step_p95_ms=1, step_p99_ms=1, overhead_p99_ms=1, lag_ms=0, capture_ms=0,
    playout_ms=0, overruns=0, underruns=0, skipped=0, trimmed_ms=0, dropped_events=0, input_peak=0, output_peak=0,
    muted=False, talk_mode="open", talking=False, volume=1,
)  # fmt: skip


def test_events_and_commands_come_back_as_they_were() -> None:
    events = [
        TranscriptUpdated(at=1.5, turn=3, role="user", text="käse 🧀 \x00", final=True, confidence=0.5),
        MemoryRecalled(query="q", ids=("a",), texts=("t",), scores=(0.7,), strategy="spoken"),
        MemoriesFound(number=3, found=(("a", 0.86), ("b", 0.5)), by_meaning=True),
        STATS,
    ]
    stream = io.BytesIO(b"".join(framed(e) for e in events))
    reader = FrameReader(stream, AnyEvent)
    assert [reader.read() for _ in range(5)] == [*events, None]
    commands = [SendText(text="hi"), SearchMemories(query="zähne \x00", number=1 << 40)]
    back = FrameReader(io.BytesIO(b"".join(framed(c) for c in commands)), AnyCommand)
    assert [back.read() for _ in range(3)] == [*commands, None]


@given(st.binary(max_size=200))
def test_garbage_is_an_end_or_an_error_and_never_anything_else(data: bytes) -> None:
    reader = FrameReader(io.BytesIO(data), AnyEvent)
    try:
        while reader.read() is not None:
            pass
    except SessionError:
        pass


def test_an_absurd_length_is_refused_before_it_is_allocated() -> None:
    reader = FrameReader(io.BytesIO((MAX_MESSAGE + 1).to_bytes(4, "little")), AnyEvent)
    with pytest.raises(SessionError, match=str(MAX_MESSAGE + 1)):
        reader.read()


def test_a_message_cut_off_in_the_middle_is_the_end() -> None:
    data = framed(StateChanged(state="listening"))
    assert FrameReader(io.BytesIO(data[:-1]), AnyEvent).read() is None


class FakeStream(io.BytesIO):
    """A pipe whose reader is stuck until `release` is set, or has gone."""

    def __init__(self, *, gone: bool = False) -> None:
        super().__init__()
        self.release = threading.Event()
        self.entered = threading.Event()
        self.gone = gone

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.entered.set()
        if self.gone:
            raise BrokenPipeError
        assert self.release.wait(10)
        return super().write(data)


def test_a_stuck_reader_costs_snapshots_first_and_then_the_oldest() -> None:
    stream = FakeStream()
    outlet = Outlet(stream)
    outlet.put(Notice(severity="info", message="first"))
    assert stream.entered.wait(10)
    for number in range(OUTLET_SIZE):
        outlet.put(STATS if number == 5 else Notice(severity="info", message=str(number)))
    outlet.put(STATS)
    assert outlet.dropped == 1
    outlet.put(Notice(severity="info", message="last"))
    outlet.put(Notice(severity="info", message="very last"))
    assert outlet.dropped == 3
    stream.release.set()
    outlet.close(10)
    reader = FrameReader(io.BytesIO(stream.getvalue()), AnyEvent)
    messages = []
    while (event := reader.read()) is not None:
        assert isinstance(event, Notice)
        messages.append(event.message)
    assert messages[0] == "first"
    assert messages[1] == "1"
    assert messages[-1] == "very last"


def test_a_reader_that_has_gone_neither_blocks_nor_raises() -> None:
    stream = FakeStream(gone=True)
    outlet = Outlet(stream)
    outlet.put(Notice(severity="info", message="x"))
    assert stream.entered.wait(10)
    outlet.close(10)
    outlet.put(Notice(severity="info", message="y"))
