"""Where values come from, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice_tui import config
from voice_tui.config import Origin
from voice_tui.errors import ConfigError
from voice_tui.schema import settings_schema
from voice_tui.settings import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(file: Path | None = None, flags: list[tuple[str, str]] | None = None, **environment: str) -> config.Config:
    return config.load(flags or [], file=file, environment=environment)


def problems(text: str, file: Path, flags: list[tuple[str, str]] | None = None, **environment: str) -> list[str]:
    file.write_text(text, encoding="utf-8")
    _, found = config.examine(flags or [], file=file, environment=environment)
    return [str(problem) for problem in found]


def test_without_anything_the_defaults_hold() -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert loaded.origin("audio.volume") == Origin("default")
    assert loaded.file == config.user_path()


def test_flag_beats_environment_beats_file_beats_default(file: Path) -> None:
    file.write_text("[audio]\nvolume = 0.1\nblock_samples = 240\ninput = 'USB'\n")
    loaded = load(file, [("audio.volume", "0.3")], VOICE_TUI_AUDIO_VOLUME="0.2", VOICE_TUI_AUDIO_BLOCK_SAMPLES="960")
    assert loaded.settings.audio.volume == 0.3
    assert loaded.settings.audio.block_samples == 960
    assert loaded.settings.audio.input == "USB"
    assert loaded.settings.audio.output == ""
    assert loaded.origin("audio.volume") == Origin("flag", "--set audio.volume")
    assert loaded.origin("audio.block_samples") == Origin("env", "VOICE_TUI_AUDIO_BLOCK_SAMPLES")
    assert loaded.origin("audio.input") == Origin("file", f"{file}, line 4")
    assert loaded.origin("audio.output") == Origin("default")


def test_of_two_flags_the_later_wins() -> None:
    assert load(None, [("audio.volume", "0.3"), ("audio.volume", "0.4")]).value("audio.volume") == 0.4


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("YES", True), ("on", True), ("1", True), ("false", False), ("0", False)]
)
def test_switches_in_the_environment(text: str, value: bool) -> None:
    assert load(None, [], VOICE_TUI_UI_METRICS=text).settings.ui.metrics is value


def test_a_whole_number_is_accepted_for_a_decimal_one(file: Path) -> None:
    file.write_text("[audio]\nvolume = 1\n")
    value = load(file).settings.audio.volume
    assert (value, type(value)) == (1.0, float)


def test_user_file_is_found_in_the_config_folder() -> None:
    user = config.user_path()
    user.parent.mkdir(parents=True)
    user.write_text("[ui]\ntheme = 'nord'\n")
    assert load().settings.ui.theme == "nord"


def test_config_variable_names_another_file_and_the_flag_beats_it(file: Path, tmp_path: Path) -> None:
    file.write_text("[ui]\ntheme = 'nord'\n")
    other = tmp_path / "other.toml"
    other.write_text("[ui]\ntheme = 'gruvbox'\n")
    assert load(None, [], VOICE_TUI_CONFIG=str(file)).settings.ui.theme == "nord"
    assert load(other, [], VOICE_TUI_CONFIG=str(file)).settings.ui.theme == "gruvbox"


@pytest.mark.parametrize("by", ["flag", "variable"])
def test_a_named_file_that_is_not_there_is_an_error(by: str, file: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no file .*config\.toml") as error:
        load(file if by == "flag" else None, [], **({} if by == "flag" else {"VOICE_TUI_CONFIG": str(file)}))
    assert "VOICE_TUI_CONFIG" in error.value.hint


def test_wrong_type_names_path_file_and_line(file: Path) -> None:
    (found,) = problems('# mine\n[audio]\nblock_samples = "480"\n', file)
    assert found == f"Expected `int`, got `str` - at `$.audio.block_samples` [{file}, line 3]"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[audio]\nblock_samples = 5", "Expected `int` from 120 to 1920, got 5 - at `$.audio.block_samples`"),
        ("[audio]\nvolume = nan", "Expected `float` from 0 to 2, got NaN - at `$.audio.volume`"),
        ("[audio]\nvolume = -inf", "Expected `float` from 0 to 2, got -Infinity - at `$.audio.volume`"),
        ("[audio]\nvolume = true", "Expected `float`, got `bool` - at `$.audio.volume`"),
        ("[turns]\nmode = 'close'", 'Expected one of "open", "push", got "close" - at `$.turns.mode`'),
        ("[ui]\nmetrics = 1", "Expected `bool`, got `int` - at `$.ui.metrics`"),
        ("[ui]\ntheme = 2020-01-01", "Expected `str`, got `date` - at `$.ui.theme`"),
        ("[audio.volume]\nx = 1", "Expected `float`, got `object` - at `$.audio.volume`"),
        ("audio = 3", "Expected a table [audio] - at `$.audio`"),
        ("[[audio]]\nvolume = 1", "Expected a table [audio] - at `$.audio`"),
    ],
)
def test_wrong_values_say_what_was_expected(line: str, expected: str, file: Path) -> None:
    (found,) = problems(line, file)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[audio]\nblok_samples = 480", "Unknown setting - at `$.audio.blok_samples`"),
        ("[audio]\nprovider = 'x'", "Did you mean"),
        ("[audoi]\nvolume = 1", "Unknown section or setting - at `$.audoi`"),
        ("[audoi]\nvolume = 1", "Did you mean `[audio]`?"),
        ("volume = 1", "Did you mean `audio.volume`?"),
        ("[audio]\nblok_samples = 480", "Did you mean `audio.block_samples`?"),
    ],
)
def test_unknown_keys_get_a_suggestion(text: str, expected: str, file: Path) -> None:
    (found,) = problems(text, file)
    assert expected in found


def test_all_problems_are_told_at_once(file: Path) -> None:
    found = problems(
        "[audio]\nvolume = 9\n[tts]\nvoise = 'a'\n",
        file,
        [("ui.theme", "nord"), ("stt.provider", "whispr")],
        VOICE_TUI_LLM_RETRIES="many",
        VOICE_TUI_AUDIO_VOLUM="1",
        VOICE_TUI_ELSEWHERE="ignored",
    )
    assert len(found) == 5
    text = "\n".join(found)
    assert "Expected `int` from 0 to 5, got 'many' - at `$.llm.retries` [VOICE_TUI_LLM_RETRIES]" in text
    assert "Unknown environment variable VOICE_TUI_AUDIO_VOLUM [environment]" in text
    assert "Did you mean VOICE_TUI_AUDIO_VOLUME?" in text
    assert 'Expected one of "pocketsphinx"' in text
    with pytest.raises(ConfigError) as error:
        config.load(file=file, environment={"VOICE_TUI_LLM_RETRIES": "many"})
    assert error.value.message.startswith("3 settings are wrong:\n  ")


def test_what_is_right_stays_in_force_beside_what_is_wrong(file: Path) -> None:
    file.write_text("[audio]\nvolume = 9\ninput = 'USB'\n")
    loaded, found = config.examine(file=file, environment={})
    assert len(found) == 1
    assert (loaded.settings.audio.volume, loaded.settings.audio.input) == (1.0, "USB")
    assert loaded.origin("audio.volume") == Origin("default")


def test_broken_toml_names_file_and_line(file: Path) -> None:
    (found,) = problems("[audio]\nvolume = = 1\n", file)
    assert str(file) in found
    assert "line 2" in found


def test_binary_file_and_folder_are_said_clearly(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(file)
    with pytest.raises(ConfigError, match="Cannot read"):
        load(tmp_path)


def test_every_setting_can_be_set_by_its_variable() -> None:
    for setting in settings_schema():
        text = str(setting.default).lower() if setting.kind == "switch" else str(setting.default)
        loaded = load(None, [], **{setting.variable: text})
        assert loaded.value(setting.path) == setting.default
        assert loaded.origin(setting.path).source == "env"
