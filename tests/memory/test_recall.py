"""What a question brings up, and what it must not."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from memory import judge
from memory.retrieval.overlap import letter_pairs
from memory.retrieval.passages import KEPT, let_go, passage, shape
from memory.store import SqliteMemory
from memory.types import NewMemory, Query
from tests.memory.models import FakeEmbedder

FACTS = (
    "My car is a red Volvo and it is parked in Bridge Street",
    "Anna's birthday is on the third of May",
    "The spare key is under the blue flower pot",
    "I am allergic to walnuts",
    "The dentist appointment is on Tuesday at nine",
    "My sister lives in Hamburg",
)


@pytest.fixture
def filled(store: SqliteMemory) -> SqliteMemory:
    for text in FACTS:
        store.add(NewMemory(text, speaker="Ken"))
    return store


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("where is my car parked?", 0),
        ("what colour is my car", 0),
        ("when is Anna's birthday?", 1),
        ("WHEN IS ANNAS BIRTHDAY", 1),
        ("what do you know about keys", 2),
        ("what am I allergic to", 3),
        ("when is my dentist appointment", 4),
        ("what did I tell you about Hamburg", 5),
        ("do I have sisters", 5),
    ],
)
def test_the_fact_that_answers_comes_first(filled: SqliteMemory, query: str, index: int) -> None:
    found = filled.recall(query)
    assert found[0].memory.text == FACTS[index]
    assert found[0].relevance >= judge.BAR
    assert found[0].why


@pytest.mark.parametrize(
    "query",
    [
        "",
        "what is it?",
        "tell me something",
        "who is the president of France",
        "how many planets are there in the solar system",
        "what is the red planet with the big volcano called",  # one word of many is no evidence
        "🎂",
        "?",
    ],
)
def test_nothing_comes_where_there_is_no_evidence(filled: SqliteMemory, query: str) -> None:
    assert filled.recall(query) == []


def test_what_is_recalled_is_above_the_bar_and_falls(filled: SqliteMemory) -> None:
    found = filled.recall(Query("is the red car parked under the blue flower pot", bar=0.3), limit=6)
    shown = [r.relevance for r in found]
    assert len(found) >= 2
    assert shown == sorted(shown, reverse=True)
    assert all(0.3 <= share <= 1 for share in shown)


def test_coverage_is_the_share_of_the_question_that_a_memory_holds(filled: SqliteMemory) -> None:
    best = filled.candidates("Anna birthday")[0]
    assert best.memory.text == FACTS[1]
    assert best.coverage == pytest.approx(1.0)
    assert filled.candidates("birthday elephant")[0].coverage < 0.6


def test_a_topic_alone_is_a_question_when_the_memory_is_asked(filled: SqliteMemory) -> None:
    assert filled.recall("Anna birthday") == [], "said by the way, it is no reason to bring anything up"
    assert filled.recall(Query("Anna birthday", asked=True))[0].memory.text == FACTS[1]


def test_the_speaker_counts_as_a_word(store: SqliteMemory) -> None:
    anna = store.add(NewMemory("I love pizza", speaker="Anna"))
    ken = store.add(NewMemory("I love pizza", speaker="Ken"))
    assert [r.memory.id for r in store.candidates("does Anna love pizza")] == [anna.id, ken.id]
    assert [r.memory.id for r in store.recall("does Ken love pizza", limit=1)] == [ken.id]


def test_a_word_that_every_memory_holds_is_no_evidence(store: SqliteMemory) -> None:
    for number in range(300):
        store.add(NewMemory(f"thought {number}", speaker="Ken"))
    pizza = store.add(NewMemory("The best pizza is at Luigi's", speaker="Ken"))
    assert [r.memory for r in store.recall("what did Ken say about pizza")] == [pizza]
    assert store.recall("what did Ken say about dinosaurs") == []


def test_only_active_memories_come_up(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("The code is 4711"))
    with store.reading() as db:
        db.execute("pragma query_only = off")
        db.execute("update memory set status = 'superseded' where id = ?", (kept.id,))
        db.execute("pragma query_only = on")
    assert store.recall("what is the code") == []
    assert store.search("code") == []
    assert store.count() == 0
    assert store.add(NewMemory("the code is 4711")).id == kept.id, "saying it again makes it active"
    assert [r.memory.id for r in store.recall("what is the code")] == [kept.id]


def test_limit(filled: SqliteMemory) -> None:
    for number in range(10):
        filled.add(NewMemory(f"walnuts recipe {number}"))
    everything = Query("walnuts", asked=True, bar=0.0)
    assert len(filled.recall(everything)) == 3
    assert len(filled.recall(everything, limit=7)) == 7
    assert filled.recall(everything, limit=0) == [] == filled.candidates(everything, limit=0)
    assert len(filled.candidates("walnuts")) == 11


def test_a_long_statement_with_one_known_word_brings_nothing(filled: SqliteMemory) -> None:
    said = "yesterday we went to the theatre in the old town and saw a play about a lonely fisherman and his car"
    assert filled.recall(said) == []


def test_what_recall_keeps_does_not_grow_without_end() -> None:
    """The collector looks through all of it with Python's lock held, and the sound waits for that."""

    def ask(first: int, count: int) -> int:
        for n in range(first, first + count):
            text = f"The key {n} is under pot {n}. It was put there on day {n}."
            passage(text)
            shape(text)
            for m in range(3):
                letter_pairs(f"ward{n}and{m}")
        gc.collect()
        return len(gc.get_objects())

    before = ask(0, KEPT)
    assert ask(20_000, 2_500) - before < 1_000


def test_what_is_kept_of_a_memory_is_one_object_to_the_collector() -> None:
    kept = passage("The red key is under the blue pot. It was put there in the spring, on Anna's birthday.")
    gc.collect()
    assert not any(gc.is_tracked(part) for part in (*kept, *shape(kept.text)))


@pytest.mark.parametrize("vectors", [False, True])
def test_the_second_answer_is_the_first(path: Path, vectors: bool) -> None:
    """What is kept from one question to the next (words, shapes, how many memories hold a word) changes no answer."""
    talk = [
        NewMemory(f"{fact}. Number {n}!", speaker=("Ken", "Anna")[n % 2], conversation="c", said_at=1e9 + n)
        for n, fact in enumerate(FACTS * 10)
    ]
    asked = ["where is my car parked?", "what am I alergic to", "did Anna say when her birthday is?", "the key", "44"]
    let_go()
    with SqliteMemory(path, embedder=FakeEmbedder() if vectors else None) as store:
        for new in talk:
            store.add(new)
        assert not store.meaning or store.meaning.wait(30)
        first = [store.candidates(text) for text in asked]
        assert first[0]
        assert first[2]
        assert [store.candidates(text) for text in asked] == first
        edited = store.edit(first[0][0].memory.id, "My car is a blue Saab now and it is parked in Mill Lane")
        assert not store.meaning or store.meaning.wait(30)
        again = store.candidates(asked[0])
    with SqliteMemory(path, embedder=FakeEmbedder() if vectors else None) as store:
        assert not store.meaning or store.meaning.wait(30)
        let_go()
        assert store.candidates(asked[0]) == again
    assert [one.memory.text for one in again if one.memory.id == edited.id] == [edited.text]


def test_what_shares_no_word_is_not_brought_up_for_being_the_only_one_found(store: SqliteMemory) -> None:
    store.add(NewMemory("my passport number ends with 4471", conversation="one"))
    summary = "We talked about: my travel document number; what my sister is not allowed to eat"
    store.add(NewMemory(summary, kind="summary", conversation="one"))
    query = Query("what is my sister allergic to", asked=True, bar=0.0, without=frozenset({"summary"}))
    assert [found.memory.text for found in store.candidates(query) if found.relevance > 0.1] == []
