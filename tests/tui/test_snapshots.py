"""Pictures of every screen and dialog at 80x24 and 120x36.

A picture that changed is shown side by side in snapshot_report.html; `pytest --snapshot-update` accepts it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from memory.errors import MemoryStoreError
from tests.fakes_memory import FakeMemory, some_corrections, some_memories, some_suggestions
from tests.fakes_session import DIALOGUE, READY, Finds, many_stats, stats
from tests.tui.driving import emit_each, make_app, press, session_of, settle
from tests.tui.kept import keep, opener
from voice_tui.events import (
    AnyEvent,
    DevicesChanged,
    Notice,
    Progressed,
    SessionFailed,
    SoundChecked,
    StateChanged,
    TalkChanged,
)
from voice_tui.settings import AudioSettings, LlmSettings, Settings, TurnSettings
from voice_tui.tui.surroundings import DeviceNames

TALK: tuple[AnyEvent, ...] = (*READY, *DIALOGUE)
LOG = (
    "2026-11-20 08:00:01,000 INFO    412 MainThread voice_tui.session.loop: the loop runs\n"
    "2026-11-20 08:00:09,000 WARNING 412 MainThread voice_tui.audio.device: 2 underruns\n"
)
NAMES = DeviceNames(
    ("Built-in Microphone", "USB Audio Device, Analog Stereo, with a long name"), ("Headphones", "HDMI 1", "HDMI 2")
)
NOTICES: tuple[AnyEvent, ...] = (
    Notice(
        severity="error", message="The microphone is gone: USB Audio", hint="Plug it in again, or F6 chooses another."
    ),
    Notice(
        severity="warning", message="The language model does not answer", hint="The notebook answers until it does."
    ),
)


@dataclass(frozen=True)
class Scene:
    """How a picture comes about: what the session says and says further, which keys are pressed, what it says then."""

    script: Sequence[AnyEvent] = TALK
    keys: Sequence[str] = ()
    more: Sequence[AnyEvent] = ()
    then: Sequence[AnyEvent] = ()
    settings: Settings = field(default_factory=Settings)
    memory: FakeMemory | None = None
    names: DeviceNames | None = NAMES
    kept: bool = False
    finds: Finds | None = None


SCENES: dict[str, Scene] = {
    "conversation": Scene(),
    "welcome": Scene(READY, memory=FakeMemory()),
    "welcome_llm": Scene(
        READY, settings=Settings(llm=LlmSettings(base_url="http://127.0.0.1:11434/v1", model="qwen3"))
    ),
    "loading": Scene([Progressed(phase="loading recogniser", done=2, total=5)], memory=FakeMemory()),
    "push_to_talk": Scene(
        [*READY, TalkChanged(mode="push", talking=False)], settings=Settings(turns=TurnSettings(mode="push"))
    ),
    "trouble": Scene(
        [
            *TALK,
            DevicesChanged(input="", output="Headphones", message="No microphone", hint="Plug one in."),
            stats(lag_ms=420, step_ms=91, step_p99_ms=97, overruns=2, underruns=3, skipped=9, trimmed_ms=80),
            StateChanged(state="speaking"),
        ]
    ),
    "stopped": Scene([*TALK, SessionFailed(message="The session died 3 times in a row", hint="Run voice-tui doctor.")]),
    "toasts": Scene(more=NOTICES),
    "performance": Scene(keys=["f3"]),
    "performance_empty": Scene([], ["f3"]),
    "memories": Scene(keys=["f4", "down"]),
    "memories_search": Scene(keys=["f4", "slash", *"lock"]),
    "memories_search_meaning": Scene(
        keys=["f4", "slash", *"the"], finds=lambda words: [("m2", 0.52), ("m3", 0.86), ("m1", 0.47)]
    ),
    "memories_search_words": Scene([*TALK, StateChanged(state="loading")], ["f4", "slash", *"teeth"]),
    "memories_nothing": Scene(keys=["f4", "slash", *"xyz"]),
    "memories_empty": Scene(keys=["f4"], memory=FakeMemory()),
    "memories_broken": Scene(
        keys=["f4"],
        memory=FakeMemory(failure=MemoryStoreError("The file is damaged", hint="Run voice-tui memory repair")),
    ),
    "memories_suggested": Scene(keys=["f4"], memory=FakeMemory([*some_suggestions(), *some_memories()])),
    "memory_detail": Scene(keys=["f4", "down", "i"], memory=FakeMemory([*some_corrections(), *some_memories()])),
    "memory_add": Scene(keys=["f4", "a", *"tea at"]),
    "memory_edit": Scene(keys=["f4", "down", "enter"]),
    "memory_delete": Scene(keys=["f4", "down", "d"]),
    "help": Scene(keys=["f1"]),
    "help_memories": Scene(keys=["f4", "f1"]),
    "palette": Scene(keys=["ctrl+p"]),
    "palette_search": Scene(keys=["ctrl+p", *"memory"]),
    "save": Scene(keys=["ctrl+s"]),
    "save_refused": Scene(keys=["ctrl+s", "ctrl+u", *"/dev/null/x", "enter"]),
    "theme": Scene(keys=["f7", "up"]),
    "devices": Scene(keys=["f6"]),
    "devices_measured": Scene(
        keys=["f6", "down", "enter", "r"],
        then=[
            DevicesChanged(input="Built-in Microphone", output="Headphones", input_rate=48000, output_rate=24000),
            SoundChecked(verdict="speakers", latency_ms=118, echo_db=-11.6),
            stats(input_peak=0.11, output_peak=0.4),
        ],
    ),
    "devices_trouble": Scene(
        keys=["f6", "right"],
        names=DeviceNames(("Built-in Microphone",), ()),
        settings=Settings(audio=AudioSettings(output="Headphones", echo="half-duplex")),
        then=[
            DevicesChanged(
                input="Built-in Microphone",
                output="",
                input_rate=24000,
                message='The speaker "Headphones" stopped',
                hint="It is used again as soon as it is back; typing works meanwhile",
            ),
            SoundChecked(verdict="deaf"),
        ],
    ),
    "log_notices": Scene(more=NOTICES, keys=["f5"]),
    "log_file": Scene(keys=["f5", "2"]),
    "log_events": Scene(keys=["f5", "3"]),
    "conversations": Scene(keys=["ctrl+r", "down"], kept=True),
    "conversations_search": Scene(keys=["ctrl+r", "slash", *"quarter"], kept=True),
    "conversations_empty": Scene(keys=["ctrl+r"]),
    "conversation_rename": Scene(keys=["ctrl+r", "r", *"Tea"], kept=True),
    "conversation_delete": Scene(keys=["ctrl+r", "d"], kept=True),
    "jump": Scene(keys=["f4", "ctrl+g"]),
}


def performance(scene: Scene) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Return what is done before the picture is taken."""

    async def perform(pilot: Pilot[Any]) -> None:
        app: Any = pilot.app
        await settle(pilot)
        session = session_of(app)
        session.finds = scene.finds or session.finds
        if app.state.health.ready and app.state.health.stats is None:
            await emit_each(pilot, *many_stats(talk_mode=app.state.health.mode))
        session.emit(*scene.more)
        await settle(pilot)
        await press(pilot, *scene.keys)
        session.emit(*scene.then)
        await settle(pilot)
        if "ctrl+p" in scene.keys:
            await settle(pilot, lambda: app.screen.query_one("OptionList").option_count > 0)

    return perform


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
@pytest.mark.parametrize("name", SCENES)
def test_picture(name: str, size: tuple[int, int], snap_compare: Callable[..., bool], private_home: Path) -> None:
    scene = SCENES[name]
    logs = private_home / "state"
    logs.mkdir()
    (logs / "session.log").write_text(LOG)
    if scene.kept:
        keep(private_home / "memory.db")
    app = make_app(
        scene.script,
        conversations=opener(private_home / "memory.db"),
        settings=scene.settings,
        memory=scene.memory,
        log_path=logs / "voice-tui.log" if name == "log_file" else None,
        transcripts=Path("/home/anna/Documents"),
        list_devices=(lambda: scene.names) if scene.names else None,
    )
    try:
        assert snap_compare(app, terminal_size=size, run_before=performance(scene))
    finally:
        app.shut_down(1.0)


@pytest.mark.parametrize(
    "name", ["conversation", "welcome", "memories", "help", "palette", "memory_delete", "conversations"]
)
def test_picture_of_a_tiny_terminal(name: str, snap_compare: Callable[..., bool], private_home: Path) -> None:
    keep(private_home / "memory.db")
    opened = opener(private_home / "memory.db")
    app = make_app(SCENES[name].script, memory=SCENES[name].memory, conversations=opened)
    try:
        assert snap_compare(app, terminal_size=(20, 5), run_before=performance(SCENES[name]))
    finally:
        app.shut_down(1.0)
