"""Memories on several machines: the server that the settings name, the token for it, and telling the app."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from memory.errors import MemoryStoreError
from memory.remote.changes import disconnect
from memory.remote.exchange import Remote
from memory.store import SqliteMemory
from voice_tui.events import AnyEvent, MemoryShared, Notice
from voice_tui.paths import recordings_path, state_dir
from voice_tui.scrub import scrub
from voice_tui.settings import Settings

log = logging.getLogger(__name__)

TOKEN_VARIABLE = "VOICE_TUI_SYNC_TOKEN"  # noqa: S105  # a name
"""Environment variable with the token of the memory server."""

SERVICE, ACCOUNT = "voice-tui", "memory-server"
"""Where the token stands in the key ring."""

KEY_RING_SECONDS = 10.0
"""A locked key ring asks the person first."""


def server_token() -> str:
    """Return the token of the memory server from the environment, else from the system's key ring; "" = none.

    May wait for the person to unlock the key ring: not for the loop's thread.
    """
    given = os.environ.get(TOKEN_VARIABLE, "").strip()
    return given or _from_key_ring()


def _from_key_ring() -> str:
    if sys.platform == "darwin":
        command = ["security", "find-generic-password", "-s", SERVICE, "-a", ACCOUNT, "-w"]
    else:
        command = ["secret-tool", "lookup", "service", SERVICE, "account", ACCOUNT]
    if shutil.which(command[0]) is None:
        return ""
    try:
        found = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=KEY_RING_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        log.warning("the key ring did not answer: %s", type(e).__name__)
        return ""
    return found.stdout.decode("utf-8", "replace").strip() if found.returncode == 0 else ""


def remote_of(store: SqliteMemory, settings: Settings, changed: Callable[[], object] = lambda: None) -> Remote:
    """Return the exchange of a store with the server that the settings name; nothing is sent yet.

    Args:
        store: Open. `settings`: memory.remote counts.
        changed: Called on the exchange's thread when something came in or the state changed.

    Raises:
        MemoryStoreError: The address is none, or the file is read-only.
    """
    recordings = recordings_path(settings.recordings.path)
    return Remote(
        store,
        settings.memory.remote,
        server_token,
        forgotten=lambda texts: scrub(texts, state_dir(), recordings),
        changed=changed,
    )


def share(store: SqliteMemory, settings: Settings, tell: Callable[[AnyEvent], object]) -> None:
    """Keep a store in step with the server of the settings, if they name one; returns at once.

    Args:
        store: Open; ends the exchange when it is closed.
        settings: memory.remote counts.
        tell: Takes `MemoryShared` events, on a thread of the exchange.
    """
    if not settings.memory.remote.strip():
        if store.remote_state() is not None and not store.read_only:
            store.write(disconnect)
        return

    def changed() -> None:
        state = store.remote_state()
        if state is not None:
            tell(MemoryShared(state=state.words, detail=state.detail))

    try:
        store.keep_in_step(remote_of(store, settings, changed))
    except MemoryStoreError as e:
        log.warning("the memories stay on this machine: %s", e)
        tell(Notice(severity="warning", message=e.message, hint=e.hint))
