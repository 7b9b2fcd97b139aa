"""What a memory's words say about themselves: the time they mean and the slot they fill. Pure functions; any thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from memory.types import Memory
from memory.understanding.slots import slot_of
from memory.understanding.when import time_meant


def understood(memory: Memory) -> Memory:
    """Return the memory with its time meant and its slot, where it had none."""
    meant = (memory.meant_at, memory.meant_until) if memory.meant_at else meant_at(memory.text, memory.said_at)
    return replace(memory, slot=memory.slot or slot_of(memory.text), meant_at=meant[0], meant_until=meant[1])


def meant_at(text: str, said_at: float) -> tuple[float, float]:
    """Return begin and end of the time that words mean, on this machine's clock; zeros where they name none."""
    meant = time_meant(text, said_at, _zone(said_at)) if said_at else None
    return (meant.start, meant.end) if meant else (0.0, 0.0)


def _zone(at: float) -> tzinfo:
    """Return the offset that held here at that time."""
    try:
        return datetime.fromtimestamp(at).astimezone().tzinfo or UTC
    except (ValueError, OverflowError, OSError):
        return UTC
