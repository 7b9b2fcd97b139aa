"""What the app needs to know of the world around it, handed in by whoever wires it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from voice_tui.config import Config, Origin
from voice_tui.schema import Value
from voice_tui.settings import Settings
from voice_tui.tui.talk_keeper import TalksFactory

if TYPE_CHECKING:
    from voice_tui.models.shelf import Row


@dataclass(frozen=True, slots=True)
class DeviceNames:
    """The devices of this machine, by name."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of this machine found.

    Args:
        name: What was checked.
        status: "ok", "note" (worth knowing) or "failed".
        detail: What was found, one line.
        fix: What to do; "" when there is nothing to do.
    """

    name: str
    status: Literal["ok", "note", "failed"]
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server of language models on this computer, with the names of its models."""

    name: str
    base_url: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What works on this machine, and which language models are at hand."""

    checks: tuple[Finding, ...] = ()
    servers: tuple[ModelServer, ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """The first run.

    Args:
        wanted: Whether it is shown at the start.
        survey: Looks what works here; takes seconds, called on a thread of its own. None = nothing can be said.
        done: Notes that it was shown, so that it never is again by itself; may block, called off the UI thread.
    """

    wanted: bool = False
    survey: Callable[[], Survey] | None = None
    done: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Shelf:
    """This machine in words, and the models there are for it."""

    machine: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ModelKeeping:
    """Looking after models.

    Args:
        look: What there is, by the settings; may block, called off the UI thread.
        command: Begins the command line of what takes long and runs in a process of its own.
    """

    look: Callable[[Settings], Shelf]
    command: tuple[str, ...]


WriteSettings = Callable[[Mapping[str, Value | None]], Config | None]
"""Changes the person's file and returns what then holds; may block, called off the UI thread."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Places and helpers.

    Args:
        settings_path: The person's settings file, whether it exists or not.
        settings_kept: It is read and written; False = the person asked to start without it, and is told.
        log_path: The log file that the log screen follows; None = none is written.
        transcripts: Folder for transcripts; None = the user's documents, else the home folder.
        clock: Wall clock, seconds since 1970.
        list_devices: Names of microphones and speakers; may block, called off the UI thread. None = names are typed.
        origins: Where the settings come from; see `voice_tui.config.Config`.
        save_settings: Keeps other values in the person's file, by path, None for the default, and returns what then
            holds; may block, called off the UI thread. None = this run only.
        take_back_settings: Undoes the latest save of these settings; given and returns what `save_settings` does.
        conversations: Opens the conversations that were kept; None = none are.
        scrub: Takes the words of forgotten memories out of logs and recordings; may block, called off the UI thread.
        models: Models to download; None = they are not looked after.
        setup: The first run.
        keymap: Binding id -> keys, as Textual writes them, to use others than the catalogue's.
    """

    settings_path: Path = Path("config.toml")
    settings_kept: bool = True
    log_path: Path | None = None
    transcripts: Path | None = None
    clock: Callable[[], float] = time.time
    list_devices: Callable[[], DeviceNames] | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict[str, Origin])
    save_settings: WriteSettings | None = None
    take_back_settings: WriteSettings | None = None
    conversations: TalksFactory | None = None
    scrub: Callable[[Sequence[str]], object] = len
    models: ModelKeeping | None = None
    setup: Setup = field(default_factory=Setup)
    keymap: Mapping[str, str] = field(default_factory=dict[str, str])
