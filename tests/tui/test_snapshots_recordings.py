"""Pictures of what is recorded; see `test_snapshots.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import emit, make_app, settle
from tests.tui.test_recordings import made
from voice_tui.events import RecordingChanged, StateChanged
from voice_tui.settings import RecordingSettings, Settings
from voice_tui.tui.catalogue import BY_ID

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
HERE = RecordingChanged(recording=True, folder="/home/anna/recordings/2027-01-15 07.30.00 c")


@SIZES
def test_the_mark(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = make_app([*READY, *DIALOGUE, HERE, StateChanged(state="speaking")])
    try:
        assert snap_compare(app, terminal_size=size, run_before=settle)
    finally:
        app.shut_down(1.0)


@SIZES
@pytest.mark.parametrize("there", [True, False], ids=["some", "none"])
def test_the_list(
    there: bool, size: tuple[int, int], snap_compare: Callable[..., bool], private_home: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(private_home)  # a short path, the same everywhere
    folders = made(Path("recordings")) if there else []
    app = make_app([*READY, *DIALOGUE], settings=Settings(recordings=RecordingSettings(path="recordings")))

    async def show(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        if folders:
            await emit(pilot, RecordingChanged(recording=True, folder=str(folders[-1])))
        await app.carry_out(BY_ID["recordings"])
        await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=show)
    finally:
        app.shut_down(1.0)
