"""The colours of chips: words on a ground of their own, to be read in every theme."""

from __future__ import annotations

from collections.abc import Mapping

from textual.color import Color

from voice_tui.tui.state.health import Tone

READABLE = 3.0
"""Least contrast of bold letters and their ground: WCAG 2.2, 1.4.3, large text."""

_COLOURS: dict[Tone, str] = {
    "good": "success",
    "active": "primary",
    "busy": "accent",
    "warn": "warning",
    "bad": "error",
}

TONES: dict[Tone, str] = {
    **{tone: f"bold $chip-{name} on $chip-{name}-back" for tone, name in _COLOURS.items()},
    "quiet": "bold $chip-quiet on $chip-quiet-back",
}
"""Colours of a chip by its `Tone`; `chip_variables` says what they are in a theme."""

INKS: dict[Tone, str] = {
    **{tone: f"bold $text-{name}" for tone, name in _COLOURS.items()},
    "quiet": "bold $foreground 70%",
}
"""Colours of words without a ground of their own."""

_QUIET = 0.7
"""Share of the foreground in a quiet chip's letters."""

_LIGHT_ON = ("ansi_blue", "ansi_red", "ansi_magenta")
"""Of a terminal's sixteen colours, those that are dark enough for white letters."""

_STEP = 0.1


def chip_variables(variables: Mapping[str, str], *, ansi: bool) -> dict[str, str]:
    """Return the colours of the chips in a theme.

    Args:
        variables: Of the theme.
        ansi: It is one of the terminal's own colours. They cannot be mixed: the "muted" ones are the plain ones there,
            letters and ground alike.
    """
    return _of_terminal(variables) if ansi else _mixed(variables)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two opaque colours, 1-21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _of_terminal(variables: Mapping[str, str]) -> dict[str, str]:
    found = {"chip-quiet": variables["foreground"], "chip-quiet-back": variables["panel"]}
    for name in _COLOURS.values():
        ground = variables[name]
        letters = "ansi_bright_white" if ground in _LIGHT_ON else "ansi_black"
        found |= {f"chip-{name}": letters, f"chip-{name}-back": ground}
    return found


def _mixed(variables: Mapping[str, str]) -> dict[str, str]:
    panel = Color.parse(variables["panel"])
    quiet = panel.blend(Color.parse(variables["foreground"]), _QUIET)
    found = {"chip-quiet": _readable(quiet, panel).hex, "chip-quiet-back": variables["panel"]}
    for name in _COLOURS.values():
        letters, ground = variables[f"text-{name}"], variables[f"{name}-muted"]
        readable = _readable(Color.parse(letters), Color.parse(ground))
        found |= {f"chip-{name}": readable.hex, f"chip-{name}-back": ground}
    return found


def _readable(letters: Color, ground: Color) -> Color:
    """Return the letters, with as much black or white in them as it takes."""
    far = max((Color(0, 0, 0), Color(255, 255, 255)), key=lambda color: contrast(color, ground))
    for step in range(round(1 / _STEP)):
        mixed = letters.blend(far, step * _STEP)
        if contrast(mixed, ground) >= READABLE:
            return mixed
    return far


def _luminance(color: Color) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
