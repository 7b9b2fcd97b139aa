"""The bookkeeping of hand-overs, with instances that fail like the real ones, but after a dozen frames."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from voice_tui.engine.moshi.codec.mimi import WAITING, MimiCodec
from voice_tui.engine.moshi.codec.port import HandOver, LostError
from voice_tui.engine.moshi.script import SILENCE
from voice_tui.errors import EngineError

VIEW = 3
NUMBERS = HandOver(encoder=6, decoder=5, view=VIEW, limit=11, rescue=VIEW)
LIFE = 12
"""Frames after which a fake instance fails, as the real one does after 4,096."""
SOON = 20.0


class FakeInstance:
    """Says what it looks back on; fails for good at frame LIFE of its life, whatever was reset.

    Args:
        polls: How often it is asked before it has loaded.
    """

    def __init__(self, *, polls: int = 0, life: float = LIFE) -> None:
        self.polls = polls
        self.frames = 0
        self.did: set[str] = set()
        self.ended = self.dead = False
        self.hold = threading.Event()
        self.hold.set()
        self._life = life
        self._heard: deque[int] = deque(maxlen=VIEW)

    @property
    def ready(self) -> bool:
        self.polls -= 1
        return self.polls < 0

    def load(self) -> None:
        self.polls = 0

    def encode(self, frame: np.ndarray) -> np.ndarray:
        return self._done("encode", frame)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        return self._done("decode", codes)

    def reset(self) -> None:
        self._heard.clear()

    def end(self) -> None:
        self.ended = True

    def join(self) -> None:
        assert self.ended

    def _done(self, what: str, frame: np.ndarray) -> np.ndarray:
        self.hold.wait(SOON)
        assert not self.ended, "it was let go"
        self.did.add(what)
        if self.dead:
            raise LostError("The codec's process ended")
        if self.frames >= self._life:
            raise EngineError("The codec failed: narrow invalid args")
        self.frames += 1
        self._heard.append(int(frame[0]))
        return np.array(self._heard)


class Makes:
    """Makes fakes and knows them all.

    Args:
        polls: Of the next one.
    """

    def __init__(self, polls: Callable[[], int] = lambda: 0) -> None:
        self.all: list[FakeInstance] = []
        self.missing = False
        self._polls = polls

    def __call__(self) -> FakeInstance:
        if self.missing:
            raise LostError("No such file")
        self.all.append(FakeInstance(polls=self._polls()))
        return self.all[-1]


def codec_of(makes: Makes, *, inline: bool = False) -> MimiCodec:
    return MimiCodec(Path("nowhere"), inline=inline, hand_over=NUMBERS, start=makes)


def decoded(codec: MimiCodec) -> list[np.ndarray]:
    """All that waits."""
    found: list[np.ndarray] = []
    deadline = time.monotonic() + SOON
    while codec.waiting:
        assert time.monotonic() < deadline
        found += codec.decoded()
        time.sleep(0.001)
    return found


def same(found: list[np.ndarray], wanted: list[np.ndarray]) -> bool:
    return [list(one) for one in found] == [list(one) for one in wanted]


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "live"])
@pytest.mark.parametrize("resets", [0, 17], ids=["one conversation", "several"])
def test_no_instance_comes_to_the_end_of_its_life_or_is_used_twice(inline: bool, resets: int) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    rng = random.Random(seed)
    makes = Makes(lambda: 0 if inline else rng.randrange(4))
    codec = codec_of(makes, inline=inline)
    endless = FakeInstance(life=float("inf"))
    codes, sound, wanted = [], [], []
    for number in range(120):
        if resets and number and number % resets == 0:
            sound += decoded(codec)
            codec.reset()
            endless.reset()
        frame = np.array([number])
        codes.append(codec.encode(frame))
        codec.decode(frame)
        wanted.append(endless.encode(frame))
    sound += decoded(codec)
    assert same(codes, wanted)
    assert same(sound, wanted)
    assert codec.lost == 0
    codec.close()
    assert all(instance.ended for instance in makes.all)
    assert max(instance.frames for instance in makes.all) <= NUMBERS.limit
    assert max(len(instance.did) for instance in makes.all) == 1
    for what in ("encode", "decode"):
        assert sum(what in instance.did for instance in makes.all) > 10
    assert codec.hand_overs > 20


def test_one_that_took_long_to_catch_up_is_changed_the_sooner() -> None:
    makes = Makes()
    codec = codec_of(makes)
    slow = makes.all[0]
    slow.hold.clear()
    for number in range(10):
        codec.encode(np.array([number]))
    slow.hold.set()
    deadline = time.monotonic() + SOON
    while slow.frames < VIEW + 4:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    for number in range(10, 30):
        assert codec.encode(np.array([number]))[-1] == number
    assert slow.ended
    assert slow.frames <= NUMBERS.limit
    codec.close()


def test_what_is_lost_is_replaced_and_the_gap_is_silence() -> None:
    makes = Makes()
    codec = codec_of(makes)
    for number in range(4):
        codec.encode(np.array([number]))
    encoder, _ = codec.active
    assert isinstance(encoder, FakeInstance)
    encoder.dead = True
    spare = makes.all[0]
    spare.hold.clear()
    gap = [codec.encode(np.array([number])) for number in (4, 5)]
    assert same(gap, [np.array(SILENCE)] * 2)
    spare.hold.set()
    number = 6
    deadline = time.monotonic() + SOON
    while list(found := codec.encode(np.array([number]))) == list(SILENCE):
        assert time.monotonic() < deadline
        time.sleep(0.001)
        number += 1
    assert list(found)[-2:] == [number - 1, number], "it was fed what came last"
    assert codec.lost == number - 4
    assert encoder.ended
    codec.close()


def test_without_a_spare_it_goes_on_to_the_end_and_then_says_why() -> None:
    makes = Makes()
    codec = codec_of(makes)
    spare = makes.all[0]
    spare.dead = makes.missing = True
    for number in range(NUMBERS.limit):
        codec.encode(np.array([number]))
    with pytest.raises(EngineError, match="cannot go on: No such file"):
        for number in range(LIFE):
            codec.encode(np.array([number]))
    makes.missing = False
    assert list(codec.encode(np.array([70])))[-1] == 70, "when it can be had again, all is well"
    codec.close()
    assert all(instance.ended for instance in makes.all)


def test_a_lost_one_that_cannot_be_replaced_is_told_in_the_end() -> None:
    makes = Makes()
    codec = codec_of(makes)
    makes.missing = True
    for instance in makes.all:
        instance.dead = True
    with pytest.raises(EngineError, match="cannot go on"):
        for number in range(1000):
            codec.encode(np.array([number]))
            time.sleep(0.001)
    codec.close()


def test_what_a_hung_decoder_cannot_take_becomes_silence_in_its_place() -> None:
    makes = Makes()
    codec = codec_of(makes)
    _, decoder = codec.active
    assert isinstance(decoder, FakeInstance)
    decoder.hold.clear()
    for number in range(WAITING + 5):
        codec.decode(np.array([number]))
    assert codec.decoded() == []
    decoder.hold.set()
    found = decoded(codec)
    assert [one[-1] for one in found] == [*range(WAITING), *[0] * 5]
    assert codec.lost == 5
    codec.decode(np.array([7]))
    codec.close()


def test_a_reset_drops_what_waits() -> None:
    makes = Makes()
    codec = codec_of(makes)
    _, decoder = codec.active
    assert isinstance(decoder, FakeInstance)
    decoder.hold.clear()
    for number in range(9):
        codec.decode(np.array([number]))
    codec.reset()
    assert codec.waiting == 0
    decoder.hold.set()
    codec.decode(np.array([5]))
    assert same(decoded(codec), [np.array([5])])
    assert decoder.frames <= 2
    codec.close()


def test_one_that_dies_during_a_change_is_not_missed_for_long() -> None:
    """The spare that is being fed leaves out what it has not had, but for the last frames."""
    makes = Makes()
    codec = codec_of(makes)
    makes.all[0].hold.clear()
    for number in range(9):
        codec.encode(np.array([number]))
    encoder, _ = codec.active
    assert isinstance(encoder, FakeInstance)
    encoder.dead = True
    assert list(codec.encode(np.array([9]))) == list(SILENCE)
    makes.all[0].hold.set()
    deadline = time.monotonic() + SOON
    while makes.all[0].frames != VIEW:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert list(codec.encode(np.array([10]))) == [8, 9, 10], "it was fed the last ones"
    assert makes.all[0].frames == VIEW + 1, "the one under way, the last ones, this one"
    codec.close()
