"""Exact lengths and a clean signal at every rate, in pieces of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_tui.audio.resample import Resampler

RATES = [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000]


def in_pieces(resampler: Resampler, pcm: np.ndarray, sizes: list[int]) -> np.ndarray:
    pieces, start = [], 0
    for size in sizes:
        pieces.append(resampler.process(pcm[start : start + size]))
        start += size
    pieces += [resampler.process(pcm[start:]), resampler.finish()]
    return np.concatenate(pieces)


@given(
    rates=st.tuples(st.sampled_from(RATES), st.sampled_from(RATES)),
    sizes=st.lists(st.integers(0, 3000), max_size=8),
    length=st.integers(0, 12_000),
    live=st.booleans(),
)
@settings(deadline=None)
def test_the_pieces_are_exactly_as_long_as_the_signal_and_again_after_finish(rates, sizes, length, live):
    resampler = Resampler(*rates, live=live)
    for count in (length, length // 3):
        out = in_pieces(resampler, np.full(count, 0.25, dtype=np.float32), sizes)
        assert abs(len(out) - count * rates[1] / rates[0]) <= 0.5
        assert resampler.inside == 0


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("rates", [(8_000, 24_000), (44_100, 24_000), (48_000, 24_000), (24_000, 44_100)])
def test_a_tone_stays_the_same_tone(rates, live):
    tone = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(rates[0]) / rates[0])).astype(np.float32)
    out = in_pieces(Resampler(*rates, live=live), tone, [480] * 40)
    middle = out[len(out) // 4 : -len(out) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    peak = int(spectrum.argmax())
    assert peak * rates[1] / len(middle) == pytest.approx(1000, abs=5)
    assert spectrum.sum() - spectrum[peak - 4 : peak + 5].sum() < spectrum.sum() * 1e-5  # -50 dB of anything else


def test_what_no_rate_can_hold_is_filtered_away():
    high = (0.5 * np.sin(2 * np.pi * 19_000 * np.arange(48_000) / 48_000)).astype(np.float32)
    for live in (False, True):
        out = in_pieces(Resampler(48_000, 24_000, live=live), high, [960] * 40)
        assert float(np.abs(out[2000:-2000]).max()) < 0.002


def test_equal_rates_pass_the_very_samples():
    pcm = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    resampler = Resampler(24_000, 24_000)
    assert resampler.process(pcm) is pcm
    assert len(resampler.finish()) == 0


def test_live_gives_as_it_takes():
    """Bursts would have to be buffered, and a buffer is latency."""
    resampler = Resampler(48_000, 24_000, live=True)
    given_ = [len(resampler.process(np.zeros(960, dtype=np.float32))) for _ in range(50)]
    assert set(given_[2:]) == {480}
    assert sum(given_) >= 49 * 480


def test_reset_forgets_the_running_signal():
    resampler = Resampler(48_000, 24_000)
    resampler.process(np.ones(5000, dtype=np.float32))
    assert resampler.inside > 0
    resampler.reset()
    assert resampler.inside == 0
    out = np.concatenate([resampler.process(np.zeros(5000, dtype=np.float32)), resampler.finish()])
    assert len(out) == 2500
    assert not out.any()
