"""How long it takes until a command or the app can begin: fresh processes, best and median.

    python benchmarks/startup.py [--repeats 9]

Each row is a whole Python process; the first row is Python alone, to subtract. "textual alone" is what any app of that
library costs. The bars: `import voice_tui.cli` < 0.15 s, less Python itself; the app's import close to textual alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

CASES = {
    "python alone": ["-c", "pass"],
    "import voice_tui.cli": ["-c", "import voice_tui.cli"],
    "the whole parser": ["-c", "import voice_tui.cli; voice_tui.cli.build_parser()"],
    "voice-tui config show": ["-m", "voice_tui", "config", "show", "--config", os.devnull],
    "textual alone": ["-c", "import textual.app"],
    "import of the app": ["-c", "import voice_tui.tui.app"],
}
CLI_BAR = 0.15


def seconds(arguments: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(repeats):  # side by side, so that a busy moment hits all alike
        for name, arguments in CASES.items():
            taken[name].append(seconds(arguments))
    alone = min(taken["python alone"])
    print(f"{'':24}{'best':>8}{'median':>8}{'less Python':>13}")
    for name, values in taken.items():
        best = min(values)
        print(f"{name:24}{best:8.3f}{statistics.median(values):8.3f}{best - alone:13.3f}")
    return 0 if min(taken["import voice_tui.cli"]) - alone < CLI_BAR else 1


if __name__ == "__main__":
    sys.exit(main())
