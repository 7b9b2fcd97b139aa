"""How far something long is: amount, pace and the time that is left. Pure: time is an argument."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

WINDOW_SECONDS = 10.0
"""The pace is that of the last so many seconds."""

TICK_SECONDS = 0.25
"""Time between two reports."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One report.

    Args:
        phase: For a person, such as "downloading model.q4.safetensors".
        done, total: Bytes, or steps; a total of 0 is unknown.
        rate: Per second; 0 = not known yet. `eta`: seconds that are left, None = not known.
        unit: Of both amounts: "bytes", or what is counted.
    """

    phase: str
    done: int
    total: int
    rate: float = 0.0
    eta: float | None = None
    unit: str = "bytes"


class Pace:
    """Turns amounts into reports."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def report(self, phase: str, done: int, total: int, now: float) -> Progress:
        """Return a report with the pace of late.

        Args:
            phase, done, total: See `Progress`. `now`: seconds, of any clock that only goes forward.
        """
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()  # something was begun anew
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - WINDOW_SECONDS:
            self._seen.popleft()
        begun, before = self._seen[0]
        rate = (done - before) / (now - begun) if now > begun else 0.0
        eta = (total - done) / rate if rate > 0 and total else None
        return Progress(phase, done, total, rate, eta)


def amount(size: float) -> str:
    """Return "4.81 GB", "15.4 GB", "385 MB", "553 kB" or "12 B"."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= 0.9995 * limit:
            value = size / limit
            digits = 0 if unit != "GB" else 2 if value < 9.995 else 1
            return f"{value:.{digits}f} {unit}"
    return f"{size:.0f} B"


def duration(seconds: float) -> str:
    """Return "1 h 05 min", "3 min 20 s" or "8 s"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def described(progress: Progress) -> str:
    """Return one line of words: what, how much, how fast, how long still."""
    words = amounts(progress)
    return f"{progress.phase}: {words}" if words else f"{progress.phase} …"


def amounts(progress: Progress) -> str:
    """Return how much, how fast, how long still; "" when nothing was done and the end is not known."""
    if progress.unit != "bytes":
        return f"{progress.done} of {progress.total} {progress.unit}"
    if not progress.done and not progress.total:
        return ""
    parts = [f"{amount(progress.done)} of {amount(progress.total)}" if progress.total else amount(progress.done)]
    if progress.rate > 0:
        parts.append(f"{amount(progress.rate)}/s")
    if progress.eta is not None and progress.done < progress.total:
        parts.append(f"{duration(progress.eta)} left")
    return ", ".join(parts)
