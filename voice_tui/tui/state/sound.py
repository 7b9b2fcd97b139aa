"""What the devices screen says about sound: how the echo is kept out, and what a test found. Pure."""

from __future__ import annotations

from typing import Literal, get_args

from voice_tui.events import DevicesChanged, SoundChecked
from voice_tui.tui.state.health import Word
from voice_tui.tui.state.text import one_line

EchoMode = Literal["auto", "on", "off", "half-duplex"]

ECHO_MODES: tuple[EchoMode, ...] = get_args(EchoMode)

_ECHO_WORDS: dict[EchoMode, str] = {
    "auto": "cancel the echo of speakers, nothing with headphones",
    "on": "always cancel it",
    "off": "never cancel it",
    "half-duplex": "do not listen while it speaks",
}
"""As the description of the setting says it."""

NOT_MEASURED = "not measured yet; keep quiet for 2 s while it runs"
MEASURING = "measuring: you hear a chirp, keep quiet …"
PLAYING = "three rising notes are playing; none heard? choose another speaker"


def echo_words(mode: EchoMode) -> str:
    """Return an echo setting and what it does, in the words of the settings screen."""
    return f"{mode}: {_ECHO_WORDS[mode]}"


def next_echo(mode: EchoMode) -> EchoMode:
    """Return the setting that comes after `mode`."""
    return ECHO_MODES[(ECHO_MODES.index(mode) + 1) % len(ECHO_MODES)]


def round_trip_words(found: SoundChecked, mode: EchoMode) -> Word:
    """Return what a round trip found, and what follows from it.

    Args:
        mode: The echo setting in force.
    """
    if found.verdict == "deaf":
        return Word("no sound at all from the microphone: switched off, or not allowed for this terminal?", "bad")
    if found.verdict == "nothing" or found.latency_ms is None or found.echo_db is None:
        return Word("nothing came back: headphones, or a speaker that is off", "good")
    figures = f"{found.latency_ms:.0f} ms, echo {found.echo_db:.0f} dB"
    if found.verdict == "headphones":
        return Word(f"{figures}: headphones, only a trace comes back", "good")
    if mode == "off":
        return Word(f"{figures}: speakers, and nothing cancels the echo (e changes it)", "warn")
    kept_out = "it stops listening while it speaks" if mode == "half-duplex" else "the echo is cancelled"
    return Word(f"{figures}: speakers, {kept_out}", "good")


def device_words(name: str, rate: int) -> str:
    """Return "Headphones, 48 kHz", or "none"."""
    return f"{one_line(name)}, {rate / 1000:g} kHz" if name else "none"


def trouble(devices: DevicesChanged | None) -> str:
    """Return what is wrong with the devices and what to do, "" when nothing is."""
    if devices is None or not devices.message or _all_well(devices):
        return ""
    return " ".join(one_line(text).rstrip(".") + "." for text in (devices.message, devices.hint) if text)


def _all_well(devices: DevicesChanged) -> bool:
    """Both are open and there is nothing to do: the message only says that they are back."""
    return bool(devices.input and devices.output) and not devices.hint


def matching(names: tuple[str, ...], wanted: str) -> str | None:
    """Return which of `names` a setting means: "" for the system's default, None when it is none of them."""
    if not wanted:
        return ""
    exact = [name for name in names if name.casefold() == wanted.casefold()]
    found = exact or [name for name in names if wanted.casefold() in name.casefold()]
    return found[0] if len(set(found)) == 1 else None
