"""The performance pane: every number that tells whether the conversation keeps up, measured and never made up."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from textual import events
from textual.content import Content

from voice_tui.events import Stats, TurnMeasured
from voice_tui.tui.state.app_state import AppState
from voice_tui.tui.widgets.draw import STEP_BUDGET_MS, Drawn, bar, fitted, level, level_words, sparkline

LABEL_CELLS = 7
SPARK_FLOOR_MS = 8.0
"""A sparkline is scaled to at least a tenth of the budget, so that noise does not look like trouble."""

_DIM = "$foreground 55%"
_NOT_YET = "No measurements yet: they begin when\nthe session has loaded."
_NO_MORE = "No measurements: the session has stopped."
_PARTS = (("end of turn", "$primary"), ("words", "$success"), ("answer", "$warning"), ("voice", "$foreground 50%"))


class MetricsPane(Drawn):
    """Draws itself from the latest snapshot, only while it is on screen."""

    def __init__(self, state: AppState, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Performance"
        self._state = state

    def update(self) -> None:
        """Draw what the state says now, if anybody can see it."""
        if self.display and self.size.width:
            self.show(metrics_text(self._state, self.size.width))

    def on_resize(self, _event: events.Resize) -> None:
        """Draw to the new width; also when the pane comes into view."""
        self.update()


def metrics_text(state: AppState, width: int) -> Content:
    """Return the whole pane as lines of at most `width` cells."""
    stats = state.health.stats
    if stats is None:
        return Content.styled(_NOT_YET if state.health.alive else _NO_MORE, _DIM)
    lines = [*_step_lines(stats, state.steps, width), *_ring_lines(stats, width), *_level_lines(stats, width)]
    lines += [Content(""), *_turn_lines(state.turns, width)]
    return Content("\n").join(fitted(line, width) for line in lines)


def _step_lines(stats: Stats, steps: Sequence[float], width: int) -> list[Content]:
    figures = f" {stats.step_ms:.1f}/{STEP_BUDGET_MS:.0f} ms"
    cells = max(4, width - LABEL_CELLS - len(figures))
    style = _judged(stats.step_ms)
    quantiles = "   ".join(
        f"{name} {value:.1f}"
        for name, value in (("p50", stats.step_p50_ms), ("p95", stats.step_p95_ms), ("p99", stats.step_p99_ms))
    )
    return [
        Content.assemble(_label("Step"), bar(stats.step_ms / STEP_BUDGET_MS, cells, style), figures),
        Content.assemble(_label(""), (quantiles, _judged(stats.step_p99_ms, quiet=True))),
        Content.assemble(_label(""), (sparkline(steps, width - LABEL_CELLS, floor=SPARK_FLOOR_MS), style)),
    ]


def _ring_lines(stats: Stats, width: int) -> list[Content]:
    half = (width - LABEL_CELLS) // 2
    return [
        _pair("Lag", _value("", stats.lag_ms, "ms", bad=stats.lag_ms > 160), _value("skipped", stats.skipped), half),
        _pair("Rings", _value("in", stats.capture_ms, "ms"), _value("out", stats.playout_ms, "ms"), half),
        _pair("Lost", _count("overruns", stats.overruns), _count("underruns", stats.underruns), half),
        _pair("", _value("trimmed", stats.trimmed_ms, "ms"), _value("loop p99", stats.overhead_p99_ms, "ms", 1), half),
    ]


def _level_lines(stats: Stats, width: int) -> list[Content]:
    return [
        _level_line("Mic", 0.0 if stats.muted else stats.input_peak, "muted" if stats.muted else "", width),
        _level_line("Voice", stats.output_peak, f"×{stats.volume:.1f}" if stats.volume != 1.0 else "", width),
    ]


def _level_line(name: str, peak: float, extra: str, width: int) -> Content:
    words = extra if name == "Mic" and extra else " ".join(part for part in (level_words(peak), extra) if part)
    tail = f" {words:>8}"
    return Content.assemble(_label(name), level(peak, max(4, width - LABEL_CELLS - len(tail))), (tail, _DIM))


def _turn_lines(turns: Sequence[TurnMeasured], width: int) -> list[Content]:
    title = Content.styled("End of your speech → first sound", "bold")
    if not turns:
        return [title, Content.styled("No answer to speech yet.", _DIM)]
    last = turns[-1]
    middle = median(turn.total_ms for turn in turns)
    answers = "1 answer" if len(turns) == 1 else f"{len(turns)} answers"
    figures = Content.assemble((f"{last.total_ms:.0f} ms", "bold"), (f"   median {middle:.0f} ms of {answers}", _DIM))
    return [title, figures, _stacked(last, width), *_legend(last, width)]


def _parts(turn: TurnMeasured) -> list[tuple[str, str, float]]:
    values = (turn.endpoint_ms, turn.stt_ms, turn.first_text_ms, turn.tts_ms)
    return [(name, style, value) for (name, style), value in zip(_PARTS, values, strict=True)]


def _stacked(turn: TurnMeasured, width: int) -> Content:
    """Return one bar of the four parts, as long as the pane is wide; each part that took time has a cell."""
    parts = _parts(turn)
    total = sum(value for *_, value in parts) or 1.0
    cells = [max(1, round(value / total * width)) if value > 0 else 0 for *_, value in parts]
    cells[cells.index(max(cells))] += width - sum(cells)
    return Content.assemble(*(("━" * count, style) for (_, style, _), count in zip(parts, cells, strict=True)))


def _legend(turn: TurnMeasured, width: int) -> list[Content]:
    half = width // 2
    items = [Content.assemble(("■ ", style), (f"{name} ", _DIM), f"{value:.0f}") for name, style, value in _parts(turn)]
    return [Content.assemble(fitted(items[0], half), items[1]), Content.assemble(fitted(items[2], half), items[3])]


def _label(name: str) -> Content:
    return Content.styled(f"{name:<{LABEL_CELLS}}", _DIM)


def _pair(name: str, left: Content, right: Content, half: int) -> Content:
    return Content.assemble(_label(name), fitted(left, half), right)


def _value(name: str, value: float, unit: str = "", digits: int = 0, *, bad: bool = False) -> Content:
    figure = f"{value:.{digits}f} {unit}".rstrip()
    return Content.assemble((f"{name} " if name else "", _DIM), (figure, "bold $text-error" if bad else ""))


def _count(name: str, value: int) -> Content:
    return Content.assemble((f"{name} ", _DIM), (str(value), "bold $text-warning" if value else ""))


def _judged(step_ms: float, *, quiet: bool = False) -> str:
    if step_ms > STEP_BUDGET_MS:
        return "bold $text-error"
    if step_ms > STEP_BUDGET_MS * 0.8:
        return "$text-warning"
    return "" if quiet else "$success"
