"""Which device a name means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from voice_tui.errors import DeviceError

Kind = Literal["input", "output"]

KINDS: tuple[Kind, ...] = ("input", "output")

WORDS: dict[Kind, str] = {"input": "microphone", "output": "speaker"}
"""What a person calls it."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One entry of the system's list of devices; a headset is usually two, and on Windows each is there per host API.

    Args:
        index: PortAudio's number, valid until its list is read again.
        name: As the system calls it.
        host_api: Such as "ALSA", "Core Audio", "Windows WASAPI".
        input_channels: 0 when it cannot record. `output_channels` likewise.
        default_rate: Samples per second that it prefers.
        default_input: The system's default microphone. `default_output` likewise.
    """

    index: int
    name: str
    host_api: str
    input_channels: int
    output_channels: int
    default_rate: int
    default_input: bool
    default_output: bool

    def channels(self, kind: Kind) -> int:
        """Channels in that direction."""
        return self.input_channels if kind == "input" else self.output_channels

    def is_default(self, kind: Kind) -> bool:
        """Whether it is the system's default in that direction."""
        return self.default_input if kind == "input" else self.default_output


def choose(devices: Sequence[DeviceInfo], wanted: str, kind: Kind) -> DeviceInfo:
    """Return the device that `wanted` means: its name, or a part that only it has, whatever the case.

    Args:
        devices: All of them.
        wanted: "" is the system's default, or the first when it names none.
        kind: The direction needed.

    Raises:
        DeviceError: There is none in that direction, none of that name, or several; the hint lists what there is.
    """
    able = [device for device in devices if device.channels(kind)]
    if not able:
        raise DeviceError(f"No {WORDS[kind]} was found", hint="Connect one; typing works without")
    if not wanted:
        return next((device for device in able if device.is_default(kind)), able[0])
    named = _one_per_name(_matching(able, wanted.casefold()), devices)
    if len(named) == 1:
        return named[0]
    if named:
        raise DeviceError(f'"{wanted}" could be {len(named)} {WORDS[kind]}s', hint=f"Name one of: {_names(named)}")
    raise DeviceError(f'No {WORDS[kind]} is called "{wanted}"', hint=f"There is: {_names(able)}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that may be opened.

    Args:
        problem: Why it is not the one that was asked for; None when it is.
    """

    device: DeviceInfo
    problem: DeviceError | None = None


def candidates(devices: Sequence[DeviceInfo], wanted: str, kind: Kind) -> list[Candidate]:
    """Return the device that is asked for, and the system's default to stand in for it; best first, never empty.

    Raises:
        DeviceError: There is none in that direction.
    """
    stand_in = choose(devices, "", kind)
    try:
        wished = choose(devices, wanted, kind)
    except DeviceError as problem:
        return [Candidate(stand_in, problem)]
    if wished == stand_in:
        return [Candidate(wished)]
    return [Candidate(wished), Candidate(stand_in, DeviceError(f'The {WORDS[kind]} "{wished.name}" does not work'))]


def _matching(devices: Sequence[DeviceInfo], wanted: str) -> list[DeviceInfo]:
    exact = [device for device in devices if device.name.casefold() == wanted]
    return exact or [device for device in devices if wanted in device.name.casefold()]


def _one_per_name(devices: Sequence[DeviceInfo], everything: Sequence[DeviceInfo]) -> list[DeviceInfo]:
    """Of devices that several host APIs list under one name, keep the one of the system's preferred host API."""
    preferred = {device.host_api for device in everything if device.default_input or device.default_output}
    by_name: dict[str, DeviceInfo] = {}
    for device in devices:
        if device.name not in by_name or device.host_api in preferred:
            by_name[device.name] = device
    return list(by_name.values())


def _names(devices: Sequence[DeviceInfo]) -> str:
    return ", ".join(dict.fromkeys(device.name for device in devices))
