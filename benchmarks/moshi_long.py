"""Half an hour of Moshi in one session: does anything grow, get slower, or differ from what never was interrupted.

    python benchmarks/moshi_long.py [--frames 20000] [--codec-frames 20000] [--sooner 1] [--minutes 600]

Two parts, so that each can be run alone (a count of 0 leaves one out):

- The engine with a small language model and the real context of 3000 steps; its codec gives recorded codes, so that the
  times are the model's alone. CPU milliseconds, since the clock on the wall counts whatever else runs.
- The real codec, full size, beside PyTorch's Mimi, which never changes its instance and goes on without end; it takes
  the frames ten at a time, which changes nothing but its speed. Where PyTorch and `moshi` are installed (see
  tests/engine/moshi/reference.py). `--sooner 10` changes instances after a tenth of the frames: as many hand-overs in
  2,000 frames as there are in 20,000. `--minutes` ends this part early; the table says how far it came.

20,000 frames of the codec take an hour and a half of one core's time, with the reference.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.soak import rss_mb
from voice_tui.engine.moshi.checkpoint.layout import MIMI_FILE, config
from voice_tui.engine.moshi.checkpoint.write import write_checkpoint
from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.codec.port import CODEBOOKS, HandOver
from voice_tui.engine.moshi.engine import MoshiEngine, Parts, Turns
from voice_tui.engine.moshi.factory import Words, make_generator
from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.engine.moshi.load.find import find
from voice_tui.engine.moshi.traits import traits_of
from voice_tui.engine.port import Tick
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm, silence
from voice_tui.settings import MoshiSettings

SECONDS = 0.08
SMALL = config(
    "tiny",
    dim=128,
    num_heads=4,
    card=256,
    depformer_dim=64,
    depformer_dim_feedforward=96,
    depformer_num_heads=4,
)
"""Two layers of 128, two of 64 for each codebook; context 3000."""
TOGETHER = 10
"""Frames that the reference takes at once."""


@dataclass
class RecordedCodec:
    """In place of the codec: codes that were drawn before, silence."""

    codes: np.ndarray
    waiting: int = 0
    _count: int = 0

    def encode(self, frame: Frame) -> Codes:
        """The next codes."""
        self._count += 1
        return self.codes[self._count % len(self.codes)]

    def decode(self, codes: Codes) -> None:
        """Take a frame."""
        assert codes.shape == (CODEBOOKS,)
        self.waiting += 1

    def decoded(self) -> list[Pcm]:
        """Silence for every frame."""
        count, self.waiting = self.waiting, 0
        return [silence()] * count

    def close(self) -> None:
        """Nothing to close."""


def engine_of(folder: Path) -> MoshiEngine:
    """The engine as the factory makes it, but for the codec."""
    settings = MoshiSettings(model=str(folder), seed=5, transcribe=False)
    checkpoint = find(settings.model)
    words = Words(checkpoint.text)
    codec: Any = RecordedCodec(np.random.default_rng(4).integers(0, SMALL["card"], (1000, CODEBOOKS), np.int32))
    traits = traits_of(checkpoint.name, checkpoint.config)
    generator = make_generator(checkpoint, settings)
    return MoshiEngine(Parts("benchmark", generator, codec, traits, words.spell, words.encode, Turns()), settings)


def session(frames: int) -> None:
    """The first part."""
    with tempfile.TemporaryDirectory() as name:
        write_checkpoint(Path(name), SMALL, dtype="float32", mimi=False)
        (Path(name) / MIMI_FILE).touch()
        engine = engine_of(Path(name))
    times: list[float] = []
    memory: dict[int, float] = {}
    events = samples = 0
    for number in range(frames):
        begun = time.process_time()
        step = engine.step(silence(), Tick(number * SECONDS, 0))
        times.append(1000 * (time.process_time() - begun))
        events += len(step.events)
        samples += 0 if step.pcm is None else step.pcm.size
        if (number + 1) % 1000 == 0:
            memory[number + 1] = rss_mb()
            print(f"  {number + 1}: {statistics.median(times[-1000:]):.2f} ms, {memory[number + 1]:.1f} MB", flush=True)
    engine.close()
    print(f"\n| frames of the engine | {frames:,} ({frames * SECONDS / 60:.1f} min) |\n|---|---|")
    print(f"| sound handed out | {samples / FRAME_SAMPLES:,.0f} frames, {events:,} events |")
    if frames >= 6000:
        early, late = times[4000:5000], times[-1000:]
        change = statistics.median(late) / statistics.median(early) - 1
        print(f"| a step, frames 4,000-5,000, CPU ms | {quartiles(early)} |")
        print(f"| a step, last 1,000 frames, CPU ms | {quartiles(late)} |")
        quick = np.percentile(late, 10) / np.percentile(early, 10) - 1
        print(f"| change of the median, of the fastest tenth | {100 * change:+.1f} %, {100 * quick:+.1f} % |")
        print(f"| memory at frame 4,000 and at the end | {memory[4000]:.1f}, {memory[max(memory)]:.1f} MB |")


def quartiles(values: list[float]) -> str:
    """Median (lower quartile-upper quartile)."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def mimi_of_pytorch(weights: Path) -> Any:
    """Mimi as Kyutai publish it, able to take several frames at once.

    Its attention looks back on `context` steps, and its ring has just as many slots: of the steps that are put at once,
    the last overwrite what the first would look back on. Room for all of them makes that exact.
    """
    os.environ["NO_TORCH_COMPILE"] = "1"
    torch: Any = import_module("torch")
    loaders: Any = import_module("moshi.models.loaders")
    transformer: Any = import_module("moshi.modules.transformer")
    plain: Any = transformer.RingKVCache

    def roomy(batch: int, heads: int, width: int, capacity: int, *rest: Any, **options: Any) -> Any:
        return plain(batch, heads, width, capacity + 2 * TOGETHER, *rest, **options)

    transformer.RingKVCache = roomy
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    mimi = loaders.get_mimi(str(weights), device="cpu", num_codebooks=CODEBOOKS)
    mimi.streaming_forever(1)
    return mimi


@dataclass
class Compared:
    """How far the codec is from the reference."""

    mimi: Any
    frames: int = 0
    unequal: int = 0
    unequal_frames: list[int] = field(default_factory=list)
    furthest: float = 0.0
    loudest: float = 0.0
    behind: dict[str, float] = field(default_factory=dict)
    """Largest difference in the 250 frames behind each hand-over of the decoder."""

    def take(self, heard: list[Frame], codes: list[Codes], sound: list[Pcm], changed: str) -> None:
        """Compare some frames; `changed` names the hand-over they lie behind, or is empty."""
        torch: Any = import_module("torch")
        coded = self.mimi.encode(torch.from_numpy(np.concatenate(heard)[None, None])).numpy()[0].T
        pcm = self.mimi.decode(torch.from_numpy(np.stack(codes).T[None].astype(np.int64))).numpy().reshape(-1)
        off = float(np.abs(pcm - np.concatenate(sound)).max())
        other = coded != np.stack(codes)
        self.unequal += int(other.sum())
        self.unequal_frames += [self.frames + int(row) for row in np.flatnonzero(other.any(axis=1))]
        self.frames += len(heard)
        self.furthest = max(self.furthest, off)
        self.loudest = max(self.loudest, float(np.abs(pcm).max()))
        if changed:
            self.behind[changed] = max(self.behind.get(changed, 0.0), off)


def heard(number: int) -> Frame:
    """A frame of noise whose loudness swells and fades."""
    level = 0.3 * (1.05 + np.sin(number / 9))
    return (level * np.random.default_rng(number).uniform(-1, 1, FRAME_SAMPLES)).astype(np.float32)


def codec(frames: int, sooner: int, minutes: float) -> None:
    """The second part."""
    with tempfile.TemporaryDirectory() as name:
        write_checkpoint(Path(name), SMALL, mimi=True)
        weights = Path(name) / MIMI_FILE
        compared = Compared(mimi_of_pytorch(weights))
        plain = HandOver()
        ours = MimiCodec(
            weights, inline=True, hand_over=HandOver(plain.encoder // sooner, plain.decoder // sooner, plain.view)
        )
        end = time.monotonic() + 60 * minutes
        full = 0.0
        last, since = 0, 10**9
        gc.collect()
        for number in itertools.count(0, TOGETHER):
            if number >= frames or time.monotonic() > end:
                break
            parts = [heard(index) for index in range(number, number + TOGETHER)]
            codes = [ours.encode(part) for part in parts]
            for part in codes:
                ours.decode(part)
            if ours.hand_overs > last:
                last, since = ours.hand_overs, number
            near = f"{last} (frame {since:,})" if number - since <= plain.view else ""
            compared.take(parts, codes, ours.decoded(), near)
            full = full or (rss_mb() if compared.frames >= min(4000, frames) // 2 else 0.0)
            if compared.frames % 200 == 0:
                print(f"  {compared.frames}: {last} hand-overs, {compared.furthest:.1e}, {rss_mb():.0f} MB", flush=True)
        ours.close()
    coded = compared.frames * CODEBOOKS
    print(f"\n| frames of the codec | {compared.frames:,} ({compared.frames * SECONDS / 60:.1f} min) |\n|---|---|")
    print(
        f"| hand-overs, after | {last}: encoder {plain.encoder // sooner}, decoder {plain.decoder // sooner} frames |"
    )
    print(f"| codes equal to PyTorch's | {coded - compared.unequal:,} of {coded:,} |")
    print(f"| frames with a code that is not, the first ten | {compared.unequal_frames[:10] or 'none'} |")
    print(f"| sound furthest from PyTorch's | {compared.furthest:.1e} (peak of the sound {compared.loudest:.2f}) |")
    print(f"| worst within 20 s behind a hand-over | {max(compared.behind.values(), default=0.0):.1e} |")
    print(f"| memory half way and at the end | {full:.0f}, {rss_mb():.0f} MB |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--codec-frames", type=int, default=20_000)
    parser.add_argument("--sooner", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=600)
    args = parser.parse_args()
    if args.frames:
        session(args.frames)
    if args.codec_frames:
        codec(args.codec_frames, args.sooner, args.minutes)


if __name__ == "__main__":
    main()
