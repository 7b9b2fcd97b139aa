"""Recordings when the disk fills up or the process is killed: what is there can be read."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.session.recorded import PATIENCE, noise, track
from voice_tui.events import (
    TranscriptUpdated,
)
from voice_tui.frame import FRAME_SAMPLES
from voice_tui.session.recording_format import read_about, read_entries

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import resource, sys, time
from pathlib import Path
from tests.session.recorded import Recorded, noise
from voice_tui.events import Notice, TranscriptUpdated
recorded = Recorded(Path(sys.argv[1]))
recorded.begin()
limit = int(sys.argv[2])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
for number in range(1, int(sys.argv[3])):
    recorded.recorder.note(TranscriptUpdated(turn=number, role="user", text=f"turn {number} 🎂", final=True))
    recorded.recorder.heard(noise(number), noise(number))
    while recorded.recorder._items.qsize() and not recorded.notices: time.sleep(0.0002)
    print(number, flush=True)
recorded.recorder.close(20)
print("notices", [f"{n.severity}: {n.message} | {n.hint}" for n in recorded.notices], flush=True)
"""


def start(root: Path, limit: int, frames: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(root), str(limit), str(frames)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def judge_rest(folder: Path, at_least: int) -> int:
    """What is there can be read, fits together and is not complete; returns the frames of the microphone."""
    about, entries = read_about(folder), read_entries(folder)
    assert not about.complete
    turns = [entry.event.turn for entry in entries if isinstance(entry.event, TranscriptUpdated)]
    assert turns == list(range(1, len(turns) + 1))
    assert len(turns) >= at_least
    heard, spoken = track(folder, "microphone"), track(folder, "speaker")
    assert len(heard) // FRAME_SAMPLES >= at_least
    whole = len(heard) // FRAME_SAMPLES * FRAME_SAMPLES
    expected = np.concatenate([noise(number) for number in range(1, whole // FRAME_SAMPLES + 1)])
    np.testing.assert_array_equal(heard[:whole], np.rint(expected * 32768))
    assert abs(len(heard) - len(spoken)) <= 12 * FRAME_SAMPLES
    return len(heard) // FRAME_SAMPLES


def test_kill_9_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    child = start(tmp_path / "r", 0, 100_000)
    assert child.stdout is not None
    wanted, written = random.Random(seed).randrange(40, 90), 0
    while written < wanted:
        written = int(child.stdout.readline())
    child.kill()
    child.communicate(timeout=PATIENCE)
    (folder,) = (tmp_path / "r").iterdir()
    judge_rest(folder, at_least=written - 16)


def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path: Path) -> None:
    child = start(tmp_path / "r", 250_000, 120)
    said = child.communicate(timeout=50)[0].splitlines()
    assert child.returncode == 0
    assert said[-2] == "119", "the conversation went on"
    (folder,) = (tmp_path / "r").iterdir()
    notice = f"warning: The recording stopped: the disk is full | What was recorded until now is in {folder}"
    assert said[-1] == f"notices {[notice]}"
    frames = judge_rest(folder, at_least=48)
    assert frames < 119


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
def test_a_real_small_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk here: {mounted.stderr.decode().strip()}")
    try:
        said = start(disk / "r", 0, 150).communicate(timeout=50)[0].splitlines()
        assert said[-2] == "149"
        assert said[-1].count("The recording stopped: the disk is full") == 1
        (folder,) = (disk / "r").iterdir()
        judge_rest(folder, at_least=48)
    finally:
        subprocess.run(["umount", disk], check=True)
