"""Finding as the person types."""

from __future__ import annotations

import pytest

from memory.store import SqliteMemory
from memory.types import NewMemory

TEXTS = (
    "Running shoes are in the hall",
    "Anna's birthday is on the third of May",
    "Le café est fermé lundi",
    "ÉCOLE maternelle, rue de la Paix",
    "明日は東京で会議があります",
    "שלום, הפגישה ביום שני",
    "Party 🎂 at nine",
    "100% of the under_score file is C:\\notes",
    "naive resume\u0301 with a combining accent",
)


@pytest.fixture
def filled(store: SqliteMemory) -> SqliteMemory:
    for text in TEXTS:
        store.add(NewMemory(text, speaker="Ken Müller" if "Anna" in text else ""))
    return store


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("running", 0),
        ("runni", 0),
        ("hall shoes", 0),
        ("RUN", 0),
        ("anna", 1),
        ("anna's", 1),
        ("ann birth", 1),  # no whole word "ann", so by its letters
        ("birthday ann", 1),
        ("muller", 1),
        ("cafe", 2),
        ("CAFÉ lun", 2),
        ("école", 3),
        ("ecole", 3),
        ("会議", 4),
        ("東京", 4),
        ("הפגישה", 5),
        ("🎂", 6),
        ("party 🎂", 6),
        ("under_score", 7),
        ("100%", 7),
        ("C:\\no", 7),
        ("resum\u00e9", 8),
        ("irthda", 1),
        ("no such words", None),
        ("_%_", None),
    ],
)
def test_search(filled: SqliteMemory, query: str, index: int | None) -> None:
    assert [m.text for m in filled.search(query)] == ([] if index is None else [TEXTS[index]])


def test_every_beginning_of_a_word_finds_it(filled: SqliteMemory) -> None:
    for end in range(1, len("running") + 1):
        assert TEXTS[0] in [m.text for m in filled.search("running"[:end])], "running"[:end]


@pytest.mark.parametrize("nothing", ["", "  ", "\0", "\x1b\x1b"])
def test_nothing_typed_lists_all(filled: SqliteMemory, nothing: str) -> None:
    assert filled.search(nothing) == filled.list()


def test_search_keeps_the_order_and_limit_of_the_list(filled: SqliteMemory) -> None:
    pinned = filled.search("anna")[0]
    filled.pin(pinned.id, True)
    everything = [m.id for m in filled.list()]
    found = [m.id for m in filled.search("a")]
    assert len(found) > 2
    assert found == [memory_id for memory_id in everything if memory_id in found]
    assert [m.id for m in filled.search("a", limit=2)] == found[:2]
    assert filled.search("a", limit=0) == []


HOSTILE = (
    '"', '""', "'", "*", "a*", "^run", "NOT", "AND", "running OR", "running AND NOT", "NEAR(running hall)",
    "text:running", "speaker : ken", "{text} : x", "-running", "(running", "running)", "+", "a + b", "\\",
    ";drop table memory;--", "%", "x\0y", '"running" hall"', "\ud800", "running\ud800", "🎂" * 50,
    "a " * 5000, "x" * 200_000, "% " * 3000,
)  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_no_query_is_an_operator_or_an_error(filled: SqliteMemory, query: str) -> None:
    assert isinstance(filled.search(query), list)
    assert isinstance(filled.recall(query), list)
    assert filled.count() == len(TEXTS)


def test_operators_are_words(filled: SqliteMemory) -> None:
    odd = filled.add(NewMemory("either this or that, near and not far"))
    assert filled.search("near and not") == [odd]
    assert filled.search("text:running") == []
    assert [m.text for m in filled.search("-running")] == [TEXTS[0]]
