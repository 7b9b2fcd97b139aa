"""What every test gets: a home of its own, so that none reads or writes the person's files."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.card import doomed_card as doomed_card  # fixtures for every folder
from tests.card import virtual_card as virtual_card


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the virtual card: `make test` runs it by itself, where nothing else delays the sound."""
    for item in items:
        if {"virtual_card", "doomed_card"}.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("card")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how to get the same order and the same random numbers again, which quiet mode leaves out."""
    seed = terminalreporter.config.getoption("randomly_seed", None)
    if isinstance(seed, int):
        terminalreporter.write_line(f"The order and random numbers of this run: pytest --randomly-seed={seed}")


@pytest.fixture(scope="session", autouse=True)
def _homeless_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What lives longer than a test, such as the virtual card, does not see the person's home either."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _move_home(tmp_path_factory.mktemp("home"), monkeypatch)
        yield


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point HOME and the XDG folders to an empty place and drop every VOICE_TUI_ variable."""
    return _move_home(tmp_path_factory.mktemp("home"), monkeypatch)


def _move_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    for variable in [name for name in os.environ if name.startswith("VOICE_TUI_")]:
        monkeypatch.delenv(variable)
    return home


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Close the log file that a test opened, and put the root logger back."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [
        handler for handler in root.handlers if handler not in before and handler.get_name() == "voice-tui"
    ]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)
