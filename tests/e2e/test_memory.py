"""What a person does with the memory, in the real app: tell, restart, ask, correct, forget; and nothing is left."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.card import Card
from tests.e2e.terminal import Terminal
from tests.e2e.test_conversation import loud, recording
from voice_tui.paths import data_dir

pytestmark = [pytest.mark.card, pytest.mark.timeout(180)]

Open = Callable[[], Terminal]


@pytest.fixture
def terminal(virtual_card: Card, private_home: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def make() -> Terminal:
        app = Terminal(virtual_card, (150, 40))
        opened.append(app)
        app.wait_for("listening")
        return app

    yield make
    for app in opened:
        app.close()


def plain(screen: str) -> str:
    """The words of a screen, whatever lines they were broken into by the panes."""
    return re.sub(r"[│▐\s]+", " ", screen).lower()


def ask(app: Terminal, text: str, *answer: str) -> str:
    """Type, and wait until the answer begins with what is expected."""
    app.type(text)
    return app.wait_until(lambda screen: all(part in plain(screen) for part in answer), what=f"{text}: {answer}")


def left_in_the_files(folder: Path, words: str) -> bool:
    """Whether any file holds the words."""
    return any(words in strings(file) for file in folder.rglob("*") if file.is_file())


def strings(file: Path) -> str:
    """As the program `strings` does: every run of four or more printable characters."""
    runs: list[bytes] = re.findall(rb"[ -~]{4,}", file.read_bytes())
    return b"\n".join(runs).decode("ascii").lower()


def test_tell_restart_ask_correct_forget(terminal: Open, virtual_card: Card) -> None:
    first = terminal()
    virtual_card.play(recording("speech-synthetic/rms_03"))
    first.wait_for("i'll remember", "allergic to peanuts")
    ask(first, "remember that the spare key is under the blue pot", "i'll remember: the spare key")
    ask(first, "remember that my dentist appointment is on the thirteenth of May", "i'll remember: your dentist")
    first.keys("C-q")
    assert first.exit_status() == 0
    assert left_in_the_files(data_dir(), "blue pot")

    app = terminal()
    heard = virtual_card.record()
    ask(app, "do you know where I hid that extra key", "you told me: the spare key is under the blue pot", "just used")
    app.wait_for("● listening")
    assert loud(heard.stop()).sum() > 25
    screen = ask(app, "what is my blood type", "i have no note about your blood type")
    assert "just used for “i hid that extra key”" in plain(screen), "nothing is brought up for what was never told"
    ask(app, "when is my dentist appointment", "your dentist appointment is on the thirteenth of may.")
    app.wait_for("● listening")
    ask(app, "no, on the fourteenth of May", "corrected: my dentist appointment is on the fourteenth of may")
    ask(app, "forget what I said about the spare key", "forgot: the spare key is under the blue pot")
    app.keys("C-q")
    assert app.exit_status() == 0
    assert not left_in_the_files(data_dir(), "blue pot")
