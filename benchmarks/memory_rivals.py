"""Plain ways of finding a memory, to compare recall with: vectors alone, BM25 alone, and both by reciprocal ranks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.memory_exam import Mark, Talk
from memory.retrieval.ports import Embeds
from memory.text import STOP_WORDS, match_any, words

POOL = 60
"""Of each way, what goes into the ranks."""

RRF = 60
"""The constant of reciprocal rank fusion (Cormack et al. 2009)."""

Find = Callable[[str], list[str]]


def ways(talk: Talk, embedder: Embeds) -> dict[str, Find]:
    """Return the ways by name: a question to ids, best first."""
    dense, bm25 = by_vectors(talk, embedder), by_words(talk)
    return {"MiniLM alone": dense, "BM25 alone": bm25, "RRF of both": lambda text: by_ranks([dense(text), bm25(text)])}


def by_vectors(talk: Talk, embedder: Embeds) -> Find:
    """The cosine of question and turn."""
    told = embedder.read([memory.text for memory in talk.memories], timeout=600)
    assert told is not None
    table = told.vectors

    def find(text: str) -> list[str]:
        asked = embedder.read([text], timeout=600)
        assert asked is not None
        return [talk.memories[i].id for i in np.argsort(-(table @ asked.vectors[0]), kind="stable")[:POOL]]

    return find


def by_words(talk: Talk) -> Find:
    """BM25 of SQLite's FTS5 with its stemmer, any of the words that are no stop words."""
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table turn using fts5(text, tokenize='porter unicode61 remove_diacritics 2')")
    db.executemany("insert into turn (rowid, text) values (?, ?)", [(i, m.text) for i, m in enumerate(talk.memories)])

    def find(text: str) -> list[str]:
        terms = [word for word in words(text) if word not in STOP_WORDS] or words(text)
        rows = db.execute("select rowid from turn where turn match ? order by rank limit ?", (match_any(terms), POOL))
        return [talk.memories[row].id for (row,) in rows]

    return find


def by_ranks(orders: Sequence[Sequence[str]]) -> list[str]:
    """Return the ids by the sum of their reciprocal ranks."""
    scores: dict[str, float] = {}
    for order in orders:
        for rank, one in enumerate(order, start=1):
            scores[one] = scores.get(one, 0.0) + 1 / (RRF + rank)
    return sorted(scores, key=lambda one: -scores[one])


def marks(talk: Talk, find: Find) -> list[Mark]:
    """Ask everything; the first three count as brought up."""
    found = [find(question.text) for question in talk.questions]
    return [Mark(q, ids, injected=ids[:3]) for q, ids in zip(talk.questions, found, strict=True)]
