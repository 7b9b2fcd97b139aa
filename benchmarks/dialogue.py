"""Two minutes of dialogue with open speakers, in the real app in a terminal, at 80x24 and at 120x36.

    python benchmarks/dialogue.py [--seconds 120] [--screens FOLDER]

The microphone of the virtual card hears the speaker, 6 dB softer and about 60 ms later. Recordings of people are spoken
into it: each waits for the end of the answer, or begins 1.5 s into the answer to "help" (an interruption). What was
said is read from the app's own file: turns heard, answers given, answers broken off, and those of them that nobody
meant to break off. `--screens` keeps what stood on the terminal at every turn as SVG.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from benchmarks.room import clips  # noqa: E402
from memory.conversations import Conversations  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from memory.types import Turn  # noqa: E402
from tests.card import Card  # noqa: E402
from tests.e2e.terminal import Terminal  # noqa: E402
from voice_tui.paths import memory_path  # noqa: E402

ECHO_DB = -6
NAMES = ("rh_lamp", "whisper_jfk", "g_half_hour", "sb_spk1_snt5", "ps_goforward", "ds_new_home", "v2j_firefox")


@dataclass
class Tally:
    """What became of the turns."""

    spoken: int = 0
    meant: int = 0
    broken_off: int = 0
    by_itself: int = 0
    screens: list[str] = field(default_factory=list[str])


def loop_back(card: Card) -> None:
    """Let the microphone hear the speaker."""

    def pactl(*args: str) -> str:
        return subprocess.run(["pactl", *args], env=card.env, check=True, capture_output=True, text=True).stdout

    module = pactl(
        "load-module", "module-loopback", "source=vspk.monitor", "sink=vmic", "latency_msec=60", "adjust_time=0"
    ).strip()
    for entry in pactl("list", "sink-inputs").split("Sink Input #")[1:]:
        if f"Owner Module: {module}\n" in entry:
            pactl("set-sink-input-volume", entry.split("\n")[0], f"{ECHO_DB}dB")


def state(app: Terminal, wanted: str, deadline: float) -> bool:
    """Wait for a state on the status line; whether it came."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if f"● {wanted}" in app.screen().lower():
            return True
        time.sleep(0.05)
    return False


def told() -> tuple[Turn, ...]:
    """Read what the app has kept of the conversation."""
    with SqliteMemory(memory_path("")) as store:
        conversations = Conversations(store)
        newest = conversations.list(limit=1)
        transcript = conversations.load(newest[0].id) if newest else None
    return transcript.turns if transcript else ()


def cut_answers() -> int:
    """Answers that were broken off so far."""
    return sum(turn.interrupted for turn in told() if turn.role == "assistant")


def hold(app: Terminal, card: Card, seconds: float, tally: Tally) -> None:
    """Talk for a while."""
    people = {clip.name.removesuffix(".flac"): clip.pcm for clip in clips("speech", "command")}
    end = time.monotonic() + seconds
    for index in itertools.count():
        if time.monotonic() > end:
            return
        interrupting = index % 2 == 1
        if interrupting:
            app.type("help")
            state(app, "speaking", 5.0)
            time.sleep(1.5)
        before = cut_answers()
        pcm = people[NAMES[index % len(NAMES)]].astype(np.float32)
        card.play(0.4 * pcm / max(1e-3, float(np.abs(pcm).max())))
        time.sleep(1.0)  # an interruption by the last word has to be confirmed and written down
        while_spoken = cut_answers()
        tally.spoken += 1
        tally.meant += interrupting
        tally.broken_off += interrupting and while_spoken > before
        tally.screens.append(app.screen_in_colour())
        state(app, "speaking", 4.0)
        state(app, "listening", 30.0)
        tally.by_itself += cut_answers() - while_spoken


def keep(screens: list[str], size: tuple[int, int], folder: Path) -> None:
    """Write the screens down."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, screen in enumerate(screens):
        with Path(os.devnull).open("w") as nowhere:
            console = Console(record=True, width=size[0], height=size[1], file=nowhere, force_terminal=True)
            console.print(Text.from_ansi(screen))
        console.save_svg(str(folder / f"{size[0]}x{size[1]}-{index:02d}.svg"), title="voice-tui")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--screens", type=Path)
    options = parser.parse_args()
    print("| terminal | spoken | turns heard | answers | interruptions | answers broken off by them | by itself |")
    print("|---|---|---|---|---|---|---|")
    for size in ((80, 24), (120, 36)):
        tally = Tally()
        with tempfile.TemporaryDirectory(prefix="va-") as folder:
            for name in ("CONFIG", "DATA", "STATE", "CACHE"):
                os.environ[f"XDG_{name}_HOME"] = f"{folder}/home"
            card = Card(Path(folder, "card"))
            try:
                loop_back(card)
                app = Terminal(card, size)
                app.wait_for("listening")
                hold(app, card, options.seconds, tally)
                app.keys("C-q")
                app.exit_status()
                app.close()
                turns = told()
            finally:
                card.down()
        heard = sum(turn.role == "user" and not turn.typed for turn in turns)
        answers = sum(turn.role == "assistant" for turn in turns)
        print(
            f"| {size[0]}x{size[1]} | {tally.spoken} | {heard} | {answers} | {tally.meant} | {tally.broken_off} "
            f"| {tally.by_itself} |",
            flush=True,
        )
        if options.screens:
            keep(tally.screens, size, options.screens)


if __name__ == "__main__":
    main()
