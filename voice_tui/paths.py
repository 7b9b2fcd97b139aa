"""Where things lie on this machine; nothing is created here."""

from __future__ import annotations

from pathlib import Path

APP = "voice-tui"


def user_path() -> Path:
    """Return where the user's config.toml is looked for, whether it exists or not."""
    import platformdirs

    return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"


def data_dir() -> Path:
    """Return the folder of what must not be lost: memories and their recordings."""
    import platformdirs

    return platformdirs.user_data_path(APP, appauthor=False)


def state_dir() -> Path:
    """Return the folder of what may be lost: logs."""
    import platformdirs

    return platformdirs.user_state_path(APP, appauthor=False)


def log_path(process: str = "voice-tui") -> Path:
    """Return the log file of one of our processes; each has its own, so that none rotates another's away."""
    return state_dir() / f"{process}.log"


def prompts_dir() -> Path:
    """Return the folder of what prompts made of a model; it holds memories, so forgetting one empties it."""
    return state_dir() / "prompts"


def memory_path(configured: str) -> Path:
    """Return the file of the memories.

    Args:
        configured: The setting memory.path; "" = the place for user data.
    """
    return Path(configured).expanduser() if configured else data_dir() / "memory.db"


def recordings_path(configured: str) -> Path:
    """Return the folder that gets the recordings.

    Args:
        configured: The setting recordings.path; "" = the place for user data.
    """
    return Path(configured).expanduser() if configured else data_dir() / "recordings"
