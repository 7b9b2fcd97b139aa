"""From frames to chunks of speech: when each of them ended, and which words ask for patience."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.cascade.fakes import FakeStt, FakeVad
from voice_tui.engine.cascade.draft import is_unfinished
from voice_tui.engine.cascade.ears import Ears
from voice_tui.engine.cascade.turns import CHUNK_SECONDS, Decision, TurnPolicy, TurnTaking
from voice_tui.engine.port import Tick
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE


class FakeTurns(TurnTaking):
    """Notes when the chunks ended."""

    def __init__(self) -> None:
        super().__init__(TurnPolicy())
        self.ends: list[float] = []

    def on_chunk(
        self, probability: float, now: float, *, speaking: bool, answering: bool = False, echo: bool = True
    ) -> Decision | None:
        self.ends.append(now)
        return super().on_chunk(probability, now, speaking=speaking, answering=answering, echo=echo)


def test_chunks_end_where_they_end_in_the_sound_and_not_with_their_frame() -> None:
    """Two and a half chunks are in a frame: a silence measured in frames would be up to a chunk too long."""
    turns = FakeTurns()
    ears = Ears(FakeVad(), FakeStt([]), turns)
    for number in range(1, 26):
        frame = np.zeros(FRAME_SAMPLES, np.float32)
        ears.hear(frame, Tick(now=number * FRAME_SECONDS, pending=0), speaking=False, answering=False)
    assert len(turns.ends) >= 60
    wanted = CHUNK_SECONDS * np.arange(1, len(turns.ends) + 1)
    np.testing.assert_allclose(turns.ends, wanted, atol=1e-9)


def test_silence_that_ends_a_turn_is_as_long_as_the_policy_says() -> None:
    turns = FakeTurns()
    ears = Ears(FakeVad(), FakeStt(["hello"]), turns)
    random = np.random.default_rng(5)
    frames = np.zeros((40, FRAME_SAMPLES), np.float32)
    frames[5:15] = random.uniform(-0.5, 0.5, (10, FRAME_SAMPLES)).astype(np.float32)
    taken = [
        decided
        for number, frame in enumerate(frames, start=1)
        for decided in ears.hear(frame, Tick(now=number * FRAME_SECONDS, pending=0), speaking=False, answering=False)
    ]
    assert [decided.decision for decided in taken] == [Decision.BEGIN, Decision.END]
    assert taken[1].at - 15 * FRAME_SAMPLES / SAMPLE_RATE == pytest.approx(TurnPolicy().silence, abs=CHUNK_SECONDS)


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("remember that", True),
        ("set a timer for", True),
        ("i like bread and", True),
        ("my number is five five one", True),
        ("0 4 1", True),
        ("one, oh, zero.", True),
        ("the code is seven", False),
        ("two plus two", False),
        ("five five one please", False),
        ("what time is it", False),
        ("it was in 1984", False),
        ("", False),
    ],
)
def test_who_dictates_digits_or_stops_at_a_conjunction_is_given_time(text: str, unfinished: bool) -> None:
    assert is_unfinished(text) is unfinished
