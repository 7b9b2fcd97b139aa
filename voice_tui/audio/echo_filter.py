"""The linear half of echo cancellation: a filter as long as a room, learned while it works.

AEC3's own filter reaches 50 ms; of a living room's echo much comes later, and AEC3 then turns the microphone down, band
by band, and with it whoever speaks over the echo. This filter reaches 0.64 s and only subtracts: what a person says
comes through whole, however loud the echo.

A partitioned-block frequency-domain Kalman filter (Enzner and Vary 2006; Kuech, Mabande and Enzner 2014): each band of
each partition has a variance of its own, so that it learns fast while it knows little and stands still while somebody
speaks over the echo.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_tui.frame import SAMPLE_RATE, Pcm, silence

STEP = SAMPLE_RATE // 25
"""Samples of one step, 40 ms: half a frame."""

PARTITIONS = 16
"""Steps that the filter reaches back: 0.64 s, devices and room together."""

TIGHTENED = 2
"""Partitions per step that are made causal again; all of them in turn, to keep a step cheap."""

FORGETTING = np.float32(1 - 0.9995**2)
"""Share of the filter's power that is doubted again in each step: the room changes, people move."""

SMOOTHING = np.float32(0.8)
"""Of what else is heard, from step to step."""

DOUBT = np.float32(0.1)
"""Variance of each coefficient while nothing is known of the room."""

DOUBTED_AGAIN = np.float32(0.01)
"""Share of the filter's power that is doubted after the echo was found to be another."""

HUSH = np.float32(1e-6)
"""Keeps the gain finite in silence, power of a spectrum."""

QUIET = 1e-5
"""Level (peak) of what was played below which it counts as nothing."""


class EchoFilter:
    """Predicts the echo from what was played, and subtracts it. One thread; 0.3 ms per step while something sounds."""

    def __init__(self) -> None:
        bands = STEP + 1
        self._played = silence(2 * STEP)
        self._spectra = np.zeros((2 * PARTITIONS, bands), np.complex64)
        """Of what was played, newest first from `_head` on; written twice, so that a window is one slice."""
        self._powers = np.zeros((2 * PARTITIONS, bands), np.float32)
        self._head = 0
        self._silent_steps = PARTITIONS
        self._turn = 0
        self._known: NDArray[np.complex64] | None = None
        self.reset()

    def reset(self) -> None:
        """Know nothing of the room, but for the one that is remembered."""
        bands = STEP + 1
        self._weights = np.zeros((PARTITIONS, bands), np.complex64)
        self._doubt = np.full((PARTITIONS, bands), DOUBT, np.float32)
        self._drift = np.zeros((PARTITIONS, bands), np.float32)
        self._rest = np.full(bands, 1e-3, np.float32)
        """Power of what is no echo, by band."""

    def remember(self) -> None:
        """The room is well known now: keep it, for when the echo comes back after it had gone."""
        self._known = self._weights.copy()

    @property
    def knows_a_room(self) -> bool:
        """Whether one was remembered."""
        return self._known is not None

    def remembered(self, steps: int) -> Pcm:
        """Return the echo that the remembered room would have made in the latest steps, shape (steps * STEP,)."""
        if self._known is None:
            return silence(steps * STEP)
        parts: list[Pcm] = []
        for back in range(steps - 1, -1, -1):
            spectra = self._spectra[self._head + back : self._head + PARTITIONS]
            predicted = np.einsum("pb,pb->b", spectra, self._known[: PARTITIONS - back])
            parts.append(np.fft.irfft(predicted)[STEP:].astype(np.float32))
        return np.concatenate(parts)

    def alter(self, gain: float, lag: int, *, remembered: bool = False) -> None:
        """The echo is `gain` times as loud as it was, or as `remembered`, and comes `lag` samples later."""
        weights = self._known if remembered and self._known is not None else self._weights
        self._weights = _moved(weights, gain, lag)
        power = self._weights.real**2 + self._weights.imag**2
        self._drift = FORGETTING * power
        self._doubt = np.minimum(DOUBT, np.float32(gain * gain) * self._doubt + DOUBTED_AGAIN * power)

    def move(self, lag: int) -> None:
        """What was played is given `lag` samples sooner from now on; exact after 0.64 s, at once while it `rests`."""
        self._weights = _moved(self._weights, 1.0, lag)
        if self._known is not None:
            self._known = _moved(self._known, 1.0, lag)

    @property
    def rests(self) -> bool:
        """Whether nothing was played for as long as the filter reaches."""
        return self._silent_steps >= PARTITIONS

    def process(self, microphone: Pcm, played: Pcm) -> tuple[Pcm, Pcm]:
        """Return what is left of the microphone and the echo that was taken out of it.

        Args:
            microphone: Shape (STEP,), float32. `played`: what the speaker was given meanwhile, same shape.
        """
        self._take(played)
        if self.rests:
            return microphone.copy(), silence(STEP)
        spectra = self._spectra[self._head : self._head + PARTITIONS]
        predicted = np.einsum("pb,pb->b", spectra, self._weights)
        echo: Pcm = np.fft.irfft(predicted)[STEP:].astype(np.float32)
        left = microphone - echo
        self._learn(spectra, left)
        return left, echo

    def _take(self, played: Pcm) -> None:
        self._played[:STEP] = self._played[STEP:]
        self._played[STEP:] = played
        silent = float(np.max(np.abs(played))) < QUIET
        self._silent_steps = self._silent_steps + 1 if silent else 0
        self._head = (self._head - 1) % PARTITIONS
        spectrum = np.fft.rfft(self._played)
        self._spectra[self._head :: PARTITIONS] = spectrum
        self._powers[self._head :: PARTITIONS] = spectrum.real**2 + spectrum.imag**2

    def _learn(self, spectra: NDArray[np.complex64], left: Pcm) -> None:
        padded = silence(2 * STEP)
        padded[STEP:] = left
        error = np.fft.rfft(padded).astype(np.complex64)
        power = error.real**2 + error.imag**2
        self._rest = SMOOTHING * self._rest + (1 - SMOOTHING) * power
        powers = self._powers[self._head : self._head + PARTITIONS]
        explained = 0.5 * np.einsum("pb,pb->b", powers, self._doubt)
        gain = self._doubt / (explained + self._rest + HUSH)
        step = spectra.conj()
        step *= gain
        step *= error
        self._weights += step
        gain *= powers
        gain *= np.float32(-0.5) * (1 - FORGETTING)
        gain += 1 - FORGETTING
        self._doubt *= gain
        self._doubt += self._drift
        self._tighten()

    def _tighten(self) -> None:
        """A partition is as long as a step: what wrapped round its end is no part of it."""
        rows = slice(self._turn, self._turn + TIGHTENED)
        self._turn = (self._turn + TIGHTENED) % PARTITIONS
        responses = np.fft.irfft(self._weights[rows], axis=1)
        responses[:, STEP:] = 0.0
        tightened = np.fft.rfft(responses, axis=1)
        self._weights[rows] = tightened
        self._drift[rows] = FORGETTING * (tightened.real**2 + tightened.imag**2)


def _moved(weights: NDArray[np.complex64], gain: float, lag: int) -> NDArray[np.complex64]:
    """Return the weights of a response that is `gain` times as loud and comes `lag` samples later."""
    response = np.fft.irfft(weights, axis=1)[:, :STEP].reshape(-1)
    moved = np.zeros_like(response)
    if lag >= 0:
        moved[lag:] = response[: len(response) - lag]
    else:
        moved[:lag] = response[-lag:]
    padded = np.zeros((PARTITIONS, 2 * STEP), np.float32)
    padded[:, :STEP] = gain * moved.reshape(PARTITIONS, STEP)
    return np.fft.rfft(padded, axis=1).astype(np.complex64)
