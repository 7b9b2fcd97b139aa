"""Devices that go and come back: how soon it is said, how soon one can talk again, and that nothing ever hangs.

    python benchmarks/device_recovery.py [--repeats 7] [--tool ../shared/tools/virtual-audio]

A session of its own process runs on the virtual sound card with a tone in its microphone, and passes it on to the
speaker. Each fault is brought about from outside and timed on one monotonic clock:

    gone        the sound server is killed and started again
    hung        it is stopped (SIGSTOP) and goes on
    suspended   microphone and speaker are suspended and woken
    exit        the session is told to stop: as usual, and while the sound server has been hanging for 0 and for 2 s

"said" is when the session tells of the loss. "open" is when it tells that both devices are open again, "talking" when
the tone that the microphone hears has reached the speaker's queue; both count from the moment the device can be used.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from tests import card as cards  # noqa: E402
from tests.audio.talk import Talk, both_open, loud, none_open, talking  # noqa: E402

PATIENCE = 30.0
HELD_SECONDS = 2.0
"""How long a fault lasts."""

Figures = dict[str, list[float]]


class Tone:
    """A tone in the microphone, begun anew after each fault."""

    def __init__(self, card: cards.Card) -> None:
        t = np.arange(60 * 24_000) / 24_000
        self._file = card.folder / "tone.f32"
        self._file.write_bytes((0.5 * np.sin(2 * np.pi * 500 * t)).astype(np.float32).tobytes())
        self._card = card
        self._process: subprocess.Popen[bytes] | None = None

    def play(self) -> None:
        self.stop()
        command = ["pacat", "--playback", "-d", "vmic", "--latency-msec=50", *cards.RAW, str(self._file)]
        self._process = subprocess.Popen(
            command, env=self._card.env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def suspend(card: cards.Card, on: bool) -> None:
    for what in ("suspend-sink", "suspend-source"):
        subprocess.run(["pactl", what, "1" if on else "0"], env=card.env, check=True, capture_output=True)


def fault(card: cards.Card, talk: Talk, tone: Tone, strike: Callable[[], None], mend: Callable[[], None]) -> Figures:
    """Bring one about and time it."""
    tone.play()
    talk.until(loud, PATIENCE, time.monotonic())
    struck = time.monotonic()
    strike()
    said = talk.until(none_open, PATIENCE, struck)["when"] - struck
    time.sleep(HELD_SECONDS)
    mend()
    mended = time.monotonic()
    tone.play()
    opened = talk.until(both_open, PATIENCE, mended)["when"]
    talked = talk.until(loud, PATIENCE, opened)["when"]
    return {"said": [said], "open": [opened - mended], "talking": [talked - mended]}


def leave(card: cards.Card, hanging: float | None) -> Figures:
    """Time the end of a session: told to stop until its process has gone."""
    with talking(card) as talk:
        talk.until(both_open, PATIENCE)
        if hanging is not None:
            card.signal(signal.SIGSTOP)
            time.sleep(hanging)
        told = time.monotonic()
        talk.tell("stop")
        talk.until(lambda line: line["what"] == "SessionStopped", PATIENCE, told)
        saved = talk.lines[-1]["when"] - told
        talk.process.wait(PATIENCE)
        gone = time.monotonic() - told
    card.signal(signal.SIGCONT)
    return {"said": [saved], "process gone": [gone]}


def measure(card: cards.Card, results: dict[str, Figures]) -> None:
    """One round of everything."""
    tone = Tone(card)
    with talking(card) as talk:
        talk.until(both_open, PATIENCE)
        faults = {
            "gone": (lambda: card.signal(signal.SIGKILL), card.up),
            "hung": (lambda: card.signal(signal.SIGSTOP), lambda: card.signal(signal.SIGCONT)),
            "suspended": (lambda: suspend(card, True), lambda: suspend(card, False)),
        }
        for name, (strike, mend) in faults.items():
            add(results, name, fault(card, talk, tone, strike, mend))
    tone.stop()
    for name, hanging in (("exit", None), ("exit, hung just now", 0.0), ("exit, hung for 2 s", 2.0)):
        add(results, name, leave(card, hanging))


def add(results: dict[str, Figures], name: str, figures: Figures) -> None:
    into = results.setdefault(name, {})
    for what, values in figures.items():
        into.setdefault(what, []).extend(values)


def cell(values: list[float] | None) -> str:
    if not values:
        return ""
    low, high = 1000 * min(values), 1000 * max(values)
    return f"{1000 * statistics.median(values):.0f} ({low:.0f}-{high:.0f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--tool", type=Path, default=cards.TOOL)
    args = parser.parse_args()
    if not args.tool.exists():
        sys.exit(f"{args.tool} is not there: this needs the virtual sound card")
    cards.TOOL = args.tool
    results: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="va-bench-") as folder:
        card = cards.Card(Path(folder))
        try:
            for repeat in range(args.repeats):
                measure(card, results)
                print(f"round {repeat + 1}, load {os.getloadavg()[0]:.1f}", flush=True)
        finally:
            card.down()
    columns = ("said", "open", "talking", "process gone")
    print(f"\n| ms, median (min-max) of {args.repeats} | " + " | ".join(columns) + " |")
    print("|---" * (1 + len(columns)) + "|")
    for name, figures in results.items():
        print(f"| {name} | " + " | ".join(cell(figures.get(column)) for column in columns) + " |")


if __name__ == "__main__":
    main()
