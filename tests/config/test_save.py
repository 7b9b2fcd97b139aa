"""Saving single settings: comments stay, the file is never half written, a broken one never overwritten."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voice_tui import config
from voice_tui.errors import ConfigError
from voice_tui.schema import Setting, Value, by_path, default_toml, remarks, settings_schema

MINE = """\
# my settings
title_of_nothing = 1  # unknown, but mine

[audio]  # sound
# the good microphone
input = "USB"  # in the drawer
volume=0.5

[ui]
theme = 'nord'
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_only_the_changed_value_changes(file: Path) -> None:
    config.save(file, {"audio.input": "Laptop", "ui.theme": "gruvbox"})
    assert file.read_text() == MINE.replace('"USB"', '"Laptop"').replace("'nord'", '"gruvbox"')


def test_new_setting_comes_with_its_comment(file: Path) -> None:
    config.save(file, {"audio.block_samples": 960, "turns.mode": "push"})
    text = file.read_text()
    assert text.startswith(MINE.split("[ui]")[0].rstrip())
    assert "# Samples per device block" in text
    loaded = tomllib.loads(text)
    assert loaded["audio"] == {"input": "USB", "volume": 0.5, "block_samples": 960}
    assert loaded["turns"] == {"mode": "push"}


def test_none_takes_a_setting_out(file: Path) -> None:
    config.save(file, {"audio.volume": None, "llm.model": None, "ui.metrics": None})
    assert tomllib.loads(file.read_text())["audio"] == {"input": "USB"}
    assert "# the good microphone" in file.read_text()
    assert "llm" not in file.read_text()


LEFT_ALONE = MINE.replace("volume=0.5", f"# {remarks(by_path()['audio.block_samples'])[0]}\nvolume=0.5")


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (MINE, {"audio.block_samples": 960, "ui.metrics": False}),
        (MINE, {"audio.echo": "off", "audio.output": "USB"}),
        (default_toml().replace("\nvolume = 1.0\n", "\n"), {"audio.volume": 1.5}),
        ("audio = {input = 'USB'}\n", {"audio.volume": 1.5}),
    ],
)
def test_set_and_reset_again_and_again_the_file_is_as_before(
    file: Path, before: str, changes: dict[str, Value]
) -> None:
    file.write_text(before)
    texts = []
    for _ in range(2):
        config.save(file, changes)
        texts.append(file.read_text())
        config.save(file, dict.fromkeys(changes))
    assert texts[0] == texts[1]
    if "= {" in before:
        assert tomllib.loads(file.read_text()) == tomllib.loads(before)
    elif before == MINE:
        assert file.read_text() == before
    for path in changes:
        comment = "\n".join(f"# {line}" for line in remarks(by_path()[path]))
        assert texts[0].count(comment) == ("= {" not in before)
        assert file.read_text().count(comment) == 0


def test_a_comment_that_was_left_alone_is_not_written_twice(file: Path) -> None:
    file.write_text(LEFT_ALONE)
    config.save(file, {"audio.block_samples": 960})
    text = file.read_text()
    assert text.count("# Samples per device block") == 1
    assert f"volume=0.5\n# {remarks(by_path()['audio.block_samples'])[0]}\nblock_samples = 960\n" in text


def test_words_about_the_next_section_stay_at_its_head(file: Path) -> None:
    file.write_text(default_toml())
    config.save(file, {"audio.volume": None})
    assert "# Gain of" not in file.read_text()
    config.save(file, {"audio.volume": 1.5})
    assert "volume = 1.5\n\n\n# When you have finished speaking, and when you interrupt.\n[turns]\n" in file.read_text()


def test_without_a_file_one_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"
    config.save(path, {"ui.theme": "nord"})
    assert config.load(file=path, environment={}).settings.ui.theme == "nord"
    assert "# Name of a Textual theme.\ntheme" in path.read_text()


def test_wrong_value_or_path_is_refused_and_nothing_written(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"^audio\.volume must be a number from 0 to 2, not 7"):
        config.save(file, {"ui.theme": "gruvbox", "audio.volume": 7})
    with pytest.raises(ConfigError, match=r"no setting `audio.volum`") as error:
        config.save(file, {"audio.volum": 1})
    assert error.value.hint == "Did you mean `audio.volume`?"
    assert file.read_text() == MINE


def test_a_broken_file_is_left_as_it_is(file: Path) -> None:
    broken = "[audio\nvolume = 1\n"
    file.write_text(broken)
    with pytest.raises(ConfigError, match="line 1 cannot be understood"):
        config.save(file, {"audio.volume": 1.5})
    assert file.read_text() == broken


def test_permissions_stay_and_no_scrap_is_left(file: Path) -> None:
    file.chmod(0o640)
    config.save(file, {"audio.volume": 1.5})
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_a_symbolic_link_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    config.save(link, {"audio.volume": 1.5})
    assert link.is_symlink()
    assert tomllib.loads(file.read_text())["audio"]["volume"] == 1.5


def test_where_no_file_can_be_the_error_says_so(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"Cannot write .*config\.toml/below/config\.toml"):
        config.save(file / "below" / "config.toml", {"audio.volume": 1.5})
    assert file.read_text() == MINE


def test_read_only_file_is_respected() -> None:
    """Run as somebody whom permissions bind: root may write everywhere."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        file = Path(folder) / "config.toml"
        file.write_text(MINE)
        file.chmod(0o444)
        code = _save_code(file, "import os\nif os.getuid() == 0: os.setuid(65534)")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
        assert f"Cannot write {file}: the file is read-only" in done.stderr
        assert file.read_text() == MINE


def _save_code(file: Path, prelude: str = "") -> str:
    return (
        "from pathlib import Path\nimport tomlkit\nfrom voice_tui import config, config_file\n"
        f"{prelude}\nconfig.save(Path({str(file)!r}), {{'audio.volume': 1.5}})\n"
    )


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_killed_during_a_save_the_old_file_is_whole(step: str, file: Path) -> None:
    """SIGKILL comes right before the new text is synced, or right before it takes the place of the old."""
    die = "lambda *_: os.kill(os.getpid(), 9)"
    prelude = f"import os\n{'os.fsync' if step == 'fsync' else 'Path.replace'} = {die}"
    done = subprocess.run([sys.executable, "-c", _save_code(file, prelude)], capture_output=True, timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert file.read_text() == MINE
    config.save(file, {"audio.volume": 1.0})  # the scrap of the dead one is in nobody's way
    assert tomllib.loads(file.read_text())["audio"]["volume"] == 1.0


def test_disk_error_while_writing_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        config.save(file, {"audio.volume": 1.5})
    assert file.read_text() == MINE
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def _values(setting: Setting) -> st.SearchStrategy[Value]:
    match setting.kind:
        case "choice":
            return st.sampled_from(setting.choices)
        case "switch":
            return st.booleans()
        case "text" if setting.example:
            return st.sampled_from(["", setting.example])
        case "text":
            return st.text(st.characters(exclude_categories=["Cs"]))
        case "integer":
            return st.integers(int(setting.minimum or 0), int(setting.maximum or 0))
        case "number":
            return st.floats(setting.minimum, setting.maximum)


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Value]:
    chosen = draw(st.lists(st.sampled_from(settings_schema()), unique_by=lambda setting: setting.path, max_size=6))
    return {setting.path: draw(_values(setting)) for setting in chosen}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes(),
    st.sampled_from(
        ["", MINE.replace("title_of_nothing = 1  # unknown, but mine\n", ""), default_toml(), "[ui]\nmetrics = true"]
    ),
)
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, wanted: dict[str, Value], before: str) -> None:
    file = tmp_path / "any.toml"
    file.write_text(before, encoding="utf-8")
    config.save(file, wanted)
    loaded = config.load(file=file, environment={})
    assert {path: loaded.value(path) for path in wanted} == wanted
    for line in before.splitlines():
        assert not line.startswith("#") or line in file.read_text(encoding="utf-8")
