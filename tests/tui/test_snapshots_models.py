"""Pictures of the models screen; see `test_snapshots.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import make_app, press, screen_text, settle
from tests.tui.model_shelf import FAST, PULLING, Q4, Q8, FakeModels
from voice_tui.settings import EngineSettings, Settings
from voice_tui.tui.app import VoiceTuiApp

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


@SIZES
@pytest.mark.parametrize("scene", ["fresh", "pulling", "in_use", "remove", "broken", "help"])
def test_picture(scene: str, size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    models = FakeModels(tmp_path)
    if scene == "pulling":
        models.says({**PULLING, "rate": 31_000_000.0, "eta": 90.0, "unit": "bytes"}, "wait")
    if scene in ("in_use", "remove"):
        models.installed, models.partly, models.measured = (Q4,), (Q8,), {Q4: FAST}
    if scene == "broken":
        models.says({"error": "The hub at https://huggingface.co is out of reach", "hint": "Check the network."})
    engine = EngineSettings(name="moshi" if scene == "in_use" else "cascade")
    app = make_app([*READY, *DIALOGUE], models=models.keeping, settings=Settings(engine=engine))

    async def show(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await press(pilot, "f10")
        await settle(pilot, lambda: app.state.models.loaded)
        keys = {"pulling": ["p", "y"], "broken": ["p", "y"], "remove": ["d"], "in_use": ["down"], "help": ["f1"]}
        await press(pilot, *keys.get(scene, []))
        if scene == "pulling":
            await settle(pilot, lambda: "31 MB/s" in screen_text(app))
        if scene == "broken":
            await settle(pilot, lambda: app.state.models.work is None)

    try:
        assert snap_compare(app, terminal_size=size, run_before=show)
    finally:
        _close(app)


def test_picture_of_a_tiny_terminal(snap_compare: Callable[..., bool], tmp_path: Path) -> None:
    models = FakeModels(tmp_path)
    app = make_app([*READY, *DIALOGUE], models=models.keeping)

    async def show(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await press(pilot, "f10")
        await settle(pilot, lambda: app.state.models.loaded)
        await press(pilot, "down", "down")

    try:
        assert snap_compare(app, terminal_size=(20, 5), run_before=show)
    finally:
        _close(app)


def _close(app: VoiceTuiApp) -> None:
    app.shut_down(1.0)
