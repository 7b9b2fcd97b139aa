"""Opens the app on a terminal and leaves it as it was."""

from __future__ import annotations

from voice_tui.errors import VoiceTuiError
from voice_tui.session.port import SessionPort
from voice_tui.settings import Settings
from voice_tui.tui.keeper import MemoryFactory
from voice_tui.tui.log_tail import APP_NATIVE
from voice_tui.tui.surroundings import Surroundings
from voice_tui.tui.terminal import is_terminal, screen_apart

CLOSE_SECONDS = 1.0
"""Longest wait for the end of session and worker threads, which began when the person left."""


class TerminalError(VoiceTuiError):
    """There is no terminal to draw on."""

    title = "Terminal"


class AppError(VoiceTuiError):
    """The app itself broke; its traceback is in the log folder."""

    title = "App"


def run_app(
    settings: Settings,
    session: SessionPort,
    memory_factory: MemoryFactory,
    surroundings: Surroundings,
) -> int:
    """Run the app until the person leaves it.

    Args:
        settings: As loaded.
        session: Not started yet; the app starts it after the first paint.
        memory_factory: Opens the store; called off the UI thread.
        surroundings: Places and helpers; what native libraries print goes beside its `log_path`.

    Returns:
        Exit code: 0, or 128 + n when ended by signal n.

    Raises:
        AppError: The app broke.
        TerminalError: Standard input or both outputs are no terminal.
    """
    if not is_terminal():
        raise TerminalError(
            "The app needs a terminal",
            hint="Without one, use: voice-tui talk --input FILE --output FILE",
        )
    log = surroundings.log_path
    with screen_apart(log.with_name(f"{APP_NATIVE}.log") if log else None):
        from voice_tui.tui.app import VoiceTuiApp

        app = VoiceTuiApp(session, memory_factory, settings, surroundings)
        try:
            code = app.run()
        finally:
            app.shut_down(CLOSE_SECONDS)
    if app.return_code == 1:
        raise AppError("The app failed", hint=f"What went wrong stands in {log.parent}" if log else "")
    return code or 0
