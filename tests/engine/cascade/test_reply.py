"""Answers made in threads: order, concurrency, cancellation, failure; waiting is always on an event with a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np

from tests.engine.cascade.fakes import FakeResponder, FakeTts
from voice_tui.engine.cascade.ports import Part, Text, UserTurn
from voice_tui.engine.cascade.reply import (
    MAILBOX_SIZE,
    Message,
    Reply,
    ReplyEnded,
    SegmentAudio,
    SegmentDone,
    SegmentOpened,
    Written,
)
from voice_tui.errors import ProviderError
from voice_tui.frame import Pcm

TURN = UserTurn(text="hello")
DEADLINE = 10.0


def collect(reply: Reply) -> list[Message]:
    """Everything until the reply has ended and every opened segment is done."""
    got: list[Message] = []
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        got.extend(reply.messages())
        opened = sum(isinstance(m, SegmentOpened) for m in got)
        done = sum(isinstance(m, SegmentDone) for m in got)
        if opened == done and any(isinstance(m, ReplyEnded) for m in got):
            return got
        threading.Event().wait(0.002)
    raise AssertionError(f"not ended: {got}")


def test_sentences_are_announced_in_order_and_all_spoken() -> None:
    tts = FakeTts()
    text = "First here we go. Second one follows now. Third is the last one."
    reply = Reply(FakeResponder([Text(text)]), tts, TURN, inline=False)
    reply.start()
    got = collect(reply)
    opened = [m for m in got if isinstance(m, SegmentOpened)]
    assert [m.index for m in opened] == [0, 1, 2]
    assert sorted(tts.said) == sorted(m.text for m in opened)
    assert "".join(m.text for m in got if isinstance(m, Written)) == text
    reply.cancel()


class FakeSlowTts:
    """Every sentence waits until `enough` of them are being synthesised, or `release` is set."""

    name = "slow"

    def __init__(self, enough: int) -> None:
        self.enough = enough
        self.now = 0
        self.most = 0
        self.release = threading.Event()
        self._lock = threading.Lock()
        self._count = 0

    def synthesize(self, text: str, cancel: threading.Event) -> Iterator[Pcm]:
        with self._lock:
            first = self._count == 0
            self._count += 1
            self.now += 1
            self.most = max(self.most, self.now)
            if self.most >= self.enough:
                self.release.set()
        if not first:
            self.release.wait(DEADLINE)
        with self._lock:
            self.now -= 1
        yield np.zeros(10, np.float32)

    def close(self) -> None:
        pass


def test_three_sentences_at_once_and_never_more() -> None:
    tts = FakeSlowTts(enough=3)
    text = " ".join(f"The sentence of the number {number} is long enough." for number in range(7))
    reply = Reply(FakeResponder([Text(text)]), tts, TURN, inline=False)
    reply.start()
    collect(reply)
    assert tts.most == 3
    reply.cancel()


def test_one_failing_sentence_does_not_block_the_others() -> None:
    class FakeTtsFailingOnce(FakeTts):
        def synthesize(self, text: str, cancel: threading.Event) -> Iterator[Pcm]:
            if "Second" in text:
                raise ProviderError("no voice")
            return super().synthesize(text, cancel)

    reply = Reply(
        FakeResponder([Text("First here we go. Second one follows now. Third is the last one.")]),
        FakeTtsFailingOnce(),
        TURN,
        inline=False,
    )
    reply.start()
    got = collect(reply)
    errors = {m.index: m.error for m in got if isinstance(m, SegmentDone)}
    assert errors[0] is None
    assert isinstance(errors[1], ProviderError)
    assert errors[2] is None
    reply.cancel()


class FakeFlood:
    """A responder that never ends by itself."""

    name = "flood"

    def __init__(self) -> None:
        self.ended = threading.Event()

    def respond(self, turn: UserTurn, cancel: threading.Event) -> Iterator[Part]:
        try:
            while True:
                yield Text("More and more words are coming. ")
        finally:
            self.ended.set()

    def spoken(self, text: str, interrupted: bool) -> None: ...
    def withdraw(self) -> None: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


def test_a_flood_waits_for_the_reader_and_ends_when_cancelled() -> None:
    flood = FakeFlood()
    reply = Reply(flood, FakeTts(), TURN, inline=False)
    reply.start()
    end = time.monotonic() + DEADLINE
    while reply._mailbox.qsize() < MAILBOX_SIZE and time.monotonic() < end:
        threading.Event().wait(0.002)
    assert reply._mailbox.qsize() == MAILBOX_SIZE
    assert not flood.ended.is_set()
    reply.cancel()
    assert flood.ended.wait(DEADLINE)
    reply.join(DEADLINE)
    assert reply._thread is not None
    assert not reply._thread.is_alive()


def test_the_next_answer_begins_after_the_cancelled_one_has_ended() -> None:
    flood = FakeFlood()
    first = Reply(flood, FakeTts(), TURN, inline=False)
    first.start()
    first.cancel()
    told: list[bool] = []
    second = Reply(
        FakeResponder([Text("Fine.")]),
        FakeTts(),
        TURN,
        inline=False,
        before=[lambda: told.append(flood.ended.is_set())],
    )
    second.start(first)
    got = collect(second)
    assert told == [True]
    assert any(isinstance(m, SegmentAudio) for m in got)
    second.cancel()
