"""How near the words of a question come to those of a memory, one by one: what tells the plumber from the dentist.

The vector of a whole text says what it is about. Here every word of the question looks for the nearest word of the
memory ("late interaction", Khattab and Zaharia 2020), and what counts is also the word that found the least.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from memory.recall import Look
from memory.retrieval.overlap import Columns, Flags, Floats, Overlap, stacked
from memory.retrieval.stem import stem
from memory.training.words import Space, WordReader

BEFORE = 0.9
"""What nearness to a word of the turn before counts."""

GAP, GAPS = 8.0, 40.0
"""Weight of one word that is missing, and of all of them, from which more says nothing."""


def near_table(
    look: Look, chosen: Sequence[int], judged: tuple[tuple[str, ...], Floats], space: Space, reader: WordReader
) -> tuple[tuple[str, ...], Floats]:
    """Return what the judge weighs with the nearness of the words beside it.

    Args:
        look: What was found for the question.
        chosen: Which candidates are judged, best first.
        judged: Names and values as `judge.table` returns them; a share of the ranker's score is among them.
        space: Of the words. `reader`: of their states.

    Returns:
        Names and values, shape (chosen, features).
    """
    names, values = judged
    near = _near(look, chosen, space, reader)
    share = values[:, names.index("share")]
    columns: Columns = dict(zip(names, values.T, strict=True))
    columns |= {f"near_{name}": column for name, column in near.items()}
    columns |= {f"top_near_{name}": np.full_like(column, column.max()) for name, column in near.items()}
    columns |= {f"lack_near_{name}": column.max() - column for name, column in near.items()}
    columns |= {f"share_near_{name}": column * share for name, column in near.items()}
    return tuple(columns), stacked(columns)


def _near(look: Look, chosen: Sequence[int], space: Space, reader: WordReader) -> Columns:
    """Return the nearness of each candidate in several ways."""
    candidates = [look.candidates[place] for place in chosen]
    found = _question(look, space, reader)
    if not found:
        return {name: np.zeros(len(chosen), dtype=np.float32) for name in NAMES}
    terms = list(found)
    places = [list(look.cue.terms).index(term) for term in terms]
    speakers = [one.line.speaker for one in candidates]
    overlap = Overlap(look.cue, [one.line.own for one in candidates], speakers)
    question = np.stack(list(found.values()))
    own = _nearest(question, [(one.line.speaker, one.line.text) for one in candidates], space, reader)
    own[overlap.named[:, places]] = 1.0
    turns = [(one.before.speaker, one.before.text) if one.before else None for one in candidates]
    before = BEFORE * _nearest(question, turns, space, reader)
    has = (overlap.has | overlap.named)[:, places]
    return near_columns(own, np.maximum(own, before), has, overlap.weights[places])


def _question(look: Look, space: Space, reader: WordReader) -> dict[str, Floats]:
    """Return the words of the question that are looked for, by stem, with their states."""
    words = reader.read([("", look.cue.text)])[0]
    found: dict[str, Floats] = {}
    for word, state in zip(words.spelled, space.small(words.states), strict=True):
        term = stem(word)
        if term in look.cue.terms and term not in found:
            found[term] = state
    return found


def _nearest(question: Floats, texts: Sequence[tuple[str, str] | None], space: Space, reader: WordReader) -> Floats:
    """Return for each text and each word of the question the cosine of the nearest word; 0 where there is none."""
    found = np.zeros((len(texts), len(question)), dtype=np.float32)
    for row, text in enumerate(texts):
        states = space.small(reader.read([text])[0].states) if text else question[:0]
        if len(states):
            found[row] = (states @ question.T).max(axis=0)
    return found


NAMES = ("mean", "weighted", "least", "rarest", "gap", "gaps", "context_least", "context", "unsaid")


def near_columns(own: Floats, context: Floats, has: Flags, weights: Floats) -> Columns:
    """Return how near memories come to a question.

    Args:
        own: Of each memory and word of the question the cosine of the nearest word, shape (memories, words).
        context: The same with the turn before. `has`: whether the word itself is there.
        weights: Of the words, shape (words,).
    """
    total = float(weights.sum())
    missing = (1 - own) * weights
    unsaid = ~has * weights
    columns = (
        own.mean(axis=1),
        own @ weights / total,
        own.min(axis=1),
        own[:, int(weights.argmax())],
        missing.max(axis=1) / GAP,
        np.minimum(missing.sum(axis=1), GAPS) / GAPS,
        context.min(axis=1),
        context @ weights / total,
        np.where(has.all(axis=1), 1.0, (own * unsaid).sum(axis=1) / np.maximum(unsaid.sum(axis=1), 1e-6)),
    )
    return {name: column.astype(np.float32) for name, column in zip(NAMES, columns, strict=True)}
