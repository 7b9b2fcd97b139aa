"""Dialogs and the log screen: they do what they say, and say what went wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from textual.widgets import Input, Log, TabbedContent

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import (
    SETTINGS_PATH,
    emit,
    main_screen,
    make_app,
    press,
    running,
    screen_text,
    settle,
    toasts,
)
from voice_tui.events import Notice
from voice_tui.tui.screens.help import HelpScreen
from voice_tui.tui.screens.log import LogScreen
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.screens.save import SaveScreen
from voice_tui.tui.screens.theme import ThemeScreen

FULL = (*READY, *DIALOGUE)


def path_line(app) -> Input:
    return app.screen.query_one("#save-path", Input)


async def test_save_proposes_a_free_path_and_writes_markdown(tmp_path: Path) -> None:
    (tmp_path / "voice-tui 2027-01-15 08-00.md").write_text("taken")
    app = make_app(FULL, transcripts=tmp_path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+s")
        assert path_line(app).value == str(tmp_path / "voice-tui 2027-01-15 08-00 (2).md")
        await press(pilot, "enter")
        assert isinstance(app.screen, MainScreen)
        assert toasts(app) == [f"Saved to {tmp_path / 'voice-tui 2027-01-15 08-00 (2).md'}"]
    text = (tmp_path / "voice-tui 2027-01-15 08-00 (2).md").read_text()
    assert text.startswith("# Conversation, 2027-01-15 08:00\n\n**You** [0:03]: what time is it\n")
    assert "**You** [0:20] (typed): Where is the spare key?" in text
    assert "**Assistant** [0:21] (interrupted): You told me that the spare key is under" in text
    assert "and how old" not in text, "a partial is no finished line"
    assert sorted(os.listdir(tmp_path)) == [  # noqa: PTH208  # the app has ended
        "voice-tui 2027-01-15 08-00 (2).md",
        "voice-tui 2027-01-15 08-00.md",
    ], "no temporary file is left"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("taken.md", "exists already"),
        ("taken.md/x.md", "Cannot write"),
        ("x" * 400 + ".md", "Cannot write"),
        (".", "exists already"),
        ("~no-such-user-here/x.md", "Cannot write"),
    ],
)
async def test_a_path_that_does_not_work_is_refused_and_the_dialog_stays(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "taken.md").write_text("precious")
    app = make_app(FULL, transcripts=tmp_path)
    async with running(app) as pilot:
        await press(pilot, "ctrl+s")
        path_line(app).value = name if name.startswith("~") else str(tmp_path / name)
        await press(pilot, "enter")
        assert isinstance(app.screen, SaveScreen)
        if not name.startswith("~"):
            assert words in " ".join(toasts(app))
        path_line(app).value = str(tmp_path / "new folder" / "fine.md")
        await press(pilot, "enter")
        assert isinstance(app.screen, MainScreen)
    assert (tmp_path / "taken.md").read_text() == "precious"
    assert (tmp_path / "new folder" / "fine.md").exists()


@pytest.mark.parametrize("documents", ["", "Documents", "Papers"])
async def test_save_proposes_the_documents_else_the_home_folder(
    private_home: Path, monkeypatch: pytest.MonkeyPatch, documents: str
) -> None:
    monkeypatch.delenv("XDG_DOCUMENTS_DIR", raising=False)
    if documents:
        (private_home / documents).mkdir()
    if documents == "Papers":  # as the person's system is set up
        (private_home / "config").mkdir(exist_ok=True)
        (private_home / "config" / "user-dirs.dirs").write_text('XDG_DOCUMENTS_DIR="$HOME/Papers"\n')
    app = make_app(FULL, log_path=private_home / "state" / "voice-tui" / "log")
    async with running(app) as pilot:
        await press(pilot, "ctrl+s")
        assert Path(path_line(app).value).parent == private_home / documents


async def test_there_is_nothing_to_save_before_somebody_spoke() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, MainScreen)


async def test_a_theme_is_previewed_kept_and_given_up() -> None:
    kept: list[object] = []
    app = make_app(save_settings=kept.append)
    async with running(app) as pilot:
        await press(pilot, "f7", "up")
        assert isinstance(app.screen, ThemeScreen)
        previewed = app.theme
        assert previewed != "textual-dark"
        await press(pilot, "escape")
        assert app.theme == "textual-dark"
        await press(pilot, "f7", "up", "enter")
        assert app.theme == previewed
        assert kept == [{"ui.theme": previewed}]


async def test_the_path_of_the_settings_file_is_copied() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f2", "c")
        assert app.clipboard == str(SETTINGS_PATH)
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)


async def test_the_log_screen_follows_the_files(tmp_path: Path) -> None:
    (tmp_path / "voice-tui.log").write_text("2026-11-20 08:00:02,000 INFO second\n")
    (tmp_path / "session.log").write_text(
        "2026-11-20 08:00:01,000 INFO first\nTraceback of the first\n"
        "2026-11-20 08:00:03,000 INFO \x1b[31mthird\nhalf a li"
    )
    app = make_app(FULL, log_path=tmp_path / "voice-tui.log")
    async with running(app) as pilot:
        await press(pilot, "f5", "2")
        log = app.screen.query_one("#log-file", Log)
        assert list(log.lines) == [
            "session: 08:00:01 INFO first",
            "session: Traceback of the first",
            "voice-tui: 08:00:02 INFO second",
            "session: 08:00:03 INFO [31mthird",
        ]
        with (tmp_path / "session.log").open("a") as file:
            file.write("ne\n")
        assert isinstance(app.screen, LogScreen)
        app.screen._poll()
        await settle(pilot)
        assert log.lines[4] == "session: half a line"
        assert screen_text(app).count("half a line") == 1


async def test_the_log_screen_without_a_log_says_so() -> None:
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "f5", "2")
        assert "No log file is written." in screen_text(app)


async def test_raw_events_and_notices_are_followed_live() -> None:
    app = make_app(FULL)
    async with running(app) as pilot:
        await press(pilot, "f5")
        assert "Nothing to report" in screen_text(app)
        await emit(pilot, Notice(severity="warning", message="Something [b]odd", hint="Look."))
        assert "WARNING Something [b]odd" in screen_text(app)
        await press(pilot, "3")
        assert app.screen.query_one(TabbedContent).active == "events"
        lines = list(app.screen.query_one("#log-events", Log).lines)
        assert '"type":"notice"' in lines[-1]
        assert "Something [b]odd" in lines[-1]
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)


async def test_diagnostics_hold_numbers_and_no_words_of_anybody() -> None:
    app = make_app(FULL)
    async with running(app) as pilot:
        await press(pilot, "f5", "c")
        assert "voice-tui 0." in app.clipboard
        assert "Built-in Microphone at 24000 Hz" in app.clipboard
        assert "turn 6: 612 ms = end of turn 400" in app.clipboard
        for word in ("key", "brook", "Anna"):
            assert word not in app.clipboard


async def test_help_is_made_from_the_bindings_of_what_has_the_focus() -> None:
    app = make_app(FULL)
    async with running(app, (100, 60)) as pilot:
        await press(pilot, "f1")
        assert isinstance(app.screen, HelpScreen)
        text = screen_text(app)
        assert "Input line" in text
        assert "Mute the microphone" in text
        assert "Add a memory" not in text
        await press(pilot, "escape", "f4", "f1")
        text = screen_text(app)
        assert "Memories" in text
        assert "Add a memory" in text
        assert re.search(r"Enter +Edit the memory", text)


async def test_jump_goes_to_what_the_letter_stands_on() -> None:
    app = make_app(FULL)
    async with running(app, (120, 36)) as pilot:
        await press(pilot, "ctrl+g", "a")
        assert app.focused is main_screen(app).query_one("#transcript")
        await press(pilot, "ctrl+g", "f1")
        assert app.focused is main_screen(app).query_one("#transcript")
        assert isinstance(app.screen, MainScreen)


async def test_the_last_answer_is_copied() -> None:
    app = make_app(FULL)
    async with running(app):
        await app.run_action("copy_answer")
        assert app.clipboard == "You told me that the spare key is under"


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Path:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    return tmp_path


async def test_a_folder_without_rights_is_refused(read_only_folder: Path) -> None:
    app = make_app(FULL, transcripts=read_only_folder)
    async with running(app) as pilot:
        await press(pilot, "ctrl+s", "enter")
        assert "Cannot write" in " ".join(toasts(app))
