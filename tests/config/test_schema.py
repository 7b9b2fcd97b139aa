"""The list of settings, and config.toml made from it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_tui import config
from voice_tui.schema import (
    Setting,
    by_path,
    default_toml,
    differing,
    replaced,
    section_texts,
    settings_schema,
)
from voice_tui.settings import Settings

ROOT = Path(__file__).parents[2]


def test_config_toml_of_the_project_is_the_schema() -> None:
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert text == default_toml(), "run: voice-tui config show --default > config.toml"


def test_default_toml_loads_to_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(default_toml(), encoding="utf-8")
    loaded = config.load(file=file, environment={})
    assert loaded.settings == Settings()
    assert all(loaded.origin(setting.path).source == "file" for setting in settings_schema())


def test_default_toml_has_every_setting_under_a_comment() -> None:
    lines = default_toml().splitlines()
    for setting in settings_schema():
        places = [number for number, line in enumerate(lines) if line.startswith(f"{setting.name} = ")]
        assert places
        assert all(lines[number - 1].startswith("# ") for number in places)
    assert sum(len(section) for section in tomllib.loads(default_toml()).values()) == len(settings_schema())


@pytest.mark.parametrize("setting", settings_schema(), ids=lambda setting: setting.path)
def test_every_setting_says_what_it_is_and_accepts_its_default(setting: Setting) -> None:
    assert setting.description.endswith((".", ")"))
    assert setting.check(setting.default) == setting.default
    assert (setting.minimum is None) == (setting.maximum is None)
    assert setting.kind not in ("integer", "number") or setting.minimum is not None, "a number needs bounds"
    assert section_texts()[setting.section].endswith(".")


def test_bounds_are_inclusive_and_hold() -> None:
    volume = by_path()["audio.volume"]
    assert [volume.check(value) for value in (0, 2)] == [0.0, 2.0]
    for value in (-0.001, 2.001):
        with pytest.raises(ValueError, match="from 0 to 2"):
            volume.check(value)


@given(st.sampled_from(settings_schema()), st.text())
def test_any_text_is_parsed_within_bounds_or_refused(setting: Setting, text: str) -> None:
    try:
        value = setting.parse(text)
    except ValueError as e:
        assert "must be" in str(e)
        return
    assert setting.check(value) == value
    assert isinstance(value, type(setting.default))


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("audio.volume", "A number from 0 to 2, please."),
        ("audio.block_samples", "A whole number from 120 to 1920, please."),
        ("turns.mode", "One of these, please: open, push."),
        ("ui.metrics", "On or off, please."),
        ("llm.base_url", "A text like this, please: http://127.0.0.1:11434/v1"),
        ("llm.model", "A text, please."),
    ],
)
def test_what_is_wanted_is_one_plain_sentence(path: str, wanted: str) -> None:
    assert by_path()[path].wanted == wanted


def test_a_web_address_must_look_like_one() -> None:
    address = by_path()["llm.base_url"]
    for good in ("", "http://localhost:1234/v1", "https://example.org/api"):
        assert address.check(good) == good
    for bad in ("localhost", "ftp://x", "http://a b"):
        with pytest.raises(ValueError, match="must be a text such as"):
            address.check(bad)


def test_two_settings_are_told_apart_and_values_replaced_by_path() -> None:
    changed = replaced(Settings(), {"audio.volume": 0.5, "turns.mode": "push"})
    assert (changed.audio.volume, changed.turns.mode) == (0.5, "push")
    assert differing(Settings(), changed) == ("audio.volume", "turns.mode")
    assert differing(changed, changed) == ()
