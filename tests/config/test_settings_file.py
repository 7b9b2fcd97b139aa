"""The person's file, changed while the app runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice_tui.config import SettingsFile
from voice_tui.errors import ConfigError

TEXT = """\
# mine
[audio]
volume = 0.5  # soft
"""


def test_a_change_is_written_with_comments_kept_and_read_back_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    kept = SettingsFile(file=file, environment={})
    config = kept.change({"audio.volume": 0.7, "turns.mode": "push"})
    assert (config.settings.audio.volume, config.settings.turns.mode) == (0.7, "push")
    assert config.origin("turns.mode").source == "file"
    assert kept.config is config
    assert "# mine" in file.read_text()
    assert "volume = 0.7  # soft" in file.read_text()


def test_none_takes_it_back_to_the_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    config = SettingsFile(file=file, environment={}).change({"audio.volume": None})
    assert config.settings.audio.volume == 1.0
    assert config.origin("audio.volume").source == "default"


def test_flags_and_environment_stay_above_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    kept = SettingsFile([("audio.volume", "1.5")], file=file, environment={"VOICE_TUI_TURNS_MODE": "push"})
    config = kept.change({"audio.volume": 0.7, "turns.mode": "open"})
    assert (config.settings.audio.volume, config.settings.turns.mode) == (1.5, "push")
    assert [config.origin(path).source for path in ("audio.volume", "turns.mode")] == ["flag", "env"]


def test_a_file_that_went_wrong_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    kept = SettingsFile(file=file, environment={})
    before = kept.config
    for wrong in ("[audio\n", "[audio]\nvolume = 9\n"):
        file.write_text(wrong)
        with pytest.raises(ConfigError):
            kept.change({"turns.mode": "push"})
        assert file.read_text() == wrong
        assert kept.config is before


def test_a_file_that_is_not_there_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new" / "config.toml"
    monkeypatch.setattr("voice_tui.config.user_path", lambda: file)
    assert SettingsFile(environment={}).change({"turns.mode": "push"}).settings.turns.mode == "push"
    assert "turns" in file.read_text()


@pytest.mark.parametrize("text", [None, "", TEXT, "[audio]\r\nvolume = 0.50\r\n", "[ui]\n\n\n[turns]  # nothing yet"])
def test_what_is_taken_back_leaves_the_file_as_it_was_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    file = tmp_path / "config.toml"
    monkeypatch.setattr("voice_tui.config.user_path", lambda: file)
    if text is not None:
        file.write_bytes(text.encode())
    kept = SettingsFile(environment={})
    was = kept.config.origin("audio.volume").source == "file"
    kept.change({"audio.volume": 0.9, "llm.base_url": "http://x:0/v1"})
    config = kept.take_back({"audio.volume": 0.5 if was else None, "llm.base_url": None})
    assert (file.read_bytes().decode() if file.exists() else None) == text
    assert config.settings.llm.base_url == ""


def test_taking_back_keeps_what_was_changed_before_after_and_with_it(tmp_path: Path) -> None:
    file, other = tmp_path / "config.toml", tmp_path / "other.toml"
    for path in (file, other):
        path.write_text(TEXT)
    kept, without = (SettingsFile(file=path, environment={}) for path in (file, other))
    kept.change({"turns.mode": "push"})
    kept.change({"llm.base_url": "http://x:0/v1", "llm.model": "x"})
    kept.change({"ui.theme": "nord"})
    kept.take_back({"llm.base_url": None})
    for changes in ({"turns.mode": "push"}, {"llm.model": "x"}, {"ui.theme": "nord"}):
        without.change(changes)
    assert file.read_text() == other.read_text()


def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(TEXT)
    kept = SettingsFile(file=file, environment={})
    kept.change({"audio.volume": 0.9})
    file.write_text(file.read_text() + '[ui]\ntheme = "nord"\n')
    config = kept.take_back({"audio.volume": 0.5})
    assert file.read_text() == TEXT + '[ui]\ntheme = "nord"\n'
    assert config.settings.audio.volume == 0.5


def test_resetting_what_is_not_there_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    monkeypatch.setattr("voice_tui.config.user_path", lambda: file)
    SettingsFile(environment={}).change({"turns.mode": None})
    assert not file.exists()
