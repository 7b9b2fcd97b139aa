"""What the widgets draw, and that they draw nothing when nothing changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widget import Widget

from tests.fakes_memory import NOW
from tests.fakes_session import DIALOGUE, READY, many_stats, stats
from tests.tui.driving import emit, main_screen, make_app, press, running
from voice_tui.events import TurnMeasured
from voice_tui.settings import EngineSettings, Settings, TurnSettings
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.welcome import welcome
from voice_tui.tui.widgets.draw import bar, decibels, level, sparkline
from voice_tui.tui.widgets.metrics import MetricsPane, metrics_text
from voice_tui.tui.widgets.status import StatusLine, first_line, second_line


def state_after(*events) -> AppState:
    state = AppState(Settings(), lambda: NOW)
    for event in events:
        state.apply(event)
    return state


@given(st.floats(allow_nan=True), st.integers(4, 60))
def test_a_bar_has_its_width_whatever_the_value(fraction: float, width: int) -> None:
    assert bar(fraction, width, "").cell_length == width


def test_a_bar_shows_a_trace_and_the_whole() -> None:
    assert bar(0.0, 4, "").plain == "────"
    assert bar(0.0001, 4, "").plain == "╸───"
    assert bar(0.5, 4, "").plain == "━━──"
    assert bar(2.0, 4, "").plain == "━━━━"


def test_a_sparkline_is_scaled_to_its_top_or_the_floor() -> None:
    assert sparkline([], 5, floor=8) == ""
    assert sparkline([0, 4, 8], 5, floor=8) == "▁▄█"
    assert sparkline([0, 8, 80], 5, floor=8) == "▁▁█"
    assert len(sparkline(range(100), 30, floor=8)) == 30


@pytest.mark.parametrize(("peak", "value"), [(0.0, -60), (1.0, 0), (0.1, -20), (1e-9, -60)])
def test_decibels(peak: float, value: float) -> None:
    assert decibels(peak) == pytest.approx(value)
    assert level(peak, 10).cell_length == 10


@given(
    st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.integers(20, 100), st.floats(0, 2)
)
def test_the_metrics_fit_their_pane(a: float, b: float, c: float, d: float, width: int, volume: float) -> None:
    turn = TurnMeasured(turn=1, total_ms=a + b + c + d, endpoint_ms=a, stt_ms=b, first_text_ms=c, tts_ms=d)
    shot = stats(step_ms=a, lag_ms=b, volume=volume, underruns=int(c), trimmed_ms=d)
    text = metrics_text(state_after(turn, shot), width)
    assert all(line.cell_length == width for line in text.split("\n"))
    assert len(text.split("\n")) == 15


def test_the_metrics_say_the_numbers() -> None:
    text = metrics_text(state_after(*READY, *DIALOGUE, stats(underruns=3, lag_ms=200, skipped=7)), 40).plain
    for words in ("4.2/80 ms", "p50 3.9", "p99 7.8", "200 ms", "skipped 7", "underruns 3", "in 12 ms", "out 160 ms"):
        assert words in text
    assert "612 ms   median 605 ms of 2 answers" in text
    assert "end of turn 400" in text
    assert "-22 dB" in text


def test_before_there_is_anything_to_show() -> None:
    assert "No measurements yet" in metrics_text(state_after(), 40).plain
    assert "No answer to speech yet." in metrics_text(state_after(stats()), 40).plain


@pytest.mark.parametrize("width", [1, 5, 20, 40, 80, 120])
def test_the_status_lines_have_the_width_of_the_terminal(width: int) -> None:
    health = state_after(*READY, stats(lag_ms=500, muted=True, talk_mode="push")).health
    assert first_line(health, "Ctrl+T", width).cell_length == width
    assert second_line(health, width).cell_length == width


def test_the_second_line_is_the_way_of_the_sound() -> None:
    line = second_line(state_after(*READY).health, 100).plain.strip()
    assert line == "Built-in Microphone → cascade pocketsphinx · notebook · espeak-ng → Headphones"


def note_refreshes(widget: Widget, drawn: list[str]) -> None:
    """Put the widget's id on the list whenever it wants to be drawn."""

    def refresh(*_args: object, **_more: object) -> Widget:
        drawn.append(str(widget.id))
        return widget

    widget.refresh = refresh  # type: ignore[method-assign, assignment]


async def test_the_same_statistics_again_draw_nothing() -> None:
    app = make_app([*READY, *many_stats()])
    async with running(app, (120, 36)) as pilot:
        drawn: list[str] = []
        for kind in (StatusLine, MetricsPane):
            note_refreshes(main_screen(app).query_one(kind), drawn)
        for _ in range(400):  # until the sparkline holds nothing but these
            app.state.steps.append(4.2)
        await emit(pilot, stats())
        drawn.clear()
        for _ in range(5):
            await emit(pilot, stats())
        assert drawn == []
        await emit(pilot, stats(step_ms=70.0))
        assert set(drawn) == {"status", "metrics"}


async def test_a_hidden_pane_is_not_drawn_and_is_up_to_date_when_it_comes_back() -> None:
    app = make_app(READY)
    async with running(app, (80, 24)) as pilot:
        pane = main_screen(app).query_one(MetricsPane)
        await emit(pilot, stats(underruns=77))
        assert "77" not in pane.shown.plain
        await press(pilot, "f3")
        assert "77" in pane.shown.plain


def test_the_welcome_follows_the_settings() -> None:
    assert "Ctrl+T" in welcome(Settings(turns=TurnSettings(mode="push")), lambda _: "Ctrl+T").plain
    assert "Device test" in welcome(Settings(engine=EngineSettings(name="passthrough")), lambda _: "F2").plain
