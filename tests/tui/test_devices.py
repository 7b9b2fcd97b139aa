"""The devices screen: what is picked is used and kept at once, levels move, tests are started and told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes_session import READY, stats
from tests.tui.driving import emit, make_app, press, running, screen_text, session_of, settle, toasts
from voice_tui.errors import DeviceError
from voice_tui.events import ChangeSettings, CheckSound, DevicesChanged, SoundChecked, TranscriptUpdated
from voice_tui.schema import Value, by_path
from voice_tui.settings import AudioSettings, Settings
from voice_tui.tui import base
from voice_tui.tui.screens.devices import DevicesScreen
from voice_tui.tui.screens.main import MainScreen
from voice_tui.tui.state import sound
from voice_tui.tui.state.app_state import Topic
from voice_tui.tui.state.sound import ECHO_MODES, matching, round_trip_words, trouble
from voice_tui.tui.surroundings import DeviceNames
from voice_tui.tui.widgets.devices import DeviceList

NAMES = DeviceNames(("Built-in [b]Microphone", "USB"), ("Headphones", "Headphones", "HDMI"))


class Keeper:
    """What would be saved."""

    def __init__(self) -> None:
        self.kept: dict[str, Value] = {}

    def __call__(self, values: Mapping[str, Value]) -> None:
        self.kept.update(values)


def lines(app: Any, side: str) -> list[str]:
    return [str(option.prompt) for option in app.screen.query_one(f"#devices-{side}", DeviceList).options]


async def test_a_device_that_is_picked_is_used_and_kept_at_once() -> None:
    keeper = Keeper()
    app = make_app(list_devices=lambda: NAMES, save_settings=keeper)
    async with running(app) as pilot:
        await press(pilot, "f6")
        assert isinstance(app.screen, DevicesScreen)
        assert lines(app, "input") == ["● System default", "  Built-in [b]Microphone", "  USB"]
        assert lines(app, "output") == ["● System default", "  Headphones", "  HDMI"]
        await press(pilot, "down", "down", "enter")
        assert lines(app, "input") == ["  System default", "  Built-in [b]Microphone", "● USB"]
        await press(pilot, "right", "down", "enter")
        assert keeper.kept == {"audio.input": "USB", "audio.output": "Headphones"}
        changes = [command for command in session_of(app).commands if isinstance(command, ChangeSettings)]
        assert (changes[-1].settings.audio.input, changes[-1].settings.audio.output) == ("USB", "Headphones")
        await press(pilot, "escape")
        assert isinstance(app.screen, MainScreen)
        await press(pilot, "f6")
        assert lines(app, "output")[1] == "● Headphones"


async def test_the_one_in_use_is_named_and_a_chosen_one_that_is_not_there_stays_listed() -> None:
    app = make_app(settings=Settings(audio=AudioSettings(input="usb", output="Kitchen")), list_devices=lambda: NAMES)
    async with running(app) as pilot:
        await press(pilot, "f6")
        assert lines(app, "input")[2] == "● USB"
        assert lines(app, "output")[-1] == "● Kitchen (not there)"
        gone = DevicesChanged(
            input="USB", output="", input_rate=48000, message="The speaker stopped", hint="Plug it in"
        )
        await emit(pilot, gone)
        text = screen_text(app)
        assert "now: USB, 48 kHz" in text
        assert "now: none" in text
        assert "The speaker stopped. Plug it in." in text


async def test_levels_follow_the_session() -> None:
    app = make_app(list_devices=lambda: NAMES)
    async with running(app) as pilot:
        await press(pilot, "f6")
        await emit(pilot, stats(input_peak=0.1, output_peak=0.5))
        assert "-20 dB" in screen_text(app)
        assert "-6 dB" in screen_text(app)
        await emit(pilot, stats(input_peak=0.1, output_peak=0.0, muted=True))
        assert "muted" in screen_text(app)
        assert "-20 dB" not in screen_text(app)


async def test_what_lies_behind_is_drawn_seldom_and_is_right_when_it_is_in_front_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(base, "BELOW_SECONDS", 60.0)
    drawn: list[Topic] = []
    draw = MainScreen.draw
    app = make_app(list_devices=lambda: NAMES)
    async with running(app) as pilot:
        await emit(pilot, READY)
        await press(pilot, "f6")
        monkeypatch.setattr(MainScreen, "draw", lambda self, topics: (drawn.append(topics), draw(self, topics)))
        for index in range(5):
            await emit(pilot, stats(), TranscriptUpdated(turn=1, role="user", text=f"word {index}", final=False))
        assert drawn == []
        await press(pilot, "escape")
        assert len(drawn) == 1
        assert "word 4" in screen_text(app)


async def test_tone_round_trip_and_echo() -> None:
    keeper = Keeper()
    app = make_app(list_devices=lambda: NAMES, save_settings=keeper)
    async with running(app) as pilot:
        await press(pilot, "f6", "t")
        assert session_of(app).commands[-1] == CheckSound(kind="tone")
        assert "three rising notes are playing" in screen_text(app)
        await press(pilot, "r")
        assert session_of(app).commands[-1] == CheckSound(kind="round_trip")
        assert "measuring" in screen_text(app)
        await emit(pilot, SoundChecked(verdict="speakers", latency_ms=118.2, echo_db=-11.6))
        assert "118 ms, echo -12 dB: speakers, the echo is cancelled" in screen_text(app)
        for mode in (*ECHO_MODES[1:], ECHO_MODES[0]):
            await press(pilot, "e")
            assert keeper.kept == {"audio.echo": mode}
        await emit(pilot, DevicesChanged(input="x", output="y"))
        assert "not measured yet" in screen_text(app), "what was measured was measured on other devices"


@pytest.mark.parametrize("key", ["e", "l", "enter"])
async def test_what_is_done_next_takes_the_words_about_the_tone_away(key: str) -> None:
    app = make_app(list_devices=lambda: NAMES, save_settings=Keeper())
    async with running(app) as pilot:
        await press(pilot, "f6", "t")
        assert "rising notes" in screen_text(app)
        await press(pilot, "down", key)
        assert "rising notes" not in screen_text(app)
        assert "not measured yet" in screen_text(app)


@pytest.mark.parametrize("mode", ECHO_MODES)
def test_the_settings_screen_says_the_same_about_echo(mode: sound.EchoMode) -> None:
    words = sound.echo_words(mode).partition(": ")[2]
    assert f'"{mode}": {words}' in by_path()["audio.echo"].description


async def test_another_device_has_not_been_measured() -> None:
    app = make_app(list_devices=lambda: NAMES, save_settings=Keeper())
    async with running(app) as pilot:
        await press(pilot, "f6", "r")
        await emit(pilot, SoundChecked(verdict="speakers", latency_ms=118.2, echo_db=-11.6))
        assert "118 ms" in screen_text(app)
        await press(pilot, "down", "enter")
        assert "not measured yet" in screen_text(app)


async def test_devices_that_cannot_be_listed_leave_the_default() -> None:
    def broken() -> DeviceNames:
        raise DeviceError("The sound system hangs", hint="Restart the sound server")

    app = make_app(list_devices=broken)
    async with running(app) as pilot:
        await press(pilot, "f6")
        assert "The sound system hangs\nRestart the sound server" in toasts(app)
        assert lines(app, "input") == ["● System default"]


async def test_the_list_is_read_again_on_a_key_and_when_devices_come_and_go() -> None:
    found = [("A",), ("A", "B"), ("C",)]
    app = make_app(list_devices=lambda: DeviceNames(found.pop(0), ()))
    async with running(app) as pilot:
        await press(pilot, "f6")
        assert lines(app, "input")[1:] == ["  A"]
        await press(pilot, "l")
        assert lines(app, "input")[1:] == ["  A", "  B"]
        await emit(pilot, DevicesChanged(input="C", output=""))
        await settle(pilot)
        assert lines(app, "input")[1:] == ["  C"]


async def test_a_device_that_goes_and_one_that_comes_back_are_toasts() -> None:
    app = make_app(READY)
    async with running(app) as pilot:
        await emit(pilot, DevicesChanged(input="", output="x", message="The microphone stopped", hint="Typing works"))
        await emit(pilot, DevicesChanged(input="y", output="x", message="The microphone is back"))
        assert toasts(app) == ["The microphone stopped\nTyping works", "The microphone is back"]
        assert [record.severity for record in app.state.notices] == ["warning", "info"]


@pytest.mark.parametrize(
    ("found", "mode", "words", "tone"),
    [
        (SoundChecked(verdict="deaf"), "auto", "no sound at all", "bad"),
        (SoundChecked(verdict="nothing"), "auto", "nothing came back", "good"),
        (
            SoundChecked(verdict="headphones", latency_ms=90, echo_db=-48),
            "auto",
            "90 ms, echo -48 dB: headphones",
            "good",
        ),
        (SoundChecked(verdict="speakers", latency_ms=90, echo_db=-3), "on", "the echo is cancelled", "good"),
        (SoundChecked(verdict="speakers", latency_ms=90, echo_db=-3), "off", "nothing cancels the echo", "warn"),
        (SoundChecked(verdict="speakers", latency_ms=90, echo_db=-3), "half-duplex", "stops listening", "good"),
    ],
)
def test_what_a_round_trip_means(found, mode, words, tone) -> None:
    said = round_trip_words(found, mode)
    assert words in said.text
    assert said.tone == tone


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [("", ""), ("USB", "USB"), ("built", "Built-in [b]Microphone"), ("b", None), ("piano", None)],
)
def test_what_a_setting_means(wanted, meant) -> None:
    assert matching(NAMES.inputs, wanted) == meant


def test_trouble_is_what_asks_for_something() -> None:
    assert trouble(None) == ""
    assert trouble(DevicesChanged(input="a", output="b", message="Microphone and speaker are back")) == ""
    replaced = DevicesChanged(input="a", output="b", message='"USB" is gone; "b" is used instead', hint="Plug it in.")
    assert trouble(replaced) == '"USB" is gone; "b" is used instead. Plug it in.'
