"""The embedder as the memory sees it: texts to vectors and words, in a process of its own that may die.

A model in this process would take Python's lock from the sound for up to 195 ms while it loads. The process is started
with the first text, and anew, after a pause that grows, when it ended.
"""

from __future__ import annotations

import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from memory.embedder.choice import Choice, Provider, choose
from memory.embedder.wire import FAILED, READY, Frame, WireError, dimension_of, read_frame, reading_of, texts_frame
from memory.embedder.words import load_space
from memory.errors import MemoryStoreError
from memory.retrieval.words import Reading

log = logging.getLogger(__name__)

WAITING = 16
"""Requests that wait. Overflow policy: the next is refused at once (its caller goes on without vectors, and who fills
the index tries again later); `Embedder.refused` counts them."""

LOAD_SECONDS = 120.0
"""A child that has not loaded by then is ended; torch on a cold disk and a busy machine takes half a minute."""

ANSWER_SECONDS = 60.0
"""A child that has not answered by then hangs and is ended."""

PAUSE_SECONDS, LONGEST_PAUSE = 0.5, 60.0
"""How long no child is started after one failed, doubled each time, and the most."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_OFFLINE = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}


class _ChildError(Exception):
    """The child cannot answer."""


@dataclass(slots=True)
class _Job:
    texts: Sequence[str]
    future: Future[Reading | None] = field(default_factory=Future["Reading | None"])


class Embedder:
    """Texts to vectors by a child process. Any thread.

    Args:
        choice: Which model, run by what.
        clock: Monotonic seconds.

    Attributes:
        refused: Requests that found the queue full.
        starts: Children that were started.
    """

    def __init__(self, choice: Choice, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.choice = choice
        self.refused = 0
        self.starts = 0
        self._clock = clock
        self._jobs: deque[_Job] = deque()
        self._there = threading.Condition()
        self._closed = False
        self._child: _Child | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._problem = ""
        self._space: str | None = None
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """What stands in the file beside vectors of this model."""
        return self.choice.name

    @property
    def space(self) -> str:
        """Name of the space that its words are told in; "" = it tells none, or the space cannot be read."""
        if self._space is None:
            self._space = _name_of_space(self.choice.space)
        return self._space

    @property
    def problem(self) -> str:
        """Why the last child failed; "" = none did, or the present one answers."""
        return self._problem

    @property
    def pid(self) -> int | None:
        """Process id of the child, or None."""
        child = self._child
        return child.process.pid if child else None

    def read(self, texts: Sequence[str], *, timeout: float, urgent: bool = False) -> Reading | None:
        """Return the vectors of texts, and their words where `space` says so; None where there are none in time.

        Args:
            texts: At least one; each is cut off at what the model's window holds.
            timeout: Seconds.
            urgent: Before all that waits.
        """
        job = _Job(texts)
        with self._there:
            if self._closed:
                return None
            if len(self._jobs) >= WAITING:
                self.refused += 1
                return None
            if urgent:
                self._jobs.appendleft(job)
            else:
                self._jobs.append(job)
            self._require_thread()
            self._there.notify()
        try:
            return job.future.result(timeout)
        except FutureTimeoutError:
            job.future.cancel()
            return None

    def warm(self) -> None:
        """Start the child, so that the first question does not wait for it; returns at once."""
        with self._there:
            if not self._closed and not self._jobs and self._child is None:
                self._jobs.append(_Job(("hello",)))
                self._require_thread()
                self._there.notify()

    def close(self) -> None:
        """End the child. Safe to call twice."""
        with self._there:
            self._closed = True
            self._there.notify()
        child = self._child
        if child:
            child.kill()
        if self._thread:
            self._thread.join(5.0)

    def _require_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="memory-embedder", daemon=True)
            self._thread.start()

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(self._answer(job.texts))
        child, self._child = self._child, None
        if child:
            child.end()

    def _next(self) -> _Job | None:
        with self._there:
            self._there.wait_for(lambda: self._jobs or self._closed)
            if not self._closed:
                return self._jobs.popleft()
            for job in self._jobs:
                job.future.cancel()
            return None

    def _answer(self, texts: Sequence[str]) -> Reading | None:
        try:
            child = self._alive()
            if child is None:
                return None
            found = child.ask(texts)
        except (OSError, EOFError, WireError, _ChildError) as e:
            self._give_up(e)
            return None
        if found is not None:
            self._failures, self._problem = 0, ""
        return found

    def _alive(self) -> _Child | None:
        if self._child is None and self._clock() >= self._retry_at and not self._closed:
            self.starts += 1
            self._child = _Child(self.choice, self.choice.space if self.space else "")
            self._child.wait_until_loaded()
        return self._child

    def _give_up(self, error: Exception) -> None:
        self._problem = str(error) or "the embedder's process ended"
        child, self._child = self._child, None
        if child:
            child.end()
        self._retry_at = self._clock() + min(LONGEST_PAUSE, PAUSE_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 10)


def _name_of_space(file: str) -> str:
    try:
        return load_space(Path(file)).name if file else ""
    except MemoryStoreError as e:
        log.warning("no words are told: %s", e)
        return ""


def embedder_of(provider: Provider, model: str) -> Embedder | None:
    """Return the embedder for what is set, None where recall is to go by words alone; nothing is started yet.

    Raises:
        MemoryStoreError: What was asked for by name is not here.
    """
    choice = choose(provider, model)
    return Embedder(choice) if choice else None


class _Child:
    """One process; used by the embedder's thread, ended by any."""

    def __init__(self, choice: Choice, space: str) -> None:
        command = [sys.executable, "-m", "memory.embedder.worker", choice.provider, choice.model, space]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | dict.fromkeys(_THREADS, "1") | _OFFLINE,
            bufsize=0,
        )
        self._number = 0

    def wait_until_loaded(self) -> None:
        frame = self._read_frame(LOAD_SECONDS)
        if frame.kind != READY:
            raise _ChildError(frame.body.decode("utf-8", "replace"))
        dimension_of(frame)

    def ask(self, texts: Sequence[str]) -> Reading | None:
        """Return vectors and words, None where it cannot read these texts."""
        self._number += 1
        assert self.process.stdin is not None
        data = memoryview(texts_frame(self._number, texts).to_bytes())
        while data:
            data = data[self.process.stdin.write(data) :]
        frame = self._read_frame(ANSWER_SECONDS)
        if frame.number != self._number:
            raise WireError(f"answer {frame.number} to request {self._number}")
        if frame.kind == FAILED:
            return None
        found = reading_of(frame)
        if len(found.vectors) != len(texts):
            raise WireError(f"{len(found.vectors)} vectors for {len(texts)} texts")
        return found

    def kill(self) -> None:
        """Kill it; who reads from it comes to the end of the stream. Any thread."""
        with suppress(OSError):
            self.process.kill()

    def end(self) -> None:
        """Kill it and let go of its pipes; the thread that uses it."""
        self.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()

    def _read_frame(self, limit: float) -> Frame:
        until = time.monotonic() + limit
        return read_frame(lambda count: self._exactly(count, until))

    def _exactly(self, count: int, until: float) -> bytes:
        assert self.process.stdout is not None
        parts: list[bytes] = []
        while count:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise _ChildError("the embedder's process did not answer in time")
            part = self.process.stdout.read(min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
