"""Texts to vectors: the pieces, the model, and the process that runs it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from memory.embedder import process as embed
from memory.embedder.bert import Bert
from memory.embedder.choice import Choice, choose, described
from memory.embedder.process import Embedder, embedder_of
from memory.embedder.weights import read_tensors
from memory.embedder.wire import (
    READY,
    TEXTS,
    Frame,
    WireError,
    read_frame,
    reading_frame,
    reading_of,
    texts_frame,
    texts_of,
)
from memory.embedder.wordpiece import WordPieces
from memory.errors import MemoryStoreError
from memory.retrieval.words import DIMENSION, Reading, split_words
from tests.memory.models import PIECES, WINDOW, tiny_model

LIMIT = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_model(tmp_path / "tiny")


@pytest.fixture
def embedder(folder: Path) -> Iterator[Embedder]:
    made = embedder_of("numpy", str(folder))
    assert made is not None
    yield made
    made.close()


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not met():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The KEY's under", ["the", "key", "'", "s", "under"]),
        ("Café, naïve", ["cafe", ",", "naive"]),
        ("北京 is", ["北", "京", "is"]),
        ("a\x00b\u200d c\td\n", ["ab", "c", "d"]),
        ("[CLS] $5", ["[", "cls", "]", "$", "5"]),
        ("שלום 😀", ["שלום", "😀"]),
        ("", []),
    ],
)
def test_words_are_split_as_bert_does(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_words_become_the_longest_pieces(folder: Path) -> None:
    pieces = WordPieces(folder / "vocab.txt", WINDOW)

    def shown(text: str) -> list[str]:
        return [PIECES[number] for number in pieces.numbers(text)]

    assert shown("The keys") == ["[CLS]", "the", "key", "##s", "[SEP]"]
    assert shown("under unders") == ["[CLS]", "under", "under", "##s", "[SEP]"]
    assert shown("[MASK] xyz") == ["[CLS]", "[UNK]", "[UNK]", "[UNK]", "[UNK]", "[SEP]"], (
        "no control sign of a person's"
    )
    assert shown("key" * 50) == ["[CLS]", "[UNK]", "[SEP]"]
    assert len(pieces.numbers("the " * 1000)) == WINDOW


def test_a_text_has_the_same_vector_alone_and_among_longer_ones(folder: Path) -> None:
    bert = Bert(folder)
    texts = ["the key", "the key is under a pot", "?", "", "a " * 5_000]
    together = bert.embed(texts)
    assert together.shape == (5, bert.dimension)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, together, strict=True):
        assert np.allclose(bert.embed([text])[0], vector, atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-3, "other words, another vector"


def test_the_forward_pass_is_that_of_bert(folder: Path) -> None:
    """The same in plain float64, one place at a time, with the error function of `math`."""
    from math import erf, sqrt

    w = {name: value.astype(np.float64) for name, value in read_tensors(folder / "model.safetensors").items()}
    numbers = WordPieces(folder / "vocab.txt", WINDOW).numbers("the key is under a pot")

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        return (x - x.mean()) / np.sqrt(x.var() + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(x: np.ndarray, name: str) -> np.ndarray:
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    words, places = w["embeddings.word_embeddings.weight"], w["embeddings.position_embeddings.weight"]
    kind = w["embeddings.token_type_embeddings.weight"][0]
    states = [norm(words[n] + places[i] + kind, "embeddings.LayerNorm") for i, n in enumerate(numbers)]
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        q, k, v = ([dense(x, f"{layer}.attention.self.{p}") for x in states] for p in ("query", "key", "value"))
        after = []
        for i, before in enumerate(states):
            heads = []
            for h in (slice(0, 4), slice(4, 8)):
                scores = np.exp(np.array([q[i][h] @ other[h] / sqrt(4) for other in k]))
                heads.append(sum(s * other[h] for s, other in zip(scores / scores.sum(), v, strict=True)))
            attended = dense(np.concatenate(heads), f"{layer}.attention.output.dense")
            x = norm(before + attended, f"{layer}.attention.output.LayerNorm")
            wide = dense(x, f"{layer}.intermediate.dense")
            curved = np.array([y * (1 + erf(y / sqrt(2))) / 2 for y in wide])
            after.append(norm(x + dense(curved, f"{layer}.output.dense"), f"{layer}.output.LayerNorm"))
        states = after
    expected = np.mean(states, axis=0)
    ours = Bert(folder).embed(["the key is under a pot"])[0]
    assert ours @ expected / np.linalg.norm(expected) > 0.999999


@pytest.mark.parametrize("cut", [4, 40, -100])
def test_a_broken_model_is_told(folder: Path, cut: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(MemoryStoreError, match="The embedding model cannot be read"):
        Bert(folder)


def test_another_kind_of_model_is_refused(folder: Path) -> None:
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    with pytest.raises(MemoryStoreError, match="mean pooling only"):
        Bert(folder)


def test_what_is_chosen(folder: Path, tmp_path: Path) -> None:
    assert choose("none", str(folder)) is None
    first, other = choose("auto", str(folder)), choose("auto", str(tiny_model(tmp_path / "x" / "tiny", seed=2)))
    assert first is not None
    assert other is not None
    assert (first.provider, first.name.startswith("tiny-")) == ("numpy", True)
    assert first.name != other.name, "another model in a folder of the same name"
    with pytest.raises(MemoryStoreError, match="no embedding model in"):
        choose("numpy", str(tmp_path / "nowhere"))
    assert "numpy" in described("auto", str(folder))
    assert described("none", "") == "recall goes by words alone, as set"
    assert "recall goes by words alone: There is no" in described("numpy", str(tmp_path / "nowhere"))


def test_frames_survive_any_text_and_refuse_rubbish() -> None:
    texts = ["", "a\x00b", "😀" * 100, "\ud800"]
    data = texts_frame(7, texts).to_bytes()
    place = 0

    def read(count: int) -> bytes:
        nonlocal place
        place += count
        if place > len(data):
            raise EOFError
        return data[place - count : place]

    frame = read_frame(read)
    assert (frame.kind, frame.number) == (TEXTS, 7)
    assert texts_of(frame) == [*texts[:3], "?"]
    with pytest.raises(EOFError):
        read_frame(read)
    for rubbish in (Frame(TEXTS, 1, b"\x05"), Frame(TEXTS, 1, b"\xff\xff\xff\xff")):
        with pytest.raises(WireError):
            texts_of(rubbish)
    told = reading_frame(1, Reading(np.ones((2, 3), np.float32), [np.ones((2, DIMENSION), np.int8)] * 2))
    assert [len(words) for words in reading_of(told).words] == [2, 2]
    for body in (b"", bytes(4), bytes(8), b"\x08\0\0\0\x01\0\0\0abc", told.body[:-1], told.body[:35]):
        with pytest.raises(WireError):
            reading_of(Frame(READY, 1, body))
    with pytest.raises(WireError):
        read_frame(lambda count: b"\x63" * count)


def test_a_process_gives_the_vectors_and_is_replaced_when_it_is_killed(
    embedder: Embedder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "PAUSE_SECONDS", 0.05)
    expected = Bert(folder).embed(["the key", "a pot"])
    found = embedder.read(["the key", "a pot"], timeout=LIMIT)
    assert found is not None
    assert np.array_equal(found.vectors, expected)
    assert not found.words
    assert embedder.pid is not None
    os.kill(embedder.pid, signal.SIGSTOP)
    try:
        assert embedder.read(["the key"], timeout=0.05) is None, "it hangs, and nobody waits longer than they said"
    finally:
        os.kill(embedder.pid, signal.SIGKILL)
    until(lambda: embedder.pid is None)
    assert embedder.problem
    until(lambda: embedder.read(["the key"], timeout=LIMIT) is not None)
    assert embedder.starts == 2
    assert embedder.problem == ""


def test_a_process_that_cannot_load_is_tried_again_only_after_a_pause(tmp_path: Path) -> None:
    now = [0.0]
    embedder = Embedder(Choice("numpy", str(tmp_path), "none there"), clock=lambda: now[0])
    assert embedder.read(["x"], timeout=LIMIT) is None
    assert "cannot be read" in embedder.problem
    assert embedder.read(["x"], timeout=LIMIT) is None
    assert embedder.starts == 1
    now[0] += embed.PAUSE_SECONDS
    assert embedder.read(["x"], timeout=LIMIT) is None
    assert embedder.starts == 2
    now[0] += embed.PAUSE_SECONDS
    assert embedder.read(["x"], timeout=LIMIT) is None
    assert embedder.starts == 2, "the pause has doubled"
    embedder.close()
    assert embedder.read(["x"], timeout=LIMIT) is None


def test_what_does_not_fit_in_the_queue_is_refused(embedder: Embedder) -> None:
    assert embedder.read(["the key"], timeout=LIMIT) is not None
    assert embedder.pid is not None
    os.kill(embedder.pid, signal.SIGSTOP)
    for _ in range(embed.WAITING + 3):
        assert embedder.read(["the key"], timeout=0.001) is None
    assert embedder.refused >= 1
    os.kill(embedder.pid, signal.SIGCONT)
    until(lambda: embedder.read(["the key"], timeout=LIMIT) is not None)
