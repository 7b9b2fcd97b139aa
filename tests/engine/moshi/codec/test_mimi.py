"""The codec: what goes through it is the same whether an instance was changed on the way or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.engine.moshi.checkpoints import mimi_file
from tests.engine.moshi.needed import mx as mx  # the codec comes with the same extra
from voice_tui.engine.moshi.codec import HandOver, MimiCodec
from voice_tui.errors import EngineError
from voice_tui.frame import FRAME_SAMPLES

FRAMES = np.random.default_rng(2).uniform(-0.5, 0.5, (9, FRAME_SAMPLES)).astype(np.float32)
SOON = HandOver(encoder=6, decoder=3, view=250, limit=6)


def through(codec: MimiCodec) -> tuple[np.ndarray, np.ndarray]:
    """All codes, and all sound decoded from them."""
    codes, sound = [], []
    for frame in FRAMES:
        codes.append(codec.encode(frame))
        codec.decode(codes[-1])
        sound += codec.decoded()
    deadline = time.monotonic() + 30
    while codec.waiting and time.monotonic() < deadline:
        time.sleep(0.005)
        sound += codec.decoded()
    return np.stack(codes), np.stack(sound)


@pytest.fixture(scope="module")
def plain() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What comes out without any change of instance."""
    codec = MimiCodec(mimi_file(), inline=True)
    yield through(codec)
    assert codec.hand_overs == 0
    codec.close()


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "threads"])
def test_a_change_of_instance_cannot_be_heard(inline: bool, plain: tuple[np.ndarray, np.ndarray]) -> None:
    codec = MimiCodec(mimi_file(), inline=inline, hand_over=SOON)
    codes, sound = through(codec)
    assert codec.hand_overs >= 2, "both directions share one spare, but none waits for it at its limit"
    assert codes.shape == (9, 8)
    assert np.array_equal(codes, plain[0])
    assert sound.shape == (9, FRAME_SAMPLES)
    assert np.abs(sound - plain[1]).max() < 1e-3
    codec.reset()
    again = [codec.encode(frame) for frame in FRAMES[:3]]
    assert np.array_equal(again[1:], plain[0][1:3]), "after a reset nothing is left of the sound before"
    codec.close()


def test_a_wrong_file_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "mimi.safetensors").write_bytes(b"nonsense" * 10)
    with pytest.raises(EngineError, match="is no codec of this kind"):
        MimiCodec(tmp_path / "mimi.safetensors", inline=True)


def test_the_lock_of_python_is_free_while_it_computes() -> None:
    """The loop goes on while a frame is encoded."""
    codec = MimiCodec(mimi_file(), inline=False)
    counted = 0
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(lambda: [codec.encode(frame) for frame in FRAMES[:4]])
        while not done.done():
            counted += 1
            time.sleep(0.001)
    codec.close()
    assert counted > 8
