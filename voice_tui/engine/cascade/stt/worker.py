"""Recognition in a process of its own: the recogniser holds Python's lock for up to half a second at a time.

The parent side, `WorkerStt`, meets the `Stt` port: every call puts an order on a bounded queue and returns. The child
side is this module run with `python -m`: it obeys the orders one by one with a `Recogniser` and sends what it heard.
It ends when its standard input ends, so it never outlives its parent.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec
import numpy as np

from voice_tui.engine.cascade.ports import Heard
from voice_tui.engine.cascade.stt.recogniser import Recogniser
from voice_tui.errors import ProviderError, SessionError, VoiceTuiError
from voice_tui.frame import Pcm
from voice_tui.framing import FrameReader, framed

log = logging.getLogger(__name__)

ORDERS_SIZE = 2_000
"""Orders that wait for the worker, more than two minutes of speech. Full (it hangs): the worker is killed, which `poll`
reports, and the next utterance has a fresh one."""

MAX_FAILURES = 2
"""After so many workers in a row that could not even load, none is started for RETRY_SECONDS."""

RETRY_SECONDS = 60.0

Op = Literal["begin", "feed", "pause", "resume", "finish", "cancel"]


class Order(msgspec.Struct, frozen=True):
    """What the worker is to do; `pcm` is float32, 16 kHz, as bytes."""

    op: Op
    utterance: int = 0
    pcm: bytes = b""


class Words(msgspec.Struct, frozen=True):
    """What it heard, the fields of `Heard`; `ready` alone says that it has loaded, `error` that it could not."""

    heard: Heard | None = None
    ready: bool = False
    error: str = ""
    hint: str = ""


class WorkerStt:
    """Implements `Stt` with a recogniser in a child process. Session's main thread.

    Args:
        name: Of the provider, for a person.
        provider: Which recogniser the child makes (see `recognisers.make`).
        state: Folder where it keeps what it learns about the speaker.
        log_path: File for what its libraries print.
    """

    def __init__(self, name: str, provider: str, state: Path, log_path: Path) -> None:
        self.name = name
        self._command = [
            sys.executable,
            "-m",
            "voice_tui.engine.cascade.stt.worker",
            provider,
            str(state),
            str(log_path),
        ]
        self._child: _Child | None = None
        self._open: int | None = None
        self._awaited: set[int] = set()
        self._unheard: list[Heard] = []
        self._failures = 0
        self._retry_at = 0.0

    def warm(self) -> None:
        """Start the process, so that the first utterance does not wait for it to load."""
        self._alive()

    @property
    def pid(self) -> int | None:
        """Process id of the worker, or None."""
        return self._child.process.pid if self._child is not None else None

    def begin(self, utterance: int) -> None:
        """Start an utterance; a dead worker is replaced first."""
        if self._open is not None:
            self._awaited.discard(self._open)
        self._open = utterance
        self._awaited.add(utterance)
        if self._child is None and time.monotonic() < self._retry_at:
            return  # it does not start; that was said, and this utterance will be dropped unheard
        self._order(Order("begin", utterance))

    def feed(self, pcm16k: Pcm) -> None:
        """Give the next samples."""
        self._order(Order("feed", pcm=pcm16k.astype(np.float32, copy=False).tobytes()))

    def pause(self) -> None:
        """The user may have finished: let the final be prepared."""
        self._order(Order("pause"))

    def resume(self) -> None:
        """The user goes on after `pause`."""
        self._order(Order("resume"))

    def finish(self) -> None:
        """Ask for the final."""
        if self._child is None and self._open is not None:
            self._unheard.append(Heard(self._open, "", final=True, confidence=0.0))
        self._open = None
        self._order(Order("finish"))

    def cancel(self) -> None:
        """Drop the utterance that is open."""
        if self._open is not None:
            self._awaited.discard(self._open)
            self._open = None
            self._order(Order("cancel"))

    def poll(self) -> list[Heard]:
        """Return what came; see `Stt.poll`.

        Raises:
            ProviderError: The worker died or could not load.
        """
        child = self._child
        if child is None:
            unheard, self._unheard = self._unheard, []
            return unheard
        got = [heard for heard in child.take() if heard.utterance in self._awaited]
        for heard in got:
            if heard.final:
                self._awaited.discard(heard.utterance)
        if not child.ended:
            return got
        self._child = None
        self._awaited.clear()
        self._open = None
        self._failures = 0 if child.ready else self._failures + 1
        if self._failures >= MAX_FAILURES:
            self._retry_at = time.monotonic() + RETRY_SECONDS
        raise child.error()

    def close(self) -> None:
        """End the process, within 1 s."""
        if self._child is not None:
            self._child.close(0.8)
            self._child = None

    def _alive(self) -> _Child:
        if self._child is None:
            self._child = _Child(self._command)
        return self._child

    def _order(self, order: Order) -> None:
        if self._child is None and order.op != "begin":
            return
        self._alive().order(order)


class _Child:
    """One worker process with a thread for each pipe."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._orders: queue.Queue[Order | None] = queue.Queue(ORDERS_SIZE)
        self._heard: deque[Heard] = deque()
        self.ready = False
        self._over = threading.Event()
        self._failure: ProviderError | None = None
        threading.Thread(target=self._write, name="stt-orders", daemon=True).start()
        self._reader = threading.Thread(target=self._read, name="stt-words", daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        """Whether it died and everything it said was taken."""
        return self._over.is_set() and not self._heard

    def order(self, order: Order) -> None:
        try:
            self._orders.put_nowait(order)
        except queue.Full:
            log.error("recognition does not keep up and is started afresh")
            self.process.kill()

    def take(self) -> list[Heard]:
        """Return what was heard; never waits."""
        got: list[Heard] = []
        while self._heard:
            got.append(self._heard.popleft())
        return got

    def error(self) -> ProviderError:
        """Say why it ended."""
        status = self.process.wait()
        return self._failure or ProviderError(
            f"The recogniser stopped (status {status})", hint="A fresh one starts when you speak again"
        )

    def close(self, timeout: float) -> None:
        with contextlib.suppress(queue.Full):
            self._orders.put_nowait(None)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(0.2)

    def _write(self) -> None:
        pipe = cast(BinaryIO, self.process.stdin)
        with contextlib.suppress(OSError, ValueError):
            while (order := self._orders.get()) is not None:
                pipe.write(framed(order))
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self) -> None:
        pipe = cast(BinaryIO, self.process.stdout)
        reader: FrameReader[Words] = FrameReader(pipe, Words)
        try:
            while (words := reader.read()) is not None:
                self.ready = self.ready or words.ready
                if words.heard is not None:
                    self._heard.append(words.heard)
                elif words.error:
                    self._failure = ProviderError(words.error, hint=words.hint)
        except SessionError as e:
            self._failure = ProviderError(e.message)
            self.process.kill()
        finally:
            pipe.close()
            self._over.set()
            with contextlib.suppress(queue.Full):
                self._orders.put_nowait(None)


def serve(recogniser: Recogniser, orders: BinaryIO, words: BinaryIO) -> None:
    """Obey orders until they end. The child's only thread."""

    def tell(heard: Heard | None) -> None:
        if heard is not None:
            words.write(framed(Words(heard)))
            words.flush()

    reader: FrameReader[Order] = FrameReader(orders, Order)
    while (order := reader.read()) is not None:
        if order.op == "begin":
            recogniser.begin(order.utterance)
        elif order.op == "feed":
            tell(recogniser.feed(np.frombuffer(order.pcm, dtype=np.float32)))
        elif order.op == "finish":
            tell(recogniser.finish())
        elif order.op == "pause":
            recogniser.pause()
        elif order.op == "resume":
            recogniser.resume()
        else:
            recogniser.cancel()
    recogniser.close()


def main(argv: list[str]) -> int:
    """Run the child: provider, folder of its state, log file."""
    from voice_tui.engine.cascade.stt.recognisers import make
    from voice_tui.fdguard import take_pipes

    orders, words = take_pipes(Path(argv[2]))
    try:
        recogniser = make(argv[0], Path(argv[1]))
        words.write(framed(Words(ready=True)))
        words.flush()
        serve(recogniser, orders, words)
    except BrokenPipeError:  # the parent has gone
        return 0
    except Exception as e:  # top of a process: the parent says it in one sentence, the file has the rest
        traceback.print_exc()
        known = isinstance(e, VoiceTuiError)
        error = e.message if known else f"The recogniser failed: {type(e).__name__}: {e}"
        words.write(framed(Words(error=error, hint=e.hint if known else f"The details are in {argv[2]}")))
        words.flush()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
