"""How near the words of a question come to those of a memory, one by one: what tells the plumber from the dentist.

The vector of a whole text says what it is about. Here every word of the question looks for the nearest word of the
memory ("late interaction", Khattab and Zaharia 2020), and what counts is also the word that found the least.
Pure functions; any thread; half a millisecond for 15 candidates and the turns before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from memory.retrieval.candidates import Candidate
from memory.retrieval.cue import Cue
from memory.retrieval.overlap import Flags, Floats, Overlap
from memory.retrieval.words import nearest

BEFORE = 0.9
"""What nearness to a word of the turn before counts."""

GAP, GAPS = 8.0, 40.0
"""Weight of one word that is missing, and of all of them, from which more says nothing."""

COMPARED = 15
"""Candidates among which the best nearness is looked for, whatever more are judged."""

NAMES = ("mean", "weighted", "least", "rarest", "gap", "gaps", "context_least", "context", "unsaid")
_ADDED = tuple(f"{way}{name}" for way in ("near_", "top_near_", "lack_near_", "share_near_") for name in NAMES)

_OF_OTHERS = ("top_", "tenth_", "lack_near_", "share_near_", "statement")
"""What the judge is told of all candidates together, which says nothing of their order."""


def read_for(candidates: Sequence[Candidate]) -> list[int]:
    """Return the rows of the memories whose words are compared: candidates, and the turns before them."""
    return sorted({one.line.seq for one in candidates} | {one.before.seq for one in candidates if one.before})


def order_table(judged: tuple[tuple[str, ...], Floats]) -> tuple[tuple[str, ...], Floats]:
    """Return what the second ranker weighs of what `near_table` returned."""
    names, values = judged
    kept = [place for place, name in enumerate(names) if not name.startswith(_OF_OTHERS)]
    return tuple(names[place] for place in kept), values[:, kept]


def near_table(
    cue: Cue,
    candidates: Sequence[Candidate],
    judged: tuple[tuple[str, ...], Floats],
    asked: Mapping[str, Floats],
    told: Mapping[int, bytes],
) -> tuple[tuple[str, ...], Floats]:
    """Return what the judge weighs with the nearness of the words beside it.

    Args:
        cue: What is looked for.
        candidates: Those that are judged, best first.
        judged: Names and values as `judge.table` returns them; a share of the ranker's score is among them.
        asked: The words of the question, see `words.asked_words`.
        told: The words of all memories that `read_for` names, as they stand in the file.

    Returns:
        Names and values, shape (candidates, features).
    """
    names, values = judged
    near = _near(cue, candidates, asked, told)
    best = near[:COMPARED].max(axis=0)
    share = values[:, names.index("share"), None]
    return (*names, *_ADDED), np.concatenate(
        [values, near, np.broadcast_to(best, near.shape), best - near, near * share], axis=1
    )


def _near(cue: Cue, candidates: Sequence[Candidate], asked: Mapping[str, Floats], told: Mapping[int, bytes]) -> Floats:
    """Return the nearness of each candidate in several ways, shape (candidates, NAMES)."""
    if not asked:
        return np.zeros((len(candidates), len(NAMES)), dtype=np.float32)
    places = [list(cue.terms).index(term) for term in asked]
    overlap = Overlap(cue, [one.line.own for one in candidates], [one.line.speaker for one in candidates])
    question = np.stack(list(asked.values()))
    turns = [told[one.line.seq] for one in candidates]
    turns += [told[one.before.seq] if one.before else b"" for one in candidates]
    found = nearest(question, turns)
    own, before = found[: len(candidates)], BEFORE * found[len(candidates) :]
    own[overlap.named[:, places]] = 1.0
    has = (overlap.has | overlap.named)[:, places]
    return near_values(own, np.maximum(own, before), has, overlap.weights[places])


def near_values(own: Floats, context: Floats, has: Flags, weights: Floats) -> Floats:
    """Return how near memories come to a question, shape (memories, NAMES).

    Args:
        own: Of each memory and word of the question the cosine of the nearest word, shape (memories, words).
        context: The same with the turn before. `has`: whether the word itself is there.
        weights: Of the words, shape (words,).
    """
    total = float(weights.sum())
    missing = (1 - own) * weights
    unsaid = ~has * weights
    columns = [
        own.mean(axis=1),
        own @ weights / total,
        own.min(axis=1),
        own[:, int(weights.argmax())],
        missing.max(axis=1) / GAP,
        np.minimum(missing.sum(axis=1), GAPS) / GAPS,
        context.min(axis=1),
        context @ weights / total,
        np.where(has.all(axis=1), 1.0, (own * unsaid).sum(axis=1) / np.maximum(unsaid.sum(axis=1), 1e-6)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)
