"""The app as somebody knows it who has used it before."""

from __future__ import annotations

from voice_tui.cli_app import SETUP_DONE
from voice_tui.paths import state_dir


def first_run_is_over() -> None:
    """Note in this test's own state folder that the first run was shown."""
    state_dir().mkdir(parents=True, exist_ok=True)
    (state_dir() / SETUP_DONE).touch()
