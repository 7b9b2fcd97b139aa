"""A conversation as Markdown for people and as JSON for programs. Pure functions; any thread."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from memory.types import Transcript, Turn

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def to_markdown(transcript: Transcript, zone: tzinfo | None = None) -> str:
    """Return it as Markdown, newline at the end; what people said is escaped and never becomes markup.

    Args:
        transcript: It.
        zone: Of the times shown; None = this machine's.
    """
    head = transcript.conversation
    began = local_time(head.started_at, zone)
    parts = [f"# {_escaped(head.title) or 'Conversation'}", f"*{began} · {len(transcript.turns)} turns*"]
    parts += [_paragraph(turn, zone) for turn in transcript.turns]
    return "\n\n".join(parts) + "\n"


def to_record(transcript: Transcript) -> dict[str, Any]:
    """Return it as an object for JSON: the fields of `Conversation`, and `turns` with those of `Turn`."""
    return asdict(transcript.conversation) | {"turns": [asdict(turn) for turn in transcript.turns]}


def local_time(seconds: float, zone: tzinfo | None = None, form: str = "%Y-%m-%d %H:%M") -> str:
    """Return a time since 1970 as text, question marks where no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds).astimezone(zone).strftime(form)
    except (ValueError, OverflowError, OSError):
        return re.sub(r"%\w", "??", form)


def _paragraph(turn: Turn, zone: tzinfo | None) -> str:
    extras = ", ".join(mark for mark, there in (("typed", turn.typed), ("interrupted", turn.interrupted)) if there)
    extra = f" ({extras})" if extras else ""
    name = _escaped(turn.speaker) or _NAMES[turn.role]
    return f"**{name}** {local_time(turn.said_at, zone, '%H:%M:%S')}{extra}: {_escaped(turn.text)}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "  \n")
