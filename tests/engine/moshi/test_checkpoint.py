"""The checkpoint tool: the layout of a release, and the same bytes for the same seed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.engine.moshi.checkpoints import MICRO, mimi_file, write_micro
from tests.engine.moshi.needed import mx
from voice_tui import cli
from voice_tui.engine.moshi.checkpoint.layout import TEXT_FILE, config, lm_tensors, mimi_tensors
from voice_tui.engine.moshi.load.header import read_header
from voice_tui.errors import EngineError


def test_mimi_is_as_large_as_the_released_file() -> None:
    assert mimi_file().stat().st_size == 384_644_884
    assert len(read_header(mimi_file())) == 318


def test_the_full_model_is_as_large_as_the_released_one() -> None:
    """4,805,545,072 bytes are what the q4 release has; the data of it follows from the shapes alone."""
    size = 0
    for tensor in lm_tensors(config("full")):
        count = math.prod(tensor.shape)
        size += count // 2 + count // 32 * 2 * 2 if tensor.quantised else 2 * count
    assert 0 < 4_805_545_072 - size < 200_000  # the rest is the header
    assert sum(1 for _ in mimi_tensors()) == 318


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    def files(name: str, seed: int) -> dict[str, bytes]:
        folder = write_micro(tmp_path / name, MICRO, bits=4, seed=seed)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    one = files("one", 5)
    assert one == files("again", 5)
    other = files("other", 6)
    assert one["model.q4.safetensors"] != other["model.q4.safetensors"]
    assert not list(tmp_path.rglob("*.partial"))


def test_the_tokenizer_takes_every_text_and_has_the_ids_that_moshi_expects(micro: Path) -> None:
    import sentencepiece

    tokenizer = sentencepiece.SentencePieceProcessor(str(micro / TEXT_FILE))
    assert (tokenizer.unk_id(), tokenizer.bos_id(), tokenizer.eos_id(), tokenizer.pad_id()) == (0, 1, 2, 3)
    assert tokenizer.vocab_size() == MICRO["text_card"]
    for text in ("hello, how are you?", "Åse røyker – 日本 🙂"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert len(tokenizer.encode("hello")) == 1


def test_widths_that_do_not_divide_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"352 wide.*groups of 64"):
        write_micro(tmp_path, MICRO, bits=8)


def test_the_command_writes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["dev", "checkpoint", "--size", "tiny", "--bits", "4", "--no-mimi", "--out", str(tmp_path / "tiny")]
    assert cli.main(command) == 0
    names = {path.name for path in (tmp_path / "tiny").iterdir()}
    assert (
        len(mx.load(str(tmp_path / "tiny" / "model.q4.safetensors"))) == len(list(lm_tensors(config("tiny")))) * 3 - 74
    )
    assert names == {"model.q4.safetensors", "config.json", TEXT_FILE}
    told = capsys.readouterr().out
    assert all(name in told for name in names)
