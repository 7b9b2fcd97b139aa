"""What every test of the app gets: the same local time everywhere, and a pilot that looks often."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from textual import _wait

from tests.tui.kept import keep
from voice_tui.tui import base, memory_search

QUICK = 1 / 250
"""Seconds between two looks whether the app is at rest; Textual's own 1/50 made most of a test's time waiting."""


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times on screen are local times."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture(autouse=True)
def quick_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """At rest is the same share of processor time as in Textual, looked for more often."""
    monkeypatch.setattr(_wait, "SLEEP_IDLE", QUICK * _wait.SLEEP_IDLE / _wait.SLEEP_GRANULARITY)
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", QUICK)


@pytest.fixture(autouse=True)
def drawn_below_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies behind a dialog is drawn before anybody looks."""
    monkeypatch.setattr(base, "BELOW_SECONDS", 0.001)


@pytest.fixture(autouse=True)
def searched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session is asked what bears on the words without waiting for the next letter."""
    monkeypatch.setattr(memory_search, "PAUSE_SECONDS", 0.001)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A memory with the conversations of `kept.SAID`."""
    keep(tmp_path / "memory.db")
    return tmp_path / "memory.db"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pictures run without the coverage tracer: it nearly doubles them, and others walk through the same lines."""
    for item in items:
        if "snap_compare" in getattr(item, "fixturenames", ()):
            item.add_marker("no_cover")
