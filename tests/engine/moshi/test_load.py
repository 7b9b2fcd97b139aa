"""Loading: by folder and by hub name, both namings, strict, in chunks, to be cancelled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.moshi.checkpoints import MICRO, pytorch_named, write_micro
from tests.engine.moshi.needed import mx
from voice_tui.engine.moshi.checkpoint.layout import MIMI_FILE, TEXT_FILE
from voice_tui.engine.moshi.lib import utils
from voice_tui.engine.moshi.load import model as loader
from voice_tui.engine.moshi.load.find import Checkpoint, find
from voice_tui.engine.moshi.load.model import LoadCancelledError, Loading, load_lm
from voice_tui.errors import EngineError, ModelNotFoundError


def values(model: Any) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in utils.tree_flatten(model.parameters())}


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.fixture
def copy(micro: Path, tmp_path: Path) -> Path:
    """A copy of the model, to be spoilt."""
    return Path(shutil.copytree(micro, tmp_path / "copy"))


def save(path: Path, tensors: dict[str, Any]) -> None:
    mx.save_safetensors(str(path), {name: mx.array(array) for name, array in tensors.items()})


def test_every_tensor_is_what_the_file_holds(micro: Path) -> None:
    stored = mx.load(str(micro / "model.safetensors"))
    assert same(values(load_lm(find(str(micro)))), {name: np.array(array) for name, array in stored.items()})


def test_the_pytorch_naming_gives_the_same_model(micro: Path, copy: Path) -> None:
    stored = {name: np.array(array) for name, array in mx.load(str(micro / "model.safetensors")).items()}
    save(copy / "model.safetensors", pytorch_named(stored, MICRO))
    assert same(values(load_lm(find(str(copy)))), values(load_lm(find(str(micro)))))


def test_a_name_is_found_in_the_cache_of_the_hub(micro: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real layout: blobs, a snapshot of links to them, a ref that names the snapshot."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    place = tmp_path / "models--kyutai--tiny"
    for folder in ("blobs", "refs", "snapshots/old", "snapshots/abc"):
        (place / folder).mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    for number, file in enumerate(micro.iterdir()):
        shutil.copy(file, place / "blobs" / f"{number}")
        (place / "snapshots" / "abc" / file.name).symlink_to(f"../../blobs/{number}")
    found = find("kyutai/tiny")
    assert found.lm == place / "snapshots" / "abc" / "model.safetensors"
    assert found.config == find(str(micro)).config
    load_lm(found)


def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="kyutai/moshiko-mlx-q4 is not on this machine") as caught:
        find("kyutai/moshiko-mlx-q4")
    assert "download" in caught.value.hint.lower()
    with pytest.raises(ModelNotFoundError, match="There is no folder"):
        find(str(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["model.safetensors", MIMI_FILE, TEXT_FILE])
def test_a_missing_file_is_named(name: str, copy: Path) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelNotFoundError, match=name):
        find(str(copy))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda whole: b"", "not a safetensors file, or cut short"),
        (lambda whole: b"<html>not found</html>" * 100, "not a safetensors file"),
        (lambda whole: (20).to_bytes(8, "little") + b"[1, 2, 3]           ", "not a safetensors file"),
        (lambda whole: whole[:-1000], r"cut short: 1,000 of [\d,]+ bytes are missing"),
        (lambda whole: whole[:500], "not a safetensors file, or cut short"),
    ],
    ids=["empty", "page", "list", "end", "header"],
)
def test_a_broken_file_is_one_clear_sentence(content: Any, says: str, copy: Path) -> None:
    file = copy / "model.safetensors"
    file.write_bytes(content(file.read_bytes()))
    with pytest.raises(EngineError, match=says):
        load_lm(find(str(copy)))


@pytest.mark.parametrize("pytorch", [False, True])
def test_missing_and_surplus_tensors_are_named(pytorch: bool, copy: Path) -> None:
    file = copy / "model.safetensors"
    stored = {name: np.array(array) for name, array in mx.load(str(file)).items()}
    if pytorch:
        stored = pytorch_named(stored, MICRO)
    del stored["text_linear.weight"]
    stored["a_stranger"] = np.zeros(3, np.float32)
    save(file, stored)
    with pytest.raises(EngineError, match=r"lacks text_linear.weight and has a_stranger too many"):
        load_lm(find(str(copy)))


def test_another_shape_is_named(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"text_card": 511}))
    with pytest.raises(EngineError, match=r"another shape: .*text_emb.weight \(513, 128\) instead of \(512, 128\)"):
        load_lm(find(str(copy)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dim": None}, "lacks dim"),
        ({"delays": [0, 0]}, "2 delays for 17 streams"),
        ({"conditioners": {"x": {"type": "multi_arc_encoder"}}}, "unsupported conditioner type"),
    ],
)
def test_a_config_that_cannot_be_used_is_told(change: dict[str, Any], says: str, copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text()) | change
    config = {key: value for key, value in config.items() if key not in change or value is not None}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(EngineError, match=says):
        load_lm(find(str(copy)))


def test_progress_counts_to_the_end_and_a_cancel_ends_it(micro: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "CHUNK_BYTES", 100_000)
    seen: list[Loading] = []

    def watch(loading: Loading) -> bool:
        seen.append(loading)
        return True

    load_lm(find(str(micro)), watch)
    assert len(seen) > 5
    assert [loading.done for loading in seen] == sorted(loading.done for loading in seen)
    assert seen[-1].done == seen[-1].total
    assert seen[-1].total == sum(array.nbytes for array in mx.load(str(micro / "model.safetensors")).values())
    calls = len(seen)
    with pytest.raises(LoadCancelledError):
        load_lm(find(str(micro)), lambda loading: bool(seen.append(loading)) or len(seen) < calls + 3)
    assert len(seen) == calls + 3


@pytest.mark.parametrize("bits", [4, 8])
def test_quantised_files_are_recognised_by_their_name(bits: Any, tmp_path: Path) -> None:
    shape = MICRO | {"dim": 256, "depformer_dim": 128, "depformer_dim_feedforward": 192}
    checkpoint: Checkpoint = find(str(write_micro(tmp_path, shape, bits=bits)))
    assert checkpoint.bits == bits
    assert load_lm(checkpoint).text_linear.bits == bits


def test_a_model_that_predicts_the_user_too_is_trimmed(tmp_path: Path) -> None:
    """PersonaPlex-7B has 16 depformer slices; the later eight are of no use live."""
    model = load_lm(find(str(write_micro(tmp_path, MICRO | {"dep_q": 16}))))
    assert (len(model.depformer.slices), model.cfg.generated_codebooks) == (8, 8)
