"""A WAV stream in pieces of any size, with any header, and streams that are none."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_tui.engine.cascade.tts.wavstream import LEAD_SAMPLES, TAIL_SAMPLES, decode_stream
from voice_tui.errors import ProviderError
from voice_tui.frame import SAMPLE_RATE

ENDLESS = 0x7FFFF000


def wav(pcm: np.ndarray, rate: int = SAMPLE_RATE, extra: bytes = b"", length: int = ENDLESS) -> bytes:
    """A 16-bit mono WAV as a program writes it to a pipe; `extra` are chunks before the samples."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    samples = (np.clip(pcm, -1, 1) * 32767).astype("<i2").tobytes()
    return (
        struct.pack("<4sI4s", b"RIFF", length, b"WAVE") + fmt + extra + struct.pack("<4sI", b"data", length) + samples
    )


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def decoded(data: bytes, size: int = 1 << 15) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.float32), *decode_stream(pieces(data, size))])


def tone(seconds: float, rate: int = SAMPLE_RATE) -> np.ndarray:
    return (0.5 * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 440 / rate)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 7, 44, 45, 1000, 1 << 15])
def test_pieces_of_any_size_give_the_same_sound(size: int) -> None:
    assert np.array_equal(decoded(wav(tone(0.2)), size), decoded(wav(tone(0.2))))


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 48_000])
def test_any_rate_becomes_24_khz_of_the_same_length(rate: int) -> None:
    sound = decoded(wav(tone(1.0, rate), rate))
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(SAMPLE_RATE, abs=60)
    assert float(np.abs(sound).max()) == pytest.approx(0.5, abs=0.02)


def test_silence_at_both_ends_is_cut_and_between_is_kept() -> None:
    quiet = np.zeros(SAMPLE_RATE, np.float32)
    sound = decoded(wav(np.concatenate([quiet, tone(0.5), quiet, tone(0.5), quiet])))
    expected = LEAD_SAMPLES + 2 * SAMPLE_RATE + TAIL_SAMPLES
    assert len(sound) == pytest.approx(expected, abs=60)


def test_silence_alone_is_nothing() -> None:
    assert decoded(wav(np.zeros(SAMPLE_RATE, np.float32))).size == 0


def test_an_empty_stream_and_a_header_alone_are_nothing() -> None:
    assert decoded(b"").size == 0
    assert decoded(wav(np.zeros(0, np.float32))).size == 0


def test_unknown_chunks_are_skipped_and_lengths_are_not_believed() -> None:
    note = struct.pack("<4sI", b"LIST", 5) + b"hello\0"
    for length in (0, 12, ENDLESS, 0xFFFFFFFF):
        assert len(decoded(wav(tone(0.5), extra=note, length=length))) == pytest.approx(SAMPLE_RATE / 2, abs=60)


def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert len(decoded(wav(tone(0.1)) + b"\x7f")) == len(decoded(wav(tone(0.1))))


@pytest.mark.parametrize(
    "data",
    [
        b"error: no such voice\n" * 4,
        b"RIFF",
        wav(tone(0.1))[:30],
        b"RIFF\0\0\0\0WAVE" + b"junk\xff\xff\xff\x7f" + bytes(100),
        b"OggS" + bytes(200),
        bytes(200),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 15])
def test_what_is_no_wav_is_an_error(data: bytes, size: int) -> None:
    with pytest.raises(ProviderError, match="no sound"):
        decoded(data, size)


@pytest.mark.parametrize(
    ("form", "channels", "rate", "bits"),
    [(3, 1, 24_000, 32), (1, 2, 24_000, 16), (1, 1, 24_000, 8), (1, 1, 0, 16), (1, 1, 4_000_000, 16)],
)
def test_other_forms_of_sound_are_an_error(form: int, channels: int, rate: int, bits: int) -> None:
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, form, channels, rate, 0, 4, bits)
    head = struct.pack("<4sI4s", b"RIFF", ENDLESS, b"WAVE") + fmt + struct.pack("<4sI", b"data", ENDLESS)
    with pytest.raises(ProviderError, match="form"):
        decoded(head + bytes(100))


def test_a_header_without_an_end_is_not_read_for_ever() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b"RIFF\0\0\0\0WAVE" + b"junk\xff\xff\xff\x7f"
        while True:
            taken += 1
            yield bytes(1 << 12)

    with pytest.raises(ProviderError, match="no sound"):
        next(decode_stream(endless()))
    assert taken < 100


@given(head=st.sampled_from([b"", b"RIFF", b"RIFF\0\0\0\0WAVE", wav(np.zeros(0, np.float32))]), rest=st.binary())
def test_any_bytes_give_sound_or_a_clear_error(head: bytes, rest: bytes) -> None:
    try:
        sound = decoded(head + rest, 5)
    except ProviderError as e:
        assert e.hint
    else:
        assert np.isfinite(sound).all()
        assert float(np.abs(sound).max(initial=0.0)) <= 1.0
