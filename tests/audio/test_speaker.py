"""The session's side of the speaker: other rates, and the speaker that is not there."""

from __future__ import annotations

import numpy as np
import pytest

from tests.audio.simulation import tone
from voice_tui.audio.speaker import STANDSTILL_SECONDS, Speaker
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE


class FakeTime:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_without_a_device_the_queue_empties_itself_in_real_time():
    time = FakeTime()
    speaker = Speaker(SAMPLE_RATE, 480, connected=False, clock=time)
    speaker.write(tone(0, SAMPLE_RATE))
    assert speaker.pending() == SAMPLE_RATE
    time.now += 0.25
    assert speaker.pending() == pytest.approx(0.75 * SAMPLE_RATE, abs=2)
    time.now += 10.0
    assert speaker.pending() == 0
    speaker.write(tone(0, FRAME_SAMPLES))
    assert speaker.pending() == FRAME_SAMPLES
    assert (speaker.playout.underruns, speaker.trimmed) == (0, 0)


def test_small_steps_of_time_add_up():
    time = FakeTime()
    speaker = Speaker(SAMPLE_RATE, 480, connected=False, clock=time)
    speaker.write(tone(0, SAMPLE_RATE))
    for _ in range(10_000):
        time.now += 0.00005
        speaker.pending()
    assert speaker.pending() == pytest.approx(SAMPLE_RATE / 2, abs=24)


def test_a_device_that_goes_away_in_the_middle_leaves_a_queue_that_still_empties():
    time = FakeTime()
    speaker = Speaker(48_000, 480, connected=True, clock=time)
    speaker.playout.latency = 1920
    speaker.write(tone(0, SAMPLE_RATE))
    speaker.disconnect()
    time.now += STANDSTILL_SECONDS
    assert speaker.pending() == pytest.approx(SAMPLE_RATE, abs=480), (
        "what was on its way was not heard, and does not count as heard"
    )
    time.now += 0.5
    assert 0 < speaker.pending() < 0.55 * SAMPLE_RATE
    time.now += 0.6
    assert speaker.pending() == 0


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_another_rate_plays_the_whole_utterance_once(rate):
    time = FakeTime()
    speaker, block, played = Speaker(rate, rate // 100, connected=True, clock=time), rate // 100, []
    speaker.playout.fill(np.zeros(block, dtype=np.float32), time.now)
    said = [tone(n * FRAME_SAMPLES, FRAME_SAMPLES, 440) for n in range(12)]
    for frame in [*said, None, None, None]:
        speaker.stepped()
        if frame is not None:
            speaker.write(frame)
        for _ in range(8):
            out = np.zeros(block, dtype=np.float32)
            speaker.playout.fill(out, time.now)
            played.append(out)
            time.now += 0.01
    heard = np.concatenate(played)
    sounding = np.flatnonzero(np.abs(heard) > 0.02)
    assert (sounding[-1] - sounding[0]) / rate == pytest.approx(12 * 0.08, abs=0.03)
    energy = float(np.sum(heard**2)) / rate
    assert energy == pytest.approx(0.125 * 12 * 0.08, rel=0.03)
    assert speaker.playout.underruns == 0
    assert speaker.pending() == 0


def test_the_end_of_one_utterance_does_not_come_before_the_next():
    time = FakeTime()
    speaker, out = Speaker(48_000, 480, connected=True, clock=time), np.zeros(480, dtype=np.float32)
    for frame in [tone(30, FRAME_SAMPLES), None, None, np.zeros(FRAME_SAMPLES, dtype=np.float32)]:
        speaker.stepped()
        if frame is not None:
            speaker.write(frame)
        for _ in range(12):
            speaker.playout.fill(out, time.now)
            time.now += 0.01
            assert frame is None or frame.any() or not out.any()


def test_flush_counts_at_24_khz_and_forgets_what_the_filter_holds():
    time = FakeTime()
    speaker = Speaker(48_000, 480, connected=True, clock=time)
    speaker.write(tone(0, 10 * FRAME_SAMPLES))
    dropped = speaker.flush()
    assert dropped == pytest.approx(10 * FRAME_SAMPLES - 120, abs=400)
    for _ in range(4):
        speaker.playout.fill(np.zeros(480, dtype=np.float32), time.now)
    speaker.stepped()
    speaker.stepped()
    assert speaker.queued == 0


def test_broken_samples_are_cleaned_before_anyone_hears_them():
    speaker = Speaker(SAMPLE_RATE, 480, connected=True, clock=FakeTime())
    speaker.write(np.array([np.nan, np.inf, -np.inf, 7.0, 0.5], dtype=np.float32))
    out = np.zeros(485, dtype=np.float32)
    speaker.playout.fill(out, 50.0)
    assert np.isfinite(out).all()
    assert float(np.abs(out).max()) <= 1.0
    assert speaker.take_peak() == 1.0


@pytest.mark.parametrize("rates", [(24_000, 24_000), (48_000, 24_000), (24_000, 44_100)])
def test_another_speaker_goes_on_where_the_one_that_went_would_be(rates):
    time = FakeTime()
    old = Speaker(rates[0], 480, connected=True, clock=time)
    old.write(tone(0, SAMPLE_RATE))
    old.disconnect()
    time.now += STANDSTILL_SECONDS + 0.25
    new = Speaker(rates[1], 480, connected=True, clock=time)
    new.take_over(old)
    assert old.pending() == 0
    assert new.queued == pytest.approx(0.75 * SAMPLE_RATE, abs=0.05 * SAMPLE_RATE)
    out = np.zeros(round(0.5 * rates[1]), dtype=np.float32)
    new.playout.fill(out, time.now)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    before = tone(0, SAMPLE_RATE)
    expected = np.argmax(np.abs(np.fft.rfft(before * np.hanning(len(before)))))
    assert np.argmax(spectrum) * rates[1] / len(out) == pytest.approx(expected, abs=4)


def test_what_was_flushed_is_not_taken_over():
    time = FakeTime()
    old, new = (Speaker(SAMPLE_RATE, 480, connected=True, clock=time) for _ in range(2))
    old.write(tone(0, SAMPLE_RATE))
    old.flush()
    old.disconnect()
    new.take_over(old)
    assert new.queued < 0.05 * SAMPLE_RATE, "no more than the fade, and the cushion before it"
