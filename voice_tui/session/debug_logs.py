"""Two logs to tail while something is looked into: where the time went, and what was said.

They rotate like every log, only this user can read them, and a full disk costs no more than a line.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from voice_tui import logs
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    DevicesChanged,
    MemoryRecalled,
    SessionStarted,
    StateChanged,
    Stats,
    TranscriptUpdated,
    TranscriptWithdrawn,
    TurnMeasured,
)

log = logging.getLogger(__name__)

QUEUE_SIZE = 500
"""Lines that wait for a slow disk. Full: the newest is left out and counted in `DebugLog.lost`."""

STATS_SECONDS = 10.0
"""How often the loop's figures are written down."""


class DebugLog:
    """Writes lines about events to a rotating file, in a thread of its own.

    Args:
        path: The file.
        line: Event -> what to write, or "" for nothing; called on the thread of `note`.
    """

    def __init__(self, path: Path, line: Callable[[AnyEvent], str]) -> None:
        self.lost = 0
        self._line = line
        self._lines: queue.Queue[tuple[float, str] | None] = queue.Queue(QUEUE_SIZE)
        self._thread = threading.Thread(target=self._write, args=(path,), name=path.stem, daemon=True)
        self._thread.start()

    def note(self, event: AnyEvent) -> None:
        """Take an event; returns at once."""
        text = self._line(event)
        if not text:
            return
        try:
            self._lines.put_nowait((time.time(), text))
        except queue.Full:
            self.lost += 1

    def close(self, timeout: float) -> None:
        """Write what waits and stop, within `timeout` seconds."""
        try:
            self._lines.put(None, timeout=timeout)
        except queue.Full:  # the disk hangs; the thread is a daemon
            return
        self._thread.join(timeout)

    def _write(self, path: Path) -> None:
        try:
            handler = logs.rotating(path)
        except OSError as e:
            log.warning("cannot write %s: %s", path, e)
            handler = logging.NullHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        while (item := self._lines.get()) is not None:
            at, text = item
            handler.handle(logging.makeLogRecord({"msg": text, "created": at, "msecs": at % 1 * 1000}))
        handler.close()


class Timings:
    """Events as lines of the timing log; nobody's words are in them."""

    def __init__(self) -> None:
        self._last_stats = -STATS_SECONDS

    def __call__(self, event: AnyEvent) -> str:
        """Return the line, or "" for an event without a time to tell."""
        match event:
            case SessionStarted():
                said = f"session started: {event.engine}, {event.detail}"
            case DevicesChanged():
                said = f"devices: {event.input or 'none'} -> {event.output or 'none'}"
            case StateChanged():
                said = event.state
            case TurnMeasured():
                said = (
                    f"turn {event.turn}: {event.total_ms:.0f} ms = end of turn {event.endpoint_ms:.0f} "
                    f"+ words {event.stt_ms:.0f} + answer {event.first_text_ms:.0f} + voice {event.tts_ms:.0f}"
                )
            case Stats() if event.at - self._last_stats >= STATS_SECONDS or event.at < self._last_stats:
                self._last_stats = event.at
                said = (
                    f"step p50 {event.step_p50_ms:.1f} p95 {event.step_p95_ms:.1f} p99 {event.step_p99_ms:.1f} ms, "
                    f"loop p99 {event.overhead_p99_ms:.1f} ms, lag {event.lag_ms:.0f} ms, overruns {event.overruns}, "
                    f"underruns {event.underruns}, skipped {event.skipped}, trimmed {event.trimmed_ms:.0f} ms"
                )
            case _:
                return ""
        return f"[{event.at:.3f}] {said}"


def words(event: AnyEvent) -> str:
    """Return an event as a line of the text log, or ""."""
    match event:
        case ConversationStarted():
            said = f"conversation {event.conversation}{' goes on' if event.resumed else ''}"
        case TranscriptUpdated() if event.final:
            sure = f" ({event.confidence:.2f})" if event.confidence is not None else ""
            cut = " [interrupted]" if event.interrupted else ""
            said = f"{event.turn} {event.role}{sure}: {' '.join(event.text.split())}{cut}"
        case TranscriptWithdrawn():
            said = f"{event.turn} withdrawn"
        case MemoryRecalled():
            used = "; ".join(f"{score:.2f} {text}" for text, score in zip(event.texts, event.scores, strict=False))
            way = f" [{event.strategy}, {event.tokens} tokens, {event.frames} frames]" if event.frames else ""
            said = f"recalled for {event.query!r}{way}: {used}"
        case _:
            return ""
    return f"[{event.at:.3f}] {said}"
