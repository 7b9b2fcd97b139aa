"""A store in an empty folder, and child processes that use one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.store import SqliteMemory

ROOT = Path(__file__).resolve().parents[2]

StartChild = Callable[..., "subprocess.Popen[str]"]


class Clock:
    """A clock that moves when told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[SqliteMemory]:
    with SqliteMemory(path, clock=clock) as opened:
        yield opened


@pytest.fixture
def start_child() -> Iterator[StartChild]:
    """Start `python -m tests.memory.child ACTION ARGS…`; what still runs at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def start(action: str, *args: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.memory.child", action, *map(str, args)]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()
