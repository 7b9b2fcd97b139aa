"""The two lines at the top: what the assistant does now, in words and colour, and what it is made of."""

from __future__ import annotations

from textual import events
from textual.content import Content

from voice_tui.tui.state.health import Health, Word, chips, headline
from voice_tui.tui.state.text import one_line
from voice_tui.tui.widgets.chips import TONES
from voice_tui.tui.widgets.draw import Drawn, fitted, level

METER_CELLS = 10
_DIM = "$foreground 70%"
_FAINT = "$foreground 45%"


class StatusLine(Drawn):
    """State, warnings and microphone level; below it the way of the sound, where there is a second line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._health = Health()
        self._talk_key = ""

    def update(self, health: Health, talk_key: str) -> None:
        """Show `health`; `talk_key` is the name of the talk key."""
        self._health = health
        self._talk_key = talk_key
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the words out anew."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        if width and height:
            lines = [first_line(self._health, self._talk_key, width), second_line(self._health, width)]
            self.show(Content("\n").join(lines[:height]))


def first_line(health: Health, talk_key: str, width: int) -> Content:
    """Return the headline, the chips that fit, and at the right end the microphone's level and the last step."""
    left = _chip(headline(health, talk_key=talk_key), mark="● ")
    right = _figures(health)
    if left.cell_length + right.cell_length + 1 > width:
        right = Content("")
    for word in chips(health):
        longer = Content.assemble(left, " ", _chip(word))
        if longer.cell_length + right.cell_length + 1 <= width:
            left = longer
    return Content.assemble(fitted(left, width - right.cell_length), right)


def second_line(health: Health, width: int) -> Content:
    """Return the way of the sound: microphone, engine, speaker."""
    parts: list[Content] = []
    if health.devices is not None:
        parts.append(_device(health.devices.input, "no microphone"))
    if health.engine:
        parts.append(Content.assemble((f"{health.engine} ", _FAINT), (health.detail, _DIM)))
    if health.devices is not None:
        parts.append(_device(health.devices.output, "no speaker"))
    return fitted(Content.assemble(" ", Content.styled(" → ", _FAINT).join(parts)), width)


def _chip(word: Word, mark: str = "") -> Content:
    return Content.styled(f" {mark}{word.text} ", TONES[word.tone])


def _figures(health: Health) -> Content:
    stats = health.stats
    if stats is None or not health.alive:
        return Content("")
    step = Content.styled(f"step {stats.step_ms:.0f}/80 ms ", "$text-error" if stats.step_ms > 80 else _DIM)
    if health.no_microphone:
        return step
    peak = 0.0 if health.muted else stats.input_peak
    return Content.assemble(("mic ", _DIM), level(peak, METER_CELLS), "  ", step)


def _device(name: str, missing: str) -> Content:
    return Content.styled(one_line(name), _DIM) if name else Content.styled(missing, "$text-warning")
