"""The settings screen: found by words, changed by the right editor, kept in the file, taken back when refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import emit, main_screen, make_app, press, running, screen_text, session_of, settle, toasts
from voice_tui.config import Config, Origin, SettingsFile
from voice_tui.errors import ConfigError
from voice_tui.events import ChangeSettings, EngineChanged, SettingsChanged, VolumeChanged
from voice_tui.schema import Value, settings_schema
from voice_tui.settings import Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.screens.settings import SettingsScreen
from voice_tui.tui.screens.theme import ThemeScreen
from voice_tui.tui.state.settings_view import Kept
from voice_tui.tui.widgets.memories import MemoryPane
from voice_tui.tui.widgets.settings import SettingDetail, SettingList, ValueArea, ValueLine

TEXT = "# mine\n[audio]\nvolume = 0.5  # soft\n"


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    return SettingsFile(file=path, environment={})


def app_with(file: SettingsFile, **more: object) -> VoiceTuiApp:
    return make_app(
        [*READY, *DIALOGUE],
        settings=file.config.settings,
        settings_path=file.config.file,
        origins=file.config.origins,
        save_settings=file.change,
        take_back_settings=file.take_back,
        **more,
    )


async def go(pilot: Pilot[int], path: str) -> None:
    """Put the cursor on a setting."""
    app = pilot.app
    if not isinstance(app.screen, SettingsScreen):
        await press(pilot, "f2")
    options = app.screen.query_one(SettingList)
    options.focus()
    options.highlighted = options.get_option_index(path)
    await settle(pilot)


def changes(app: VoiceTuiApp) -> list[Settings]:
    return [command.settings for command in session_of(app).commands if isinstance(command, ChangeSettings)]


def said(app: VoiceTuiApp) -> str:
    words = app.screen.query_one("#setting-said")
    return str(words.render()) if words.display else ""


async def test_every_setting_is_there_in_its_group_with_its_value() -> None:
    app = make_app()
    async with running(app, (120, 80)) as pilot:
        await press(pilot, "f2")
        options = app.screen.query_one(SettingList)
        assert [o.id for o in options.options if o.id] == [setting.path for setting in settings_schema()]
        assert [o.disabled for o in options.options] == [o.id is None for o in options.options]
        text = screen_text(app)
        assert "Language model" in text
        assert "OPENAI_API_KEY" in text


async def test_it_shows_description_default_bounds_origin_and_effect(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app, (120, 36)) as pilot:
        await go(pilot, "audio.volume")
        text = screen_text(app)
        for words in ("Gain of the assistant's voice", "from 0 to 2", "your file, line 3", "at once", "audio.volume"):
            assert words in text
        await go(pilot, "recordings.enabled")
        assert "from the next conversation on" in screen_text(app)


async def test_search_finds_by_words_of_name_and_description() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f2", "slash", *"silence turn")
        found = [o.id for o in app.screen.query_one(SettingList).options if o.id]
        assert "turns.silence" in found
        assert "audio.volume" not in found
        await press(pilot, *"zz")
        assert "No setting has these words" in screen_text(app)
        assert not app.screen.query_one(SettingDetail).visible
        await press(pilot, "escape")
        assert len(app.screen.query_one(SettingList).options) > 30
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)


async def test_a_number_is_kept_on_enter_with_comments_and_told_to_the_session(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "audio.volume")
        await press(pilot, "enter", "backspace", "8", "enter")
        assert changes(app)[-1].audio.volume == 0.8
        assert app.state.settings.audio.volume == 0.8
        assert file.config.file.read_text() == TEXT.replace("0.5", "0.8")
        assert isinstance(app.focused, SettingList)


async def test_a_wrong_number_is_refused_in_a_plain_sentence_and_nothing_changes(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "audio.volume")
        await press(pilot, "enter", "ctrl+u", *"loud", "enter")
        assert said(app) == "A number from 0 to 2, please."
        assert isinstance(app.focused, ValueLine)
        await press(pilot, "ctrl+u", "9", "tab")
        assert said(app) == "A number from 0 to 2, please.", "leaving the line checks it too"
        assert not changes(app)
        assert file.config.file.read_text() == TEXT


async def test_leaving_the_line_keeps_it_and_escape_does_not(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "audio.volume")
        await press(pilot, "enter", "backspace", "7", "shift+tab")
        assert app.state.settings.audio.volume == 0.7
        await go(pilot, "audio.volume")
        await press(pilot, "enter", "backspace", "9", "escape")
        assert app.state.settings.audio.volume == 0.7
        assert app.screen.query_one(ValueLine).value == "0.7"
        assert len(changes(app)) == 1


async def test_another_setting_under_the_mouse_keeps_what_was_typed_for_the_first(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "audio.volume")
        await press(pilot, "enter", "backspace", "7")
        options = app.screen.query_one(SettingList)
        row = options.get_option_index("audio.block_samples") - round(options.scroll_y)
        await pilot.click(SettingList, offset=(4, row))
        await settle(pilot)
        assert app.state.settings.audio.volume == 0.7
        assert app.state.settings.audio.block_samples == 480
        assert app.screen.query_one(ValueLine).value == "480"


async def test_a_switch_turns_with_space(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app, (120, 36)) as pilot:
        await go(pilot, "ui.memory")
        await press(pilot, "space")
        assert app.state.settings.ui.memory is False
        assert not changes(app), "the session has nothing to do with it"
        await press(pilot, "escape")
        assert not main_screen(app).query_one(MemoryPane).display


async def test_a_choice_is_picked_from_its_values(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "audio.echo")
        await press(pilot, "enter")
        assert [o.id for o in app.screen.query_one("#setting-choice", OptionList).options] == [
            "auto",
            "on",
            "off",
            "half-duplex",
        ]
        await press(pilot, "down", "down", "enter")
        assert changes(app)[-1].audio.echo == "off"
        assert isinstance(app.focused, SettingList)


async def test_a_long_text_has_several_lines(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "llm.system_prompt")
        await press(pilot, "enter")
        assert isinstance(app.focused, ValueArea)
        await press(pilot, *" Be kind.", "enter")
        assert app.state.settings.llm.system_prompt.endswith("or markup. Be kind.")
        assert isinstance(app.focused, SettingList)


async def test_an_address_must_be_one(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "llm.base_url")
        await press(pilot, "enter", *"localhost", "enter")
        assert said(app) == "A text like this, please: http://127.0.0.1:11434/v1"


async def test_the_theme_has_its_preview_and_is_kept(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "ui.theme")
        await press(pilot, "enter")
        assert isinstance(app.screen, ThemeScreen)
        await press(pilot, "up", "enter")
        assert app.theme != "textual-dark"
        assert app.state.settings.ui.theme == app.theme
        assert f'theme = "{app.theme}"' in file.config.file.read_text()


async def test_what_a_flag_or_the_environment_sets_cannot_be_changed_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    file = SettingsFile(
        [("turns.silence", "0.9")],
        file=path,
        environment={"VOICE_TUI_AUDIO_VOLUME": "1.5", "VOICE_TUI_UI_MEMORY": "off"},
    )
    app = app_with(file)
    async with running(app, (120, 90)) as pilot:
        await go(pilot, "audio.volume")
        assert "VOICE_TUI_AUDIO_VOLUME" in said(app)
        await press(pilot, "enter", "9", "r")
        await go(pilot, "turns.silence")
        assert "--set turns.silence" in said(app)
        await go(pilot, "ui.memory")
        await press(pilot, "space", "r")
        assert app.state.settings == file.config.settings
        assert path.read_text() == TEXT
        assert "env · 1.5" in screen_text(app)


async def test_louder_said_aloud_is_the_setting_from_now_on(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await emit(pilot, VolumeChanged(volume=0.9))  # by itself, such as at the start of a session
        assert app.state.settings.audio.volume == 0.5
        await go(pilot, "audio.volume")
        await emit(pilot, VolumeChanged(volume=0.75, said=True))
        assert "0.75" in screen_text(app)
        assert [settings.audio.volume for settings in changes(app)] == [0.75]
        assert file.config.file.read_text() == TEXT.replace("0.5", "0.75")


async def test_louder_said_aloud_lasts_for_now_where_a_flag_fixes_the_volume(file: SettingsFile) -> None:
    app = app_with(file)
    app.state.kept = Kept(file.config.file, {"audio.volume": Origin("flag", "--set audio.volume=0.5")})
    async with running(app) as pilot:
        await emit(pilot, VolumeChanged(volume=0.75, said=True))
        assert (app.state.health.volume, app.state.settings.audio.volume) == (0.75, 0.5)
        assert file.config.file.read_text() == TEXT
        assert changes(app) == []


async def test_one_or_all_go_back_to_the_default(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "turns.mode")
        await press(pilot, "enter", "down", "enter", "r")
        assert app.state.settings.turns.mode == "open"
        assert "mode" not in file.config.file.read_text()
        await press(pilot, "R")
        assert "Volume" in screen_text(app)
        await press(pilot, "escape")
        assert app.state.settings.audio.volume == 0.5
        await press(pilot, "R", "y")
        assert app.state.settings == Settings()
        assert "volume" not in file.config.file.read_text()
        assert "# mine" in file.config.file.read_text()
        await press(pilot, "R")
        assert "Nothing to reset: no setting stands in your file" in toasts(app)


async def test_what_applies_later_says_so_until_it_does(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app, (120, 60)) as pilot:
        await go(pilot, "recordings.enabled")
        await press(pilot, "space")
        await emit(pilot, SettingsChanged(later=("recordings.enabled",)))
        assert "↻ on" in screen_text(app)
        assert "saved; from the next conversation on" in screen_text(app)
        await emit(pilot, SettingsChanged(applied=("recordings.enabled",)))
        assert "↻" not in screen_text(app)


async def test_what_the_session_refuses_goes_back_also_in_the_file(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        await go(pilot, "llm.base_url")
        await press(pilot, "enter", *"http://x:0/v1", "enter")
        assert "http://x:0/v1" in file.config.file.read_text()
        refused = SettingsChanged(refused=("llm.base_url",), message="The setting llm.base_url is no web address")
        await emit(pilot, refused)
        assert app.state.settings.llm.base_url == ""
        assert file.config.file.read_text() == TEXT, "no comment and no table is left of it"
        assert changes(app)[-1].llm.base_url == "", "a session that is started later must not stumble over it"
        assert any("no web address" in toast for toast in toasts(app))


async def test_a_file_that_cannot_be_written_is_told_and_the_change_holds_for_now() -> None:
    def full(values: Mapping[str, Value | None]) -> Config:
        raise ConfigError(
            "Cannot write config.toml: No space left on device", hint="Check its permissions and the disk"
        )

    app = make_app(save_settings=full)
    async with running(app) as pilot:
        await go(pilot, "turns.mode")
        await press(pilot, "enter", "down", "enter")
        assert app.state.settings.turns.mode == "push"
        assert any("No space left" in toast and "holds until you leave" in toast for toast in toasts(app))


async def test_where_a_value_comes_from_is_known_after_it_was_saved(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app, (120, 36)) as pilot:
        await go(pilot, "turns.mode")
        assert app.state.kept.origin("turns.mode") == Origin("default")
        await press(pilot, "enter", "down", "enter")
        assert app.state.kept.origin("turns.mode").source == "file"


async def test_the_status_knows_the_engine_that_took_over() -> None:
    app = make_app()
    async with running(app) as pilot:
        await emit(pilot, EngineChanged(engine="passthrough", detail="plays back what it hears"))
        assert app.state.health.engine == "passthrough"


async def test_another_memory_file_is_opened_when_it_applies(file: SettingsFile) -> None:
    app = app_with(file)
    async with running(app) as pilot:
        store = app._keeper._store
        await emit(pilot, SettingsChanged(applied=("memory.path",)))
        assert store is not None
        assert store.closed == 1  # type: ignore[attr-defined]


async def test_the_welcome_names_the_model_that_was_chosen() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        assert "the notebook answers" in screen_text(app)
        app.change_settings({"llm.base_url": "http://127.0.0.1:11434/v1", "llm.model": "qwen3"})
        await settle(pilot)
        assert "qwen3 at 127.0.0.1:11434" in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 30), (40, 12), (20, 5)])
async def test_it_can_be_used_at_any_size(file: SettingsFile, size: tuple[int, int]) -> None:
    app = app_with(file)
    async with running(app, size) as pilot:
        await go(pilot, "audio.volume")
        await press(pilot, "enter")
        line = app.screen.query_one(ValueLine)
        assert line.has_focus
        assert line.region.height == 1
        assert app.screen.query_one(SettingDetail).region.contains_region(line.region)
        assert line in app.screen._compositor.visible_widgets
        await press(pilot, "backspace", "6", "enter")
        assert app.state.settings.audio.volume == 0.6
        assert app.screen.query_one(SettingList).region.height > 0
