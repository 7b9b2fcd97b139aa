"""`voice-tui talk` on every recording of a folder: how many went through, what was heard, and how fast.

    python benchmarks/talk_every_clip.py [--data ../shared/data/speech] [--limit 300]

Each recording is one run of the real command, as a person would start it, with a home of its own. A run fails when its
exit status is not 0, or its output is no readable sound, or its events are no readable lines.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import soundfile

PROJECT = Path(__file__).resolve().parents[1]
ENDINGS = (".flac", ".wav", ".mp3", ".ogg")


@dataclass(frozen=True)
class Run:
    """One recording: its length and the answer's in seconds, what was said, and why it failed ("" = it did not)."""

    name: str
    seconds: float
    answer: float
    wall: float
    lines: list[str]
    failure: str

    @property
    def speed(self) -> float:
        """Seconds of conversation per second, start of the program included."""
        return max(self.seconds, self.answer) / self.wall


def talk(clip: Path, folder: Path, limit: float) -> Run:
    """Run the command on one recording."""
    output, events = folder / "reply.wav", folder / "events.jsonl"
    for file in (output, events):
        file.unlink(missing_ok=True)
    homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    command = [sys.executable, "-m", "voice_tui", "talk", "--input", clip, "--output", output, "--events", events]
    seconds = soundfile.info(clip).duration
    began = time.monotonic()
    try:
        done = subprocess.run(command, env=os.environ | homes, capture_output=True, text=True, timeout=limit)
        failure = f"exit status {done.returncode}: {done.stderr.strip()[-300:]}" if done.returncode else ""
    except subprocess.TimeoutExpired:
        failure = f"not done after {limit:.0f} s"
    wall = time.monotonic() - began
    answer = 0.0
    lines: list[str] = []
    if not failure:
        try:
            answer = soundfile.info(output).duration
            lines = said(events)
        except (OSError, ValueError, soundfile.LibsndfileError) as e:
            failure = f"{type(e).__name__}: {e}"
    return Run(clip.name, seconds, answer, wall, lines, failure)


def said(events: Path) -> list[str]:
    """The final lines of the transcript."""
    parsed = [json.loads(line) for line in events.read_text().splitlines()]
    return [f"{e['role']}: {e['text']}" for e in parsed if e["type"] == "transcript" and e["final"]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=PROJECT / "../shared/data/speech")
    parser.add_argument("--limit", type=float, default=300.0)
    args = parser.parse_args()
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="talk-") as folder:
        for clip in sorted(path for path in args.data.iterdir() if path.suffix in ENDINGS):
            run = talk(clip, Path(folder), args.limit)
            runs.append(run)
            print(f"{run.name:28s} {run.seconds:5.1f} s in {run.wall:5.1f} s  {run.failure or ' / '.join(run.lines)}")
    failed = [run for run in runs if run.failure]
    heard = sum(any(line.startswith("user: ") for line in run.lines) for run in runs)
    speeds = [run.speed for run in runs if not run.failure]
    print(
        "\n| recordings | seconds | failed | with words understood | s of conversation per s, median (range) | load |"
        "\n|---|---|---|---|---|---|"
    )
    print(
        f"| {len(runs)} | {sum(run.seconds for run in runs):.0f} | {len(failed)} | {heard} "
        f"| {statistics.median(speeds):.1f} ({min(speeds):.1f}–{max(speeds):.1f}) | {os.getloadavg()[0]:.1f} |"
    )
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
