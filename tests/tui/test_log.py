"""The log screen: lines are followed, found, filtered by level and held still; never more than a bounded number."""

from __future__ import annotations

import json
from pathlib import Path

from textual.widgets import Log

from tests.fakes_session import READY
from tests.tui.driving import emit, make_app, press, running, screen_text, settle
from voice_tui.events import Notice, Progressed
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.state.app_state import EVENT_HISTORY
from voice_tui.tui.widgets.lines import MAX_LINES, LinesView

LINES = (
    "2026-11-20 08:00:01,000 INFO    1 MainThread voice_tui.session.loop: the loop runs\n"
    "2026-11-20 08:00:02,000 DEBUG   1 MainThread voice_tui.x: a detail\n"
    "2026-11-20 08:00:03,000 WARNING 1 MainThread voice_tui.audio.device: Two Underruns\n"
    "2026-11-20 08:00:04,000 ERROR   1 MainThread voice_tui.engine: it broke\n"
    "Traceback (most recent call last):\n"
    '  File "engine.py", line 7\n'
    "2026-11-20 08:00:05,000 INFO    1 MainThread voice_tui.session.loop: the loop goes on\n"
)


def shown(app: VoiceTuiApp, name: str) -> list[str]:
    return [line for line in app.screen.query_one(f"#log-{name}", Log).lines if line]


def app_on(folder: Path) -> VoiceTuiApp:
    (folder / "session.log").write_text(LINES)
    return make_app(READY, log_path=folder / "voice-tui.log")


async def test_levels_go_round_and_a_traceback_goes_with_its_error(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with running(app) as pilot:
        await press(pilot, "f5", "2")
        assert len(shown(app, "file")) == 7
        await press(pilot, "l")
        assert len(shown(app, "file")) == 6
        await press(pilot, "l")
        assert "warning and above" in screen_text(app)
        assert [line.split(": ")[-1] for line in shown(app, "file")][:2] == ["Two Underruns", "it broke"]
        assert len(shown(app, "file")) == 4
        await press(pilot, "l")
        assert len(shown(app, "file")) == 3
        assert 'File "engine.py", line 7' in shown(app, "file")[-1]
        await press(pilot, "l")
        assert len(shown(app, "file")) == 7


async def test_find_shows_only_lines_with_every_word(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with running(app) as pilot:
        await press(pilot, "f5", "2", "slash", *"loop GOES")
        assert [line.split(": ")[-1] for line in shown(app, "file")] == ["the loop goes on"]
        assert "only lines with loop goes" in screen_text(app)
        with (tmp_path / "session.log").open("a") as file:
            file.write("2026-11-20 08:00:06,000 INFO 1 M x: another\n")
            file.write("2026-11-20 08:00:07,000 INFO 1 M x: the loop goes home\n")
        app.screen._poll()  # type: ignore[attr-defined]
        await settle(pilot)
        assert len(shown(app, "file")) == 2, "what comes later is filtered too"
        await press(pilot, "escape")
        assert len(shown(app, "file")) == 9
        assert app.focused is app.screen.query_one("#log-file")


async def test_events_are_paused_and_nothing_of_them_is_lost() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f5", "3")
        before = len(shown(app, "events"))
        assert before == len(READY)
        await press(pilot, "p")
        await emit(pilot, Notice(severity="info", message="one"), Notice(severity="info", message="two"))
        assert len(shown(app, "events")) == before
        assert "paused, 2 new" in screen_text(app)
        await press(pilot, "p")
        assert [json.loads(line)["message"] for line in shown(app, "events")[before:]] == ["one", "two"]
        assert "paused" not in screen_text(app)


async def test_events_are_found_by_any_words_of_theirs() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f5", "3", "slash", *"devices_changed")
        assert [json.loads(line)["type"] for line in shown(app, "events")] == ["devices_changed"]


async def test_events_are_bounded() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await press(pilot, "f5", "3")
        for batch in range(0, 3000, 500):
            await emit(pilot, *(Notice(severity="info", message=str(batch + number)) for number in range(500)))
        assert len(app.state.events) == EVENT_HISTORY
        assert len(shown(app, "events")) <= MAX_LINES
        assert json.loads(shown(app, "events")[-1])["message"] == "2999"
        assert len(app.screen.query_one("#events LinesView", LinesView)._kept) == MAX_LINES


async def test_only_what_a_tab_can_do_is_offered() -> None:
    app = make_app([*READY, Progressed(phase="x")])
    async with running(app, (120, 36)) as pilot:
        await press(pilot, "f5")
        assert "Find" not in screen_text(app)
        await press(pilot, "2")
        assert "/ Find  l Level  p Pause" in screen_text(app)
        await press(pilot, "3")
        assert "/ Find  p Pause" in screen_text(app)
