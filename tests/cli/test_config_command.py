"""`voice-tui config`: where the file is, what holds and why, what is wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from voice_tui import cli, config
from voice_tui.schema import default_toml, settings_schema

BROKEN = "[audio]\nvolume = 9\nblok_samples = 1\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text("[ui]\ntheme = 'nord'\n")
    return path


def run(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, str]:
    code = cli.main([str(word) for word in ("config", *argv)])
    return code, capsys.readouterr().out


def test_path_is_the_users_own_or_the_named_one(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert run(capsys, "path") == (0, f"{config.user_path()}\n")
    assert run(capsys, "path", "--config", file) == (0, f"{file}\n")
    assert json.loads(run(capsys, "path", "--json")[1]) == {"path": str(config.user_path()), "exists": False}


def test_path_works_while_the_settings_are_wrong(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text(BROKEN)
    assert run(capsys, "path", "--config", file) == (0, f"{file}\n")


def test_show_names_the_origin_of_every_value(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_TUI_LLM_MODEL", "tiny")
    code, out = run(capsys, "show", "--config", file, "--set", "audio.volume=0.5")
    lines = {line.partition(" = ")[0]: line for line in out.splitlines()}
    assert code == 0
    assert list(lines) == [setting.path for setting in settings_schema()]
    assert lines["ui.theme"].endswith(f"# file: {file}, line 2")
    assert lines["llm.model"].endswith("# env: VOICE_TUI_LLM_MODEL")
    assert lines["audio.volume"].endswith("# flag: --set audio.volume")
    assert lines["audio.input"].endswith("# default")


def test_show_as_json(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    shown = json.loads(run(capsys, "show", "--json", "--config", file)[1])
    theme = shown["ui.theme"]
    assert (theme["value"], theme["default"], theme["source"]) == ("nord", "textual-dark", "file")
    assert set(shown) == {setting.path for setting in settings_schema()}


def test_show_default_is_a_whole_config_toml(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "show", "--default") == (0, default_toml())


def test_validate_passes_what_is_right(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    assert run(capsys, "validate", "--config", file) == (0, f"{file}: no problems\n")
    assert run(capsys, "validate")[0] == 0


def test_validate_names_everything_that_is_wrong(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text(BROKEN)
    code, out = run(capsys, "validate", "--config", file)
    assert code == 1
    assert f"from 0 to 2, got 9 - at `$.audio.volume` [{file}, line 2]" in out
    assert "Did you mean `audio.block_samples`?" in out
    assert out.endswith(f"{file}: 2 wrong\n")
    code, out = run(capsys, "validate", "--json", "--config", file)
    found = json.loads(out)["problems"]
    assert (code, len(found)) == (1, 2)
    assert found[1]["hint"] == "Did you mean `audio.block_samples`?"


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_voice_that_is_not_there_is_a_problem(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text("[tts]\nvoice = 'eng-us'\n")
    code, out = run(capsys, "validate", "--config", file)
    assert code == 1
    assert f"There is no voice 'eng-us' - at `$.tts.voice` [{file}, line 2]" in out and "en-us," in out
