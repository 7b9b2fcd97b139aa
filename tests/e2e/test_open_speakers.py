"""Open speakers: the microphone hears what the speaker plays, and the assistant does not mind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.card import Card
from tests.e2e.terminal import Terminal
from tests.e2e.test_conversation import spoken_to_the_end, talk_over

pytestmark = [pytest.mark.card, pytest.mark.timeout(180)]

ECHO_DB = -6
Open = Callable[..., Terminal]


@pytest.fixture
def echo(virtual_card: Card) -> Iterator[None]:
    """The speaker is heard by the microphone, 6 dB softer and about 60 ms later."""

    def pactl(*args: str) -> str:
        return subprocess.run(
            ["pactl", *args], env=virtual_card.env, check=True, capture_output=True, text=True, timeout=10
        ).stdout

    module = pactl(
        "load-module", "module-loopback", "source=vspk.monitor", "sink=vmic", "latency_msec=60", "adjust_time=0"
    ).strip()
    try:
        for entry in pactl("list", "sink-inputs").split("Sink Input #")[1:]:
            if f"Owner Module: {module}\n" in entry:
                pactl("set-sink-input-volume", entry.split("\n")[0], f"{ECHO_DB}dB")
        yield
    finally:
        pactl("unload-module", module)


@pytest.fixture
def terminal(virtual_card: Card, echo: None, private_home: Path) -> Iterator[Open]:
    """Opens apps in the room with the echo."""
    opened: list[Terminal] = []

    def make_one(*args: str) -> Terminal:
        app = Terminal(virtual_card, (120, 36), *args)
        opened.append(app)
        app.wait_for("listening")
        return app

    yield make_one
    for app in opened:
        app.close()


def test_it_does_not_hear_itself_but_hears_who_interrupts(terminal: Open, virtual_card: Card) -> None:
    app = terminal()
    app.type("help")
    spoken_to_the_end(app)
    screen = app.screen().lower()
    assert "interrupted" not in screen, screen
    assert "understood no words" not in screen, screen
    app.type("help")
    app.wait_for("● speaking")
    talk_over(app, virtual_card, level=2.0)
