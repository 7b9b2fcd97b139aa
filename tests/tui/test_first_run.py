"""The first run: four steps, left at any moment, shown once."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import ContentSwitcher, OptionList

from tests.fakes_session import DIALOGUE, READY, stats
from tests.tui.driving import emit, make_app, press, running, screen_text, session_of, settle
from voice_tui.config import Origin
from voice_tui.events import ChangeSettings, CheckSound, DevicesChanged, HoldMicrophone, TalkChanged
from voice_tui.settings import LlmSettings, Settings
from voice_tui.tui.app import VoiceTuiApp
from voice_tui.tui.screens.first_run import FirstRunScreen
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.screens.settings import SettingsScreen
from voice_tui.tui.surroundings import DeviceNames, Finding, ModelServer, Setup, Survey
from voice_tui.tui.widgets.settings import SettingsSearch

OLLAMA = "http://127.0.0.1:11434/v1"
SURVEY = Survey(
    (
        Finding("sound", "ok", "2 devices"),
        Finding("voice", "failed", "No voice: eSpeak NG is not installed", "sudo apt install espeak-ng"),
        Finding("language model", "note", "none configured", "Set llm.base_url"),
    ),
    (ModelServer("Ollama", OLLAMA, ("qwen3", "llama3.2")),),
)


class Shown:
    """What the app was told to note."""

    def __init__(self) -> None:
        self.times = 0

    def note(self) -> None:
        self.times += 1


def first_time(shown: Shown | None = None, survey: Survey = SURVEY, **more: object) -> VoiceTuiApp:
    setup = Setup(wanted=True, survey=lambda: survey, done=(shown or Shown()).note)
    names = DeviceNames(("Inside", "USB"), ("Loudspeaker",))
    return make_app(READY, setup=setup, list_devices=lambda: names, **more)  # type: ignore[arg-type]


def step(app: VoiceTuiApp) -> str:
    return str(app.screen.query_one(ContentSwitcher).current)


async def test_from_devices_to_hello_and_never_again() -> None:
    shown = Shown()
    app = first_time(shown)
    async with running(app) as pilot:
        assert isinstance(app.screen, FirstRunScreen)
        assert step(app) == "setup-devices"
        await press(pilot, "n")
        await settle(pilot, lambda: "eSpeak NG is not installed" in screen_text(app))
        await press(pilot, "n")
        assert step(app) == "setup-engine"
        await press(pilot, "n")
        assert "what time is it" in screen_text(app)
        assert not shown.times
        await press(pilot, "enter")
        assert isinstance(app.screen, MainScreen)
        assert shown.times == 1


@pytest.mark.parametrize("steps", range(4))
async def test_escape_leaves_it_at_any_step(steps: int) -> None:
    shown = Shown()
    app = first_time(shown)
    async with running(app) as pilot:
        await press(pilot, *["n"] * steps, "escape")
        assert isinstance(app.screen, MainScreen)
        assert shown.times == 1
        assert app.state.settings == Settings()


@pytest.mark.parametrize("columns", [40, 60, 80])
async def test_the_keys_that_lead_on_and_out_are_in_sight_at_every_step(columns: int) -> None:
    app = first_time()
    async with running(app, (columns, 15)) as pilot:
        for place in range(4):
            keys_shown = screen_text(app).splitlines()[-1]
            assert keys_shown.startswith(" n Start " if place == 3 else " n Next "), keys_shown
            assert "Esc Skip" in keys_shown
            await press(pilot, *["n"] * (place < 3))


async def test_what_is_wrapped_hangs_from_its_words() -> None:
    app = first_time()
    async with running(app, (44, 20)) as pilot:
        await press(pilot, "n")
        await settle(pilot, lambda: "eSpeak NG" in screen_text(app))
        assert "\n    installed" in screen_text(app)
        await press(pilot, "n")
        assert "\n    timers; no free conversation" in screen_text(app)
        await pilot.resize_terminal(80, 24)
        await settle(pilot, lambda: "built in: notes, time, timers; no free conversation" in screen_text(app))


async def test_it_is_not_shown_to_somebody_who_knows_it_but_can_be_asked_for() -> None:
    app = make_app()
    async with running(app) as pilot:
        assert isinstance(app.screen, MainScreen)
        await press(pilot, "ctrl+p", *"set up", "enter")
        await settle(pilot, lambda: isinstance(app.screen, FirstRunScreen))


async def test_a_device_is_picked_and_the_tone_played() -> None:
    app = first_time()
    async with running(app) as pilot:
        await press(pilot, "down", "down", "enter", "t")
        assert app.state.settings.audio.input == "USB"
        assert CheckSound(kind="tone") in session_of(app).commands


async def test_nothing_said_is_for_the_assistant_until_hello_and_the_meter_moves() -> None:
    app = first_time()

    def held() -> list[bool]:
        return [command.held for command in session_of(app).commands if isinstance(command, HoldMicrophone)]

    async with running(app) as pilot:
        await press(pilot, "n", "b")
        assert set(held()) == {True}
        before = screen_text(app)
        await emit(pilot, stats(input_peak=0.9))
        assert screen_text(app) != before
        await press(pilot, "n", "n", "n")
        assert held()[-1] is False, "this step asks to say something"
        await press(pilot, "b")
        assert held()[-1] is True
        await press(pilot, "escape")
        await settle(pilot, lambda: held()[-1] is False)


async def test_one_can_go_back_but_not_before_the_first_step() -> None:
    app = first_time()
    async with running(app) as pilot:
        await press(pilot, "b")
        assert step(app) == "setup-devices"
        await press(pilot, "n", "b")
        assert step(app) == "setup-devices"


async def test_troubles_come_first_with_what_to_do() -> None:
    app = first_time()
    async with running(app) as pilot:
        await press(pilot, "n")
        await settle(pilot, lambda: "✗" in screen_text(app))
        lines = screen_text(app).splitlines()
        places = [next(n for n, line in enumerate(lines) if mark in line) for mark in ("✗", "→ sudo apt", "✓")]
        assert places == sorted(places)


async def test_while_it_is_looked_this_is_said_and_one_may_go_on() -> None:
    gate = threading.Event()

    def slow() -> Survey:
        assert gate.wait(10)
        return SURVEY

    app = make_app(READY, setup=Setup(wanted=True, survey=slow))
    async with running(app) as pilot:
        await press(pilot, "n")
        assert "takes a few seconds" in screen_text(app)
        await press(pilot, "n")
        options = app.screen.query_one("#setup-answerers", OptionList)
        assert options.option_count == 2
        gate.set()
        await settle(pilot, lambda: options.option_count == 4)


async def test_a_model_that_was_found_is_chosen() -> None:
    app = first_time()
    async with running(app) as pilot:
        await press(pilot, "n", "n")
        await settle(pilot, lambda: "qwen3" in screen_text(app))
        assert "● The notebook" in screen_text(app)
        await press(pilot, "down", "enter")
        assert app.state.settings.llm == LlmSettings(base_url=OLLAMA, model="qwen3")
        assert any(isinstance(command, ChangeSettings) for command in session_of(app).commands)
        assert "● qwen3" in screen_text(app)
        await press(pilot, "up", "enter")
        assert app.state.settings.llm == LlmSettings()


async def test_another_one_is_entered_in_the_settings() -> None:
    app = first_time(survey=Survey())
    async with running(app) as pilot:
        await press(pilot, "n", "n", "down", "enter")
        assert isinstance(app.screen, SettingsScreen)
        assert app.screen.query_one(SettingsSearch).value == "language model"
        assert "Address" in screen_text(app)
        await press(pilot, "escape")
        assert step(app) == "setup-engine"


async def test_one_that_is_configured_already_is_named() -> None:
    app = first_time(settings=Settings(llm=LlmSettings(base_url="https://example.org/v1", model="big")))
    async with running(app) as pilot:
        await press(pilot, "n", "n")
        assert "● big  at example.org" in screen_text(app)


async def test_what_a_flag_sets_is_not_changed() -> None:
    app = first_time(origins={"llm.base_url": Origin("flag", "--set llm.base_url")})
    async with running(app) as pilot:
        await press(pilot, "n", "n")
        await settle(pilot, lambda: "qwen3" in screen_text(app))
        await press(pilot, "down", "enter")
        assert app.state.settings.llm == LlmSettings()
        assert "cannot be changed here" in screen_text(app)


async def test_hello_shows_the_first_words_and_knows_the_talk_key_and_a_missing_microphone() -> None:
    app = first_time()
    async with running(app) as pilot:
        await press(pilot, "n", "n", "n")
        await emit(pilot, *DIALOGUE[:2])
        assert "It is a quarter past eight." in screen_text(app)
        await emit(pilot, TalkChanged(mode="push", talking=False))
        assert "Ctrl+T" in screen_text(app)
        await emit(pilot, DevicesChanged(input="", output="Loudspeaker"))
        assert "There is no microphone" in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 5)])
async def test_it_fits_any_terminal(size: tuple[int, int]) -> None:
    app = first_time()
    async with running(app, size) as pilot:
        await press(pilot, "n", "n", "n", "enter")
        assert isinstance(app.screen, MainScreen)
