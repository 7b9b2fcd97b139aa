"""PortAudio's library; the only module that uses sounddevice, and it imports it when it must.

PortAudio reads the list of devices once, when it is loaded, and again only when it is closed and loaded anew, which
ends every stream that is open. A sound system that hangs makes any of these calls hang: they belong into a thread that
can be given up (`voice_tui.audio.jobs`).
"""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from voice_tui.audio.choice import DeviceInfo
from voice_tui.audio.jack import drop_locks
from voice_tui.audio.jobs import Job
from voice_tui.errors import DeviceError

_INSTALL_HINT = (
    "Install it: sudo apt-get install libportaudio2 (Debian, Ubuntu), sudo dnf install portaudio (Fedora), "
    "sudo pacman -S portaudio (Arch); typing works without"
)


ANSWER_SECONDS = 5.0
"""How long the sound system has to tell its devices; it takes some tenths."""


class LibraryMissingError(DeviceError):
    """There is no PortAudio on this machine, and there will be none before it is installed."""


class Stream(Protocol):
    """What is used of a stream."""

    active: bool
    latency: float

    def start(self) -> None:
        """Begin to call back."""
        ...

    def stop(self) -> None:
        """End after what the device holds."""
        ...

    def abort(self) -> None:
        """End at once."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class PortAudio(Protocol):
    """What is used of sounddevice, which has no types."""

    PortAudioError: type[Exception]
    InputStream: Callable[..., Stream]
    OutputStream: Callable[..., Stream]
    _terminate: Callable[[], None]
    _initialize: Callable[[], None]

    @property
    def default(self) -> Any:
        """Of which `device` holds the numbers of the default microphone and speaker."""
        ...

    def query_devices(self) -> Iterable[Mapping[str, Any]]:
        """Return all devices."""
        ...

    def query_hostapis(self) -> Sequence[Mapping[str, Any]]:
        """Return all host APIs."""
        ...


def load() -> PortAudio:
    """Return the library.

    Raises:
        LibraryMissingError: It is not installed.
    """
    if "sounddevice" not in sys.modules:
        drop_locks()
    try:
        import sounddevice  # pyright: ignore[reportMissingTypeStubs]  # it has none
    except OSError as e:
        message = "PortAudio, the library for sound devices, is not installed"
        raise LibraryMissingError(message, hint=_INSTALL_HINT) from e
    return cast(PortAudio, sounddevice)


def read_again(portaudio: PortAudio) -> None:
    """Make the library read the list of devices again. Only while no stream is open, nor being closed."""
    portaudio._terminate()  # pyright: ignore[reportPrivateUsage]  # there is no other way
    portaudio._initialize()  # pyright: ignore[reportPrivateUsage]


def device_infos(portaudio: PortAudio) -> tuple[DeviceInfo, ...]:
    """Return the devices that the library knows of."""
    apis = portaudio.query_hostapis()
    default_input, default_output = portaudio.default.device
    return tuple(
        DeviceInfo(
            index=index,
            name=entry["name"],
            host_api=apis[int(entry["hostapi"])]["name"],
            input_channels=int(entry["max_input_channels"]),
            output_channels=int(entry["max_output_channels"]),
            default_rate=int(entry["default_samplerate"]),
            default_input=index == default_input,
            default_output=index == default_output,
        )
        for index, entry in enumerate(portaudio.query_devices())
    )


def list_devices() -> tuple[DeviceInfo, ...]:
    """Return every microphone and speaker that the system offers; empty when there is none.

    Raises:
        LibraryMissingError: PortAudio is not installed.
        DeviceError: The sound system does not answer within ANSWER_SECONDS.
    """
    asked = Job(lambda: device_infos(load()), lambda _: None, time.monotonic())
    if not asked.wait(ANSWER_SECONDS):
        asked.give_up()
        leave_open()
        raise DeviceError("The sound system does not answer", hint="Restart the sound server, then try again")
    if asked.error is not None:
        raise asked.error
    return asked.result or ()


def leave_open() -> None:
    """Keep sounddevice from waiting for a hung device when the program ends."""
    module = sys.modules.get("sounddevice")
    handler = getattr(module, "_exit_handler", None)  # none while the import itself hangs
    if handler is not None:
        atexit.unregister(handler)
