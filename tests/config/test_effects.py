"""No setting without effect: every one in the schema is walked, and what it does is seen."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.config.effects import EFFECTS, ears_made, memory_opened, recording_folder
from tests.tui.driving import main_screen, make_app, running
from voice_tui import logs
from voice_tui.schema import by_path, replaced, settings_schema
from voice_tui.settings import MoshiSettings, Settings
from voice_tui.tui.widgets.memories import MemoryPane
from voice_tui.tui.widgets.metrics import MetricsPane


@pytest.mark.parametrize("path", EFFECTS)
def test_two_values_differ(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_TUI_TEST_KEY", "sk-test")
    effect = EFFECTS[path]
    for value in (effect.one, effect.other):
        assert by_path()[path].check(value) == value
    one = effect.of(path, effect.one, tmp_path / "one")
    assert one != effect.of(path, effect.other, tmp_path / "other")
    assert one == effect.of(path, effect.one, tmp_path / "again"), "what differs must be the setting's doing"


def provider_of_the_ears(tmp_path: Path) -> None:
    """There is one choice; it is what listens, and every choice can be made."""
    for provider in by_path()["stt.provider"].choices:
        assert ears_made(replaced(Settings(), {"stt.provider": provider}), tmp_path) == provider


def place_of_the_memory(tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        assert memory_opened(replaced(Settings(), {"memory.path": str(tmp_path / name)}), tmp_path) == tmp_path / name


def place_of_the_recordings(tmp_path: Path) -> None:
    settings = replaced(Settings(), {"memory.path": str(tmp_path / "m.db"), "recordings.enabled": True})
    for name, wanted in (("first", [True, False]), ("second", [True, True])):
        folder = tmp_path / f"own-{name}"
        folder.mkdir()
        assert recording_folder(replaced(settings, {"recordings.path": str(tmp_path / name)}), folder) == wanted


def level_of_the_log(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = root.level
    try:
        for level, wanted in (("error", []), ("info", ["a fact"])):
            file = tmp_path / f"{level}.log"
            logs.set_up(level, path=file)  # type: ignore[arg-type]
            logging.getLogger("voice_tui.test").info("a fact")
            assert [line for line in wanted if line in file.read_text()] == wanted
            assert ("a fact" in file.read_text()) == bool(wanted)
    finally:
        logs.set_up("info", path=tmp_path / "last.log")
        root.setLevel(before)


def words_of_the_user(tmp_path: Path) -> None:
    """The ears are made only where a transcript is wanted."""
    pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx])")
    from tests.engine.moshi.checkpoints import MICRO, mimi_file, write_micro
    from voice_tui.engine.moshi.factory import make_moshi

    folder = write_micro(tmp_path / "model", MICRO | {"card": 2048})
    (folder / mimi_file().name).unlink()
    (folder / mimi_file().name).symlink_to(mimi_file())

    class WantedError(Exception):
        pass

    def ears() -> Any:
        raise WantedError

    quiet = MoshiSettings(model=str(folder), transcribe=False)
    make_moshi(quiet, inline=True, ears=ears).close()
    with pytest.raises(WantedError):
        make_moshi(MoshiSettings(model=str(folder)), inline=True, ears=ears)


OTHERS: dict[str, Callable[[Path], None]] = {
    "stt.provider": provider_of_the_ears,
    "moshi.transcribe": words_of_the_user,
    "memory.path": place_of_the_memory,
    "recordings.path": place_of_the_recordings,
    "log.level": level_of_the_log,
}


@pytest.mark.parametrize("path", OTHERS)
def test_others(path: str, tmp_path: Path) -> None:
    OTHERS[path](tmp_path)


LOOK: dict[str, tuple[object, object, Callable[..., object]]] = {
    "ui.theme": ("textual-light", "nord", lambda app: app.theme),
    "ui.metrics": (True, False, lambda app: main_screen(app).query_one(MetricsPane).display),
    "ui.memory": (True, False, lambda app: main_screen(app).query_one(MemoryPane).display),
}


@pytest.mark.parametrize("path", LOOK)
async def test_the_look(path: str) -> None:
    one, other, shown = LOOK[path]
    for first, second in ((one, other), (other, one)):
        app = make_app(settings=replaced(Settings(), {path: first}))  # type: ignore[dict-item]
        async with running(app, (120, 36)):
            assert shown(app) == first
            app.change_settings({path: second})  # type: ignore[dict-item]
            assert shown(app) == second, "at once"


def test_none_is_left_out() -> None:
    tested = [*EFFECTS, *OTHERS, *LOOK]
    assert sorted(tested) == sorted(setting.path for setting in settings_schema())
