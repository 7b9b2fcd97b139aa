"""Keeping devices open on a sound system whose calls hang when the test says so; time is an argument."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from tests.audio.test_choice import DESK
from voice_tui.audio.keeper import HANGING_SECONDS, Keeper
from voice_tui.audio.orders import Order, Outcome, Terms
from voice_tui.audio.recovery import GIVE_UP_SECONDS, MISSING_PAUSE, Side
from voice_tui.errors import DeviceError

NONE = {"input": Side(""), "output": Side("headset")}
OPEN = {"input": Side("", open=True), "output": Side("headset", open=True)}
TERMS = Terms((24_000,), 480, time.monotonic)


class FakeStream:
    """A stream that does nothing."""

    def __init__(self) -> None:
        self.active, self.latency = True, 0.02

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class FakeLists:
    """Lists that a test hands out."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.next = None
        self.closed = False

    def take(self):
        newest, self.next = self.next, None
        return newest

    def close(self) -> None:
        self.closed = True


@dataclass
class Bench:
    """A keeper, what it was asked to do, and the time."""

    free: threading.Event = field(default_factory=threading.Event)
    orders: list[Order] = field(default_factory=list)
    lookouts: list[FakeLists] = field(default_factory=list)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.free.set()
        self.streams = {"input": FakeStream(), "output": FakeStream()}
        self.keeper = Keeper(TERMS, self.streams.get, work=self.work, look=self.look)

    def work(self, order: Order, terms: Terms) -> Outcome:
        self.orders.append(order)
        assert self.free.wait(20.0)
        return Outcome(devices=tuple(DESK), problems=dict.fromkeys(order.open, DeviceError("no")))

    def look(self, pause: float) -> FakeLists:
        self.lookouts.append(FakeLists(pause))
        return self.lookouts[-1]

    def poll(self, sides=NONE, *, after: float = 0.02, listed=None) -> Outcome | None:
        self.now += after
        if listed is not None:
            self.lookouts[-1].next = tuple(listed)
        outcome = self.keeper.poll(sides, self.now)
        if self.free.is_set():
            self.keeper.wait(10.0)
        return outcome


def started(**more) -> Bench:
    """A bench that has tried to open both once."""
    bench = Bench(**more)
    bench.keeper.ask()
    bench.poll()
    assert bench.poll() is not None
    return bench


def test_what_is_asked_for_is_tried_once_and_told_of_once():
    bench = Bench()
    bench.keeper.ask()
    assert not bench.keeper.answers
    assert bench.poll() is None
    outcome = bench.poll()
    assert outcome is not None
    assert set(outcome.problems) == {"input", "output"}
    assert bench.keeper.answers
    assert bench.orders[0].open == {"input": "", "output": "headset"}
    assert not bench.orders[0].read_again, "it has just been loaded"
    assert bench.poll(OPEN) is None
    assert len(bench.orders) == 1


def test_asking_again_closes_what_is_open_and_reads_the_list_anew():
    bench = started()
    bench.keeper.ask()
    bench.poll(OPEN)
    assert bench.orders[1].close == tuple(bench.streams.values())
    assert bench.orders[1].read_again


def test_a_lost_stream_is_closed_and_a_device_that_is_seen_is_opened():
    bench = started()
    dead = FakeStream()
    bench.keeper.release([dead])
    bench.poll()
    bench.poll()
    assert bench.orders[-1].close == (dead,)
    assert not bench.orders[-1].open
    assert bench.lookouts[-1].pause == MISSING_PAUSE
    bench.poll(listed=[])
    assert not bench.orders[-1].open
    bench.poll(listed=DESK)
    assert set(bench.orders[-1].open) == {"input", "output"}


def test_nobody_looks_for_devices_while_all_are_there():
    bench = started()
    bench.poll()
    assert not bench.lookouts[-1].closed
    bench.poll(OPEN)
    bench.poll(OPEN)
    assert bench.lookouts[-1].closed
    assert len(bench.lookouts) == 1


def hanging() -> Bench:
    """A bench whose last close hangs."""
    bench = started()
    bench.free.clear()
    bench.keeper.release([FakeStream()])
    bench.poll()
    bench.poll(after=HANGING_SECONDS + 0.1)
    return bench


def test_a_sound_system_that_hangs_altogether_is_waited_for():
    bench = hanging()
    try:
        before = len(bench.orders)
        for _ in range(100):
            bench.poll(after=60.0)
        assert len(bench.orders) == before
        bench.free.set()
        bench.keeper.wait(10.0)
        bench.poll()
        bench.poll(listed=DESK)
        assert bench.orders[-1].read_again, "nothing hangs any more"
    finally:
        bench.free.set()


def test_one_device_that_hangs_is_given_up_and_the_list_is_left_alone():
    bench = hanging()
    try:
        before = len(bench.orders)
        bench.poll(listed=DESK)
        bench.poll(listed=DESK)
        assert len(bench.orders) == before, "it may be just slow"
        bench.poll(after=GIVE_UP_SECONDS, listed=DESK)
        assert set(bench.orders[-1].open) == {"input", "output"}
        assert not bench.orders[-1].read_again
    finally:
        bench.free.set()


def test_the_end_does_not_wait_for_what_is_known_to_hang():
    bench = hanging()
    try:
        bench.keeper.terms = Terms((24_000,), 480, lambda: bench.now)
        begun = time.monotonic()
        bench.keeper.close([FakeStream()], timeout=10.0)
        assert time.monotonic() - begun < 5.0
        assert bench.poll() is None
        assert bench.lookouts[-1].closed
    finally:
        bench.free.set()


def test_the_end_closes_everything_gently():
    bench = started()
    last = FakeStream()
    bench.keeper.close([last], timeout=10.0)
    bench.keeper.close([last], timeout=10.0)
    assert [order.close for order in bench.orders[1:]] == [(last,)]
    assert bench.orders[-1].gently
