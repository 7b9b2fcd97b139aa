"""Devices that are missing, go, hang, sleep, return or are replaced, on the virtual card: said at once, healed soon."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.audio.talk import Line, Talk, both_open, loud, none_open, talking
from tests.card import RAW, Card
from voice_tui.frame import SAMPLE_RATE

pytestmark = pytest.mark.card

SAID = 1.0
"""A fault is told of within this time, in seconds."""

BACK = 3.0
"""And a device that has returned is used within this."""

PATIENCE = 12.0
"""What a busy machine is given before a test fails for good; the figures above are asserted on the times measured."""


@contextmanager
def tone(card: Card) -> Iterator[None]:
    """A tone in the microphone for as long as the block runs."""
    t = np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE
    file = card.folder / "tone.f32"
    file.write_bytes((0.5 * np.sin(2 * np.pi * 500 * t)).astype(np.float32).tobytes())
    command = ["pacat", "--playback", "-d", "vmic", "--latency-msec=50", *RAW, file]
    with subprocess.Popen(command, env=card.env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def pactl(card: Card, *words: str) -> None:
    subprocess.run(["pactl", *words], env=card.env, check=True, capture_output=True, timeout=10)


def assert_heals(card: Card, talk: Talk, returned: float) -> None:
    """Both devices are open again and what the microphone hears is played."""
    line = talk.until(both_open, PATIENCE, returned)
    assert line["when"] - returned < BACK
    assert line["message"] == "Microphone and speaker are back"
    with tone(card):
        talk.until(loud, PATIENCE, line["when"])


def assert_goes_on(talk: Talk, since: float) -> None:
    """Frames still come at their pace: typing is answered, timers run."""
    first = talk.until(lambda line: line["what"] == "Stats", PATIENCE, since)
    later = talk.until(lambda line: line["what"] == "Stats" and line["frames"] >= first["frames"] + 12, PATIENCE, since)
    seconds = later["when"] - first["when"]
    assert seconds == pytest.approx((later["frames"] - first["frames"]) * 0.08, abs=0.4)


def at_pace(talk: Talk, line: Line, since: float) -> bool:
    """Whether the frames of the last second before a line, and after `since`, came at their pace."""
    if line["what"] != "Stats":
        return False
    before = [one for one in talk.lines if one["what"] == "Stats" and since <= one["when"] <= line["when"] - 0.9]
    if not before:
        return False
    seconds = line["when"] - before[-1]["when"]
    return seconds == pytest.approx((line["frames"] - before[-1]["frames"]) * 0.08, abs=0.2)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    threads = Path(f"/proc/{pid}/task").iterdir()
    texts = [text, *(thread.joinpath("children").read_text() for thread in threads if thread.name != str(pid))]
    return [int(child) for child in " ".join(texts).split()]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def end(talk: Talk) -> float:
    """Stop the session; returns the seconds until its process has gone."""
    begun = time.monotonic()
    talk.tell("stop")
    assert talk.process.wait(PATIENCE) == 0
    return time.monotonic() - begun


def test_no_device_at_the_start_and_a_sound_server_that_starts_later(doomed_card):
    doomed_card.down()
    with talking(doomed_card) as talk:
        said = talk.until(none_open, PATIENCE)
        assert said["message"] == "No microphone was found; no speaker was found"
        assert "typing works" in said["hint"]
        assert_goes_on(talk, said["when"])
        doomed_card.up()
        returned = time.monotonic()
        line = talk.until(both_open, PATIENCE, returned)
        assert line["when"] - returned < BACK
        assert line["message"] == "Microphone and speaker are there now"
        with tone(doomed_card):
            talk.until(loud, PATIENCE, line["when"])
        assert end(talk) < 2.0


def test_devices_that_die_are_told_of_at_once_and_used_again(doomed_card):
    with talking(doomed_card) as talk:
        talk.until(both_open, PATIENCE)
        gone = time.monotonic()
        doomed_card.signal(signal.SIGKILL)
        said = talk.until(none_open, PATIENCE, gone)
        assert said["when"] - gone < SAID
        assert said["message"] == 'The microphone "default" stopped; the speaker "default" stopped'
        assert_goes_on(talk, said["when"])
        doomed_card.up()
        assert_heals(doomed_card, talk, time.monotonic())
        assert end(talk) < 2.0


def test_a_sound_server_that_hangs_holds_nobody_up_and_is_used_when_it_goes_on(doomed_card):
    with talking(doomed_card) as talk:
        talk.until(both_open, PATIENCE)
        hung = time.monotonic()
        doomed_card.signal(signal.SIGSTOP)
        said = talk.until(none_open, PATIENCE, hung)
        assert said["when"] - hung < SAID
        assert said["message"] == 'The microphone "default" does not answer; the speaker "default" does not answer'
        assert_goes_on(talk, said["when"])
        doomed_card.signal(signal.SIGCONT)
        assert_heals(doomed_card, talk, time.monotonic())
        doomed_card.signal(signal.SIGSTOP)
        talk.until(none_open, PATIENCE, time.monotonic())
        assert end(talk) < 2.0


def test_a_session_that_begins_while_the_sound_server_hangs(doomed_card):
    doomed_card.signal(signal.SIGSTOP)
    with talking(doomed_card) as talk:
        said = talk.until(none_open, PATIENCE)
        assert said["message"] == "The sound system does not answer"
        assert_goes_on(talk, said["when"])
        talk.tell("choose desk speakers")
        talk.until(none_open, PATIENCE, said["when"] + 0.001)
        doomed_card.signal(signal.SIGCONT)
        returned = time.monotonic()
        line = talk.until(both_open, PATIENCE, returned)
        assert line["when"] - returned < BACK
        doomed_card.signal(signal.SIGSTOP)
        assert end(talk) < 2.5, "exit with a device that has just begun to hang"


def test_devices_that_are_suspended_are_used_again_when_they_wake(doomed_card):
    with talking(doomed_card) as talk:
        talk.until(both_open, PATIENCE)
        asleep = time.monotonic()
        for what in ("suspend-sink", "suspend-source"):
            pactl(doomed_card, what, "1")
        said = talk.until(none_open, PATIENCE, asleep)
        assert said["when"] - asleep < SAID + 0.2  # the two are suspended one after the other
        assert_goes_on(talk, said["when"])
        before = len(talk.devices())
        for what in ("suspend-sink", "suspend-source"):
            pactl(doomed_card, what, "0")
        assert_heals(doomed_card, talk, time.monotonic())
        assert len(talk.devices()) == before + 1, "one sentence per trouble, not one per try"


def test_a_speaker_that_the_sound_server_replaces_goes_on(doomed_card):
    pactl(doomed_card, "load-module", "module-null-sink", "sink_name=spare", "rate=24000", "norewinds=1")
    with talking(doomed_card) as talk:
        talk.until(both_open, PATIENCE)
        modules = subprocess.run(["pactl", "list", "short", "modules"], env=doomed_card.env, capture_output=True)
        number = next(line.split()[0] for line in modules.stdout.decode().splitlines() if "sink_name=vspk" in line)
        gone = time.monotonic()
        pactl(doomed_card, "unload-module", number)
        assert_goes_on(talk, gone)
        with tone(doomed_card):
            talk.until(loud, PATIENCE, gone)
        line = talk.devices()[-1]
        assert (line["input"], line["output"]) == ("default", "default")


@pytest.fixture
def headset(doomed_card: Card, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Card, str]]:
    """A second card, "headset" by name, beside the default one; and the ALSA file that lists both."""
    other = Card(tmp_path_factory.mktemp("headset"))
    lines = [
        f'pcm.{name} {{ type pulse server "{card.env["PULSE_SERVER"]}" hint {{ show on description "x" }} }}\n'
        for name, card in (("!default", doomed_card), ("headset", other))
    ]
    config = other.folder / "two.conf"
    config.write_text("".join(lines))
    yield other, str(config)
    other.down()


def test_another_device_takes_over_and_the_chosen_one_is_returned_to(doomed_card, headset):
    chosen, config = headset
    with talking(doomed_card, "headset", "headset", ALSA_CONFIG_PATH=config) as talk:
        assert talk.until(both_open, PATIENCE)["output"] == "headset"
        gone = time.monotonic()
        chosen.signal(signal.SIGKILL)
        replaced = talk.until(both_open, PATIENCE, gone)
        assert (replaced["input"], replaced["output"]) == ("default", "default")
        assert replaced["when"] - gone < BACK
        assert "headset" in replaced["message"]
        assert '"default" is used instead' in replaced["message"]
        with tone(doomed_card):
            talk.until(loud, PATIENCE, replaced["when"])
        chosen.up()
        returned = time.monotonic()
        back = talk.until(lambda line: both_open(line) and line["output"] == "headset", PATIENCE, returned)
        assert back["when"] - returned < 2 * BACK  # sound never stopped meanwhile
        assert (back["input"], back["message"]) == ("headset", "")
        with tone(chosen):
            talk.until(loud, PATIENCE, back["when"])


def test_devices_are_changed_while_it_talks(doomed_card, headset):
    other, config = headset
    with talking(doomed_card, ALSA_CONFIG_PATH=config) as talk:
        assert talk.until(both_open, PATIENCE)["output"] == "default"
        talk.tell("choose headset headset")
        line = talk.until(lambda line: both_open(line) and line["output"] == "headset", PATIENCE)
        assert (line["input"], line["message"]) == ("headset", "")
        with tone(other):
            talk.until(loud, PATIENCE, line["when"])
        assert_goes_on(talk, line["when"])


def test_no_process_is_left_when_a_session_that_waits_for_a_device_is_killed(doomed_card):
    doomed_card.down()
    with talking(doomed_card) as talk:
        talk.until(none_open, PATIENCE)
        wait_for(lambda: bool(children(talk.process.pid)))
        (child,) = children(talk.process.pid)
        talk.process.kill()
        wait_for(lambda: not runs(child))


def test_a_process_that_slept_drops_what_waited_and_goes_on(virtual_card):
    with talking(virtual_card) as talk, tone(virtual_card):
        talk.until(loud, PATIENCE)
        talk.process.send_signal(signal.SIGSTOP)
        time.sleep(3.0)  # the sleep is what is tested
        woken = time.monotonic()
        talk.process.send_signal(signal.SIGCONT)
        talk.until(lambda line: line["what"] == "Stats" and line["lag_ms"] < 160, PATIENCE, woken)
        talk.until(lambda line: at_pace(talk, line, woken), PATIENCE, woken)  # what the server had kept comes first
        assert not any(line["message"] for line in talk.devices() if line["when"] < woken)
        assert both_open(talk.devices()[-1]) or talk.until(both_open, PATIENCE, woken)
