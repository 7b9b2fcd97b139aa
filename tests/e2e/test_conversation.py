"""The product as a person meets it: a terminal, a microphone, a speaker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.card import PROJECT, Card
from tests.e2e.terminal import Terminal
from voice_tui.audio.codec import decode
from voice_tui.engine.cascade.stt.recognisers import make
from voice_tui.frame import Pcm, silence

pytestmark = [pytest.mark.card, pytest.mark.timeout(180)]

SPEECH = PROJECT / "../shared/data"
Open = Callable[..., Terminal]


@pytest.fixture
def terminal(virtual_card: Card, private_home: Path) -> Iterator[Open]:
    """Opens apps that share a home, and closes them all."""
    opened: list[Terminal] = []

    def make_one(columns: int = 120, rows: int = 36, *args: str) -> Terminal:
        app = Terminal(virtual_card, (columns, rows), *args)
        opened.append(app)
        app.wait_for("listening")
        return app

    yield make_one
    for app in opened:
        app.close()


def recording(name: str) -> Pcm:
    """A clip of ../shared/data with a second of room around it, 24 kHz."""
    pcm = decode((SPEECH / f"{name}.flac").read_bytes())
    return np.concatenate([silence(12_000), pcm, silence(24_000)])


def words_of(pcm: Pcm) -> str:
    """What the embedded ears understand of what the speaker played."""
    recogniser = make("pocketsphinx", None)
    from soxr import resample

    recogniser.begin(1)
    recogniser.feed(resample(pcm, 24_000, 16_000).astype(np.float32))
    return recogniser.finish().text


def loud(pcm: Pcm) -> np.ndarray:
    """Which 20 ms blocks carry sound."""
    blocks = pcm[: len(pcm) // 480 * 480].reshape(-1, 480)
    return np.abs(blocks).max(axis=1) > 0.01


def talk_over(app: Terminal, card: Card, level: float = 1.0) -> None:
    """Speak without a pause until the answer breaks off, and on: the speaker is silent meanwhile."""
    sentences = np.concatenate([recording("speech/ps_austen_0870"), recording("speech/ps_austen_0890")])
    with card.playing(level * sentences):
        app.wait_for("interrupted")
        heard = card.record()
        heard.wait_for(0.8)  # the next answer may begin later: the sentences have a pause that can end a turn
        sound = loud(heard.stop())
    assert not sound[15:40].any(), "the speaker went on"


def spoken_to_the_end(app: Terminal) -> None:
    """Wait for the answer to begin and to end."""
    app.wait_for("● speaking")
    app.wait_for("● listening", deadline=30)


PEOPLE = (
    ("speech/rh_lamp", "turn on the living room"),
    ("speech/ps_goforward", "go forward"),
    ("speech-synthetic/rms_01", "what time is it"),
)
"""Recordings, and what is understood of them."""


@pytest.mark.parametrize(("size", "people"), [((80, 24), PEOPLE), ((120, 36), PEOPLE[:1])], ids=["80x24", "120x36"])
def test_people_speak_and_are_answered(
    terminal: Open, virtual_card: Card, size: tuple[int, int], people: Sequence[tuple[str, str]]
) -> None:
    app = terminal(*size)
    for clip, words in people:
        heard = virtual_card.record()
        virtual_card.play(recording(clip))
        spoken_to_the_end(app)
        assert words in " ".join(app.screen().split()).lower().replace("▐", "")
        assert loud(heard.stop()).sum() > 25, f"no answer was heard to {clip}"


def test_the_answer_is_words_that_can_be_understood(terminal: Open, virtual_card: Card) -> None:
    app = terminal()
    heard = virtual_card.record()
    app.type("turn on the living room lamp")
    app.wait_for("no language model")
    spoken_to_the_end(app)
    words = words_of(heard.stop()).split()
    answer = "no language model is configured so i can only take notes tell the time and set timers"
    assert len(set(words) & set(answer.split())) >= 6, words


def test_a_barge_in_stops_the_answer(terminal: Open, virtual_card: Card) -> None:
    app = terminal()
    app.type("help")
    app.wait_for("● speaking")
    talk_over(app, virtual_card)


def test_killing_the_session_is_said_and_the_conversation_goes_on(terminal: Open) -> None:
    app = terminal()
    app.type("help")
    app.wait_for("speaking")
    os.kill(app.session_pid(), signal.SIGKILL)
    app.wait_for("SIGKILL", "memories are safe")
    app.wait_for("listening")
    app.type("what day is it")
    app.wait_until(lambda screen: "it is" in screen.lower() or "today" in screen.lower(), what="an answer")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_everything(terminal: Open, end: signal.Signals) -> None:
    app = terminal()
    pids = [pid for pid in app.app_pids() if b"voice_tui" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    main = min(pids)
    os.kill(main, end)
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, [Path(f"/proc/{p}/cmdline").read_bytes() for p in pids if _alive(p)]
        time.sleep(0.02)  # the pause between two looks


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # it may go between opening and reading
        return False


def test_a_tiny_terminal_and_back(terminal: Open) -> None:
    app = terminal(20, 5)
    app.resize(120, 36)
    app.wait_for("say something")
    for columns, rows in ((20, 5), (80, 24), (21, 6), (200, 50), (120, 36)):
        app.resize(columns, rows)
    app.type("what day is it")
    app.wait_until(lambda screen: "it is" in screen.lower() or "today" in screen.lower(), what="an answer")


def test_quitting_restores_the_terminal_at_once(terminal: Open) -> None:
    app = terminal()
    began = time.monotonic()
    app.keys("C-q")
    assert app.exit_status() == 0
    assert time.monotonic() - began < 3  # 0.5 s on a quiet machine; see docs/benchmarks.md
