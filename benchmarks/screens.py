"""Five minutes of real conversation on the virtual card while every screen is opened in turn.

    python benchmarks/screens.py [--minutes 5] [--rounds 30] [--idle 30] [--tool ../shared/tools/virtual-audio]

The real app on a pseudo-terminal of 36 rows and 120 columns: recordings of people are spoken into its microphone, and
keys open each screen and leave it again. Told are the time from a key to what it opens (to its title, drawn), what the
session lost meanwhile (from its own timing log), the memory of both processes, and the app's share of a core in a
conversation in which nobody speaks.

A bare Esc says nothing until it is clear that no key sequence follows: Textual waits 0.1 s for that, and looks no more
often, whatever ESCDELAY says. Terminals with the keyboard protocol of kitty send a sequence of its own instead, which
needs no waiting. Screens are left by turns with one and the other, and both are told.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.app_start import cpu_seconds  # noqa: E402
from benchmarks.room import clips  # noqa: E402
from tests.tui.real_terminal import RealTerminal  # noqa: E402

SCREENS = (
    ("help", b"\x1bOP", b"Help"),
    ("settings", b"\x1bOQ", b"Settings"),
    ("log", b"\x1b[15~", b"Notices"),
    ("devices", b"\x1b[17~", b"Devices: microphone"),
    ("conversations", b"\x12", b"Conversations"),
    ("commands", b"\x10", b"for commands"),
)
"""Name, key and a text that stands on it alone (not the first letter of the palette, where the cursor blinks)."""

BACK = {"back, Esc": b"\x1b", "back, Esc of kitty": b"\x1b[27u"}
CONVERSATION = re.compile(rb"\x1b\[[\d;]*m[^\x1b]*instead of talking")
"""What stands in the empty input line, with its colour: behind a dialog it has another."""

LOST = re.compile(r"overruns (\d+), underruns (\d+), skipped (\d+)")
PAUSE_SECONDS = 4.0
FRAMES_PER_SECOND = 12.5


def speak(stop: threading.Event) -> None:
    """Say the recordings into the virtual microphone, with pauses."""
    people = clips("speech", "command")
    index = 0
    while not stop.is_set():
        pcm = people[index % len(people)].pcm.astype(np.float32)
        command = ["pacat", "--playback", "-d", "vmic", "--raw", "--format=float32le", "--rate=24000", "--channels=1"]
        subprocess.run(command, input=pcm.tobytes(), stderr=subprocess.DEVNULL, check=False)
        index += 1
        stop.wait(PAUSE_SECONDS)


def opened(terminal: RealTerminal, key: bytes, title: bytes) -> float:
    """Press a key; seconds until what it opens has been drawn."""
    terminal.drain()
    terminal.output = b""  # what is kept is copied at every reading
    pressed = time.monotonic()
    terminal.press(key)
    terminal.read_until(lambda: title in terminal.output, repr(title))
    return time.monotonic() - pressed


def typed(terminal: RealTerminal) -> float:
    """Type a letter into the input line and take it back; seconds until it has been drawn."""
    seconds = opened(terminal, b"Q", b"Q")
    terminal.press(b"\x7f")
    return seconds


def rest(terminal: RealTerminal, seconds: float) -> None:
    """Let the app draw for a while."""
    until = time.monotonic() + seconds
    terminal.read_until(lambda: time.monotonic() > until, "the pause")


def lost(log: Path) -> tuple[int, int, int]:
    """Overruns, underruns and skipped frames so far, from the newest line of the timing log that tells them."""
    found = LOST.findall(log.read_text()) if log.exists() else []
    return (int(found[-1][0]), int(found[-1][1]), int(found[-1][2])) if found else (0, 0, 0)


def rss_mb(pid: int) -> float:
    """Memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def session_of(app: int) -> int:
    """The process id of the app's session."""
    listed = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    mine = [line.split()[0] for line in listed.splitlines() if "voice_tui.session" in line]
    parents = {int(pid): int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in mine}
    return next(pid for pid, parent in parents.items() if parent == app)


def rounds(terminal: RealTerminal, minutes: float, count: int, conversation: bytes) -> dict[str, list[float]]:
    """Open every screen `count` times, spread over the minutes; `conversation` is what is drawn when one is left."""
    times: dict[str, list[float]] = {"a letter": []}
    each = 60.0 * minutes / count
    for index in range(count):
        began = time.monotonic()
        for name, key, title in SCREENS:
            times.setdefault(name, []).append(opened(terminal, key, title))
            rest(terminal, 0.3)
            way = index % len(BACK)
            times.setdefault(tuple(BACK)[way], []).append(opened(terminal, tuple(BACK.values())[way], conversation))
            rest(terminal, 0.3)
        times["a letter"].append(typed(terminal))
        rest(terminal, max(0.0, each - (time.monotonic() - began)))
        if index % 10 == 9:
            print(f"round {index + 1}: app RSS {rss_mb(terminal.process.pid):.1f} MB", flush=True)
    return times


def quantile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return 1e3 * float(np.quantile(values, share))


def report(times: dict[str, list[float]]) -> None:
    """How soon keys answer."""
    keys = [value for name, some in times.items() if name not in BACK for value in some]
    print(f"\nLoad average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, niceness {os.nice(0)}.")
    print("\n| key opens | n | p50 ms | p95 ms | p99 ms | worst ms |\n|---|---|---|---|---|---|")
    for name, values in {**times, "all but back": keys}.items():
        parts = [f"{quantile(values, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0)]
        print(f"| {name} | {len(values)} | {' | '.join(parts)} |")


def talk(options: argparse.Namespace, state: Path) -> None:
    """Start the app, talk to it, open screens, and tell."""
    log = state / "voice-tui" / "timings.log"
    terminal = RealTerminal([sys.executable, "-m", "voice_tui"], size=(36, 120))
    stop = threading.Event()
    try:
        terminal.read_until(lambda: b"/80 ms" in terminal.output, "the session")
        conversation = CONVERSATION.findall(terminal.output)[-1]
        app = terminal.process.pid
        session = session_of(app)
        cpu, since = cpu_seconds(app), time.monotonic()
        rest(terminal, options.idle)
        idle = 100 * (cpu_seconds(app) - cpu) / (time.monotonic() - since)
        speaker = threading.Thread(target=speak, args=(stop,), daemon=True)
        speaker.start()
        rest(terminal, 20.0)
        before, quiet_lost = (rss_mb(app), rss_mb(session)), lost(log)
        times = rounds(terminal, options.minutes, options.rounds, conversation)
        rest(terminal, 6.0)
        over, under, skipped = (now - then for now, then in zip(lost(log), quiet_lost, strict=True))
        after = (rss_mb(app), rss_mb(session))
    finally:
        stop.set()
        terminal.close()
    report(times)
    print(
        "\n| minutes | frames | underruns | overruns | skipped | app RSS MB | session RSS MB | app idle, % of a core |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {options.minutes:.0f} | {60 * options.minutes * FRAMES_PER_SECOND:.0f} | {under} | {over} | {skipped} "
        f"| {before[0]:.0f} → {after[0]:.0f} | {before[1]:.0f} → {after[1]:.0f} | {idle:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--idle", type=float, default=30.0)
    parser.add_argument("--tool", type=Path, default=ROOT / "../shared/tools/virtual-audio")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="va-") as folder:
        os.environ["VIRTUAL_AUDIO_DIR"] = f"{folder}/card"
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = folder
        up = subprocess.run([options.tool, "up"], check=True, capture_output=True, text=True).stdout
        for line in up.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            os.environ[name] = value.strip("'")
        try:
            talk(options, Path(folder))
        finally:
            subprocess.run([options.tool, "down"], check=True)


if __name__ == "__main__":
    main()
