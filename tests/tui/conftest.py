"""What every test of the app gets: the same local time everywhere."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times on screen are local times."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
