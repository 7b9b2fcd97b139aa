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
    assert found == f'audio.block_samples must be a whole number from 120 to 1920, not "480" [{file}, line 3]'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[audio]\nblock_samples = 5", "audio.block_samples must be a whole number from 120 to 1920, not 5 ["),
        ("[audio]\nvolume = nan", "audio.volume must be a number from 0 to 2, not nan ["),
        ("[audio]\nvolume = -inf", "audio.volume must be a number from 0 to 2, not -inf ["),
        ("[audio]\nvolume = true", "audio.volume must be a number from 0 to 2, not true ["),
        ("[turns]\nmode = 'close'", 'turns.mode must be one of "open", "push", not "close" ['),
        ("[ui]\nmetrics = 1", "ui.metrics must be true or false, not 1 ["),
        ("[ui]\ntheme = 2020-01-01", "ui.theme must be a text, not 2020-01-01 ["),
        ("[audio.volume]\nx = 1", "audio.volume must be a number from 0 to 2, not a table ["),
        ("audio = 3", "audio must be a section with a line [audio], not 3 ["),
        ("[[audio]]\nvolume = 1", "audio must be a section with a line [audio], not a list ["),
    ],
)
def test_wrong_values_say_what_was_expected(line: str, expected: str, file: Path) -> None:
    (found,) = problems(line, file)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[audio]\nblok_samples = 480", "There is no setting called audio.blok_samples"),
        ("[audio]\nprovider = 'x'", "Did you mean"),
        ("[audoi]\nvolume = 1", "There is no section or setting called audoi"),
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
    assert 'llm.retries must be a whole number from 0 to 5, not "many" [VOICE_TUI_LLM_RETRIES]' in text
    assert "Unknown environment variable VOICE_TUI_AUDIO_VOLUM [environment]" in text
    assert "Did you mean VOICE_TUI_AUDIO_VOLUME?" in text
    assert 'stt.provider must be one of "pocketsphinx"' in text
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
    assert found == f"{file}, line 2 cannot be understood: `volume = = 1`: Invalid value (Correct it there)"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[audio]\nvolume = 'loud'", """audio.volume must be a number from 0 to 2, not "loud" [{file}, line 2]"""),
        (b"[audio]\nvolume = = 1", "{file}, line 2 cannot be understood: `volume = = 1`: Invalid value"),
        (b"[audio]\ninput = [1,", "{file} cannot be understood: "),
        ("[ui]\ntheme = 'Grün'".encode("latin-1"), "{file}, line 2: this is not UTF-8 text"),
        (b"[audoi]\nx = 1\n[ui]\nmetrics = 1", "2 settings are wrong:"),
    ],
)
def test_an_unusable_file_says_how_to_go_on_without_it(content: bytes, said: str, file: Path) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load(file)
    assert error.value.message.startswith(said.format(file=file))
    assert "$." not in error.value.message and "`int`" not in error.value.message
    assert "voice-tui --no-config" in error.value.hint and "ARGS=--no-config" in error.value.hint
    assert load(config.NO_FILE).settings == Settings()


def test_leaving_the_file_out_is_no_way_on_where_it_is_not_what_is_wrong(file: Path) -> None:
    file.write_text("[audio]\nvolume = 9\n")
    with pytest.raises(ConfigError) as error:
        load(file, [], VOICE_TUI_LLM_RETRIES="many")
    assert "--no-config" not in error.value.hint


def test_a_long_wrong_value_is_cut(file: Path) -> None:
    (found,) = problems(f"[ui]\nmetrics = '{'x' * 9000}'", file)
    assert len(found) < 300


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
