"""What the server needs, made once: a virtual environment of its own and a tiny model, under `.cache/`.

Its mlx is newer than the one that this project's `mlx` extra is pinned to, so that it cannot live in the project's own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "llm-server"
REQUIREMENTS = ("mlx-lm==0.32.2", "mlx==0.32.4" if sys.platform == "darwin" else "mlx[cpu]==0.32.4")
INSTALL_SECONDS = 600


class UnavailableError(Exception):
    """The environment cannot be made here; the message says why."""


@dataclass(frozen=True)
class Environment:
    """Where the server's Python, its model and its (empty) hub cache are."""

    python: Path
    model: Path
    hub: Path


def prepare(cache: Path = CACHE) -> Environment:
    """Return the environment, making what is missing; safe to call from several processes at once.

    Raises:
        UnavailableError: pip cannot install it, or the model cannot be made.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        python = _venv(cache / "venv")
        environment = Environment(python, _model(cache / "model", python), cache / "hub")
        environment.hub.mkdir(exist_ok=True)  # the server dies without one, even when it needs none
        return environment


def _venv(folder: Path) -> Path:
    python = folder / "bin" / "python"
    stamp = folder / "made-of"
    wanted = f"{sys.version}\n{REQUIREMENTS}"
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q", *REQUIREMENTS])
    stamp.write_text(wanted)
    return python


def _model(folder: Path, python: Path) -> Path:
    maker = HERE / "make_model.py"
    stamp = folder / "made-by"
    wanted = hashlib.sha256(maker.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        _run([str(python), str(maker), str(folder)])
        stamp.write_text(wanted)
    return folder


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=INSTALL_SECONDS, env=_environment(), check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        raise UnavailableError(str(e)) from e
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnavailableError(f"{' '.join(command[1:5])} …: {last}")


def _environment() -> dict[str, str]:
    """The environment variables without those of the tests' own Python (coverage, paths)."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    return {name: value for name, value in os.environ.items() if name not in dropped}
