"""How long the real app takes to paint, to be ready and to leave, and what it costs while nobody speaks.

    python benchmarks/app_start.py [--repeats 5] [--watch 10]

A fresh process on a pseudo-terminal of 36 rows and 120 columns, with a home of its own; the session is the real one.
The bars: first paint < 0.6 s from the command, exit < 0.5 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.tui.real_terminal import RealTerminal

PAINT_BAR, EXIT_BAR = 0.6, 0.5
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """CPU time of one process, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def one_run(watch: float) -> dict[str, float]:
    terminal = RealTerminal([sys.executable, "-m", "voice_tui"], size=(36, 120))
    try:
        painted = terminal.wait_for("Conversation")
        ready = terminal.read_until(lambda: b"/80 ms" in terminal.output, "the session")
        cpu, since = cpu_seconds(terminal.process.pid), time.monotonic()
        terminal.read_until(lambda: time.monotonic() > since + watch, "the pause")
        share = (cpu_seconds(terminal.process.pid) - cpu) / (time.monotonic() - since)
        pressed = time.monotonic()
        terminal.press(b"\x11")
        terminal.wait_for_end()
        return {"paint": painted, "ready": ready, "exit": time.monotonic() - pressed, "cpu": 100 * share}
    finally:
        terminal.close()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--watch", type=float, default=5.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = home
        runs = [one_run(options.watch) for _ in range(options.repeats)]
    print(f"{'':34}{'best':>8}{'median':>8}{'worst':>8}")
    names = {
        "paint": "command to first paint, s",
        "ready": "command to session ready, s",
        "exit": "quit to process gone, s",
        "cpu": "app while it listens, % of a core",
    }
    for key, words in names.items():
        values = [run[key] for run in runs]
        print(f"{words:34}{min(values):8.2f}{statistics.median(values):8.2f}{max(values):8.2f}")
    good = min(run["paint"] for run in runs) < PAINT_BAR and min(run["exit"] for run in runs) < EXIT_BAR
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
