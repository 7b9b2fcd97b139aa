"""Memories as JSON Lines, one object per line: out of a store and into another.

A line needs `text`; everything else may be missing. Times are seconds since 1970 or ISO 8601; a recorded clip stands
in `clip` as base64. Unknown fields are ignored, so that a newer version's export can be read.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar, cast, get_args

from memory.types import Kind, Memory, MemoryRole, Status

T = TypeVar("T")


class LineError(ValueError):
    """A line is not a memory; the message says why."""


def to_record(memory: Memory, clip: bytes | None = None) -> dict[str, Any]:
    """Return a memory as an object for JSON."""
    record: dict[str, Any] = asdict(memory)
    if clip is not None:
        record["clip"] = base64.b64encode(clip).decode("ascii")
    return record


def to_line(memory: Memory, clip: bytes | None = None) -> str:
    """Return a memory as one line of JSON, newline included."""
    return json.dumps(to_record(memory, clip), ensure_ascii=False) + "\n"


def from_line(line: str) -> tuple[Memory, bytes | None]:
    """Read one line.

    Returns:
        The memory (its id "" and its times 0 where the line has none) and its clip or None.

    Raises:
        LineError: If it is not JSON, not an object, has no text, or a field has the wrong type.
    """
    return _memory_from(fields_of(line))


def fields_of(line: str) -> Fields:
    """Return the fields of one line of JSON.

    Raises:
        LineError: If it is not JSON, or not an object.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as e:
        raise LineError(f"not JSON: {e}") from e
    if not isinstance(record, dict):
        raise LineError("not a JSON object")
    return Fields(cast("dict[str, Any]", record))


def _memory_from(fields: Fields) -> tuple[Memory, bytes | None]:
    memory = Memory(
        id=fields.text("id"),
        text=fields.text("text", required=True),
        kind=fields.one_of("kind", get_args(Kind), "note"),
        role=fields.one_of("role", get_args(MemoryRole), "user"),
        speaker=fields.text("speaker"),
        said_at=fields.time("said_at"),
        created_at=fields.time("created_at"),
        updated_at=fields.time("updated_at"),
        conversation=fields.text("conversation"),
        status=fields.one_of("status", get_args(Status), "active"),
        pinned=fields.flag("pinned", default=False),
        explicit=fields.flag("explicit", default=True),
        confidence=fields.number("confidence", 1.0),
        importance=fields.number("importance", 0.5),
        clip_seconds=fields.number("clip_seconds", 0.0),
        meant_at=fields.time("meant_at"),
        meant_until=fields.time("meant_until"),
        turn=int(fields.number("turn", 0.0)),
        slot=fields.text("slot"),
        said=fields.text("said"),
        superseded_by=fields.text("superseded_by"),
        expires_at=fields.time("expires_at"),
    )
    return memory, fields.clip()


class Fields:
    """The fields of one object, each read as its type; null counts as missing."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record

    def _get(self, name: str, default: T, read: Callable[[Any], T]) -> T:
        value = self._record.get(name)
        if value is None:
            return default
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError, OSError) as e:
            raise LineError(f"{name}: {e}") from e

    def text(self, name: str, *, required: bool = False) -> str:
        """Return a string; numbers, which ids often are, are taken as written."""
        value = self._get(name, "", _as_text)
        if required and not value.strip():
            raise LineError(f"{name} is missing")
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number."""
        return self._get(name, default, _as_number)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        return self._get(name, default, _as_flag)

    def time(self, name: str) -> float:
        """Return seconds since 1970, 0 where missing."""
        return self._get(name, 0.0, _as_time)

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> Any:
        """Return one of the choices."""
        value = self._get(name, default, _as_text)
        if value not in choices:
            raise LineError(f"{name}: {value!r} is none of {', '.join(choices)}")
        return value

    def clip(self) -> bytes | None:
        """Return the bytes of the clip, None where there is none."""
        return self._get("clip", None, _as_bytes)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError("not a string")


def _as_number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise TypeError("not a number")


def _as_flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError("neither true nor false")


def _as_time(value: Any) -> float:
    if not isinstance(value, str):
        return _as_number(value)
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _as_bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(_as_text(value), validate=True)
    except binascii.Error as e:
        raise ValueError(f"not base64: {e}") from e
