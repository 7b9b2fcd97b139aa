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
    assert f"audio.volume must be a number from 0 to 2, not 9 [{file}, line 2]" in out
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
    assert f"tts.voice: There is no voice 'eng-us' [{file}, line 2]" in out and "en-us," in out


MINE = "# mine\n[audio]  # sound\nvolume = 0.5  # soft\n"


@pytest.mark.parametrize(
    ("key", "text", "written"),
    [
        ("audio.volume", "0.8", "volume = 0.8  # soft"),
        ("audio.block_samples", "960", "block_samples = 960"),
        ("ui.memory", "off", "memory = false"),
        ("turns.mode", "push", 'mode = "push"'),
        ("llm.model", "qwen3", 'model = "qwen3"'),
    ],
)
def test_set_writes_what_get_reads_and_unset_takes_out(
    capsys: pytest.CaptureFixture[str], file: Path, key: str, text: str, written: str
) -> None:
    file.write_text(MINE)
    before = run(capsys, "get", key, "--config", file)
    code, out = run(capsys, "set", key, text, "--config", file)
    assert code == 0
    assert out.startswith(f"{key} = ")
    assert f"# file: {file}, line" in out
    assert written in file.read_text()
    assert "# mine\n[audio]  # sound\n" in file.read_text()
    assert run(capsys, "get", key, "--config", file) == (0, "false\n" if text == "off" else f"{text}\n")
    assert run(capsys, "unset", key, "--config", file)[0] == 0
    assert run(capsys, "get", key, "--config", file)[1] == ("1.0\n" if key == "audio.volume" else before[1])


def test_set_makes_the_users_own_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "unset", "ui.theme")[0] == 0
    assert not config.user_path().exists()
    code, out = run(capsys, "set", "ui.theme", "nord", "--json")
    assert (code, json.loads(out)["value"], json.loads(out)["source"]) == (0, "nord", "file")
    assert json.loads(run(capsys, "get", "ui.theme", "--json")[1])["where"].startswith(str(config.user_path()))


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["set", "audio.volume", "9"], "audio.volume cannot be '9'\n  A number from 0 to 2, please."),
        (["set", "audio.volume", "loud"], "audio.volume cannot be 'loud'\n  A number from 0 to 2, please."),
        (["set", "turns.mode", "shut"], "turns.mode cannot be 'shut'\n  One of these, please: open, push."),
        (["set", "ui.memory", "perhaps"], "ui.memory cannot be 'perhaps'\n  On or off, please."),
        (["set", "llm.base_url", "localhost"], "llm.base_url cannot be 'localhost'\n  A text like this, please: http"),
        (["set", "audio.volum", "1"], "There is no setting 'audio.volum'\n  Did you mean `audio.volume`?"),
        (["get", "volume"], "There is no setting 'volume'\n  Did you mean `audio.volume`?"),
        (["unset", "x.y"], "There is no setting 'x.y'\n  `voice-tui config show` lists the settings."),
    ],
)
def test_what_is_refused_is_said_in_one_sentence_and_the_file_stays(
    capsys: pytest.CaptureFixture[str], file: Path, argv: list[str], complaint: str
) -> None:
    file.write_text(MINE)
    assert cli.main(["config", *argv, "--config", str(file)]) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err.startswith(f"voice-tui: {complaint}")) == ("", True), captured.err
    assert file.read_text() == MINE
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_voice_that_is_not_there_is_not_set(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    before = file.read_bytes()
    assert cli.main(["config", "set", "tts.voice", "eng-us", "--config", str(file)]) == 1
    assert "There is no voice 'eng-us'" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_wrong_file_can_be_mended_with_set(capsys: pytest.CaptureFixture[str], file: Path) -> None:
    file.write_text("[audio]\nvolume = 9\n")
    assert run(capsys, "set", "audio.volume", "1", "--config", file)[0] == 0
    assert run(capsys, "validate", "--config", file)[0] == 0


def test_set_says_what_wins_over_the_file(
    capsys: pytest.CaptureFixture[str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_TUI_AUDIO_VOLUME", "1.5")
    code, out = run(capsys, "set", "audio.volume", "0.8", "--config", file)
    assert (code, "volume = 0.8" in file.read_text()) == (0, True)
    assert out.endswith(f"VOICE_TUI_AUDIO_VOLUME wins over {file}, where it was changed.\n")


@pytest.mark.parametrize("argv", [("set", "audio.volume", "1"), ("unset", "audio.volume")])
def test_without_a_file_nothing_is_written(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", *argv, "--no-config"]) == 1
    assert "nothing to write into" in capsys.readouterr().err
