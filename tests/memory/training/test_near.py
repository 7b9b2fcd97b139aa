"""Questions with one detail exchanged, and how near the words of a question come to those of a memory."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from memory.embedder.bert import Bert
from memory.training.data import Conversation, read_all
from memory.training.near import NAMES, near_columns
from memory.training.swap import exchanged, swaps
from memory.training.words import Space, WordReader, fit_space
from tests.memory.models import tiny_model

CONVERSATIONS = read_all()


def test_a_word_is_exchanged_with_its_capital_and_its_plural() -> None:
    assert exchanged("Dentists? My dentist's dental DENTIST", "dentist", "plumber") == (
        "Plumbers? My plumber's dental Plumber"
    )


@pytest.mark.parametrize("conversation", CONVERSATIONS[::6], ids=lambda one: one.id)
def test_an_exchanged_question_differs_by_a_word_that_no_evidence_has(conversation: Conversation) -> None:
    turns = {turn.id: f"{turn.speaker} {turn.text}".lower() for turn in conversation.turns}
    made = list(swaps(conversation, random.Random(1)))
    assert len(made) > 5
    for swap in made:
        assert swap.probe.text != swap.source.text
        assert swap.probe.text == swap.twin(swap.source.text)
        assert swap.probe.category == "unanswerable"
        evidence = " ".join(turns[one] for one in swap.source.evidence)
        assert swap.new not in evidence.replace("'", " ").split()


def test_the_memory_that_lacks_one_word_is_told_from_the_one_that_has_it() -> None:
    own = np.array([[1.0, 0.9, 0.95], [1.0, 0.2, 0.95]], dtype=np.float32)
    has = np.array([[True, False, True], [True, False, True]])
    weights = np.array([1.0, 6.0, 2.0], dtype=np.float32)
    columns = near_columns(own, own, has, weights)
    assert tuple(columns) == NAMES
    for name in ("mean", "weighted", "least", "rarest", "context", "unsaid"):
        assert columns[name][0] > columns[name][1], name
    for name in ("gap", "gaps"):
        assert columns[name][0] < columns[name][1], name
    assert np.isclose(columns["unsaid"][1], 0.2)


def test_words_have_the_states_that_the_vector_is_the_mean_of(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "tiny")
    reader = WordReader(folder)
    alone, said = reader.read([("", "the key is under the mat"), ("Anna", "the key is under the mat")])
    assert alone.spelled == said.spelled == ("the", "key", "is", "under", "the", "mat")
    assert not np.allclose(alone.states, said.states)  # the model saw who said it
    bert = Bert(folder)
    states = bert.states(["the key is under the mat"])[0]
    mean = states.mean(axis=0)
    assert np.allclose(bert.embed(["the key is under the mat"])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_a_space_keeps_what_tells_words_apart(tmp_path: Path) -> None:
    reader = WordReader(tiny_model(tmp_path / "tiny"))
    texts = reader.read([("", "the key is under the mat"), ("", "where is the mat"), ("", "my key")])
    space = fit_space(texts, dimension=4)
    small = space.small(texts[0].states)
    assert small.shape == (6, 4)
    assert np.allclose(np.linalg.norm(small, axis=1), 1, atol=1e-3)
    space.save(tmp_path / "space.npy")
    written = np.load(tmp_path / "space.npy", allow_pickle=False)
    again = Space(written[:, 0], written[:, 1:])
    assert np.array_equal(again.small(texts[0].states), small)
