"""Pictures of the first run at 80x24 and 120x36; see `test_snapshots`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fakes_session import DIALOGUE, READY, stats
from tests.tui.driving import make_app, press, session_of, settle
from voice_tui.events import AnyEvent
from voice_tui.tui.screens.first_run import FirstRunScreen
from voice_tui.tui.surroundings import DeviceNames, Finding, ModelServer, Setup, Survey

CHECKS = (
    Finding("python", "ok", "3.11.7 on Linux x86_64"),
    Finding("settings", "ok", "/home/anna/.config/voice-tui/config.toml (not there: the defaults hold)"),
    Finding("microphone", "ok", "Built-in Microphone (ALSA)"),
    Finding("speaker", "ok", "Headphones (ALSA)"),
    Finding("ears", "ok", "pocketsphinx"),
    Finding("voice", "ok", "espeak-ng"),
    Finding("language model", "note", "none configured; the notebook answers", "Set llm.base_url and llm.model"),
)
TROUBLE = (
    *CHECKS[:5],
    Finding("voice", "failed", "No voice: eSpeak NG is not installed", "sudo apt-get install espeak-ng"),
    CHECKS[-1],
)
SERVERS = (ModelServer("Ollama", "http://127.0.0.1:11434/v1", ("qwen3:8b", "llama3.2:3b")),)

SCENES: dict[str, tuple[Survey | None, Sequence[str], Sequence[AnyEvent]]] = {
    "first_run_devices": (Survey(CHECKS), [], [stats(input_peak=0.12, output_peak=0.0)]),
    "first_run_checks": (Survey(CHECKS), ["n"], []),
    "first_run_trouble": (Survey(TROUBLE), ["n"], []),
    "first_run_engine": (Survey(CHECKS, SERVERS), ["n", "n", "down"], []),
    "first_run_no_server": (Survey(CHECKS), ["n", "n"], []),
    "first_run_hello": (Survey(CHECKS), ["n", "n", "n"], [stats(input_peak=0.2)]),
    "first_run_heard": (Survey(CHECKS), ["n", "n", "n"], [*DIALOGUE[:2], stats(input_peak=0.01)]),
    "first_run_help": (Survey(CHECKS), ["f1"], []),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
@pytest.mark.parametrize("name", SCENES)
def test_picture(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    survey, keys, events = SCENES[name]
    app = make_app(
        READY,
        setup=Setup(wanted=True, survey=lambda: survey or Survey()),
        list_devices=lambda: DeviceNames(("Built-in Microphone", "USB Audio Device"), ("Headphones", "HDMI 1")),
    )

    async def perform(pilot: Pilot[Any]) -> None:
        screen = pilot.app.screen
        await settle(pilot, lambda: not isinstance(screen, FirstRunScreen) or screen._survey is not None)
        await press(pilot, *keys)
        session_of(app).emit(*events)
        await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=perform)
    finally:
        app.shut_down(1.0)
