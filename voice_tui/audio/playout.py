"""What waits for the speaker: a ring with fades instead of clicks, honest underruns and no lasting lateness.

Two threads meet here. The writer (session's main thread) calls `write`, `stepped`, `flush`; the device's callback calls
`fill`, which only copies, and fades 5 ms where sound stops. Every field has one owner; the other side only reads it.

What counts as an underrun: the ring ran dry, and the very next thing the writer did was to write on. If instead it had
nothing to say for a step (`stepped` without `write`), the ring was meant to run dry.
"""

from __future__ import annotations

import numpy as np

from voice_tui.audio.ring import Ring
from voice_tui.audio.trim import Trimmer
from voice_tui.frame import FRAME_SECONDS, Pcm, silence

PLAYOUT_SECONDS = 10
"""Most that can wait. Overflow: the oldest samples are lost and counted as trimmed."""

FADE_SECONDS = 0.005


class Playout:
    """The speaker's queue.

    Args:
        rate: Samples per second of what is written and of what the device takes.
        block: Samples the device takes at a time.
        live: A device's clock empties it: keep a cushion at the start of speech and shed lateness. Without it (files)
            nothing is ever added or cut.
    """

    def __init__(self, rate: int, block: int, *, live: bool) -> None:
        self.live = live
        self.latency = 0
        """Samples that the device holds beyond the ring; set when a stream is opened."""
        self._rate = rate
        self._block = block
        self._frame = round(FRAME_SECONDS * rate)
        self._ring = Ring(PLAYOUT_SECONDS * rate)
        self._fade = np.linspace(1.0, 0.0, max(1, round(FADE_SECONDS * rate)), dtype=np.float32)
        self._trimmer = Trimmer(rate, block)
        # Owned by the writer.
        self._underruns = 0
        self._cut = 0
        self._in_step = 0
        self._lockstep = True
        self._speaking = False
        self._dry_seen = 0
        self._flush_to = 0
        # Owned by the callback.
        self._dry = True
        self._dry_count = 0
        self._device_underflows = 0
        self._tail = silence(len(self._fade))
        self._stretch = 0
        self._filled_at = 0.0
        self._played_at = 0.0

    @property
    def underruns(self) -> int:
        """Gaps in the middle of speech: the ring was empty, or the device took its block too late."""
        return self._underruns + self._device_underflows

    @property
    def trimmed(self) -> int:
        """Samples written that nobody hears: cut to shed lateness, or lost to overflow."""
        return self._cut + self._ring.lost

    @property
    def speaking(self) -> bool:
        """Whether something is meant to be playing, as far as the writer has said."""
        return self._speaking

    @property
    def queued(self) -> int:
        """Samples in the ring that will be played."""
        target, position = self._flush_to, self._ring.position
        if position >= target:
            return self._ring.fill
        return self._ring.written - target + min(len(self._fade), target - position)

    def pending(self, now: float) -> int:
        """Return the samples written and not heard yet: in the ring, and in the device since the last block."""
        inside = self.latency - round((now - self._played_at) * self._rate)
        return self.queued + max(0, min(inside, self._stretch))

    def write(self, pcm: Pcm, now: float) -> None:
        """Queue samples. Writer's thread; never blocks.

        Args:
            pcm: Any number of clean samples at `rate`.
            now: Seconds on the clock that `fill` is given.
        """
        first_of_step = not self._in_step
        self._in_step += len(pcm)
        begins = self._dry and not self.queued
        self._lockstep = self._lockstep or begins
        gap = self._dry_count != self._dry_seen
        self._dry_seen = self._dry_count
        if gap and self._speaking:
            self._underruns += 1
            self._trimmer.underrun(now)
            pcm = self._faded_in(pcm) if self._dry else pcm
        elif self.live and self._speaking and self._lockstep and first_of_step:
            pcm = self._trimmed(pcm, now)
        else:
            self._trimmer.restart()
        self._speaking = True
        if self.live and begins and self._until_next_block(now) < self._trimmer.cushion:
            self._ring.write(silence(self._block))
        self._ring.write(pcm)

    def stepped(self) -> None:
        """A step of the writer is over. Writer's thread.

        Nothing written, and less than a frame left: silence is meant. Another amount than a frame: the writer paces
        itself by `pending`, so what is queued is a store laid in on purpose, and never lateness to be shed.
        """
        if abs(self._in_step - self._frame) > self._frame // 2:
            self._lockstep = False
        if not self._in_step and self.queued < self._frame:
            self._speaking = False
        self._in_step = 0

    def flush(self) -> int:
        """Drop what is queued, but for 5 ms that fade out; returns how many samples (a block may be played meanwhile).

        Writer's thread. What is written afterwards is played.
        """
        dropped = max(0, self.queued - len(self._fade))
        self._flush_to = self._ring.written
        self._speaking = False
        self._trimmer.restart()
        return dropped

    def take(self) -> Pcm:
        """Return all that is queued, and keep nothing. Once no device calls `fill` any more."""
        out = silence(self.queued)
        start = self._flushed(out)
        return out[: start + self._ring.read(out[start:])]

    def fill(self, out: Pcm, now: float, *, underflow: bool = False) -> None:
        """Give the device its next block. The callback's thread; copies, and fades where sound stops.

        Args:
            out: Filled completely: samples, then silence. At least 5 ms long but in tests.
            now: Seconds, monotonic.
            underflow: The device says that it played a gap before this block.
        """
        start = self._flushed(out)
        got = start + self._ring.read(out[start:])
        self._filled_at = now
        if got:
            self._stretch = got + (0 if self._dry else self._stretch)
            self._played_at = now
            self._device_underflows += underflow and not self._dry
        if got < len(out):
            self._run_dry(out, start, got)
        else:
            self._dry = False
            self._remember(out)

    def _trimmed(self, pcm: Pcm, now: float) -> Pcm:
        self._trimmer.observe(self._ring.fill / self._rate + self._until_next_block(now), now)
        shorter = self._trimmer.cut(pcm, now)
        self._cut += len(pcm) - len(shorter)
        return shorter

    def _until_next_block(self, now: float) -> float:
        return max(0.0, self._filled_at + self._block / self._rate - now)

    def _faded_in(self, pcm: Pcm) -> Pcm:
        pcm = pcm.copy()
        count = min(len(pcm), len(self._fade))
        pcm[:count] *= self._fade[::-1][:count]
        return pcm

    def _flushed(self, out: Pcm) -> int:
        """Carry out a flush: fade what plays next, skip the rest; returns how much of `out` is filled."""
        waiting = self._flush_to - self._ring.position
        if waiting <= 0:
            return 0
        count = self._ring.read(out[: min(waiting, len(self._fade))])
        out[:count] *= np.linspace(1.0, 0.0, count, dtype=np.float32)
        self._ring.drop(max(0, self._flush_to - self._ring.position))
        self._tail[:] = 0.0
        return count

    def _run_dry(self, out: Pcm, start: int, got: int) -> None:
        """Fill the rest with silence, led into by the last samples played backwards while they fade: no click."""
        out[got:] = 0.0
        if self._dry and got == start:
            return
        fade = len(self._tail)
        history = np.concatenate([self._tail, out[start:got]])[-fade:]
        fade_from = max(start, min(got, len(out) - fade))
        fade_to = min(fade_from + fade, len(out))
        out[got:fade_to] = history[::-1][: fade_to - got]
        out[fade_from:fade_to] *= np.linspace(1.0, 0.0, fade_to - fade_from, dtype=np.float32)
        self._tail[:] = 0.0
        self._dry = True
        self._dry_count += 1

    def _remember(self, out: Pcm) -> None:
        fade = len(self._tail)
        self._tail[:] = out[-fade:] if len(out) >= fade else np.concatenate([self._tail, out])[-fade:]
