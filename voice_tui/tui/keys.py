"""Names of keys: short for the bar at the bottom, long for help and the command palette."""

from __future__ import annotations

_SHORT = {
    "escape": "Esc",
    "enter": "⏎",
    "space": "Space",
    "delete": "Del",
    "backspace": "⌫",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "full_stop": ".",
    "question_mark": "?",
    "tab": "Tab",
    "home": "Home",
    "end": "End",
}
_LONG = _SHORT | {
    "enter": "Enter",
    "backspace": "Backspace",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
}
_MODIFIERS = {"ctrl": "Ctrl", "shift": "Shift", "alt": "Alt", "super": "Super"}


def short(key: str) -> str:
    """Return "^q" for "ctrl+q", "F1" for "f1", "Esc" for "escape"."""
    *modifiers, last = key.split("+")
    name = _SHORT.get(last, last.upper() if _is_function(last) else last)
    if modifiers == ["ctrl"]:
        return f"^{name}"
    return "+".join([*(_MODIFIERS.get(modifier, modifier) for modifier in modifiers), name])


def long(key: str) -> str:
    """Return "Ctrl+Q" for "ctrl+q", "Enter" for "enter"; of several keys ("a,b") the first."""
    *modifiers, last = key.split(",")[0].split("+")
    name = _LONG.get(last, last.upper() if _is_function(last) or modifiers else last)
    return "+".join([*(_MODIFIERS.get(modifier, modifier) for modifier in modifiers), name])


def _is_function(key: str) -> bool:
    return key[:1] == "f" and key[1:].isdigit()
