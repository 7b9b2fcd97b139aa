"""What the setting moshi.device chooses, and what is said where it is not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from voice_tui import cli
from voice_tui.doctor import check_speech_model
from voice_tui.engine.moshi import device
from voice_tui.engine.moshi.device import backend_for
from voice_tui.engine.moshi.load.find import find
from voice_tui.errors import EngineError
from voice_tui.frame import SAMPLE_RATE, silence
from voice_tui.models.machine import GIB, Kind, Machine
from voice_tui.settings import MoshiSettings


class FakeBackend:
    def __init__(self, name: str, *, graphics: bool = False) -> None:
        self.name, self.graphics = name, graphics


def missing(what: str) -> EngineError:
    return EngineError(f"no {what}", hint=f"install {what}")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A machine with this and without that."""

    def have(*, mlx: bool = False, metal: bool = False, torch: bool = False, kind: Kind = "none") -> None:
        def make_mlx(*, cpu: bool) -> FakeBackend:
            if not mlx:
                raise missing("mlx")
            return FakeBackend("mlx cpu" if cpu else "mlx", graphics=metal and not cpu)

        def make_pytorch(name: str) -> FakeBackend:
            if not torch or (name == "cuda" and kind != "nvidia"):
                raise missing("torch")
            return FakeBackend(f"torch {name}")

        monkeypatch.setattr(device, "_mlx", make_mlx)
        monkeypatch.setattr(device, "_pytorch", make_pytorch)
        monkeypatch.setattr(device, "detect_machine", lambda: Machine(kind, "a name", 24 * GIB))

    return have


@pytest.mark.parametrize(
    ("here", "chosen"),
    [
        ({"mlx": True, "metal": True, "kind": "apple"}, "mlx"),
        ({"mlx": True, "metal": True, "torch": True, "kind": "nvidia"}, "mlx"),  # mlx[cuda]
        ({"mlx": True, "torch": True, "kind": "nvidia"}, "torch cuda"),
        ({"torch": True, "kind": "nvidia"}, "torch cuda"),
        ({"mlx": True, "kind": "nvidia"}, "mlx"),
        ({"mlx": True, "torch": True}, "mlx"),
        ({"torch": True}, "torch cpu"),
        ({"kind": "nvidia"}, "no torch"),
        ({}, "no mlx"),
    ],
)
def test_auto_takes_the_fastest_that_is_there(here: dict[str, Any], chosen: str, there: Callable[..., None]) -> None:
    there(**here)
    try:
        assert backend_for("auto").name == chosen
    except EngineError as e:
        assert (e.message, bool(e.hint)) == (chosen, True)


def test_a_name_is_that_or_an_error(there: Callable[..., None]) -> None:
    there(mlx=True, torch=True, kind="nvidia")
    assert [backend_for(name).name for name in ("mlx", "cuda", "cpu")] == ["mlx", "torch cuda", "mlx cpu"]
    there(torch=True)
    assert backend_for("cpu").name == "torch cpu"
    for name in ("mlx", "cuda"):
        with pytest.raises(EngineError):
            backend_for(name)


@pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="this machine has an NVIDIA card")
def test_without_a_card_one_sentence_says_so_and_the_cascade_serves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / "in.wav", silence(), SAMPLE_RATE)
    (tmp_path / "model.safetensors").touch()
    for name in ("tokenizer-e351c8d8-checkpoint125.safetensors", "tokenizer_spm_32k_3.model"):
        (tmp_path / name).touch()
    monkeypatch.setenv("VOICE_TUI_ENGINE_NAME", "moshi")
    log = tmp_path / "events.jsonl"
    command = ["talk", "--input", str(tmp_path / "in.wav"), "--events", str(log)]
    command += ["--set", "moshi.device=cuda", "--set", f"moshi.model={tmp_path}"]
    assert cli.main(command) == 0
    both = find_spec("torch") is not None and find_spec("moshi") is not None
    sentence = "finds no NVIDIA card here" if both else "PyTorch's Moshi needs a library that does not load here"
    error = capsys.readouterr().err
    assert sentence in error
    assert both or "--no-deps moshi==" in error, "what to install"
    assert "cascade" in {json.loads(line).get("engine") for line in log.read_text().splitlines()[:2]}


def test_the_doctor_knows_it(there: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    from voice_tui.config import load

    there(mlx=True)
    monkeypatch.setenv("VOICE_TUI_ENGINE_NAME", "moshi")
    monkeypatch.setenv("VOICE_TUI_MOSHI_DEVICE", "cuda")
    found = check_speech_model(load())
    assert "moshi.device = cuda: no torch, so the cascade serves" in found.detail
    assert found.fix == "install torch"


def test_a_conversation_on_pytorch_is_the_one_on_mlx(
    talker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From sound to sound, token for token, on the processor in place of the card."""
    pytest.importorskip("torch", reason="needs PyTorch: pip install torch==2.13.0 einops safetensors")
    pytest.importorskip("moshi", reason="needs PyTorch's Moshi: pip install --no-deps moshi==0.2.13")
    pytest.importorskip("mlx.core", reason="needs MLX (the extra [mlx])")
    from tests.engine.moshi.test_engine import talked
    from voice_tui.engine.moshi.factory import make_generator

    monkeypatch.setattr(device, "CARD", "cpu")
    status, trace = talked(talker, tmp_path, "--set", "moshi.device=cuda", "--temperature", "0")
    assert status == 0
    sound, _ = soundfile.read(tmp_path / "out.wav")
    assert np.abs(sound).max() > 0.01
    settings = MoshiSettings(temperature=0, text_temperature=0, padding_bonus=50, device="mlx")
    mlx = make_generator(find(str(talker)), settings)
    assert len(trace["text"]) >= 6
    for number, user in enumerate(trace["user"]):
        spoken = mlx.step(user)
        assert spoken.text == trace["text"][number]
        assert spoken.frame is None or np.array_equal(spoken.frame, trace["audio"][number])
