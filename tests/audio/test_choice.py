"""Which device a name means, and what is said when it means none."""

from __future__ import annotations

import pytest

from voice_tui.audio.choice import DeviceInfo, choose
from voice_tui.errors import DeviceError


def device(index, name, api="ALSA", inputs=0, outputs=0, default_input=False, default_output=False):
    return DeviceInfo(index, name, api, inputs, outputs, 48_000, default_input, default_output)


LAPTOP = device(0, "Laptop Microphone", inputs=2, default_input=True)
HEADSET = device(1, "USB Headset", inputs=1, outputs=2)
SPEAKERS = device(2, "Laptop Speakers", outputs=2, default_output=True)
DESK = [LAPTOP, HEADSET, SPEAKERS]


@pytest.mark.parametrize(
    ("wanted", "kind", "expected"),
    [
        ("", "input", LAPTOP),
        ("", "output", SPEAKERS),
        ("headset", "input", HEADSET),
        ("USB HEADSET", "output", HEADSET),
        ("laptop", "input", LAPTOP),
        ("laptop", "output", SPEAKERS),
    ],
)
def test_a_part_of_the_name_is_enough(wanted, kind, expected):
    assert choose(DESK, wanted, kind) is expected


def test_the_first_is_taken_when_the_system_names_no_default():
    assert choose([HEADSET, device(3, "Other", outputs=2)], "", "output") is HEADSET


def test_an_unknown_name_is_answered_with_what_there_is():
    with pytest.raises(DeviceError) as caught:
        choose(DESK, "piano", "input")
    assert caught.value.message == 'No microphone is called "piano"'
    assert caught.value.hint == "There is: Laptop Microphone, USB Headset"


def test_an_ambiguous_name_is_answered_with_the_candidates():
    with pytest.raises(DeviceError) as caught:
        choose([*DESK, device(4, "USB Camera", inputs=1)], "usb", "input")
    assert caught.value.message == '"usb" could be 2 microphones'
    assert caught.value.hint == "Name one of: USB Headset, USB Camera"


def test_a_whole_name_wins_over_names_that_contain_it():
    plain, pro = device(0, "Yeti", inputs=1), device(1, "Yeti Pro", inputs=1)
    assert choose([pro, plain], "yeti", "input") is plain


def test_one_device_under_several_host_apis_is_one_device_of_the_preferred_api():
    wave, direct = device(0, "Mic", "MME", inputs=1), device(1, "Mic", "Windows WASAPI", inputs=1)
    default = device(2, "Built-in", "Windows WASAPI", inputs=1, default_input=True)
    assert choose([wave, direct, default], "mic", "input") is direct


@pytest.mark.parametrize(("kind", "word"), [("input", "microphone"), ("output", "speaker")])
def test_nothing_at_all_says_which(kind, word):
    with pytest.raises(DeviceError, match=f"No {word} was found"):
        choose([], "", kind)


def test_a_microphone_is_no_speaker():
    with pytest.raises(DeviceError, match="No speaker was found"):
        choose([LAPTOP], "", "output")
