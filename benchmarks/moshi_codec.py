"""The codec of a conversation, in its processes: what the pipe costs, whether memory stays flat, what a fault costs.

    python benchmarks/moshi_codec.py [--frames 200] [--changes 12] [--runs 5]

The codec has its full size (random weights). Times are of the clock on the wall: run it while the machine is at rest.
Memory is the sum of the proportional shares (PSS) of this process and its children, so that nothing counts twice. The
instances are changed after 60 frames, the new one is fed 40; `--changes` counts those of both directions.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from voice_tui.engine.moshi.checkpoint.write import write_mimi
from voice_tui.engine.moshi.codec.library import LocalInstance
from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.codec.port import HandOver
from voice_tui.engine.moshi.codec.process import WorkerInstance
from voice_tui.engine.moshi.script import SILENCE
from voice_tui.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame

SOONER = HandOver(encoder=60, decoder=60, view=40, limit=100)


class Makes:
    """Starts instances in processes and knows them all."""

    def __init__(self, weights: Path) -> None:
        self.all: list[WorkerInstance] = []
        self.weights = weights

    def __call__(self) -> WorkerInstance:
        self.all.append(WorkerInstance(self.weights))
        return self.all[-1]

    def codec(self, hand_over: HandOver | None = None) -> MimiCodec:
        """A codec of a conversation."""
        return MimiCodec(self.weights, inline=False, hand_over=hand_over, start=self)

    def wait(self) -> None:
        """Until the last one has loaded."""
        while not self.all[-1].ready:
            time.sleep(0.005)

    def memory(self) -> float:
        """MB of this process and of those that live."""
        pids = [instance.pid for instance in self.all if instance.process.poll() is None]
        return sum(map(share, [os.getpid(), *pids]))


def share(pid: int) -> float:
    """MB that a process has for itself, and its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def noise(number: int) -> Frame:
    return np.random.default_rng(number).uniform(-0.5, 0.5, FRAME_SAMPLES).astype(np.float32)


def ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def worst_gap(work: Callable[[], object]) -> float:
    """The longest that another thread of this process waits, ms, while `work` is done."""
    gaps, over = [0.0], threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not over.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            gaps.append(1000 * (now - last))
            last = now

    ticking = threading.Thread(target=tick)
    ticking.start()
    work()
    over.set()
    ticking.join()
    return max(gaps)


def row(name: str, values: list[float], unit: str = "ms") -> None:
    """Print p50, p99 and the count."""
    p50, p99 = np.percentile(values, [50, 99])
    print(f"| {name} | {p50:.2f} {unit} | {p99:.2f} {unit} | {len(values)} |", flush=True)


def pipe(weights: Path, frames: int) -> None:
    """What a process costs per frame: the same frame here and there, in turn."""
    here, there = LocalInstance(weights), WorkerInstance(weights)
    there.load()
    inline, process = [], []
    for number in range(frames):
        frame = noise(number)
        inline.append(ms(lambda frame=frame: here.encode(frame)))
        process.append(ms(lambda frame=frame: there.encode(frame)))
    print("\n| | p50 | p99 | n |\n|---|---|---|---|")
    row("encode here", inline)
    row("encode in a process", process)
    row("difference, frame by frame", [b - a for a, b in zip(inline, process, strict=True)])
    row("an order without work (reset), there and back", [ms(there.reset) for _ in range(frames)])
    there.end()
    there.join()


def starts(makes: Makes, runs: int) -> None:
    """Loading, resets, faults."""
    row("longest another thread waits, an instance loads here", [worst_gap(lambda: LocalInstance(makes.weights))])
    row("... in a process", [worst_gap(lambda: (makes(), makes.wait(), makes.all[-1].end())) for _ in range(runs)])
    made = []
    for _ in range(runs):
        codecs: list[MimiCodec] = []
        made.append(ms(lambda codecs=codecs: codecs.append(makes.codec())))
        codecs[0].close()
    row("a conversation's codec is made", made)
    codec = makes.codec()
    resets, hasty = [], []
    for number in range(runs):
        makes.wait()
        codec.decode(codec.encode(noise(number)))
        resets.append(ms(codec.reset))
        codec.decode(codec.encode(noise(number)))
        hasty.append(ms(codec.reset))
    row("reset, a spare is loaded", resets)
    row("reset, none is", hasty)
    gaps = []
    for _ in range(runs):
        makes.wait()
        gaps.append(float(killed(codec)))
    row("frames of silence after kill -9 of the encoder", gaps, "frames")
    codec.decode(codec.encode(noise(1)))
    row("close", [ms(codec.close)])


def killed(codec: MimiCodec) -> int:
    """Kill what encodes; frames until codes come again, one every 80 ms."""
    for number in range(13):
        codec.encode(noise(number))
    instance = codec.active[0]
    assert isinstance(instance, WorkerInstance)
    os.kill(instance.pid, signal.SIGKILL)
    begun = time.monotonic()
    for lost in itertools.count():
        if not np.array_equal(codec.encode(noise(lost)), SILENCE):
            return lost
        time.sleep(max(0.0, begun + (lost + 1) * FRAME_SECONDS - time.monotonic()))
    raise AssertionError


def memory(makes: Makes, changes: int) -> None:
    """Memory of the family, from change to change."""
    codec = makes.codec(SOONER)
    makes.wait()
    print("\n| hand-overs | frame | memory at the end of that stretch, MB | most in it |\n|---|---|---|---|")
    stretch: list[float] = []
    before = 0
    for number in itertools.count():
        codec.decode(codec.encode(noise(number % 97)))
        while codec.waiting:
            codec.decoded()
            time.sleep(0.001)
        if codec.hand_overs != before:
            print(f"| {before} | {number} | {stretch[-1]:.0f} | {max(stretch):.0f} |", flush=True)
            before, stretch = codec.hand_overs, []
        if before >= changes:
            break
        stretch.append(makes.memory())
    print(f"\nThis process alone: {share(os.getpid()):.0f} MB. Frames lost: {codec.lost}.")
    codec.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--changes", type=int, default=12)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = write_mimi(Path(folder))
        memory(Makes(weights), args.changes)
        pipe(weights, args.frames)
        starts(Makes(weights), args.runs)


if __name__ == "__main__":
    main()
