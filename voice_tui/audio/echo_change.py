"""The echo is another: somebody turned the volume, or the sound now takes longer from speaker to microphone.

The filter's prediction is then still right but for its level or its time. Where the microphone is that prediction,
louder, softer, earlier or later, nobody spoke: what is left over shows it, because a person's voice is not explained by
any of these. Pure functions; session's main thread, 0.3 ms, and only asked when something is left over of an echo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice_tui.frame import SAMPLE_RATE, Pcm

MOST_LAG = SAMPLE_RATE // 25
"""The echo may come so much earlier or later, 40 ms."""

BETTER = 0.2
"""Share of what is left that a change may leave, to be believed: 7 dB less."""

UNLIKE = 0.5
"""Share of what is heard that may be no echo all the same."""

BETWEEN = 0.5
"""The same for a delay alone that is known to have changed, and may have by half a sample more or less."""

SHORTEST = SAMPLE_RATE // 40
"""Sound that has to be compared, 25 ms."""

SOFTEST, LOUDEST = 0.03, 30.0
"""Change of level that is believed: 30 dB either way."""


@dataclass(frozen=True, slots=True)
class Change:
    """The echo is the predicted one times `gain`, `lag` samples later (negative: earlier)."""

    gain: float
    lag: int


def change_in(microphone: Pcm, echo: Pcm, left: Pcm) -> Change | None:
    """Return how the echo differs from the prediction, None where another level or time does not explain what is left.

    Args:
        microphone: The latest sound, any length above `SHORTEST`, low end turned down. `echo`: predicted, same shape.
        left: Their difference, as the filter left it.
    """
    remaining = float(np.dot(left, left))
    found = _best(microphone, echo)
    if found is None:
        return None
    change, unexplained, heard = found
    before = remaining * heard / max(float(np.dot(microphone, microphone)), 1e-12)
    worth = unexplained < min(BETTER * before, UNLIKE * heard)
    return change if worth and SOFTEST < change.gain < LOUDEST else None


def delay_in(microphone: Pcm, echo: Pcm, left: Pcm) -> Change | None:
    """Return by how much the echo comes later, to the nearest sample; None where its time explains little.

    Args:
        microphone: See `change_in`, like `echo` and `left`.
    """
    found = _best(microphone, echo)
    if found is None:
        return None
    change, unexplained, heard = found
    before = float(np.dot(left, left)) * heard / max(float(np.dot(microphone, microphone)), 1e-12)
    return Change(1.0, change.lag) if change.lag and unexplained < BETWEEN * before else None


def _best(microphone: Pcm, echo: Pcm) -> tuple[Change, float, float] | None:
    """Return the change that explains most, the power that it leaves and that of the sound it was compared with."""
    count = len(microphone)
    most = min(MOST_LAG, count - SHORTEST)
    size = 1 << (2 * count - 1).bit_length()
    spectrum = np.fft.rfft(microphone, size) * np.fft.rfft(echo, size).conj()
    lags = np.arange(-most, most + 1)
    products = np.fft.irfft(spectrum, size)[lags]
    heard, played = np.concatenate(([0.0], np.cumsum(microphone**2))), np.concatenate(([0.0], np.cumsum(echo**2)))
    late, early = np.maximum(lags, 0), np.maximum(-lags, 0)
    power_heard = heard[count - early] - heard[late]
    power_played = played[count - late] - played[early]
    explained = np.where(products > 0, products**2 / (power_played + 1e-12), 0.0)
    share = explained / (power_heard + 1e-12)
    best = int(np.argmax(share))
    if power_played[best] <= 1e-12 or products[best] <= 0:
        return None
    gain = float(products[best] / power_played[best])
    return Change(gain, int(lags[best])), float(power_heard[best] - explained[best]), float(power_heard[best])
