"""An instance of the codec in a process of its own, as its parent sees it.

One order is under way at a time: nothing queues up in the pipe, and a frame fits into it.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from voice_tui.engine.moshi.codec.port import LostError
from voice_tui.engine.moshi.codec.wire import Answer, Order
from voice_tui.engine.moshi.generate.streams import Codes
from voice_tui.errors import EngineError, SessionError
from voice_tui.frame import Frame, Pcm
from voice_tui.framing import FrameReader, framed

LOAD_SECONDS = 60.0
"""One that has not loaded by then is given up; a cold disk and a busy machine take some seconds."""

ANSWER_SECONDS = 5.0
"""One that has not answered by then hangs, and is ended: a frame takes a fiftieth of it."""

END_SECONDS = 1.0
"""How long one may take to end by itself."""

ONE_THREAD = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""The library computes a frame on one core whatever these say; unset, it keeps a thread for each core all the same."""


class WorkerInstance:
    """Implements `Instance` with a child process that loads by itself.

    Args:
        weights: Mimi's file.

    Raises:
        LostError: The system starts no process.
    """

    def __init__(self, weights: Path) -> None:
        command = [sys.executable, "-m", "voice_tui.engine.moshi.codec.worker", str(weights)]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=dict.fromkeys(ONE_THREAD, "1") | os.environ,
                bufsize=0,
            )
        except OSError as e:
            raise LostError(f"The codec's process does not start: {e.strerror}") from e
        self._patient = _Patient(cast(BinaryIO, self.process.stdout))
        self._answers: FrameReader[Answer] = FrameReader(cast(BinaryIO, self._patient), Answer)
        self._loaded = False
        self._reaper: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def ready(self) -> bool:
        """See `Instance`; one that has ended since is no more."""
        if not self._loaded and self._patient.something:
            self.load()
        if self._loaded and self.process.poll() is not None:
            raise self._gone()
        return self._loaded

    def load(self) -> None:
        """See `Instance`."""
        if self._loaded:
            return
        try:
            self._answer(LOAD_SECONDS)
        except LostError:
            raise
        except EngineError as e:
            raise LostError(e.message, hint=e.hint) from None
        self._loaded = True

    def encode(self, frame: Frame) -> Codes:
        """See `Instance`."""
        return np.frombuffer(self._ask(Order("encode", frame.astype(np.float32, copy=False).tobytes())), np.int32)

    def decode(self, codes: Codes) -> Pcm:
        """See `Instance`."""
        return np.frombuffer(self._ask(Order("decode", codes.astype(np.int32, copy=False).tobytes())), np.float32)

    def reset(self) -> None:
        """See `Instance`."""
        self._ask(Order("reset"))

    def end(self) -> None:
        """See `Instance`: the end of its orders ends it; a signal while it loads, and where it hangs."""
        if not self._loaded:
            self.process.kill()
        if self._reaper is None:
            self._reaper = threading.Thread(target=self._reap, name="mimi-end", daemon=True)
            self._reaper.start()

    def join(self) -> None:
        """See `Instance`."""
        if self._reaper is not None:
            self._reaper.join(2 * END_SECONDS)

    def _ask(self, order: Order) -> bytes:
        pipe = cast(BinaryIO, self.process.stdin)
        data = memoryview(framed(order))
        try:
            while data:
                data = data[pipe.write(data) :]
        except (OSError, ValueError):  # its end of the pipe is closed, or ours, by `end`
            raise self._gone() from None
        return self._answer(ANSWER_SECONDS)

    def _answer(self, limit: float) -> bytes:
        self._patient.until = time.monotonic() + limit
        try:
            answer = self._answers.read()
        except TimeoutError:
            self.process.kill()
            raise LostError(f"The codec's process did not answer for {limit:.0f} s") from None
        except (OSError, ValueError, SessionError):
            answer = None
        if answer is None:
            raise self._gone()
        if answer.error:
            raise EngineError(answer.error, hint=answer.hint)
        return answer.data

    def _gone(self) -> LostError:
        self.process.kill()
        return LostError("The codec's process ended")

    def _reap(self) -> None:
        with suppress(OSError):
            cast(BinaryIO, self.process.stdin).close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        cast(BinaryIO, self.process.stdout).close()


class _Patient:
    """Reads from a pipe, but not for ever."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self.until = 0.0

    @property
    def something(self) -> bool:
        """Whether there is something to read, be it the end."""
        return bool(select.select([self._pipe], [], [], 0)[0])

    def read(self, count: int) -> bytes:
        """Return some of the next bytes, nothing at the end.

        Raises:
            TimeoutError: None came until `until`.
        """
        if not select.select([self._pipe], [], [], max(0.0, self.until - time.monotonic()))[0]:
            raise TimeoutError
        return self._pipe.read(count)
