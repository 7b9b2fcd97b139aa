"""Mimi on the CPU: sound to codes and back, without end.

rustymimi 0.4.1 stops at frame 4096 and holds memory for every frame until it is reset. So each direction *hands over*:
a spare instance is fed what the direction took in its last 250 frames (20 s, the codec's whole view), catches up, and
takes its place; the old one is reset and becomes the spare. One spare serves both directions, which therefore begin at
different frames. In a live session it is loaded at the start: loading holds Python's lock for up to 0.8 s (measured).
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from memory.installing import install_extra
from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.errors import EngineError
from voice_tui.frame import FRAME_SAMPLES, Frame, Pcm

CODEBOOKS = 8

Run = Callable[[Any, Any], Any]
"""An instance and one frame of input -> one frame of output."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """When a direction changes its instance.

    Args:
        encoder, decoder: Frames since the last change after which it begins.
        view: Frames that the new one is fed first.
        limit: Frames at which an instance fails: the change is waited for.
    """

    encoder: int = 3400
    decoder: int = 2800
    view: int = 250
    limit: int = 4090


class MimiCodec:
    """Both directions, each in a thread of its own (rustymimi releases Python's lock while it computes).

    Args:
        weights: Mimi's file. `inline`: everything in the caller's thread, for files: the same result every time.
        hand_over: See `HandOver`.

    Raises:
        EngineError: The library is missing or the file is not Mimi's.
    """

    def __init__(self, weights: Path, *, inline: bool, hand_over: HandOver | None = None) -> None:
        hand_over = hand_over or HandOver()
        encoder, decoder = _instance(weights), _instance(weights)
        spares = Spares(weights, ready=not inline)
        self._encoder = Direction(_encode, encoder, spares, hand_over.encoder, hand_over, inline=inline)
        self._decoder = Direction(_decode, decoder, spares, hand_over.decoder, hand_over, inline=inline)
        self._results: deque[Future[Pcm]] = deque()

    def encode(self, frame: Frame) -> Codes:
        """Return the codes of a frame, (8,); waits for them, 10 to 35 ms.

        Raises:
            EngineError: The codec failed.
        """
        return self._encoder.put(frame).result()

    def decode(self, codes: Codes) -> None:
        """Begin to decode a frame; `decoded` gives it."""
        self._results.append(self._decoder.put(codes))

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

    def reset(self) -> None:
        """Forget all sound; what was being decoded is dropped.

        The codes of the first frame after it differ from a new instance's: rustymimi 0.4.1 does not reset its padding.
        """
        self._results.clear()
        self._encoder.reset()
        self._decoder.reset()

    def close(self) -> None:
        """End the threads."""
        self._encoder.close()
        self._decoder.close()


class Spares:
    """The spare instance of both directions. Any thread.

    Args:
        weights: Mimi's file.
        ready: Loaded now, because loading later would hold the loop up; else when it is first needed.
    """

    def __init__(self, weights: Path, *, ready: bool) -> None:
        self._weights = weights
        self._kept: deque[Any] = deque([_instance(weights)] if ready else ())
        self._late = not ready

    def take(self, *, urgent: bool = False) -> Any | None:
        """Return the spare, or None while the other direction has it.

        Args:
            urgent: Load another one rather than return None: the machine is so busy that the other direction's spare
                has not caught up since its change began.
        """
        if self._late or (urgent and not self._kept):
            self._late = False
            return _instance(self._weights)
        return self._kept.popleft() if self._kept else None

    def put(self, instance: Any) -> None:
        """Give one back, reset."""
        self._kept.append(instance)


class Direction:
    """One direction: an instance at work, and the change to a fresh one before it fails.

    Args:
        run: What an instance does. `active`: the one that begins. `spares`: shared between the directions.
        begin: Frames after which a change begins. `hand_over`: the other numbers.
        inline: In the caller's thread.
    """

    def __init__(self, run: Run, active: Any, spares: Spares, begin: int, hand_over: HandOver, *, inline: bool) -> None:
        self._run = run
        self._active = active
        self._spares = spares
        self._begin = begin
        self._limit = hand_over.limit
        self._taken: deque[Any] = deque(maxlen=hand_over.view)
        self._fed: int = 0
        self._since = 0
        self._fresh: Fresh | None = None
        self._inline = inline
        self._thread = None if inline else ThreadPoolExecutor(1, "mimi")
        self.changes = 0

    def put(self, frame: Any) -> Future[Any]:
        """Process a frame after those before it."""
        return self._submit(lambda: self._process(frame))

    def reset(self) -> None:
        """Forget all; waits for what is being processed."""
        self._submit(self._forget).result()

    def close(self) -> None:
        """End the thread; what waits is dropped."""
        if self._thread is not None:
            self._thread.shutdown(wait=True, cancel_futures=True)
        if self._fresh is not None:
            self._fresh.stop()

    def _submit(self, work: Callable[[], Any]) -> Future[Any]:
        if self._thread is not None:
            return self._thread.submit(work)
        done: Future[Any] = Future()
        try:
            done.set_result(work())
        except EngineError as e:
            done.set_exception(e)
        return done

    def _process(self, frame: Any) -> Any:
        self._change()
        try:
            result = self._run(self._active, frame)
        except (ValueError, RuntimeError) as e:
            raise EngineError(f"The codec failed: {e}") from e
        self._fed += 1
        self._since += 1
        self._taken.append(frame)
        if self._fresh is not None:
            self._fresh.put(frame)
        return result

    def _change(self) -> None:
        """Begin, or complete, a change of instance."""
        if self._fresh is None and self._since >= self._begin:
            spare = self._spares.take(urgent=self._fed >= self._limit)
            self._fresh = None if spare is None else Fresh(self._run, spare, list(self._taken))
        fresh = self._fresh
        if fresh is None or not (self._inline or self._fed >= self._limit or fresh.caught_up):
            return
        fresh.stop()
        old, self._active, self._fed = self._active, fresh.instance, fresh.fed
        self._fresh, self._since = None, 0
        self.changes += 1
        old.reset()
        self._spares.put(old)
        _give_memory_back()

    def _forget(self) -> None:
        if self._fresh is not None:
            self._fresh.stop()
            self._fresh.instance.reset()
            self._spares.put(self._fresh.instance)
            self._fresh = None
        self._active.reset()
        self._taken.clear()
        self._fed = self._since = 0


class Fresh:
    """A spare instance that learns what the active one knows, in a thread of its own.

    Args:
        run: What an instance does. `instance`: reset. `frames`: to begin with.
    """

    def __init__(self, run: Run, instance: Any, frames: list[Any]) -> None:
        self.instance = instance
        self.fed = 0
        self._run = run
        self._frames = deque(frames)
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._feed, name="mimi-spare", daemon=True)
        self._thread.start()

    @property
    def caught_up(self) -> bool:
        """Whether it knows every frame that was put."""
        with self._changed:
            return not self._frames

    def put(self, frame: Any) -> None:
        """Give it another frame; bounded by the codec's limit, at which the change is waited for."""
        with self._changed:
            self._frames.append(frame)
            self._changed.notify()

    def stop(self) -> None:
        """Let it finish what it was given, and end its thread."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join()

    def _feed(self) -> None:
        while True:
            with self._changed:
                while not self._frames and not self._ending:
                    self._changed.wait()
                if not self._frames:
                    return
                frame = self._frames[0]
            self._run(self.instance, frame)  # it takes what the active one took, so it cannot fail otherwise
            with self._changed:
                self._frames.popleft()
                self.fed += 1


def _give_memory_back() -> None:
    """Have the C library return what is free: glibc keeps up to 260 MB of an instance's grown cache after its reset."""
    with suppress(AttributeError, OSError, TypeError):  # other systems' libraries lack it
        ctypes.CDLL(None).malloc_trim(0)


def _instance(weights: Path) -> Any:
    try:
        library: Any = import_module("rustymimi")
    except ImportError as e:
        raise EngineError(f"The codec does not load: {e}", hint=f"Install it with: {install_extra('mlx')}") from e
    try:
        return library.Tokenizer(str(weights), num_codebooks=CODEBOOKS)
    except (ValueError, RuntimeError, OSError) as e:
        first = (str(e).splitlines() or ["no reason given"])[0]
        raise EngineError(f"{weights} is no codec of this kind: {first}", hint="Download the model again") from e


def _encode(instance: Any, frame: Frame) -> Codes:
    codes = instance.encode_step(frame.reshape(1, 1, FRAME_SAMPLES))
    return np.asarray(codes[0, :, 0], np.int32)


def _decode(instance: Any, codes: Codes) -> Pcm:
    pcm = instance.decode_step(codes.astype(np.uint32).reshape(1, -1, 1))
    return np.asarray(pcm[0, 0], np.float32)
