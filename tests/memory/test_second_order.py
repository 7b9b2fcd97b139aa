"""The order that single words give to what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from memory import judge
from memory.recall import CANDIDATES, Recaller
from memory.retrieval import model as recall_model
from memory.retrieval.model import Weights
from memory.store import SqliteMemory
from memory.types import Memory, Query
from tests.memory.models import FakeEmbedder


def test_what_only_the_second_ranker_puts_first_is_told_and_not_brought_up(path: Path) -> None:
    """The judge has never seen such a candidate; here it would say yes to all, and the second turns the order round."""
    model = recall_model.load()
    sure = replace(model.near.judge, bias=50.0)
    by_score = np.array(model.near.ranker.features) == "score"
    turned = replace(model.near.ranker, weights=np.where(by_score, -1.0, 0.0).astype(np.float32))
    with SqliteMemory(path, embedder=FakeEmbedder(space="one")) as store:
        texts = [*(f"The blue pot has {n} dots" for n in range(20)), *(f"A pot of tea, {n} cups" for n in range(20))]
        store.put([(Memory(f"m{n}", text, said_at=1.0), None) for n, text in enumerate(texts)])
        assert store.meaning is not None
        assert store.meaning.wait(30.0)
        with store.reading() as db:
            recaller = Recaller(replace(model, near=Weights(turned, sure)))
            query = Query("how many dots has the blue pot")
            found = recaller.candidates(db, query, meaning=store.meaning)
            assert [one.relevance for one in found] == [pytest.approx(judge.BAR - 0.01)] * CANDIDATES
            assert recaller.recall(db, query, meaning=store.meaning) == []
