"""What is kept of a speaker: learned, saved, loaded, and shrugged off when the file is broken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from voice_tui.engine.cascade.stt.mean import (
    MEMORY_FRAMES,
    SIZE,
    TYPICAL,
    WINDOW,
    Speaker,
    distance,
    notation,
    parse,
    unmixed,
)

LOUD = TYPICAL + 20.0 / SIZE**0.5
"""A speaker 20 away from everybody."""


def learned(path: Path | None = None) -> Speaker:
    speaker = Speaker(path)
    for _ in range(5):
        speaker.learn(LOUD, 0.1, 300)
    return speaker


def test_a_stranger_is_typical() -> None:
    speaker = Speaker()
    assert not speaker.known
    assert np.array_equal(speaker.mean, TYPICAL)


def test_what_is_heard_is_learned_and_fades() -> None:
    speaker = learned()
    assert speaker.known
    assert speaker.frames == MEMORY_FRAMES
    assert speaker.level == pytest.approx(0.1)
    assert distance(speaker.mean, LOUD) < 0.1
    for _ in range(10):
        speaker.learn(TYPICAL, 0.4, 300)
    assert distance(speaker.mean, TYPICAL) < 2.0, "a new speaker takes over within a few turns"
    assert speaker.level == pytest.approx(0.4, abs=0.03)


def test_one_long_utterance_does_not_outweigh_many() -> None:
    speaker = learned()
    speaker.learn(TYPICAL, 0.4, 6_000)
    assert distance(speaker.mean, LOUD) < 10.0


def test_early_on_an_utterance_is_expected_to_go_on_between_what_was_known_and_what_is_heard() -> None:
    heard = TYPICAL + 10.0
    early, late = Speaker().expected(heard, 0.5), Speaker().expected(heard, 10.0)
    assert distance(early, TYPICAL) < distance(early, heard)
    assert distance(late, heard) < distance(late, TYPICAL)


def test_somebody_else_is_not_pulled_towards_the_known_speaker() -> None:
    speaker = learned()
    assert distance(speaker.expected(LOUD + 1.0, 1.2), LOUD) < 3.0
    other = TYPICAL - 5.0
    assert np.allclose(speaker.expected(other, 1.2), Speaker().expected(other, 1.2))


def test_it_is_kept_for_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "state" / "speaker.json"
    speaker = learned(path)
    speaker.save()
    again = Speaker(path)
    assert again.known
    assert np.allclose(again.mean, speaker.mean, atol=1e-3)
    assert (again.level, again.frames) == (pytest.approx(speaker.level), speaker.frames)
    assert [p.name for p in path.parent.iterdir()] == ["speaker.json"], "no temporary file is left"


GOOD = {"mean": [1.0] * SIZE, "level": 0.1, "frames": 100.0}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe not json",
        b"[]",
        b"{}",
        json.dumps(GOOD).encode()[:-10],
        json.dumps(GOOD | {"mean": [1.0] * 12}).encode(),
        json.dumps(GOOD | {"mean": []}).encode(),
        json.dumps(GOOD | {"mean": ["x"] * SIZE}).encode(),
        json.dumps(GOOD | {"mean": [1e9] * SIZE}).encode(),
        json.dumps(GOOD | {"mean": [float("nan")] * SIZE}).encode(),
        json.dumps(GOOD | {"level": 0.0}).encode(),
        json.dumps(GOOD | {"level": -3.0}).encode(),
        json.dumps(GOOD | {"level": 1e300}).encode(),
        json.dumps(GOOD | {"frames": 0.0}).encode(),
        json.dumps(GOOD | {"frames": -1.0}).encode(),
        json.dumps(GOOD | {"frames": None}).encode(),
    ],
)
def test_a_broken_file_counts_as_none_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "speaker.json"
    path.write_bytes(content)
    speaker = Speaker(path)
    assert not speaker.known
    assert np.array_equal(speaker.mean, TYPICAL)
    speaker.learn(LOUD, 0.1, 300)
    speaker.save()
    assert Speaker(path).known


def test_a_good_file_is_good(tmp_path: Path) -> None:
    """Or the cases above could not fail."""
    path = tmp_path / "speaker.json"
    path.write_text(json.dumps(GOOD))
    assert Speaker(path).mean.tolist() == GOOD["mean"]


def test_where_it_cannot_be_written_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    speaker = learned(tmp_path / "file" / "speaker.json")
    speaker.save()
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_folder_in_its_place_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "speaker.json").mkdir()
    speaker = learned(tmp_path / "speaker.json")
    speaker.save()
    assert [p.name for p in tmp_path.iterdir()] == ["speaker.json"]


def test_without_a_file_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    learned().save()
    assert not list(tmp_path.iterdir())


def test_the_recogniser_s_notation_is_read_as_it_is_written() -> None:
    assert np.allclose(parse(notation(LOUD)), LOUD, rtol=1e-5)


@pytest.mark.parametrize("frames", [1, 50, 301, 302, 1_000, 5_000])
def test_the_mean_of_the_frames_alone_is_recovered(frames: int) -> None:
    mixed, left = TYPICAL, frames
    weight = float(WINDOW)
    while left:  # the running mean as pocketsphinx keeps it: after 301 frames the sum is cut back to its window
        block = min(left, 301)
        mixed = (mixed * weight + LOUD * block) / (weight + block)
        left -= block
    assert np.allclose(unmixed(mixed, TYPICAL, frames), LOUD, atol=1e-6)
