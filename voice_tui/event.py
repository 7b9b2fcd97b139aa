"""What all events have in common; see `voice_tui.events`, where they are imported from."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """The base of all events.

    Args:
        at: Seconds since the session began.
    """

    at: float = 0.0
