"""Clips as bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from tests.audio.simulation import tone
from voice_tui.audio.codec import decode, encode_flac
from voice_tui.errors import AudioFileError


def test_a_clip_comes_back_to_16_bit():
    pcm = np.random.default_rng(2).uniform(-1, 1, 30_000).astype(np.float32)
    back = decode(encode_flac(pcm))
    assert back.dtype == np.float32
    assert len(back) == len(pcm)
    assert float(np.abs(back - pcm).max()) <= 1 / 32768


def test_another_rate_comes_back_at_24_khz():
    pcm = tone(0, 16_000)
    assert len(decode(encode_flac(pcm, 16_000))) == 24_000


def test_stereo_is_mixed_and_broken_samples_are_cleaned():
    buffer = io.BytesIO()
    pcm = np.zeros((2400, 2), dtype=np.float32)
    pcm[:, 0], pcm[0, 1] = 0.5, np.nan
    soundfile.write(buffer, pcm, 24_000, format="WAV", subtype="FLOAT")
    back = decode(buffer.getvalue())
    assert np.allclose(back, 0.25, atol=1e-4)


def test_an_empty_clip_is_refused():
    with pytest.raises(AudioFileError, match="empty"):
        encode_flac(np.zeros(0, dtype=np.float32))


def test_a_rate_that_flac_cannot_hold_is_refused():
    with pytest.raises(AudioFileError, match="cannot be kept"):
        encode_flac(tone(0, 100), 2_000_000)


@pytest.mark.parametrize("data", [b"", b"fLaC", b"not a sound at all" * 100])
def test_bytes_that_are_no_sound_are_a_clear_error(data):
    with pytest.raises(AudioFileError, match="damaged"):
        decode(data)


def test_a_clip_cut_in_half_is_an_error_or_shorter_and_never_a_crash():
    data = encode_flac(np.random.default_rng(2).uniform(-1, 1, 30_000).astype(np.float32))
    try:
        assert len(decode(data[: len(data) // 2])) < 30_000
    except AudioFileError as e:
        assert "damaged" in e.message
