"""What the tests of the responders share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.store import SqliteMemory
from tests.engine.cascade.responder.desk import Desk
from tests.engine.cascade.responder.talking import NOW


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[SqliteMemory]:
    with SqliteMemory(tmp_path / "memory.db", clock=NOW.timestamp) as store:
        yield store


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.responder.close()
    desk.memory.close()
