"""Questions with one detail exchanged."""

from __future__ import annotations

import random

import pytest

from memory.training.data import Conversation, read_all
from memory.training.swap import exchanged, swaps

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
