"""Half an hour of conversation: does anything grow, get slower or get lost.

    python benchmarks/soak.py [--minutes 30]

Accelerated: real recordings are spoken to a real session (echo canceller, VAD, recogniser, notebook, voice, memory) in
a simulated room with open speakers. Every minute of sound its memory (RSS) is read, every five what Python
has allocated of it. The first third fills caches and is
left out of the slope.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.room import RoomAudio, clips, speech_level  # noqa: E402
from memory.store import SqliteMemory  # noqa: E402
from voice_tui.audio.echo import EchoCanceller  # noqa: E402
from voice_tui.events import AnyEvent, TranscriptUpdated  # noqa: E402
from voice_tui.session.build import build_engine  # noqa: E402
from voice_tui.session.loop import Session, Start  # noqa: E402
from voice_tui.settings import Settings  # noqa: E402

LEVEL = 0.06
PAUSE_SECONDS = 4.0


def rss_mb() -> float:
    """Memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass
class Watch:
    """Plays people, reads memory, counts turns."""

    seconds: float
    minutes: list[tuple[float, float]] = field(default_factory=list)
    turns: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = clips("speech", "command")
        self._people = [clip.pcm * np.float32(LEVEL / speech_level(clip.pcm)) for clip in found]
        self._next = 1.0
        self._count = 0
        self._began = time.perf_counter()

    def __call__(self, room: RoomAudio, now: float) -> bool:
        """One frame."""
        if now >= self._next:
            pcm = self._people[self._count % len(self._people)]
            room.say(pcm)
            self._count += 1
            self._next = now + len(pcm) / 24_000 + PAUSE_SECONDS
        if now >= 60.0 * (len(self.minutes) + 1):
            self.minutes.append((now / 60, rss_mb()))
            if len(self.minutes) % 5 == 0:
                took = time.perf_counter() - self._began
                print(
                    f"{now / 60:.0f} min of sound in {took:.0f} s: RSS {rss_mb():.1f} MB, "
                    f"{sys.getallocatedblocks():,} blocks of Python",
                    flush=True,
                )
        return now < self.seconds

    def note(self, event: AnyEvent) -> None:
        """Take an event."""
        if isinstance(event, TranscriptUpdated) and event.final:
            kind = f"{event.role}, interrupted" if event.interrupted else event.role
            self.turns[kind] = self.turns.get(kind, 0) + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    args = parser.parse_args()
    watch = Watch(60.0 * args.minutes)
    with tempfile.TemporaryDirectory() as folder, SqliteMemory(Path(folder, "memory.db")) as memory:
        engine = build_engine(Settings(), memory, inline=True)
        room = RoomAudio(clips("rir")[0].pcm, -6.0, 0.1, watch)
        Session(engine, room, watch.note, start=Start(drain=0.0), guard=lambda devices: EchoCanceller()).run()
    settled = watch.minutes[len(watch.minutes) // 3 :]
    slope = np.polyfit([m for m, _ in settled], [mb for _, mb in settled], 1)[0]
    print("\n| sound | turns | RSS after a third | RSS at the end | slope |")
    print("|---|---|---|---|---|")
    print(
        f"| {args.minutes:.0f} min | {watch.turns} | {settled[0][1]:.1f} MB | {settled[-1][1]:.1f} MB "
        f"| {slope:+.3f} MB/min |"
    )


if __name__ == "__main__":
    main()
