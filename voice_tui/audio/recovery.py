"""What is worth trying when devices come and go. Pure: what is open and what there is goes in, a plan comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voice_tui.audio.choice import KINDS, DeviceInfo, Kind, choose
from voice_tui.errors import DeviceError

MISSING_PAUSE = 0.6
"""Seconds between two looks for a device while there is none."""

PATIENT_PAUSE = 1.5
"""The same once it has been missing for `PATIENT_AFTER` seconds: a look costs 10-30 ms of a core."""

PATIENT_AFTER = 120.0

STAND_IN_PAUSE = 2.5
"""Seconds between two looks for the device that was asked for, while another stands in for it."""

SWAP_PAUSE = 10.0
"""Seconds until a device that did not open in the place of a stand-in is tried again."""

GIVE_UP_SECONDS = 2.0
"""A call that hangs for so long, while others see devices, is given up; twice as long each further time."""


@dataclass(frozen=True, slots=True)
class Side:
    """One direction.

    Args:
        wanted: The name that was asked for.
        open: Whether a device is open.
        stand_in: Whether that is another one than was asked for.
    """

    wanted: str
    open: bool = False
    stand_in: bool = False

    @property
    def content(self) -> bool:
        """Whether nothing better can come."""
        return self.open and not self.stand_in

    def gains(self, kind: Kind, devices: Sequence[DeviceInfo]) -> bool:
        """Return whether `devices` offer more than what is open."""
        if self.content:
            return False
        try:
            choose(devices, self.wanted if self.open else "", kind)
        except DeviceError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Plan:
    """What to open.

    Args:
        kinds: Which directions.
        read_again: Whether everything is closed first and the list read anew.
    """

    kinds: tuple[Kind, ...]
    read_again: bool


class Recovery:
    """Decides when what is tried. All times: seconds, monotonic."""

    def __init__(self) -> None:
        self._missing_since: float | None = None
        self._swap_after = 0.0
        self._given_up = 0

    def pause(self, sides: Mapping[Kind, Side], now: float) -> float | None:
        """Return how often to look for devices; None when there is nothing to look for."""
        if all(side.open for side in sides.values()):
            self._missing_since = None
            return None if all(side.content for side in sides.values()) else STAND_IN_PAUSE
        if self._missing_since is None:
            self._missing_since = now
        return MISSING_PAUSE if now - self._missing_since < PATIENT_AFTER else PATIENT_PAUSE

    def plan(
        self,
        sides: Mapping[Kind, Side],
        listed: Sequence[DeviceInfo],
        known: Sequence[DeviceInfo],
        now: float,
        *,
        may_read_again: bool,
    ) -> Plan | None:
        """Return what is worth trying now, or None.

        Args:
            listed: What there is.
            known: What this process can open without reading the list again.
            may_read_again: Whether that is safe.
        """
        gaining: tuple[Kind, ...] = tuple(
            kind for kind in KINDS if self._due(sides[kind], now) and sides[kind].gains(kind, listed)
        )
        if not gaining:
            return None
        if any(sides[kind].open for kind in gaining):
            self._swap_after = now + SWAP_PAUSE
        enough = all(sides[kind].gains(kind, known) for kind in gaining)
        nothing_open = not any(side.open for side in sides.values())
        if may_read_again and (nothing_open or not enough):
            return Plan(KINDS, read_again=True)
        possible: tuple[Kind, ...] = tuple(kind for kind in gaining if sides[kind].gains(kind, known))
        return Plan(possible, read_again=False) if possible else None

    def gives_up(self, hanging: float, lists: int) -> bool:
        """Return whether a call has hung long enough.

        Args:
            hanging: For so many seconds.
            lists: How many lists of devices came since: with two of them it is not the whole sound system that hangs.
        """
        if lists < 2 or hanging < GIVE_UP_SECONDS * 2**self._given_up:
            return False
        self._given_up += 1
        return True

    def _due(self, side: Side, now: float) -> bool:
        return not side.open or now >= self._swap_after
