"""The app's end of a session: starts its process, passes commands and events, starts a fresh one when it dies."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import BinaryIO, cast

from voice_tui.errors import SessionError
from voice_tui.events import (
    AnyCommand,
    AnyEvent,
    ChangeSettings,
    HoldMicrophone,
    Notice,
    ResumeConversation,
    SearchMemories,
    SendText,
    SessionFailed,
    SessionStarted,
    StateChanged,
    Stop,
)
from voice_tui.framing import FrameReader, framed
from voice_tui.session.port import OnEvent
from voice_tui.settings import Settings

log = logging.getLogger(__name__)

SHORT_LIFE = 10.0
"""A session that dies sooner than this, seconds, counts as not having worked."""

MAX_SHORT_LIVES = 3
"""After so many of them in a row no further one is started."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that keep numpy to one thread, unless they are set: its others would wait actively on cores that the sound
needs."""

COMMANDS_SIZE = 256
"""Commands on their way to the process. Full (it hangs): the newest is refused with a notice."""


class SessionHost:
    """Implements `SessionPort` with a child process. All methods may be called from any thread.

    Args:
        settings: Sent to the process over its pipe; `ChangeSettings` replaces them for later sessions too, and a
            microphone that is held stays so.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._on_event: OnEvent = lambda event: None
        self._held = False
        self._process: subprocess.Popen[bytes] | None = None
        self._outgoing: queue.Queue[bytes | None] = queue.Queue(COMMANDS_SIZE)
        self._closing = threading.Event()
        self._failed_itself = False
        self._between = False  # one has died, and the fresh one has not said yet that it started
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, on_event: OnEvent) -> None:
        """Start the process; see `SessionPort.start`."""
        self._on_event = on_event
        self._thread = threading.Thread(target=self._keep_alive, name="session-host", daemon=True)
        self._thread.start()

    def send(self, command: AnyCommand) -> None:
        """Queue a command; see `SessionPort.send`."""
        if isinstance(command, ChangeSettings | HoldMicrophone) and not self._keep(command):
            return
        if isinstance(command, SendText | ResumeConversation) and self._between:
            return  # it was meant for the session before, and is sent again when it is known that that one has gone
        if isinstance(command, SearchMemories):
            self._try_to_send(command)
            return
        if self._process is None:
            self._say("warning", "That did not reach the session, which is just starting", "Try again in a moment")
            return
        try:
            self._outgoing.put_nowait(framed(command))
        except queue.Full:
            self._say("error", "The session does not answer", "Restart it from the command palette, or quit")

    def _try_to_send(self, command: SearchMemories) -> None:
        """Nobody waits for the answer, so that none will come is not worth a word."""
        with self._lock:
            if self._process is not None and not self._between:
                with contextlib.suppress(queue.Full):
                    self._outgoing.put_nowait(framed(command))

    def _keep(self, command: ChangeSettings | HoldMicrophone) -> bool:
        """Start later sessions with this; returns whether one runs that must be told."""
        with self._lock:
            if isinstance(command, ChangeSettings):
                self.settings = command.settings
            else:
                self._held = command.held
            return self._process is not None

    def restart(self) -> None:
        """End the process at once; a fresh one starts with the present settings."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self, timeout: float = 0.4) -> None:
        """End the process in order, within `timeout` seconds, else by force."""
        self._closing.set()
        with self._lock:
            process = self._process
        if process is None:
            return
        try:
            self._outgoing.put_nowait(framed(Stop()))
        except queue.Full:
            process.kill()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    @property
    def pid(self) -> int | None:
        """Process id of the running session, or None."""
        return self._process.pid if self._process is not None else None

    def _keep_alive(self) -> None:
        """Run sessions one after the other until closed, or until they keep dying."""
        short_lives = 0
        while not self._closing.is_set():
            began = time.monotonic()
            self._failed_itself = False
            try:
                status = self._run_one()
            except OSError as e:
                message = f"The session cannot be started: {e}"
                self._on_event(SessionFailed(message=message, hint="Run voice-tui doctor"))
                return
            if self._closing.is_set():
                return
            short_lives = short_lives + 1 if time.monotonic() - began < SHORT_LIFE else 0
            if short_lives >= MAX_SHORT_LIVES:
                self._between = False
                hint = "Run voice-tui doctor; the log screen has the details"
                self._on_event(SessionFailed(message=f"The session died {short_lives} times in a row", hint=hint))
                return
            if not self._failed_itself:
                self._say("error", f"The session {_death(status)}", "A fresh one is starting; your memories are safe")
            self._on_event(StateChanged(state="loading"))

    def _run_one(self) -> int:
        process = subprocess.Popen(
            [sys.executable, "-m", "voice_tui.session"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=dict.fromkeys(ONE_THREAD, "1") | os.environ,
        )
        with self._lock:
            self._outgoing = queue.Queue(COMMANDS_SIZE)
            self._outgoing.put_nowait(framed(self.settings))
            if self._held:  # before its first frame
                self._outgoing.put_nowait(framed(HoldMicrophone(held=True)))
            self._process = process
        writer = threading.Thread(target=self._write, args=(process, self._outgoing), name="session-out", daemon=True)
        writer.start()
        try:
            if self._closing.is_set():
                process.kill()
            self._read(process)
        finally:
            status = process.wait()
            with self._lock:
                self._process = None
                self._between = True
            with contextlib.suppress(queue.Full):  # then the writer is about to meet the broken pipe by itself
                self._outgoing.put_nowait(None)
            writer.join(1.0)
            cast(BinaryIO, process.stdout).close()
        return status

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        reader: FrameReader[AnyEvent] = FrameReader(cast(BinaryIO, process.stdout), AnyEvent)
        try:
            while (event := reader.read()) is not None:
                if isinstance(event, SessionFailed):
                    self._failed_itself = True
                elif isinstance(event, SessionStarted):
                    self._between = False
                self._on_event(event)
        except SessionError as e:
            log.error("%s", e)
            process.kill()

    def _write(self, process: subprocess.Popen[bytes], outgoing: queue.Queue[bytes | None]) -> None:
        pipe = cast(BinaryIO, process.stdin)
        try:
            while (message := outgoing.get()) is not None:
                pipe.write(message)
                pipe.flush()
        except (OSError, ValueError):
            log.info("the session's command pipe is closed")
        finally:
            try:
                pipe.close()
            except OSError:
                log.debug("the pipe was broken when it was closed")

    def _say(self, severity: str, message: str, hint: str) -> None:
        assert severity in ("warning", "error")
        self._on_event(Notice(severity="error" if severity == "error" else "warning", message=message, hint=hint))


def _death(status: int) -> str:
    """Say in words how a process ended."""
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"was killed ({name})"
    return f"ended unexpectedly (status {status})"
