"""config.toml on disk: read it with line numbers, change single settings in it without touching the rest."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voice_tui.errors import ConfigError
from voice_tui.schema import Value, by_path, did_you_mean, remarks

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Item, Key, Table

    Body = list[tuple[Key | None, Item]]

_HEADER = re.compile(r"""\s*\[\s*["']?([\w-]+)["']?\s*\]""")
_KEY = re.compile(r"""\s*((?:["']?[\w-]+["']?\s*\.\s*)*["']?[\w-]+["']?)\s*=""")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What one file says.

    Args:
        path: The file.
        values: As tomllib gives it.
        lines: Number of the line (1-based) on which each dotted key stands, as far as a plain look at the text tells.
    """

    path: Path
    values: Mapping[str, Any]
    lines: Mapping[str, int]

    def where(self, key: str) -> str:
        """Return "FILE, line 12" for a dotted key, or just the file."""
        line = self.lines.get(key)
        return f"{self.path}, line {line}" if line else str(self.path)


def read(path: Path) -> ConfigFile:
    """Read a TOML file.

    Raises:
        ConfigError: If it cannot be read or is not TOML; the message names file and line.
    """
    return parse(path, read_text(path))


def parse(path: Path, text: str) -> ConfigFile:
    """Return what a file's text says.

    Raises:
        ConfigError: If it is not TOML; the message names file and line.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(_misread(path, text, str(e)), hint="Correct it there") from e
    return ConfigFile(path, values, key_lines(text))


_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_SHOWN_CHARS = 60


def _misread(path: Path, text: str, reason: str) -> str:
    """Say where tomllib stopped, what stands there, and why."""
    place = _PLACE.search(reason)
    cause = reason[: place.start()] if place else reason
    if not place or place[1] is None:
        return f"{path} cannot be understood: {cause} (at its end)"
    number = int(place[1])
    line = text.splitlines()[number - 1 : number]
    there = f" `{line[0].strip()[:_SHOWN_CHARS]}`" if line and line[0].strip() else ""
    return f"{path}, line {number} cannot be understood:{there}: {cause}"


def read_text(path: Path) -> str:
    """Return the file's text.

    Raises:
        ConfigError: If it cannot be read or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")  # its ends of lines stay what they are
    except FileNotFoundError as e:
        raise ConfigError(f"There is no file {path}", hint="Check --config and VOICE_TUI_CONFIG") from e
    except OSError as e:
        raise ConfigError(f"Cannot read {path}: {e.strerror}", hint="Check its permissions") from e
    except UnicodeDecodeError as e:
        line = e.object.count(b"\n", 0, e.start) + 1
        raise ConfigError(f"{path}, line {line}: this is not UTF-8 text", hint="Save the file as UTF-8") from e


def key_lines(text: str) -> dict[str, int]:
    """Find the line of each `[section]` and `name = …`; tomllib does not tell them."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = header[1]
            found.setdefault(section, number)
        elif key := _KEY.match(line):
            name = re.sub(r"""["'\s]""", "", key[1])
            found.setdefault(f"{section}.{name}" if section else name, number)
    return found


def save(path: Path, changes: Mapping[str, Value | None]) -> None:
    """Change settings in a file: comments, order and everything else in it stay; the file is replaced in one step.

    Args:
        path: The file; made with its folder if it is not there. A symbolic link stays one.
        changes: Path of a setting -> new value, or None to take it out of the file (back to the default).

    Raises:
        ConfigError: If a path or value is wrong, the file is not valid TOML (it is then left as it is), or it cannot be
            written.
    """
    write(path, edited(path, text_of(path), changes).after)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a file, kept to be undone.

    Args:
        before: The file's text, None = there was none. `after` likewise.
        changes: See `save`.
    """

    before: str | None
    changes: Mapping[str, Value | None]
    after: str | None


def edited(path: Path, text: str | None, changes: Mapping[str, Value | None]) -> Edit:
    """Return what `changes` make of `text`; see `save`. Nothing is written."""
    checked = {key: _checked(key, value) for key, value in changes.items()}
    if text is None and not any(value is not None for value in checked.values()):
        return Edit(None, checked, None)
    document = _parsed(path, text)
    for key, value in checked.items():
        section, _, name = key.partition(".")
        _change(document, section, name, value)
    return Edit(text, checked, document.as_string())


def undone(path: Path, edits: Sequence[Edit], keys: Collection[str]) -> list[Edit]:
    """Return the edits without the latest change of each of `keys`; what was made after it is made without it."""
    for key in keys:
        at = max((place for place, edit in enumerate(edits) if key in edit.changes), default=len(edits))
        text, redone = (edits[at].before if at < len(edits) else None), list(edits[:at])
        for edit in edits[at:]:
            others = {other: value for other, value in edit.changes.items() if other != key}
            redone.append(edited(path, text, others))
            text = redone[-1].after
        edits = redone
    return list(edits)


def text_of(path: Path) -> str | None:
    """Return the file's text, None where there is no file.

    Raises:
        ConfigError: If it cannot be read or is not UTF-8.
    """
    return read_text(path) if path.exists() else None


def write(path: Path, text: str | None) -> None:
    """Give the file this text, None = remove it; one that has it already is not touched. A symbolic link stays one.

    Raises:
        ConfigError: If it cannot be written; the old file is then untouched.
    """
    path = path.resolve()
    if text == text_of(path):
        return
    if text is not None:
        replace_text(path, text)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as e:
        raise ConfigError(f"Cannot remove {path}: {e.strerror}", hint="Check its permissions") from e


def _checked(key: str, value: Value | None) -> Value | None:
    setting = by_path().get(key)
    if setting is None:
        raise ConfigError(f"There is no setting `{key}`", hint=did_you_mean(key))
    try:
        return None if value is None else setting.check(value)
    except ValueError as e:
        raise ConfigError(f"{key} {e}") from None


def _parsed(path: Path, text: str | None) -> TOMLDocument:
    import tomlkit

    if text is None:
        return tomlkit.parse("# Settings of voice-tui; `voice-tui config show --default` prints all there are.\n")
    parse(path, text)  # says clearly what is wrong with a broken file
    return tomlkit.parse(text)


def _change(document: TOMLDocument, section: str, name: str, value: Value | None) -> None:
    import tomlkit

    if value is None:
        if section in document and name in (table := _table(document, section)):
            _remove(table, section, name)
        return
    table = _table(document, section)
    if name in table:
        table[name] = value
        return
    body = _body(table)
    lines = _comment_to_write(table, section, name)
    behind = _behind(body)
    del body[len(body) - len(behind) :]
    for line in lines:
        table.add(tomlkit.comment(line))
    table[name] = value
    body.extend(behind)


def _table(document: TOMLDocument, section: str) -> Table:
    import tomlkit

    if section not in document:
        document.add(section, tomlkit.table())
    table: Any = document[section]
    return table


def _comment_to_write(table: Table, section: str, name: str) -> list[str]:
    """Return the comment above a setting that is new in the file; one that was left there alone is taken out."""
    from tomlkit.items import InlineTable

    if isinstance(table, InlineTable):  # `audio = {volume = 1}`: there is no room for one
        return []
    lines = remarks(by_path()[f"{section}.{name}"])
    body = _body(table)
    for place in [place for place in range(len(body)) if _says(body, place, lines)]:
        if any(_comment(item) for _, item in body[place + len(lines) :][:1]):  # such as the setting itself, as a remark
            return []
        _blank(body, place, place + len(lines))
    return lines


def _remove(table: Table, section: str, name: str) -> None:
    """Take a setting out, with the comment above it if that is ours, word for word."""
    lines = remarks(by_path()[f"{section}.{name}"])
    body = _body(table)
    place = next((at for at, (key, _) in enumerate(body) if key is not None and key.key == name), -1)
    table.remove(name)
    first = place - len(lines)
    if first >= 0 and _says(body, first, lines):
        _blank(body, first, place + 1)


def _body(table: Table) -> Body:
    """Return what stands in a section, in its order; nothing for one that is not written as a section."""
    from tomlkit.container import Container

    held: Any = getattr(table, "value", None)  # one in two pieces has none
    return held.body if isinstance(held, Container) else []


def _says(body: Body, place: int, lines: Sequence[str]) -> bool:
    """Whether exactly these lines of comment stand at `place`."""
    return [_comment(item) for _, item in body[place : place + len(lines)]] == [f"# {line}" for line in lines]


def _comment(item: Item) -> str:
    from tomlkit.items import Comment

    return item.trivia.comment if isinstance(item, Comment) else ""


def _blank(body: Body, start: int, end: int) -> None:
    """Leave the items of `start` to `end` out, and an empty line before them if there is one behind them too."""
    from tomlkit.items import Null, Whitespace

    behind = next((item for _, item in body[end:] if not isinstance(item, Null)), None)
    if start and isinstance(body[start - 1][1], Whitespace) and isinstance(behind, Whitespace):
        start -= 1
    for place in range(start, end):
        body[place] = (None, Null())


def _behind(body: Body) -> Body:
    """Return what stands in a section from the empty line after its last setting on, such as words on the next one."""
    from tomlkit.items import Whitespace

    last = max((place for place, (key, _) in enumerate(body) if key is not None), default=-1)
    first = (place for place in range(last + 1, len(body)) if isinstance(body[place][1], Whitespace))
    return body[next(first, len(body)) :]


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a crash at any moment leaves the old text or the new, never a part.

    Raises:
        ConfigError: If it cannot be written; the old file is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "the file is read-only")
        _replace(path, text)
    except OSError as e:
        raise ConfigError(f"Cannot write {path}: {e.strerror}", hint="Check its permissions and the disk") from e


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as new:
            if path.exists():
                Path(name).chmod(path.stat().st_mode & 0o7777)
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too; systems that cannot open a folder do without."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
