"""The models screen: what it lists, and that what takes long never holds the app up and can be stopped."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from tests.fake_hub import FakeHub
from tests.fakes_session import READY
from tests.tui.driving import main_screen, make_app, press, running, screen_text, session_of, settle, toasts
from tests.tui.model_shelf import FAST, PULLING, Q4, Q8, FakeModels
from voice_tui.events import ChangeSettings
from voice_tui.models import hub_cache
from voice_tui.models.catalogue import LM_FILES, MIMI_FILE, TEXT_FILE
from voice_tui.settings import EngineSettings, Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.models import ModelList, ModelsScreen
from voice_tui.tui.surroundings import ModelKeeping


@pytest.fixture
def models(tmp_path: Path) -> FakeModels:
    return FakeModels(tmp_path)


def app_with(models: FakeModels, **settings: Any) -> VoiceTuiApp:
    return make_app(READY, models=models.keeping, settings=Settings(**settings))


async def opened(pilot: Pilot[Any]) -> None:
    await press(pilot, "f10")
    app = pilot.app
    assert isinstance(app, VoiceTuiApp)
    await settle(pilot, lambda: app.state.models.loaded)


async def rested(pilot: Pilot[Any]) -> None:
    """Until nothing is under way."""
    app = pilot.app
    assert isinstance(app, VoiceTuiApp)
    await settle(pilot, lambda: app.state.models.work is None)


def line_of(app: VoiceTuiApp, title: str) -> str:
    """A model's line of the table, which a toast may hide."""
    options = app.screen.query_one(ModelList).options
    return next(str(option.prompt) for option in options if title in str(option.prompt))


async def test_the_table(models: FakeModels) -> None:
    models.installed, models.partly, models.measured = (Q4,), (Q8,), {Q4: FAST}
    app = app_with(models, engine=EngineSettings(name="moshi"))
    async with running(app) as pilot:
        await opened(pilot)
        text = screen_text(app)
        assert "Apple M2 Pro, 16 GB shared memory · level 1" in text
        assert "● Moshiko q4" in text
        for words in ("5.19 GB", "installed", "yes: 59 ms of 80 ms", "CC-BY 4.0"):
            assert words in line_of(app, "Moshiko q4")
        assert "33 % here" in line_of(app, "Moshiko q8")
        assert "yes: 12.2 GB est." in line_of(app, "Moshiko q8")
        assert "no: needs 19.4 GB" in line_of(app, "Moshiko bf16")
        assert "unknown" in line_of(app, "PersonaPlex")
        assert "Moshi 7B, male voice. Licence: CC-BY 4.0. Measured here." in " ".join(text.split())
        await press(pilot, "escape")
        assert app.screen is main_screen(app)


async def test_a_download_shows_how_far_it_is_and_can_be_stopped(models: FakeModels) -> None:
    models.says({**PULLING, "rate": 31_000_000.0, "eta": 90.0, "unit": "bytes"}, "wait")
    app = app_with(models)
    async with running(app, (120, 36)) as pilot:
        await opened(pilot)
        await press(pilot, "p", "y")
        await settle(pilot, lambda: "31 MB/s" in screen_text(app))
        assert "2.40 GB of 5.19 GB, 31 MB/s, 1 min 30 s left" in screen_text(app)
        await press(pilot, "m", "d", "v")
        assert models.asked == [f"models pull {Q4} --json"], "one thing at a time"
        await press(pilot, "escape", "f10")
        assert "31 MB/s" in screen_text(app), "it goes on while the screen is closed"
        await press(pilot, "x")
        await rested(pilot)
        assert toasts(app) == ["Moshiko q4: stopped.\nWhat has come is kept; p goes on with it."]


async def test_what_fails_is_said_with_what_to_do(models: FakeModels) -> None:
    models.says({"error": "The hub at http://h is out of reach", "hint": "Check the network"})
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "p", "y")
        await rested(pilot)
        assert toasts(app) == ["The hub at http://h is out of reach\nCheck the network"]
        models.says("no JSON at all")
        await press(pilot, "m")
        await rested(pilot)
        assert toasts(app)[-1].startswith("It ended early, with code 0")


async def test_damage_is_found_and_can_be_mended(models: FakeModels) -> None:
    models.installed = (Q4,)
    file = {"name": "model.q4.safetensors", "bytes": 5, "good": False}
    models.says({"result": {"name": Q4, "ok": False, "files": [file]}})
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "p")
        assert app.state.models.work is None, "there is nothing to download"
        await press(pilot, "v")
        await rested(pilot)
        assert "damaged" in line_of(app, "Moshiko q4")
        models.says({"result": {"name": Q4}})
        await press(pilot, "p", "y")
        await rested(pilot)
        assert "installed" in line_of(app, "Moshiko q4")
        assert models.asked == [f"models verify {Q4} --json", f"models pull {Q4} --json"]


async def test_enter_downloads_what_is_not_here_and_says_what_is_under_way(models: FakeModels) -> None:
    models.says("wait")
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "enter", "enter")
        await settle(pilot, (models.folder / "waiting").exists)
        assert models.asked == [f"models pull {Q4} --json"]
        await press(pilot, "enter")
        assert toasts(app) == ["Moshiko q4 is being worked on\nx stops it."]
        await press(pilot, "x")
        await rested(pilot)


async def test_the_preflight_says_what_to_use(models: FakeModels) -> None:
    models.says({"result": {"advice": {"words": "Use the cascade (engine.name = cascade): too slow."}}})
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "down", "m")
        await rested(pilot)
        assert models.asked == [f"preflight --model {Q8} --json"]
        assert toasts(app) == ["Use the cascade (engine.name = cascade): too slow."]


async def test_the_engine_is_changed_here(models: FakeModels) -> None:
    models.installed = (Q4,)
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "down", "enter")
        assert "? Fits this machine: yes" in " ".join(screen_text(app).split())
        await press(pilot, "n", "up")
        assert app.state.settings.engine.name == "cascade", "what is not here cannot be used"
        await press(pilot, "enter")
        (change,) = (each for each in session_of(app).commands if isinstance(each, ChangeSettings))
        assert (change.settings.engine.name, change.settings.moshi.model) == ("moshi", Q4)
        await press(pilot, "enter")
        assert toasts(app)[-1].startswith("You talk with this model already")
        await press(pilot, "d")
        assert "You talk with this model now" in toasts(app)[-1]
        await press(pilot, "c")
        assert app.state.settings.engine.name == "cascade"


async def test_a_model_that_does_not_run_here_is_not_downloaded_by_enter(models: FakeModels) -> None:
    models.measured = dict.fromkeys((Q4, Q8), msgspec.structs.replace(FAST, step_ms=(150.0, 160.0)))
    models.says({"result": {}})
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "down", "enter")
        text = " ".join(screen_text(app).split())
        assert "It will not run on this machine (171 ms of 80 ms)" in text
        await press(pilot, "enter")
        assert "It will not run" not in screen_text(app)
        assert not (models.folder / "asked").exists()
        await press(pilot, "enter", "y")
        await rested(pilot)
        assert models.asked[-1].startswith("models pull")


async def test_removing_asks(models: FakeModels) -> None:
    place = hub_cache.place_of(Q4)
    (place / "blobs").mkdir(parents=True)
    (place / "blobs" / "x").write_bytes(bytes(2_000_000))
    models.installed = (Q4,)
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "d")
        assert "Delete this model (5.19 GB) from this machine?" in " ".join(screen_text(app).split())
        await press(pilot, "n", "d", "y")
        assert toasts(app) == ["Moshiko q4 is removed: 2 MB are free again."]
        assert not os.path.exists(place)  # noqa: ASYNC240, PTH110  # blockbuster does not mind this one


async def test_leaving_ends_what_is_under_way(models: FakeModels) -> None:
    models.says("wait")
    app = app_with(models)
    async with running(app) as pilot:
        await opened(pilot)
        await press(pilot, "p", "y")
        await settle(pilot, (models.folder / "waiting").exists)
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
    errand = app.models._errand
    assert errand is None or errand._process is None or errand._process.wait(5) != 0


async def test_a_real_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub", reason="needs huggingface_hub (the extra [mlx])")
    hub = FakeHub(Q4, {LM_FILES[4]: bytes(2_000_000), MIMI_FILE: bytes(50_000), TEXT_FILE: bytes(900)})
    with hub.serving() as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        keeping = ModelKeeping(FakeModels(tmp_path).look, (sys.executable, "-m", "voice_tui"))
        app = make_app(READY, models=keeping)
        async with running(app) as pilot:
            await opened(pilot)
            await press(pilot, "p", "y")
            await rested(pilot)
            assert toasts(app) == ["Moshiko q4 is here, and whole.\nEnter in the list of models uses it."]
            assert "installed" in line_of(app, "Moshiko q4")


async def test_without_a_keeper_it_says_so() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f10")
        assert "Models are not looked after here" in screen_text(app)
        await press(pilot, "p", "d", "enter")
        assert isinstance(app.screen, ModelsScreen)


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 12)])
async def test_no_size_breaks_it(models: FakeModels, size: tuple[int, int]) -> None:
    app = app_with(models)
    async with running(app, size) as pilot:
        await opened(pilot)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert "Moshiko q4" in screen_text(app)


def test_the_fake_speaks_as_the_command_does() -> None:
    """What the screen is tested with has the fields of a real report."""
    import msgspec

    from voice_tui.models.progress import Progress

    assert set(PULLING) <= set(msgspec.to_builtins(Progress("p", 1, 2)))
    assert json.dumps(PULLING)
