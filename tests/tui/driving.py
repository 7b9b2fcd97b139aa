"""Making the app, waiting until it is at rest, and looking at what it shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

from blockbuster import blockbuster_ctx
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from memory.types import Memory
from tests.fakes_memory import NOW, FakeMemory, some_memories
from tests.fakes_session import READY, FakeSession
from voice_tui.events import AnyEvent
from voice_tui.settings import Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.surroundings import Surroundings
from voice_tui.tui.widgets.transcript import LineBlock, Transcript

DEADLINE = 10.0
SETTINGS_PATH = Path("/home/anna/.config/voice-tui/config.toml")


def make_app(
    script: Sequence[AnyEvent] = READY,
    memories: Sequence[Memory] | None = None,
    *,
    settings: Settings | None = None,
    memory: FakeMemory | None = None,
    **around: Any,
) -> VoiceTuiApp:
    """An app with a session that says `script`; `app.session` and `app.test_memory` are the doubles."""
    store = memory if memory is not None else FakeMemory(some_memories() if memories is None else memories)
    around = {"clock": lambda: NOW, "settings_path": SETTINGS_PATH, **around}
    app = VoiceTuiApp(FakeSession(script), lambda: store, settings or Settings(), Surroundings(**around))
    app.animation_level = "none"
    return app


def session_of(app: VoiceTuiApp) -> FakeSession:
    assert isinstance(app.session, FakeSession)
    return app.session


def at_rest(app: VoiceTuiApp) -> bool:
    """Whether the session was started, no work is under way and every key has been given out."""
    session = session_of(app)
    answered = session.finds is None or app.state.shelf.reach != "asked"
    idle = app.files.idle and app.shelves.idle and app.inbox.empty and not app._keys._waiting
    return bool(session.started) and idle and answered


async def settle(pilot: Pilot[Any], until: Callable[[], bool] = lambda: True) -> None:
    """Wait until the app is at rest and `until` holds; fails after a deadline."""
    app = pilot.app
    assert isinstance(app, VoiceTuiApp)
    deadline = time.monotonic() + DEADLINE
    calm = 0
    while calm < 2:
        await pilot.pause()
        calm = calm + 1 if at_rest(app) and until() else 0
        if not calm:
            await asyncio.sleep(0.001)  # lets the desk's threads run; what is waited for is the condition above
            assert time.monotonic() < deadline, f"not at rest: {session_of(app).commands}"


async def emit_each(pilot: Pilot[Any], *events: AnyEvent) -> None:
    """Let the session say one thing after the other, each taken before the next comes, and wait until all is drawn."""
    app = pilot.app
    assert isinstance(app, VoiceTuiApp)
    deadline = time.monotonic() + DEADLINE
    for event in events:
        session_of(app).emit(event)
        while not app.inbox.empty:
            await asyncio.sleep(0.001)  # lets the app take it
            assert time.monotonic() < deadline, f"not taken: {event}"
    await settle(pilot)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, each at rest; letters typed into a line one after the other, as a person does."""
    for key, following in zip_longest(keys, keys[1:], fillvalue=""):
        await pilot.press(key)
        if not (len(key) == len(following) == 1 and isinstance(pilot.app.focused, Input | TextArea)):
            await settle(pilot)


async def emit(pilot: Pilot[Any], *events: AnyEvent) -> None:
    """Let the session say something and wait until it is drawn."""
    app = pilot.app
    assert isinstance(app, VoiceTuiApp)
    session_of(app).emit(*events)
    await settle(pilot)


@asynccontextmanager
async def running(app: VoiceTuiApp, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[int]]:
    """The app, at rest after its start; a blocking call by our code on its event loop raises."""
    with blockbuster_ctx(scanned_modules=["voice_tui", "memory"]):
        async with app.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot
    app.shut_down(1.0)


def main_screen(app: VoiceTuiApp) -> MainScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, MainScreen)
    return screen


def shown_lines(app: VoiceTuiApp) -> list[str]:
    """The transcript as drawn, one string per line."""
    blocks = main_screen(app).query_one(Transcript).blocks
    return [block.content.plain for block in blocks if isinstance(block, LineBlock)]


def toasts(app: VoiceTuiApp) -> list[str]:
    """What stands as a toast."""
    return [notification.message for notification in app._notifications]


def screen_text(app: VoiceTuiApp) -> str:
    """Everything on screen, as text."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join(strip.text for strip in list(lines)[:height]) if width else ""


async def burst(pilot: Pilot[Any], *keys: str) -> None:
    """Let keys come all at once, before the app has had a chance to run, and wait until it is at rest."""
    driver = pilot.app._driver
    assert driver is not None
    for key in keys:
        event = events.Key(_character_to_key(key) if len(key) == 1 else key, key if len(key) == 1 else None)
        event.set_sender(pilot.app)
        driver.send_message(event)
    await settle(pilot)
