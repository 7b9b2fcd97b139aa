"""The ring against a deque, and under two real threads."""

from __future__ import annotations

import sys
from collections import deque
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_tui.audio.ring import Ring

OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["write", "read", "drop"]), st.integers(0, 9000)), min_size=1, max_size=40
)


class Model:
    """What the ring promises, written down with a deque."""

    def __init__(self, capacity: int, unit: int) -> None:
        self.samples: deque[float] = deque()
        self.capacity, self.unit, self.lost = capacity, unit, 0

    def lose(self) -> None:
        while len(self.samples) > self.capacity:
            self.lost += self.unit
            for _ in range(self.unit):
                self.samples.popleft()

    def take(self, count: int) -> list[float]:
        self.lose()
        return [self.samples.popleft() for _ in range(min(count, len(self.samples)))]


@given(unit=st.integers(1, 300), units=st.integers(1, 40), operations=OPERATIONS)
@settings(deadline=None)
def test_behaves_like_a_deque_that_loses_whole_units_of_the_oldest(unit, units, operations):
    ring, model, written = Ring(unit * units, unit=unit), Model(unit * units, unit), 0
    for name, count in operations:
        if name == "write":
            pcm = np.arange(written, written + count, dtype=np.float32)
            written += count
            ring.write(pcm)
            model.samples.extend(pcm.tolist())
        elif name == "read":
            out = np.full(count, -1.0, dtype=np.float32)
            got = ring.read(out)
            assert out[:got].tolist() == model.take(count)
            assert (out[got:] == -1.0).all()
        else:
            assert ring.drop(count) == len(model.take(count))
        model_fill = Model(unit * units, unit)
        model_fill.samples.extend(model.samples)
        model_fill.lose()
        assert ring.fill == len(model_fill.samples)
        assert ring.written == written
        assert ring.position + len(model.samples) == written
    assert ring.lost == model.lost


def test_reads_into_a_strided_view():
    ring = Ring(10)
    ring.write(np.array([1, 2, 3], dtype=np.float32))
    block = np.zeros((3, 2), dtype=np.float32)
    assert ring.read(block[:, 0]) == 3
    assert block.tolist() == [[1, 0], [2, 0], [3, 0]]


@pytest.mark.parametrize(("capacity", "unit"), [(0, 1), (5, 0), (5, 6)])
def test_refuses_impossible_sizes(capacity, unit):
    with pytest.raises(ValueError, match="unit"):
        Ring(capacity, unit=unit)


@pytest.mark.parametrize("capacity", [64 * 1024, 700])
def test_two_threads_never_see_torn_or_reordered_samples(capacity):
    """A writer that laps the reader costs samples, counted; what is read is always contiguous."""
    ring, total, unit = Ring(capacity, unit=7), 600_000, 7
    done = Event()

    def write() -> None:
        rng = np.random.default_rng(1)
        written = 0
        while written < total:
            count = min(int(rng.integers(1, 5000)), total - written)
            ring.write(np.arange(written, written + count, dtype=np.float32))
            written += count
        done.set()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    writer = Thread(target=write)
    writer.start()
    try:
        out, seen = np.zeros(500, dtype=np.float32), 0
        while True:
            finished = done.is_set()
            lost = ring.lost
            got = ring.read(out)
            start = seen + ring.lost - lost
            assert out[:got].tolist() == list(range(start, start + got))
            seen = start + got
            if finished and not got:
                break
    finally:
        writer.join()
        sys.setswitchinterval(before)
    assert seen == total
    assert ring.lost % unit == 0


class Interleaved(Ring):
    """A ring in which the other thread gets its turn at the worst moment."""

    def __init__(self, capacity: int, unit: int) -> None:
        super().__init__(capacity, unit=unit)
        self.while_copying_out: list[np.ndarray] = []
        self.while_copying_in: list[np.ndarray] = []

    def _load(self, position: int, out: np.ndarray) -> None:
        half = len(out) // 2
        super()._load(position, out[:half])
        if self.while_copying_out:
            self.write(self.while_copying_out.pop())
        super()._load(position + half, out[half:])

    def _store(self, piece: np.ndarray) -> None:
        super()._store(piece)
        if self.while_copying_in:
            self.read(self.while_copying_in.pop())


def test_a_reader_that_is_lapped_while_it_copies_reads_again():
    ring = Interleaved(100, 10)
    ring.write(np.arange(100, dtype=np.float32))
    ring.while_copying_out.append(np.arange(100, 5_000, dtype=np.float32))
    out = np.zeros(60, dtype=np.float32)
    assert ring.read(out) == 60
    assert out.tolist() == list(range(4_900, 4_960))
    assert ring.lost == 4_900


@pytest.mark.parametrize("count", [1, 50, 4096])
def test_a_write_that_is_half_done_leaves_what_can_be_read_intact(count):
    ring = Interleaved(100, 1)
    ring.write(np.arange(100, dtype=np.float32))
    out = np.zeros(100, dtype=np.float32)
    ring.while_copying_in.append(out)
    ring.write(np.arange(100, 100 + count, dtype=np.float32))
    assert out.tolist() == list(range(100))
