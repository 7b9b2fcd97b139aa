"""The speaker's queue on simulated clocks: exactness, underruns, fades, flush, overflow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio.simulation import BLOCK, run, steepest, tone
from voice_tui.audio.playout import PLAYOUT_SECONDS, Playout
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE

FADE = 120
SMOOTH = steepest(tone(0, SAMPLE_RATE)) + 2 * 0.5 / FADE  # the tone's own steepness, and a fade's on top


def take(playout: Playout, blocks: int, now: float = 0.0, size: int = BLOCK) -> np.ndarray:
    played = []
    for _ in range(blocks):
        out = np.full(size, 9.0, dtype=np.float32)
        playout.fill(out, now)
        played.append(out)
    return np.concatenate(played)


def test_what_is_written_is_played_sample_for_sample():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    pcm = np.random.default_rng(3).uniform(-1, 1, 10 * FRAME_SAMPLES).astype(np.float32)
    playout.write(pcm, 0.0)
    assert np.array_equal(take(playout, 80), pcm)


def test_with_a_device_only_silence_comes_before_the_samples():
    played, _ = run(Playout(SAMPLE_RATE, BLOCK, live=True), 4.0)
    start = int(np.flatnonzero(played)[0]) - 1  # the tone's first sample is 0
    assert start <= 2 * BLOCK
    assert np.array_equal(played[start:], tone(0, len(played) - start))


def test_a_frame_that_comes_at_the_last_moment_follows_without_a_gap():
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    played, _ = run(playout, 4.0, late=lambda frame: 0.007 if frame % 2 else 0.001)
    start = int(np.flatnonzero(played)[0]) - 1
    assert np.array_equal(played[start:], tone(0, len(played) - start))
    assert playout.underruns == 0


def test_nothing_written_is_silence_and_no_underrun():
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    assert not take(playout, 10).any()
    playout.write(tone(0, FRAME_SAMPLES), 0.0)
    assert (playout.underruns, playout.trimmed) == (0, 0)


def test_a_late_frame_is_one_underrun_and_no_click():
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    played, _ = run(
        playout,
        4.0,
        late=lambda frame: 0.2 if frame == 20 else 0.003,
        source=lambda frame: tone(30 + frame * FRAME_SAMPLES, FRAME_SAMPLES),  # frames begin and end at a crest
    )
    assert playout.underruns == 1
    assert steepest(played[FRAME_SAMPLES:]) < SMOOTH
    gap = played[21 * FRAME_SAMPLES : 22 * FRAME_SAMPLES]
    assert not gap.any()


@given(cut=st.integers(1, 3000), size=st.integers(FADE, 700))
@settings(deadline=None)
def test_wherever_sound_stops_it_fades_and_then_is_silent(cut, size):
    playout = Playout(SAMPLE_RATE, size, live=False)
    playout.write(tone(0, cut, amplitude=1.0), 0.0)
    played = take(playout, 3000 // size + 4, size=size)
    assert steepest(played) < 2 * SMOOTH
    assert not played[cut + FADE :].any()
    assert np.array_equal(played[: max(0, cut - FADE)], tone(0, max(0, cut - FADE), amplitude=1.0))


def test_speech_that_ends_is_no_underrun():
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    for _ in range(3):
        playout.write(tone(0, FRAME_SAMPLES), 0.0)
        playout.stepped()
    take(playout, 30)
    playout.stepped()
    playout.write(tone(0, FRAME_SAMPLES), 0.0)
    assert playout.underruns == 0


def test_a_gap_that_the_device_reports_counts_only_while_something_plays():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    out = np.zeros(BLOCK, dtype=np.float32)
    playout.fill(out, 0.0, underflow=True)
    playout.write(tone(0, FRAME_SAMPLES), 0.0)
    playout.fill(out, 0.0, underflow=True)
    assert playout.underruns == 0
    playout.fill(out, 0.0, underflow=True)
    assert playout.underruns == 1


def test_flush_drops_what_waits_but_for_a_fade():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    playout.write(tone(0, 5 * FRAME_SAMPLES), 0.0)
    before = take(playout, 3)
    assert playout.flush() == 5 * FRAME_SAMPLES - 3 * BLOCK - FADE
    assert playout.pending(0.0) == FADE
    after = take(playout, 3)
    assert steepest(np.concatenate([before, after])) < SMOOTH
    assert after[: FADE - 1].any()
    assert not after[FADE:].any()
    assert playout.pending(0.0) == 0


def test_flush_of_nothing_drops_nothing():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    assert playout.flush() == 0
    playout.write(tone(0, FRAME_SAMPLES), 0.0)
    take(playout, 20)
    assert playout.flush() == 0
    assert not take(playout, 2).any()


def test_what_is_written_after_a_flush_is_played_whole():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    playout.write(tone(0, FRAME_SAMPLES), 0.0)
    take(playout, 1)
    playout.flush()
    new = np.linspace(0.1, 0.9, FRAME_SAMPLES, dtype=np.float32)
    playout.write(new, 0.0)
    assert playout.pending(0.0) == FADE + FRAME_SAMPLES
    played = take(playout, 9)
    assert np.array_equal(played[FADE : FADE + FRAME_SAMPLES], new)
    assert playout.underruns == 0


@given(st.lists(st.sampled_from(["write", "fill", "flush", "step"]), max_size=60), st.booleans())
@settings(deadline=None)
def test_every_sample_is_played_or_accounted_for(operations, live):
    playout, written, dropped, now = Playout(SAMPLE_RATE, BLOCK, live=live), 0, 0, 0.0
    loud = np.ones(FRAME_SAMPLES, dtype=np.float32)
    heard = 0
    for operation in operations:
        now += 0.005
        if operation == "write":
            playout.write(loud, now)
            written += FRAME_SAMPLES
        elif operation == "flush":
            dropped += playout.flush()
        elif operation == "step":
            playout.stepped()
        else:
            out = take(playout, 1, now)
            heard += int(np.count_nonzero(out))
        assert 0 <= playout.queued <= PLAYOUT_SECONDS * SAMPLE_RATE
    fades = FADE * (operations.count("fill") + 1)
    padding = BLOCK * operations.count("write")
    assert abs(written - dropped - playout.trimmed - playout.queued - heard) <= fades + padding


def test_pending_counts_what_the_device_holds():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    playout.latency = 960
    playout.write(tone(0, FRAME_SAMPLES), 0.0)
    assert playout.pending(0.0) == FRAME_SAMPLES
    for block in range(8):
        take(playout, 1, block * 0.01)
    assert playout.queued == 0
    assert playout.pending(0.07) == 960
    assert playout.pending(0.09) == pytest.approx(480, abs=1)
    take(playout, 1, 0.1)
    assert playout.pending(0.12) == 0


def test_pending_of_a_short_sound_is_never_more_than_the_sound():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    playout.latency = 960
    playout.write(tone(0, 100), 0.0)
    take(playout, 1, 0.0)
    assert playout.pending(0.0) == 100


def test_overflow_loses_the_oldest_and_counts_it():
    playout = Playout(SAMPLE_RATE, BLOCK, live=False)
    limit = PLAYOUT_SECONDS * SAMPLE_RATE
    playout.write(np.full(1000, 0.25, dtype=np.float32), 0.0)
    playout.write(np.full(limit, 0.5, dtype=np.float32), 0.0)
    assert playout.pending(0.0) == limit
    assert (take(playout, 1) == 0.5).all()
    assert playout.trimmed == 1000
