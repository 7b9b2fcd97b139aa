"""Does the assistant hear itself when its echo changes while it speaks: volume, delay, gone and back, drift.

    python benchmarks/echo_steps.py [--seconds 100] [--dry] [--part steps|drift]

A real session in a simulated room (see `echo.py`), speaking to nobody for `--seconds`; the echo changes four times in
that time, or the clocks of speaker and microphone drift apart. Told is how often it fell
silent by itself. --dry: the speaker looped into the microphone without a room. Accelerated time: the figures do not
depend on the machine.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks import echo  # noqa: E402
from benchmarks.room import RoomAudio, clips  # noqa: E402
from voice_tui.frame import SAMPLE_RATE, Pcm, silence  # noqa: E402
from voice_tui.settings import Settings  # noqa: E402

AWAY_DB = -200.0

CASES: dict[str, tuple[float, tuple[tuple[float, float], ...]]] = {
    "as it is": (-6.0, ()),
    "13 dB up and down": (-13.0, ((13.0, 0.0), (0.0, 0.0)) * 2),
    "6 dB up and down": (-13.0, ((6.0, 0.0), (0.0, 0.0)) * 2),
    "10 to 20 ms earlier, later": (-13.0, ((0.0, -0.01), (0.0, 0.0), (0.0, -0.02), (0.0, 0.01))),
    "gone and back": (0.0, ((AWAY_DB, 0.0), (0.0, 0.0)) * 2),
}
"""Name -> level of the echo at first, and its changes: dB against that, seconds later; at 20, 40, 60, 80 %."""

DRIFTS: dict[str, tuple[float, ...]] = {
    "drifts, 37 millionths": (37.0,),
    "drifts, 80 millionths, then the other way": (80.0, 80.0, -80.0),
    "drifts, 150 millionths, and no more": (150.0, 150.0, 0.0),
}
"""Name -> drift of the clocks in millionths from 20, 40, 60 % on, at -6 dB."""


class Changing(echo.Script):
    """Keeps the assistant speaking and changes the room now and then."""

    def __init__(
        self, seconds: float, changes: tuple[tuple[float, float], ...], drifts: tuple[float, ...] = ()
    ) -> None:
        super().__init__([], seconds, echo.SEED)
        self._drifts = [(seconds * (0.2 + 0.2 * number), drift) for number, drift in enumerate(drifts)]
        self._steps = [(seconds * (0.2 + 0.2 * number), *change) for number, change in enumerate(changes)]
        self._first: tuple[Pcm, int] | None = None

    def __call__(self, room: RoomAudio, now: float) -> bool:
        """One frame; False when it is over."""
        if self._first is None:
            self._first = (room._response.copy(), room._delay)  # the script is part of the room
        while self._steps and room.spoken_seconds >= self._steps[0][0]:
            _, gain_db, later = self._steps.pop(0)
            response, delay = self._first
            room._response = response * np.float32(10 ** (gain_db / 20))
            room._delay = delay + round(later * SAMPLE_RATE)
            room._echo = np.concatenate([room._echo, silence(max(0, room._delay - delay))])
        while self._drifts and room.spoken_seconds >= self._drifts[0][0]:
            room.drift = 1e-6 * self._drifts.pop(0)[1]
        return super().__call__(room, now)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--part", choices=("all", "steps", "drift"), default="all")
    args = parser.parse_args()
    response = np.eye(1, 480, dtype=np.float32)[0] if args.dry else clips("rir")[0].pcm
    print("| the echo | dB at first | spoken s | fell silent by itself, after 3 s | answers cut by itself |")
    print("|---|---|---|---|---|")
    scenes = [(name, *case, ()) for name, case in CASES.items()] if args.part != "drift" else []
    scenes += [(name, -6.0, (), drifts) for name, drifts in DRIFTS.items()] if args.part != "steps" else []
    for name, echo_db, changes, drifts in scenes:
        room = echo.Room(response, echo_db, 0.1, cancel=True)
        script = Changing(args.seconds, changes, drifts)
        got = echo.run(room, [], args.seconds, Settings().turns.interrupt_after, script)
        own = [at for at in got.own if at > echo.CONVERGED_SECONDS + 1.0]
        print(f"| {name} | {echo_db:+.0f} | {got.spoken:.0f} | {len(own)} | {got.cuts} |", flush=True)


if __name__ == "__main__":
    main()
