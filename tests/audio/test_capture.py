"""The microphone's queue: whole frames, lateness, overflow, other rates; and silence at the pace of real time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_tui.audio.capture import CAPTURE_FRAMES, Capture, PacedSilence
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS


def ramp(start: int, count: int) -> np.ndarray:
    return (np.arange(start, start + count) / 1e6).astype(np.float32)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_blocks_of_any_size_come_out_as_the_same_samples_in_frames(sizes):
    capture, pushed, heard = Capture(), 0, []
    for size in sizes:
        capture.push(ramp(pushed, size))
        pushed += size
        while (frame := capture.read(0.0)) is not None:
            heard.append(frame)
    assert len(heard) == pushed // FRAME_SAMPLES
    assert capture.waiting == pushed % FRAME_SAMPLES
    if heard:
        assert np.array_equal(np.concatenate(heard), ramp(0, len(heard) * FRAME_SAMPLES))
    assert (capture.skipped, capture.overruns) == (0, 0)


def test_a_reader_two_frames_late_gets_everything():
    capture = Capture()
    capture.push(ramp(0, 3 * FRAME_SAMPLES))
    frames = [capture.read(0.0) for _ in range(4)]
    assert np.array_equal(np.concatenate([f for f in frames if f is not None]), ramp(0, 3 * FRAME_SAMPLES))
    assert capture.skipped == 0


def test_a_reader_more_than_two_frames_late_is_brought_back_to_now():
    capture = Capture()
    capture.push(ramp(0, 5 * FRAME_SAMPLES + 480))
    frame = capture.read(0.0)
    assert capture.skipped == 4
    assert frame is not None
    assert np.array_equal(frame, ramp(4 * FRAME_SAMPLES, FRAME_SAMPLES))
    assert capture.waiting == 480


def test_a_full_ring_loses_the_oldest_frames_and_counts_them():
    capture = Capture()
    for n in range(CAPTURE_FRAMES + 5):
        capture.push(ramp(n * FRAME_SAMPLES, FRAME_SAMPLES))
    frame = capture.read(0.0)
    assert (capture.overruns, capture.skipped) == (5, CAPTURE_FRAMES - 1)
    assert frame is not None
    assert np.array_equal(frame, ramp((CAPTURE_FRAMES + 4) * FRAME_SAMPLES, FRAME_SAMPLES))


def test_what_waited_while_the_computer_slept_is_forgotten():
    capture = Capture()
    capture.push(ramp(0, FRAME_SAMPLES + 100))
    assert capture.read(0.0) is not None
    capture.forget()
    assert capture.waiting == 0
    capture.push(ramp(5000, FRAME_SAMPLES))
    assert np.array_equal(capture.read(0.0), ramp(5000, FRAME_SAMPLES))


def test_broken_samples_are_cleaned_and_the_peak_is_polled():
    capture = Capture()
    block = np.zeros(FRAME_SAMPLES, dtype=np.float32)
    block[:3] = [np.nan, np.inf, -0.25]
    capture.push(block)
    frame = capture.read(0.0)
    assert frame is not None
    assert frame[:3].tolist() == [0.0, 1.0, -0.25]
    assert capture.take_peak() == 1.0
    assert capture.take_peak() == 0.0


def is_waiting(thread: Thread) -> bool:
    """Whether the thread stands in a wait of the threading module."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and frame.f_code.co_name == "wait"


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_read_wakes_up_when_the_frame_is_whole():
    capture = Capture()
    capture.push(ramp(0, FRAME_SAMPLES - 480))
    frames: list[np.ndarray | None] = []
    reader = Thread(target=lambda: frames.append(capture.read(30.0)))
    reader.start()
    wait_until(lambda: is_waiting(reader))
    capture.push(ramp(FRAME_SAMPLES - 480, 480))
    reader.join(10.0)
    assert not reader.is_alive()
    assert frames[0] is not None
    assert np.array_equal(frames[0], ramp(0, FRAME_SAMPLES))


def test_a_frame_that_was_read_is_not_waited_for_again():
    capture = Capture()
    capture.push(ramp(0, FRAME_SAMPLES))
    assert capture.read(10.0) is not None
    before = time.thread_time()
    assert capture.read(0.2) is None
    assert time.thread_time() - before < 0.1  # it slept


def test_read_gives_up_after_its_timeout():
    times = iter([0.0, 0.1, 0.3])
    capture = Capture(clock=lambda: next(times))
    capture.push(ramp(0, 480))
    assert capture.read(0.1) is None


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_another_rate_comes_out_at_24_khz(rate):
    capture, block = Capture(rate), rate // 50
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    heard = []
    for start in range(0, rate, block):
        capture.push(tone[start : start + block])
        while (frame := capture.read(0.0)) is not None:
            heard.append(frame)
    assert len(heard) >= 11  # of 12.5: the rest waits in the filter
    signal = np.concatenate(heard)[FRAME_SAMPLES:]
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal))))
    assert abs(np.argmax(spectrum) * 24_000 / len(signal) - 440) < 3
    assert abs(float(np.abs(signal).max()) - 0.5) < 0.01
    assert capture.skipped == 0


class FakeTime:
    """A clock that only moves when someone waits on it or a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_silence_comes_every_80_ms():
    time = FakeTime()
    source = PacedSilence(clock=time, sleep=time.sleep)
    for n in range(1, 50):
        frame = source.read(0.25)
        assert frame is not None and not frame.any()
        assert time.now == pytest.approx(100.0 + n * FRAME_SECONDS)


def test_silence_that_is_not_due_within_the_timeout_is_none():
    time = FakeTime()
    source = PacedSilence(clock=time, sleep=time.sleep)
    assert source.read(0.03) is None
    assert time.now == pytest.approx(100.03)
    assert source.read(0.06) is not None
    assert time.now == pytest.approx(100.08)


def test_after_a_long_pause_silence_starts_from_now_instead_of_catching_up():
    time = FakeTime()
    source = PacedSilence(clock=time, sleep=time.sleep)
    time.now += 10.0
    assert source.read(0.25) is not None
    assert time.now == pytest.approx(110.0)
    assert source.read(0.25) is not None
    assert time.now == pytest.approx(110.08)
