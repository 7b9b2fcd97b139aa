"""Short clips as bytes: lossless and a third to half the size."""

from __future__ import annotations

import io
from typing import cast

import numpy as np

from voice_tui.audio.resample import Resampler
from voice_tui.errors import AudioFileError
from voice_tui.frame import SAMPLE_RATE, Pcm, clean


def encode_flac(pcm: Pcm, rate: int = SAMPLE_RATE) -> bytes:
    """Return the samples as a FLAC file, 16 bit.

    Args:
        pcm: Any number of samples but 0; broken ones are cleaned.
        rate: Samples per second of `pcm`.

    Raises:
        AudioFileError: There is nothing in it, or FLAC has no such rate.
    """
    import soundfile

    if not len(pcm):
        raise AudioFileError("An empty clip cannot be kept")
    buffer = io.BytesIO()
    try:
        soundfile.write(buffer, clean(pcm), rate, format="FLAC", subtype="PCM_16")
    except soundfile.SoundFileError as e:
        raise AudioFileError(f"The clip cannot be kept: {e}") from e
    return buffer.getvalue()


def decode(data: bytes) -> Pcm:
    """Return any sound file as mono samples at 24 kHz.

    Args:
        data: A whole file, short enough to be in memory at once.

    Raises:
        AudioFileError: The bytes are no sound, or none is left of it.
    """
    import soundfile

    try:
        pcm, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, TypeError) as e:  # TypeError: bytes that look like headerless samples
        raise AudioFileError(f"The clip is damaged: {e}", hint="It was kept as text as well") from e
    resampler = Resampler(int(rate), SAMPLE_RATE)
    mono = clean(cast(Pcm, pcm)).mean(axis=1, dtype=np.float32)
    return clean(np.concatenate([resampler.process(mono), resampler.finish()]))
