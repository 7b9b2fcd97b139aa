"""The codec of a conversation: both directions, each with an instance of its own, and one spare for both.

In a live conversation every instance lives in a small process of its own. Loading one here would hold Python's lock for
up to 0.8 s (measured), in the middle of a conversation; and what an instance has grown to goes back to the system as a
whole when its process ends, which glibc does not give back otherwise. For files everything is in the caller's thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from voice_tui.engine.moshi.codec.direction import Direction
from voice_tui.engine.moshi.codec.library import LocalInstance
from voice_tui.engine.moshi.codec.port import HandOver, Instance
from voice_tui.engine.moshi.codec.process import WorkerInstance
from voice_tui.engine.moshi.codec.spares import Spares, Start
from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.engine.moshi.script import SILENCE
from voice_tui.errors import EngineError
from voice_tui.frame import Frame, Pcm, silence

T = TypeVar("T")

WAITING = 250
"""Frames (20 s) that wait to be decoded. Overflow policy: the next one becomes silence; `lost` counts them."""


class MimiCodec:
    """Encodes in the caller's thread, decodes beside it.

    A process that dies takes a second of sound with it, about: until the next one has heard the last twelve frames, the
    user's frames give codes of silence, and codes give silent frames.

    Args:
        weights: Mimi's file. `inline`: everything in the caller's thread, for files: the same result every time.
        hand_over: See `HandOver`. `start`: begins to load an instance; None = by `inline`.

    Raises:
        EngineError: The library is missing or the file is not Mimi's.
    """

    def __init__(
        self, weights: Path, *, inline: bool, hand_over: HandOver | None = None, start: Start | None = None
    ) -> None:
        numbers = hand_over or HandOver()
        start = start or partial(LocalInstance if inline else WorkerInstance, weights)
        self._spares = Spares(start, ahead=not inline)
        self._spares.prepare()
        try:
            encoder, decoder = _both(start)
        except EngineError:
            self._spares.close()
            raise
        heard, said = np.array(SILENCE, np.int32), silence()
        self._encoder = Direction(_encode, encoder, self._spares, numbers.encoder, numbers, heard, at_once=inline)
        self._decoder = Direction(_decode, decoder, self._spares, numbers.decoder, numbers, said, at_once=inline)
        self._pool = None if inline else ThreadPoolExecutor(1, "mimi")
        self._results: deque[Future[Pcm]] = deque()
        self._dropped = 0
        self._closed = False

    def encode(self, frame: Frame) -> Codes:
        """Return the codes of a frame, (8,); waits for them, 10 to 35 ms.

        Raises:
            EngineError: The codec failed.
        """
        return self._encoder.process(frame)

    def decode(self, codes: Codes) -> None:
        """Begin to decode a frame; `decoded` gives it."""
        if len(self._results) < WAITING:
            self._results.append(self._submit(lambda: self._decoder.process(codes)))
        else:
            self._dropped += 1
            self._results.append(_done(silence))

    def decoded(self) -> list[Pcm]:
        """Return the frames that are ready, in order; each of `decode` comes once.

        Raises:
            EngineError: The codec failed.
        """
        ready: list[Pcm] = []
        while self._results and self._results[0].done():
            ready.append(self._results.popleft().result())
        return ready

    @property
    def waiting(self) -> int:
        """Frames given to `decode` that `decoded` has not returned."""
        return len(self._results)

    @property
    def hand_overs(self) -> int:
        """How often an instance was changed."""
        return self._encoder.changes + self._decoder.changes

    @property
    def lost(self) -> int:
        """Frames of either direction that became silence, because of a fault."""
        return self._encoder.lost + self._decoder.lost + self._dropped

    @property
    def active(self) -> tuple[Instance | None, Instance | None]:
        """What encodes and what decodes; None where it was lost."""
        return self._encoder.active, self._decoder.active

    def reset(self) -> None:
        """Forget all sound; what was being decoded is dropped. Waits for nothing but, at the worst, a rustymimi reset.

        In a conversation the spare becomes the encoder: rustymimi's own reset leaves its padding as it was, and five of
        eight codes of the first frame differ from a new instance's. It comes to that for files, and when resets
        follow each other faster than a spare is loaded. The sound of a decoder that was reset is a new one's (to 1e-6).
        """
        for result in self._results:
            result.cancel()
        self._results.clear()
        self._encoder.reset(renew=self._pool is not None)
        self._submit(lambda: self._decoder.reset(renew=False))  # before any frame that comes

    def close(self) -> None:
        """End all and wait until it is gone: a frame's time, five seconds if a process hangs. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._spares.close()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._encoder.close()
        self._decoder.close()

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        return self._pool.submit(work) if self._pool is not None else _done(work)


def _both(start: Start) -> tuple[Instance, Instance]:
    """Two instances, loaded side by side."""
    one = start()
    try:
        other = start()
    except EngineError:
        one.end()
        raise
    try:
        one.load()
        other.load()
    except EngineError:
        one.end()
        other.end()
        raise
    return one, other


def _done(work: Callable[[], T]) -> Future[T]:
    done: Future[T] = Future()
    try:
        done.set_result(work())
    except EngineError as e:
        done.set_exception(e)
    return done


def _encode(instance: Instance, frame: Frame) -> Codes:
    return instance.encode(frame)


def _decode(instance: Instance, codes: Codes) -> Pcm:
    return instance.decode(codes)
