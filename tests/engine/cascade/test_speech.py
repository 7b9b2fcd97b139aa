"""The voice track: order, gaps, taking back, and what was heard of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice_tui.engine.cascade.speech import SpeechTrack
from voice_tui.frame import FRAME_SAMPLES


def ramp(start: int, count: int) -> np.ndarray:
    return np.arange(start, start + count, dtype=np.float32)


def test_segments_play_in_order_whatever_order_they_fill_in() -> None:
    track = SpeechTrack()
    track.open_segment(0, "one")
    track.open_segment(1, "two")
    track.append(1, ramp(1920, 1920))
    track.finish_segment(1)
    assert track.take() is None
    track.append(0, ramp(0, 1920))
    track.finish_segment(0)
    track.close()
    np.testing.assert_array_equal(track.take(), ramp(0, 1920))
    np.testing.assert_array_equal(track.take(), ramp(1920, 1920))
    assert track.complete
    assert track.take() is None


def test_a_frame_waits_for_a_sentence_that_still_comes() -> None:
    track = SpeechTrack()
    track.open_segment(0, "half")
    track.append(0, ramp(0, 100))
    assert track.take() is None
    track.finish_segment(0)
    pcm = track.take()
    assert pcm is not None
    np.testing.assert_array_equal(pcm[:100], ramp(0, 100))
    assert not pcm[100:].any()


def test_a_failed_sentence_does_not_block_the_next() -> None:
    track = SpeechTrack()
    track.open_segment(0, "failed")
    track.open_segment(1, "good")
    track.finish_segment(0)
    track.append(1, ramp(0, FRAME_SAMPLES))
    track.finish_segment(1)
    assert track.take() is not None
    assert track.heard_text(0) == "failed good"


def test_what_was_heard_is_clipped_to_whole_words() -> None:
    track = SpeechTrack()
    track.open_segment(0, "alpha beta gamma delta")
    track.append(0, ramp(0, 22 * 1920))
    track.finish_segment(0)
    for _ in range(12):
        track.take()
    assert track.heard_text(pending=0) == "alpha beta"
    assert track.heard_text(pending=6 * 1920) == "alpha"
    assert track.heard_text(pending=12 * 1920) == ""


def test_nothing_handed_out_is_nothing_heard() -> None:
    track = SpeechTrack()
    track.open_segment(0, "silent so far")
    assert track.heard_text(0) == ""


@given(
    pieces=st.lists(st.integers(1, 5000), min_size=1, max_size=8),
    rewinds=st.lists(st.integers(0, 4000), max_size=6),
)
def test_every_sample_is_heard_once_after_any_taking_back(pieces: list[int], rewinds: list[int]) -> None:
    track = SpeechTrack()
    total = 0
    for index, count in enumerate(pieces):
        track.open_segment(index, "x")
        track.append(index, ramp(total + 1, count))
        track.finish_segment(index)
        total += count
    track.close()
    heard = np.zeros(0, dtype=np.float32)
    pending = list(rewinds)
    while (pcm := track.take()) is not None:
        heard = np.concatenate([heard, pcm[pcm > 0]])
        if pending:
            back = min(pending.pop(), len(heard))
            track.rewind(back)
            heard = heard[: len(heard) - back]
    np.testing.assert_array_equal(heard, ramp(1, total))
    assert track.complete
