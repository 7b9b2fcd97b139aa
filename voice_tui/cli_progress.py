"""How far a long command is: a line that changes on a terminal, JSON Lines for scripts and for the app."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from voice_tui.errors import VoiceTuiError
from voice_tui.models.progress import Progress, described


class Teller:
    """Tells it. Any thread; one at a time.

    Args:
        as_json: Every report is a line of JSON on stdout; else words on stderr.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._terminal = sys.stderr.isatty()
        self._phase = ""

    def tell(self, progress: Progress) -> None:
        """Tell a report; when nobody reads any more, the command is ended as by Ctrl+C."""
        try:
            if self._json:
                write_line(msgspec.to_builtins(progress))
            elif self._terminal:
                sys.stderr.write(f"\r{described(progress)}\033[K")
                sys.stderr.flush()
            elif progress.phase != self._phase:
                sys.stderr.write(f"{described(progress)}\n")
            self._phase = progress.phase
        except BrokenPipeError:
            main = threading.main_thread().ident
            if main is not None:
                signal.pthread_kill(main, signal.SIGINT)

    def wipe(self) -> None:
        """Take the line away."""
        if self._terminal and not self._json:
            sys.stderr.write("\r\033[K")


def write_line(value: Mapping[str, Any]) -> None:
    """Write a line of JSON at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def carried_out(work: Callable[[Teller], Mapping[str, Any]], *, as_json: bool, stopped: str) -> Mapping[str, Any] | int:
    """Do something long and return its result, or the exit code when it failed or was stopped.

    With JSON, the last line is `{"result": …}` or `{"error": …, "hint": …}`.

    Args:
        work: Gets what tells how far it is. `stopped`: said after Ctrl+C.

    Raises:
        VoiceTuiError: It failed, and no JSON is wanted.
    """
    teller = Teller(as_json=as_json)
    try:
        result = work(teller)
    except KeyboardInterrupt:
        teller.wipe()
        sys.stderr.write(f"\nvoice-tui: {stopped}\n")
        sys.stderr.flush()
        os._exit(130)  # a download or a computation may be in the middle of something that does not end
    except VoiceTuiError as error:
        teller.wipe()
        if not as_json:
            raise
        write_line({"error": error.message, "hint": error.hint})
        return 1
    teller.wipe()
    if as_json:
        write_line({"result": result})
    return result
