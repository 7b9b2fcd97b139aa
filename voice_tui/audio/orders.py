"""What is done to the devices in one go, in a thread of its own: close, read the list anew, open."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from voice_tui.audio import portaudio as library
from voice_tui.audio.choice import KINDS, Candidate, DeviceInfo, Kind, candidates
from voice_tui.audio.line import Line, close_streams, formats, open_line
from voice_tui.audio.portaudio import PortAudio, Stream
from voice_tui.errors import DeviceError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """One go.

    Args:
        close: Closed first. `gently`: see `close_streams`.
        read_again: Read the list of devices anew; allowed only when nothing is open after that.
        open: Direction -> the device asked for, "" for the system's default.
    """

    close: tuple[Stream, ...] = ()
    gently: bool = False
    read_again: bool = False
    open: Mapping[Kind, str] = field(default_factory=dict[Kind, str])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order.

    Args:
        devices: The list as the library knows it now.
        lines: What was opened. `problems`: why the others were not.
        library_missing: There is no PortAudio: nothing will ever be opened.
    """

    devices: tuple[DeviceInfo, ...] = ()
    lines: Mapping[Kind, Line] = field(default_factory=dict[Kind, Line])
    problems: Mapping[Kind, DeviceError] = field(default_factory=dict[Kind, DeviceError])
    library_missing: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """How devices are opened.

    Args:
        rates: Samples per second tried, in this order, before the device's own default.
        block_samples: The block, at 24 kHz.
        clock: Seconds, monotonic.
    """

    rates: tuple[int, ...]
    block_samples: int
    clock: Callable[[], float]


def carry_out(order: Order, terms: Terms) -> Outcome:
    """Do it. Hangs as long as the sound system does.

    The speaker is opened first, so that the first answer finds it running.
    """
    close_streams(order.close, gently=order.gently)
    if not order.open and not order.read_again:
        return Outcome()
    try:
        portaudio = library.load()
    except library.LibraryMissingError as problem:
        return Outcome(problems=dict.fromkeys(order.open, problem), library_missing=True)
    if order.read_again:
        library.read_again(portaudio)
    devices = library.device_infos(portaudio)
    lines: dict[Kind, Line] = {}
    problems: dict[Kind, DeviceError] = {}
    wanted: list[Kind] = [kind for kind in reversed(KINDS) if kind in order.open]
    for kind in wanted:
        try:
            lines[kind] = _open_best(portaudio, candidates(devices, order.open[kind], kind), kind, terms)
        except DeviceError as problem:
            problems[kind] = problem
    return Outcome(devices, lines, problems)


def undo(outcome: Outcome) -> None:
    """Close what an order opened that nobody wants any more."""
    close_streams([line.stream for line in outcome.lines.values()])


def _open_best(portaudio: PortAudio, found: Sequence[Candidate], kind: Kind, terms: Terms) -> Line:
    """Open the first that works.

    Raises:
        DeviceError: None does; it says why of the first.
    """
    first: DeviceError | None = None
    for candidate in found:
        forms = formats(candidate.device, kind, terms.rates, terms.block_samples)
        try:
            return open_line(portaudio, candidate, kind, forms, terms.clock)
        except DeviceError as problem:
            log.info("%s", problem)
            first = first or problem
    assert first is not None
    raise first
