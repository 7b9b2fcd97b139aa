"""The session process: `python -m voice_tui.session`, started by the app's `SessionHost`.

stdin carries the settings and then commands, stdout carries events. Native libraries print on descriptors 1 and 2
whenever they like, so both are pointed at a log file and the protocol keeps a private copy of the pipe. The end of
stdin means that the app has gone: the session then ends in order.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from types import FrameType
from typing import BinaryIO

from voice_tui import logs
from voice_tui.errors import SessionError, VoiceTuiError
from voice_tui.events import AnyCommand, SessionFailed, Stop
from voice_tui.fdguard import take_pipes
from voice_tui.framing import FrameReader
from voice_tui.paths import log_path
from voice_tui.session.live import build_live
from voice_tui.session.loop import Session
from voice_tui.session.outlet import Outlet
from voice_tui.settings import Settings

log = logging.getLogger(__name__)


def main() -> int:
    """Serve one session; returns the exit status."""
    commands, events = take_pipes(log_path("session-native"))
    settings: Settings | None = FrameReader[Settings](commands, Settings).read()
    if settings is None:
        return 2
    logs.set_up(settings.log.level, process="session")
    outlet = Outlet(events)
    try:
        session = build_live(settings, outlet)
    except VoiceTuiError as e:
        log.exception("the session could not be built")
        outlet.put(SessionFailed(message=e.message, hint=e.hint))
        outlet.close(1.0)
        return 1
    gc.freeze()  # what is here stays: the collector, which holds Python's lock, need not look through it again
    _stop_on_signals(session)
    threading.Thread(target=_listen, args=(commands, session), name="commands", daemon=True).start()
    status = session.run()
    outlet.close(0.3)
    return status


def _stop_on_signals(session: Session) -> None:
    """SIGTERM ends the session in order; Ctrl-C and a closed terminal are the app's business."""

    def terminate(number: int, frame: FrameType | None) -> None:
        session.stop("terminated")

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _listen(commands: BinaryIO, session: Session) -> None:
    """Pass commands on until the app closes the pipe."""
    reader: FrameReader[AnyCommand] = FrameReader(commands, AnyCommand)
    try:
        while (command := reader.read()) is not None:
            if not session.command(command):
                log.warning("a command was refused, the queue is full: %s", type(command).__name__)
    except (SessionError, OSError) as e:
        log.error("the command pipe failed: %s", e)
    if not session.command(Stop()):
        session.stop("the app has gone")


if __name__ == "__main__":
    sys.exit(main())
