"""What was played, in step with what was heard."""

from __future__ import annotations

import numpy as np

from voice_tui.audio.farend import CAPACITY_FRAMES, FarEnd
from voice_tui.frame import FRAME_SAMPLES, SAMPLE_RATE, Pcm

BLOCK = 480


def ramp(count: int) -> Pcm:
    return (np.arange(count) % 9_973 / 10_000 + 0.001).astype(np.float32)


def push(far_end: FarEnd, pcm: Pcm) -> None:
    for at in range(0, len(pcm), BLOCK):
        far_end.push(pcm[at : at + BLOCK])


def test_what_was_pushed_comes_out_in_order_and_whole() -> None:
    far_end, pcm = FarEnd(), ramp(10 * FRAME_SAMPLES)
    out: list[Pcm] = []
    for at in range(0, len(pcm), FRAME_SAMPLES):
        push(far_end, pcm[at : at + FRAME_SAMPLES])
        out.append(far_end.frame())
    assert np.array_equal(np.concatenate(out), pcm)


def test_before_anything_was_played_there_is_silence() -> None:
    assert not np.any(FarEnd().frame())


def test_what_was_played_before_the_first_frame_is_past() -> None:
    far_end, pcm = FarEnd(), ramp(3 * FRAME_SAMPLES)
    push(far_end, pcm)
    assert np.array_equal(far_end.frame(), pcm[-FRAME_SAMPLES:])


def test_a_microphone_that_skipped_goes_on_with_now() -> None:
    far_end, pcm = FarEnd(), ramp(7 * FRAME_SAMPLES)
    push(far_end, pcm[:FRAME_SAMPLES])
    far_end.frame()
    push(far_end, pcm[FRAME_SAMPLES:])
    assert np.array_equal(far_end.frame(), pcm[-FRAME_SAMPLES:])


def test_nobody_reading_loses_only_the_oldest() -> None:
    far_end = FarEnd()
    push(far_end, ramp(4 * CAPACITY_FRAMES * FRAME_SAMPLES))
    assert np.any(far_end.frame())


def test_another_rate_is_resampled() -> None:
    far_end, seconds = FarEnd(48_000), 1.0
    tone = np.sin(2 * np.pi * 440 * np.arange(round(48_000 * seconds)) / 48_000).astype(np.float32)
    out: list[Pcm] = []
    for at in range(0, len(tone), 3_840):
        push(far_end, tone[at : at + 3_840])
        out.append(far_end.frame())
    heard = np.concatenate(out)
    spectrum = np.abs(np.fft.rfft(heard[-8_000:]))
    assert abs(np.argmax(spectrum) * SAMPLE_RATE / 8_000 - 440) < 5
