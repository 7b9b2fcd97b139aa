"""A transcript as a Markdown or JSON file, written whole or not at all. Runs on a `Desk`."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_tui.errors import VoiceTuiError
from voice_tui.tui.state.conversation import Line

_NAMES = {"user": "You", "assistant": "Assistant", "system": "System"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


class TranscriptError(VoiceTuiError):
    """The transcript could not be written."""

    title = "Save transcript"


@dataclass(frozen=True, slots=True)
class Texts:
    """A transcript in every form that it can be saved in.

    Args:
        markdown: Makes the Markdown. `record`: makes the object for JSON.
    """

    markdown: Callable[[], str]
    record: Callable[[], Mapping[str, Any]]

    def for_path(self, path: Path) -> str:
        """Return JSON for a name that ends in .json, else Markdown."""
        if path.suffix.lower() == ".json":
            return json.dumps(self.record(), indent=2, ensure_ascii=False) + "\n"
        return self.markdown()


def record(lines: Iterable[Line], *, clock: float, dropped: int = 0) -> dict[str, Any]:
    """Return the turns as an object for JSON; see `markdown`."""
    turns = [
        {
            "role": line.role,
            "text": line.text,
            "at": line.at,
            "interrupted": line.interrupted,
            "typed": line.typed,
            "confidence": line.confidence,
        }
        for line in lines
        if line.final and line.kind == "turn"
    ]
    return {"saved_at": clock, "dropped": dropped, "turns": turns}


def markdown(lines: Iterable[Line], *, clock: float, dropped: int = 0) -> str:
    """Return the transcript as Markdown; what people said is escaped and never becomes markup.

    Args:
        lines: In order; partials are left out.
        clock: Wall clock, seconds since 1970, for the heading (local time).
        dropped: How many older lines are no longer there.
    """
    parts = [f"# Conversation, {time.strftime('%Y-%m-%d %H:%M', time.localtime(clock))}"]
    if dropped:
        parts.append(f"*{dropped} older lines are not in this file.*")
    parts += [_paragraph(line) for line in lines if line.final]
    return "\n\n".join(parts) + "\n"


def proposed(folder: Path, clock: float) -> Path:
    """Return a path in `folder` that is not taken, named by the minute."""
    stem = time.strftime("voice-tui %Y-%m-%d %H-%M", time.localtime(clock))
    path, number = folder / f"{stem}.md", 2
    while path.exists():
        path, number = folder / f"{stem} ({number}).md", number + 1
    return path


def default_folder(fallback: Path) -> Path:
    """Return the user's documents folder when there is one, else the home folder, else `fallback`."""
    from platformdirs import user_documents_path

    documents = user_documents_path()
    if documents.is_dir():
        return documents
    try:
        home = Path.home()
    except RuntimeError:
        return fallback
    return home if home.is_dir() else fallback


def save(text: str, path: Path) -> None:
    """Write `text` to a new file, complete and on disk before it has its name; an existing file is left alone.

    Raises:
        TranscriptError: It exists already, or cannot be written.
    """
    try:
        if path.exists():
            raise TranscriptError(f"{path} exists already", hint="Choose another name.")
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(text, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise TranscriptError(f"Cannot write {path}: {reason}", hint="Choose another name or folder.") from error


def _write_new(text: str, path: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".voice-tui-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _name_it(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _name_it(temporary: Path, path: Path) -> None:
    """Give the finished file its name; a link, unlike a rename, refuses to replace what came there meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        temporary.replace(path)


def _paragraph(line: Line) -> str:
    if line.kind == "chapter":
        return f"---\n\n*{_escaped(line.text)}*"
    if line.kind == "note":
        return f"*{_escaped(line.text)}*"
    extras = ", ".join(mark for mark, there in (("typed", line.typed), ("interrupted", line.interrupted)) if there)
    extra = f" ({extras})" if extras else ""
    return f"**{_NAMES[line.role]}** {_at(line.at)}{extra}: {_escaped(line.text)}"


def _at(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"[{minutes}:{rest:02d}]"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "  \n")
