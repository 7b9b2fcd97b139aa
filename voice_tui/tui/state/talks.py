"""The conversations that were kept, as their screen shows them; and a date and a length in words. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass

from memory.types import Conversation, Found, Transcript

_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Talks:
    """What the conversations screen knows.

    Args:
        found: The list, as found for `query`: the one last spoken in comes first.
        total: How many there are in all.
        selected: The conversation under the cursor; None while the screen is closed or the list is empty.
        opened: What was said in it, once it was read.
        undo: What the last delete removed; empty when there is nothing to undo.
        error: Why there is no list, for a person; "" when all is well.
        loaded: Whether a first answer has come.
        said: What was done last; "" once something else came.
    """

    found: tuple[Found, ...] = ()
    query: str = ""
    total: int = 0
    selected: Conversation | None = None
    opened: Transcript | None = None
    undo: tuple[Transcript, ...] = ()
    error: str = ""
    loaded: bool = False
    said: str = ""


def counted(talks: Talks) -> str:
    """Return "12", or "3 of 12" while a search hides some, after what was done last."""
    if not talks.loaded or talks.error:
        return ""
    shown = len(talks.found)
    number = f"{talks.total}" if shown == talks.total else f"{shown} of {talks.total}"
    return " · ".join(part for part in (talks.said, number if talks.total else "") if part)


def day_and_time(at: float, now: float) -> str:
    """Return "Today 08:14", "Yesterday 21:03", "Mon 16 Nov 08:14", or with the year when it was another; local time.

    Args:
        at: Seconds since 1970. `now` likewise.
    """
    then, today = time.localtime(at), time.localtime(now)
    clock = time.strftime("%H:%M", then)
    if then[:3] == today[:3]:
        return f"Today {clock}"
    if then[:3] == time.localtime(now - 24 * _HOUR)[:3]:
        return f"Yesterday {clock}"
    day = f"{then.tm_mday} {time.strftime('%b', then)}"
    if then.tm_year == today.tm_year:
        return f"{time.strftime('%a', then)} {day} {clock}"
    return f"{day} {then.tm_year} {clock}"


def length(conversation: Conversation) -> str:
    """Return "12 turns · 3 min", without the time when it was less than a minute."""
    turns = "1 turn" if conversation.turns == 1 else f"{conversation.turns} turns"
    seconds = max(0.0, conversation.ended_at - conversation.started_at)
    hours, minutes = divmod(int(seconds) // _MINUTE, 60)
    lasted = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else ""
    return f"{turns} · {lasted}" if lasted else turns
