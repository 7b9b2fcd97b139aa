"""What stands on a coloured ground can be read, in every theme there is."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tests.fakes_session import DIALOGUE, READY
from tests.tui.driving import main_screen, make_app, running
from voice_tui.tui.widgets.chips import READABLE, TONES, chip_variables, contrast
from voice_tui.tui.widgets.status import StatusLine

PLAIN = sorted(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi)
TERMINAL = sorted(name for name, theme in BUILTIN_THEMES.items() if theme.ansi)


def parts(style: str) -> list[str]:
    return [part.lstrip("$") for part in style.removeprefix("bold ").split(" on ")]


@pytest.mark.parametrize("name", PLAIN)
def test_every_chip_can_be_read(name: str) -> None:
    variables = BUILTIN_THEMES[name].to_color_system().generate()
    variables |= chip_variables(variables, ansi=False)
    for tone, style in TONES.items():
        letters, ground = (Color.parse(variables[part]) for part in parts(style))
        assert (letters.a, ground.a) == (1.0, 1.0)
        assert contrast(letters, ground) >= READABLE, f"{tone} in {name}: {contrast(letters, ground):.2f}"


def test_contrast_is_what_the_definition_says() -> None:
    assert contrast(Color(0, 0, 0), Color(255, 255, 255)) == pytest.approx(21.0)
    assert contrast(Color(118, 118, 118), Color(255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", TERMINAL)
async def test_words_in_the_colours_of_the_terminal_differ_from_their_ground(name: str) -> None:
    app = make_app((*READY, *DIALOGUE))
    async with running(app) as pilot:
        app.theme = name
        await pilot.pause()
        assert main_screen(app).query_one(StatusLine).shown.plain.startswith(" ● ")
        pieces = [piece for strip in app.screen._compositor.render_strips() for piece in strip if piece.text.strip()]
        colours = [(piece.text, piece.style.color, piece.style.bgcolor) for piece in pieces if piece.style is not None]
        assert any("●" in text and ground is not None for text, _, ground in colours)
        same = [text for text, letters, ground in colours if letters and letters == ground and not letters.is_default]
        assert same == []
        variables = app.get_css_variables()
        for tone, style in TONES.items():
            letters, ground = parts(style)
            assert variables[letters] != variables[ground], tone
