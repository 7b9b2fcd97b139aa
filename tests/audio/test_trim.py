"""Lateness is shed, and only lateness: on simulated clocks, against a queue that keeps it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio.simulation import BLOCK, run, steepest, tone
from voice_tui.audio.playout import Playout
from voice_tui.audio.trim import shorten
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE

FADE = 120


def stalled(frame: int) -> float:
    """The writer is away for 0.2 s before frame 30, and then catches up as fast as it can."""
    return max(0.003, 0.2 - (frame - 30) * FRAME_SECONDS) if frame >= 30 else 0.003


def test_after_a_stall_the_delay_comes_back_where_a_plain_queue_stays_late():
    plain, ours = Playout(SAMPLE_RATE, BLOCK, live=False), Playout(SAMPLE_RATE, BLOCK, live=True)
    _, kept = run(plain, 10.0, late=stalled)
    played, shed = run(ours, 10.0, late=stalled)
    before = max(shed[10:29])
    assert kept[-1] > before + 0.15
    assert shed[-1] <= before + BLOCK / SAMPLE_RATE
    assert ours.underruns == 1
    assert ours.trimmed == pytest.approx(0.2 * SAMPLE_RATE, abs=2 * BLOCK)
    assert steepest(played) < steepest(tone(0, SAMPLE_RATE)) + 2 * 0.5 / FADE


def test_it_comes_back_within_four_seconds():
    _, delays = run(Playout(SAMPLE_RATE, BLOCK, live=True), 10.0, late=stalled)
    back = 30 + int(4.0 / FRAME_SECONDS)
    assert max(delays[back:]) <= max(delays[10:29]) + BLOCK / SAMPLE_RATE


def test_noise_that_matches_nowhere_is_cut_all_the_same():
    rng = np.random.default_rng(5)
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    noise = rng.uniform(-0.3, 0.3, (200, FRAME_SAMPLES)).astype(np.float32)
    _, delays = run(playout, 14.0, late=stalled, source=lambda frame: noise[frame])
    assert delays[-1] <= max(delays[10:29]) + BLOCK / SAMPLE_RATE


def test_steady_speech_is_never_cut():
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    rng = random.Random(7)
    run(playout, 60.0, late=lambda frame: rng.uniform(0.001, 0.004))
    assert (playout.underruns, playout.trimmed) == (0, 0)


def test_a_store_that_was_laid_in_on_purpose_is_not_cut():
    playout, now = Playout(SAMPLE_RATE, BLOCK, live=True), 0.0
    for step in range(50):
        playout.stepped()
        for _ in range(6 if step == 0 else 2):
            playout.write(tone(0, FRAME_SAMPLES), now)
        for _ in range(16):
            playout.fill(np.zeros(BLOCK, dtype=np.float32), now)
            now += 0.01
    assert playout.trimmed == 0


def test_a_writer_that_keeps_ahead_without_steps_is_not_cut():
    """As when a text is read aloud: nothing is heard meanwhile, and two seconds are kept in store."""
    playout, now = Playout(SAMPLE_RATE, BLOCK, live=True), 0.0
    while now < 20.0:
        if playout.pending(now) < 2 * SAMPLE_RATE:
            playout.write(tone(0, FRAME_SAMPLES), now)
        else:
            playout.fill(np.zeros(BLOCK, dtype=np.float32), now)
            now += 0.01
    assert playout.trimmed == 0


@pytest.mark.parametrize("stall", [0.0, 0.4])
@pytest.mark.parametrize("punctual", [True, False])
def test_a_writer_that_paces_itself_by_what_is_pending_is_not_cut(stall, punctual):
    """As a voice that keeps 160 ms ahead, looked after every 20 ms or only once per frame."""
    playout, said, stalled_until = Playout(SAMPLE_RATE, BLOCK, live=True), 0, 0.0
    for tick in range(3000):
        now = tick / 100
        playout.fill(np.zeros(BLOCK, dtype=np.float32), now)
        if tick == 1000:
            stalled_until = now + stall
        if now < stalled_until:
            continue
        if tick % 8 == 3:
            playout.stepped()
        pending = playout.pending(now) / SAMPLE_RATE
        if pending < 0.16 and (tick % 8 == 3 or (punctual and tick % 2)):
            frames = 2 if pending < 0.08 else 1
            playout.write(tone(said, frames * FRAME_SAMPLES), now + 0.001)
            said += frames * FRAME_SAMPLES
    assert playout.trimmed == 0
    assert playout.underruns == (1 if stall else 0)


@pytest.mark.parametrize("ppm", [-200.0, 200.0])
def test_clocks_that_drift_apart_neither_pile_up_nor_starve(ppm):
    """Two hours of drift in twelve minutes: 0.14 s, either way."""
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    _, delays = run(playout, 720.0, writer_ppm=ppm)
    assert max(delays[-200:-100]) < 0.08 + 0.06
    assert playout.underruns <= 20


def test_an_unsteady_machine_is_given_more_cushion_instead_of_a_glitch_every_few_seconds():
    """Every 4 s a frame is 25 ms late. A cushion of 10 ms would be cut back to, and broken, for ever."""
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    run(playout, 120.0, late=lambda frame: 0.028 if frame % 50 == 49 else 0.003)
    assert playout.underruns <= 4


def test_the_extra_cushion_is_given_up_once_the_machine_is_calm():
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    _, delays = run(playout, 240.0, late=lambda frame: 0.028 if frame % 50 == 49 and frame < 1000 else 0.003)
    assert delays[990] > 0.1
    assert delays[-100] < 0.095


def test_speech_that_begins_just_before_a_block_gets_a_cushion():
    """The first frame would be in time by 3 ms, but the others are not as punctual."""
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    run(playout, 4.0, late=lambda frame: 0.012 if frame % 2 else 0.007)
    assert playout.underruns == 0


def test_blocks_taken_in_pairs_are_not_mistaken_for_lateness():
    """A device that takes two blocks at once needs both there: the second is not spare."""
    playout = Playout(SAMPLE_RATE, BLOCK, live=True)
    run(playout, 60.0, late_block=lambda block: 0.0099 if block % 2 == 0 else 0.0)
    assert playout.underruns <= 2
    assert playout.trimmed <= 2 * BLOCK


@given(
    length=st.integers(FADE + 1, 4 * FRAME_SAMPLES),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 9),
    hertz=st.integers(80, 900),
)
@settings(deadline=None)
def test_shorten_cuts_exactly_and_keeps_both_ends(length, share, seed, hertz):
    samples = max(1, int((length - FADE) * share))
    pcm = tone(seed * 100, length, hertz)
    shorter, mismatch = shorten(pcm, samples, FADE)
    assert len(shorter) == length - samples
    assert shorter.dtype == np.float32
    assert mismatch >= 0.0
    assert float(np.abs(shorter).max(initial=0.0)) <= 0.5 + 1e-6
    assert shorter[0] == pytest.approx(pcm[0], abs=1e-5) or len(shorter) < 3 * FADE
    assert steepest(shorter) <= steepest(pcm) + 2 * 0.5 / FADE + 1e-6


def test_shorten_cuts_the_pause_and_not_the_words():
    word = tone(0, 600, 300)
    pcm = np.concatenate([word, np.zeros(720, dtype=np.float32), word])
    shorter, mismatch = shorten(pcm, 480, FADE)
    assert mismatch == 0.0
    assert np.array_equal(shorter, np.concatenate([word, np.zeros(240, dtype=np.float32), word]))
