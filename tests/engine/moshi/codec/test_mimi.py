"""The codec itself, with its processes: what goes through it is the same whatever happens to an instance on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.engine.moshi.checkpoints import mimi_file
from tests.engine.moshi.needed import mx as mx  # the codec comes with the same extra
from voice_tui.engine.moshi.codec import process
from voice_tui.engine.moshi.codec.mimi import MimiCodec
from voice_tui.engine.moshi.codec.port import HandOver
from voice_tui.engine.moshi.codec.process import WorkerInstance
from voice_tui.engine.moshi.script import SILENCE
from voice_tui.errors import EngineError
from voice_tui.frame import FRAME_SAMPLES

COUNT = 6
FRAMES = np.random.default_rng(2).uniform(-0.5, 0.5, (COUNT, FRAME_SAMPLES)).astype(np.float32)
LIMIT = 40.0
"""Seconds after which what should happen has not; loading takes one, on a busy machine several."""


class Makes:
    """Makes processes and knows them all."""

    def __init__(self, weights: Path) -> None:
        self.all: list[WorkerInstance] = []
        self.weights = weights

    def __call__(self) -> WorkerInstance:
        self.all.append(WorkerInstance(self.weights))
        return self.all[-1]

    @property
    def living(self) -> int:
        return sum(instance.process.poll() is None for instance in self.all)


@pytest.fixture
def makes() -> Iterator[Makes]:
    makes = Makes(mimi_file())
    yield makes
    assert makes.living == 0, "none is left behind"


@pytest.fixture(scope="module")
def plain() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What comes out without any change of instance."""
    codec = MimiCodec(mimi_file(), inline=True)
    yield through(codec)
    assert codec.hand_overs == 0
    codec.close()


def through(codec: MimiCodec) -> tuple[np.ndarray, np.ndarray]:
    """All codes, and all sound decoded from them."""
    codes, sound = [], []
    for frame in FRAMES:
        codes.append(codec.encode(frame))
        codec.decode(codes[-1])
        sound += codec.decoded()

    def came() -> bool:
        sound.extend(codec.decoded())
        return not codec.waiting

    wait_for(came)
    return np.stack(codes), np.stack(sound)


def wait_for(condition: Callable[[], object], pause: float = 0.01) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause)


def gone(pid: int) -> bool:
    """Whether a process is no more, or a zombie whose parent did not look yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "processes"])
def test_a_change_of_instance_cannot_be_heard(inline: bool, plain: tuple[np.ndarray, np.ndarray]) -> None:
    soon = HandOver(encoder=4, decoder=3, view=250, limit=100 if inline else 4)
    codec = MimiCodec(mimi_file(), inline=inline, hand_over=soon)
    codes, sound = through(codec)
    assert codec.hand_overs >= 2, "both directions share one spare"
    assert codes.shape == (COUNT, 8)
    assert np.array_equal(codes, plain[0])
    assert sound.shape == (COUNT, FRAME_SAMPLES)
    assert np.abs(sound - plain[1]).max() < 1e-3
    assert codec.lost == 0
    codec.close()


def test_after_a_reset_all_is_as_in_the_beginning(makes: Makes, plain: tuple[np.ndarray, np.ndarray]) -> None:
    codec = MimiCodec(makes.weights, inline=False, start=makes)
    spare = makes.all[0]
    for frame in FRAMES[3:]:
        codec.decode(codec.encode(frame))
    wait_for(lambda: spare.ready)
    codec.reset()
    assert codec.active[0] is spare, "nothing had to be loaded"
    codes, sound = through(codec)
    assert np.array_equal(codes, plain[0])
    assert np.abs(sound - plain[1]).max() < 1e-3
    for _ in range(5):  # faster than anything is loaded
        codec.reset()
        assert codec.encode(FRAMES[0]).shape == (8,)
    assert codec.lost == 0
    wait_for(lambda: makes.living == 3)
    codec.close()


def test_killed_and_hung_processes_are_replaced(
    makes: Makes, plain: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    codec = MimiCodec(makes.weights, inline=False, hand_over=HandOver(rescue=250), start=makes)
    encoder, decoder = codec.active
    assert isinstance(encoder, WorkerInstance)
    assert isinstance(decoder, WorkerInstance)
    for frame in FRAMES[:4]:
        codec.decode(codec.encode(frame))
    wait_for(lambda: codec.decoded() and not codec.waiting)
    monkeypatch.setattr(process, "ANSWER_SECONDS", 2.0)
    os.kill(encoder.pid, signal.SIGKILL)
    os.kill(decoder.pid, signal.SIGSTOP)
    heard = list(range(4))
    codes = np.array(SILENCE)

    def comes() -> bool:
        nonlocal codes
        heard.append(len(heard) % COUNT)
        codes = codec.encode(FRAMES[heard[-1]])
        codec.decode(codes)
        return not np.array_equal(codes, SILENCE)

    wait_for(comes, pause=0.3)
    assert codec.lost >= 1
    same = MimiCodec(makes.weights, inline=True)
    assert np.array_equal([same.encode(FRAMES[index]) for index in heard][-1], codes), "it was fed what was lost"
    sound: list[np.ndarray] = []

    def sounds() -> bool:
        codec.decode(codec.encode(FRAMES[0]))
        sound.extend(codec.decoded())
        return bool(sound) and bool(sound[-1].any())

    wait_for(sounds, pause=0.3)
    assert codec.active[1] not in (decoder, None)
    assert gone(encoder.pid)
    codec.close()


def test_weights_that_are_gone_end_it_only_when_no_instance_is_left(tmp_path: Path) -> None:
    weights = tmp_path / "mimi.safetensors"
    weights.symlink_to(mimi_file())
    makes = Makes(weights)
    codec = MimiCodec(weights, inline=False, hand_over=HandOver(encoder=2, view=2, limit=8), start=makes)
    wait_for(lambda: makes.all[0].ready)
    weights.unlink()
    codes = []
    with pytest.raises(EngineError, match=r"^The codec cannot go on: .* is no codec of this kind: .*$") as raised:
        for number in range(40):
            codes += [codec.encode(FRAMES[number % COUNT])]
    assert codec.hand_overs == 1, "one was loaded in time"
    assert len(codes) >= 8
    assert "\n" not in str(raised.value)
    codec.close()
    assert makes.living == 0


def test_it_closes_while_a_spare_is_loading(makes: Makes) -> None:
    codec = MimiCodec(makes.weights, inline=False, start=makes)
    codec.encode(FRAMES[0])
    wait_for(lambda: makes.all[0].ready)
    codec.reset()
    assert not makes.all[-1].ready, "it has only begun"
    codec.close()
    codec.close()
    assert makes.living == 0


def test_no_process_outlives_its_parent() -> None:
    script = f"""
        import sys, time
        from pathlib import Path
        from voice_tui.engine.moshi.codec.mimi import MimiCodec
        from voice_tui.engine.moshi.codec.process import WorkerInstance
        all = []
        def start():
            all.append(WorkerInstance(Path({str(mimi_file())!r})))
            return all[-1]
        codec = MimiCodec(Path(), inline=False, start=start)
        print(*[one.pid for one in all], flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 3
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: all(gone(child) for child in children))


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "processes"])
def test_a_wrong_file_is_one_clear_sentence(inline: bool, tmp_path: Path) -> None:
    (tmp_path / "mimi.safetensors").write_bytes(b"nonsense" * 10)
    with pytest.raises(EngineError, match="is no codec of this kind") as raised:
        MimiCodec(tmp_path / "mimi.safetensors", inline=inline)
    assert "\n" not in str(raised.value)
