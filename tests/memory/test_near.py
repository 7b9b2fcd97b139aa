"""The words of a text one by one: told by the embedder, kept in the file, compared by the judge."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from memory import judge
from memory.embedder.bert import Bert
from memory.embedder.choice import Choice
from memory.embedder.process import Embedder
from memory.embedder.words import Space, WordReader, fit_space, load_space, word_states
from memory.errors import MemoryStoreError
from memory.file.migrations import MIGRATIONS, migrate
from memory.recall import CANDIDATES, Recaller, first, second_scores, seen
from memory.retrieval import meaning as meaning_module
from memory.retrieval import model as recall_model
from memory.retrieval.near import NAMES, near_table, near_values, read_for
from memory.retrieval.words import DIMENSION, MOST_WORDS, Reading, nearest, spelled, without_lead
from memory.store import SqliteMemory
from memory.types import Memory, NewMemory, Query
from tests.memory.models import WIDTH, FakeEmbedder, tiny_model

LIMIT = 30.0
TEXTS = ["the key is under the mat", "Anna: the key is under the mat", "?", "a key. " * 40]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_model(tmp_path / "tiny")


@pytest.fixture
def space(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    made = Space(rng.normal(size=WIDTH).astype(np.float32), rng.normal(size=(WIDTH, DIMENSION)).astype(np.float32))
    made.save(tmp_path / "space.npy")
    return tmp_path / "space.npy"


def opened(path: Path, space: str = "one") -> SqliteMemory:
    return SqliteMemory(path, embedder=FakeEmbedder(space=space))


def settle(store: SqliteMemory) -> None:
    assert store.meaning is not None
    assert store.meaning.wait(LIMIT)


def kept(path: Path) -> dict[int, int]:
    db = sqlite3.connect(path)
    try:
        return {seq: length // DIMENSION for seq, length in db.execute("select seq, length(value) from words_1")}
    finally:
        db.close()


def until_told(store: SqliteMemory) -> None:
    """Wait for the words as well, which come after the vectors."""
    assert store.meaning is not None
    for _ in range(1_000):
        progress = store.meaning.progress()
        if progress.done == progress.total:
            return
        time.sleep(0.01)
    pytest.fail(f"not told: {progress}")


# --- told by the embedder ---


def test_the_process_tells_words_beside_the_same_vectors(folder: Path, space: Path) -> None:
    embedder = Embedder(Choice("numpy", str(folder), "tiny", str(space)))
    try:
        found = embedder.read(TEXTS, timeout=LIMIT)
    finally:
        embedder.close()
    assert found is not None
    assert embedder.space == load_space(space).name
    assert np.array_equal(found.vectors, Bert(folder).embed(TEXTS)), "to the bit"
    ours = WordReader(Bert(folder), load_space(space)).read(TEXTS)
    assert all(np.array_equal(one, other) for one, other in zip(found.words, ours.words, strict=True))
    assert [len(words) for words in found.words] == [6, 7, 0, 7], "the last one ends with the model's window"
    assert spelled(TEXTS[1]) == ["anna", "the", "key", "is", "under", "the", "mat"]
    assert len(without_lead(found.words[1], "Anna")) == 6


def test_words_have_the_states_that_the_vector_is_the_mean_of(folder: Path) -> None:
    bert = Bert(folder)
    ((_, vectors, (states,)),) = bert.passes(["the keys"])
    found = word_states(bert, "the keys", states)
    assert np.allclose(found, [states[1], states[2:4].mean(axis=0)]), "of a word of two pieces their mean"
    mean = states.mean(axis=0)
    assert np.allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_only_the_first_words_are_told(tmp_path: Path) -> None:
    class Endless:
        pieces = type("Pieces", (), {"counted": staticmethod(lambda text: [(word, 1) for word in text.split()])})

    states = np.zeros((1_000, 4), dtype=np.float32)
    assert len(word_states(Endless(), "word " * 900, states)) == MOST_WORDS  # type: ignore[arg-type]


def test_a_space_keeps_what_tells_words_apart(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    states = rng.normal(size=(300, 64)).astype(np.float32)
    made = fit_space([states[:100], states[100:]])
    small = made.small(states)
    assert (small.shape, small.dtype) == ((300, DIMENSION), np.int8)
    made.save(tmp_path / "space.npy")
    again = load_space(tmp_path / "space.npy")
    assert again.name == made.name != fit_space([states[:100]]).name
    assert np.array_equal(again.small(states), small)
    with pytest.raises(MemoryStoreError, match="numbers a word"):
        WordReader(Bert(folder), again)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"rubbish" * 100], ids=["empty", "cut off", "rubbish"])
def test_a_broken_space_is_told_and_vectors_go_on(folder: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "space.npy").write_bytes(content)
    with pytest.raises(MemoryStoreError, match="cannot be read"):
        load_space(tmp_path / "space.npy")
    embedder = Embedder(Choice("numpy", str(folder), "tiny", str(tmp_path / "space.npy")))
    try:
        assert embedder.space == ""
        found = embedder.read(["the key"], timeout=LIMIT)
        assert found is not None
        assert not found.words
    finally:
        embedder.close()


def test_the_judge_was_trained_in_the_space_that_comes_with_it() -> None:
    made = json.loads(recall_model.FILE.read_text("utf-8"))["made"]
    assert made["space"] == load_space().name


# --- kept in the file ---


def test_words_are_kept_and_changed_with_their_memory(path: Path) -> None:
    with opened(path) as store:
        store.add(NewMemory("We have a puppy. Biscuit is the name we gave it", id="dog", speaker="Ken"))
        store.add(NewMemory("The key is red", id="key"))
        settle(store)
        assert kept(path) == {1: 11, 2: 4}, "without the speaker's name, and only of the whole"
        store.edit("key", "My tea is in the kitchen")
        settle(store)
        assert kept(path) == {1: 11, 2: 6}
        store.correct("key", NewMemory("My tea is here", id="new"))
        settle(store)
        assert kept(path) == {1: 11, 3: 4}


def forgotten(store: SqliteMemory) -> None:
    store.forget(["car"])


def wiped(store: SqliteMemory) -> None:
    store.wipe()


def corrected(store: SqliteMemory) -> None:
    store.edit("car", "I sold it")


@pytest.mark.parametrize("deed", [forgotten, wiped, corrected])
def test_nothing_of_the_words_is_left_in_the_file(path: Path, deed: Callable[[SqliteMemory], None]) -> None:
    with opened(path) as store:
        store.add(NewMemory("My quokka stands in Bridge Street", id="car"))
        store.add(NewMemory("Anna drinks tea", id="tea"))
        settle(store)
        words = [FakeEmbedder(space="one").word(word).tobytes() for word in ("quokka", "stands", "bridge")]
        raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert all(word in raw for word in words)
        deed(store)
        assert store.meaning is not None
        store.meaning.wait(LIMIT)  # all there is, which may be nothing
        raw = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert not any(word in raw for word in words)
        assert not re.search(rb"quokka|Bridge", raw)


def test_a_file_of_the_version_before_gets_its_words_and_keeps_its_vectors(path: Path) -> None:
    with SqliteMemory(path, embedder=FakeEmbedder()) as store:
        store.put([(Memory(f"m{n}", f"fact number {n}"), None) for n in range(20)])
        settle(store)
    older = sqlite3.connect(path, isolation_level=None)
    older.execute("drop trigger vector_1_change")
    older.execute(
        "create trigger vector_1_change after update of text, speaker, status on memory when old.text is not new.text "
        "or new.status <> 'active' begin delete from vector_1 where seq = old.seq; end"
    )
    older.execute("drop table words_1")
    older.execute("alter table embedder drop column space")
    older.execute("delete from migration where name >= 'm008'")
    assert migrate(older, 1.0) == [name for name in MIGRATIONS if name >= "m008"]
    before = older.execute("select id, seq, value from vector_1 order by id").fetchall()
    older.close()
    with opened(path) as store:
        settle(store)
        assert store.candidates("fact number 7")[0].memory.id == "m7"
        until_told(store)
        assert len(kept(path)) == 20
        with store.reading() as db:
            assert db.execute("select id, seq, value from vector_1 order by id").fetchall() == before
        store.forget(["m3"])
        store.suggest(NewMemory("a guess"))
        store.correct("m4", NewMemory("fact number four"))
        settle(store)
        assert sorted(kept(path)) == [*range(1, 4), *range(6, 21), 22], "the trigger knows of them"


def test_words_are_told_on_from_where_they_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning_module, "AT_ONCE", 3)
    with SqliteMemory(path, embedder=FakeEmbedder()) as store:
        store.put([(Memory(f"m{n}", f"fact number {n}"), None) for n in range(10)])
        settle(store)
    asked = FakeEmbedder(space="one")
    asked.answers = 2
    with SqliteMemory(path, embedder=asked) as store:
        assert store.meaning is not None
        assert store.meaning.wait(LIMIT), "the vectors are there"
        for _ in range(1_000):
            if asked.problem:
                break
            time.sleep(0.01)
        assert asked.problem
        assert sorted(kept(path)) == [5, 6, 7, 8, 9, 10]
        asked.answers = 1
        assert store.candidates("fact number 3") != [], "by vectors"
    again = FakeEmbedder(space="one")
    with SqliteMemory(path, embedder=again) as store:
        settle(store)
        until_told(store)
        assert sorted(again.asked) == [f"fact number {n}" for n in range(4)]


def test_another_space_tells_all_words_anew(path: Path) -> None:
    with opened(path) as store:
        store.add(NewMemory("The key is red"))
        settle(store)
    with opened(path, space="other") as store:
        settle(store)
        until_told(store)
        with store.reading() as db:
            assert db.execute("select space from embedder").fetchall() == [("other",)]
            (value,) = db.execute("select value from words_1").fetchone()
        embedder = FakeEmbedder(space="other")
        assert value == b"".join(embedder.word(word).tobytes() for word in ("the", "key", "is", "red"))
    with SqliteMemory(path, embedder=FakeEmbedder()) as store:  # such as another library, which tells none
        store.add(NewMemory("The pot is blue"))
        settle(store)
        assert all(one.by_meaning for one in store.candidates("what colour is the pot"))
        assert sorted(kept(path)) == [1]


# --- compared by the judge ---


def test_the_memory_that_lacks_one_word_is_told_from_the_one_that_has_it() -> None:
    own = np.array([[1.0, 0.9, 0.95], [1.0, 0.2, 0.95]], dtype=np.float32)
    has = np.array([[True, False, True], [True, False, True]])
    weights = np.array([1.0, 6.0, 2.0], dtype=np.float32)
    columns = dict(zip(NAMES, near_values(own, own, has, weights).T, strict=True))
    for name in ("mean", "weighted", "least", "rarest", "context", "unsaid"):
        assert columns[name][0] > columns[name][1], name
    for name in ("gap", "gaps"):
        assert columns[name][0] < columns[name][1], name
    assert np.isclose(columns["unsaid"][1], 0.2)


def test_all_words_at_once_are_as_near_as_one_by_one() -> None:
    seed = 20_241_122
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    told = [rng.integers(-127, 128, (count, DIMENSION), dtype=np.int8) for count in (3, 0, 1, 25, 0)]
    question = rng.normal(size=(4, DIMENSION)).astype(np.float32)
    question /= np.linalg.norm(question, axis=1, keepdims=True)
    found = nearest(question, [words.tobytes() for words in told])
    for row, words in enumerate(told):
        for column, asked in enumerate(question):
            cosines = [float(w @ asked / np.linalg.norm(w.astype(np.float64))) for w in words.astype(np.float64)]
            assert found[row, column] == pytest.approx(max(cosines, default=0.0), abs=1e-5)
    assert not nearest(question, [b"", b""]).any()


@pytest.fixture
def filled(path: Path):
    with opened(path) as store:
        store.put(
            [
                (Memory("dog", "The puppy got a blue collar", speaker="Ken", said_at=1.0, conversation="c"), None),
                (Memory("car", "My automobile has a blue roof", speaker="Ken", said_at=2.0, conversation="c"), None),
                (Memory("tea", "Anna drinks her tea from a blue cup", speaker="Ann", said_at=3.0), None),
                (Memory("sign", "🎂", speaker="Ann", said_at=4.0), None),
            ]
        )  # fmt: skip
        settle(store)
        yield store


def test_recall_and_training_see_the_same(filled: SqliteMemory) -> None:
    """The table that training takes its rows from is the one that recall judges."""
    with filled.reading() as db:
        look = Recaller().look(db, Query("what colour is the vehicle"), filled.meaning)
        assert look is not None
        assert look.asked is not None
        assert set(look.asked) == set(look.cue.terms)
        weights = recall_model.load()
        scores = weights.vectors.ranker.scores(look.names, look.features)
        best = [int(place) for place in np.argsort(-scores, kind="stable")]
        candidates = [look.candidates[place] for place in best]
        assert filled.meaning is not None
        told = filled.meaning.told(db, read_for(candidates))
        names, table = seen(look, scores, best, told)
        again = near_table(look.cue, candidates, seen(look, scores, best), look.asked, told)
        assert (again[0], names) == (weights.near.judge.features, weights.near.judge.features)
        assert np.array_equal(table, again[1])
        order = first(second_scores(weights, names, table), CANDIDATES)
        odds = weights.near.judge.scores(names, table)[order]
    shown = filled.candidates("what colour is the vehicle")
    assert [one.relevance for one in shown] == pytest.approx(judge.relevance(odds, judge.NEAR_POINT).tolist())
    assert shown[0].memory.id == "car"


@pytest.mark.parametrize("missing", ["memory", "question", "space"])
def test_where_words_are_missing_the_vectors_judge(
    filled: SqliteMemory, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "what colour is the vehicle"
    with_words = [one.relevance for one in filled.candidates(asked)]
    assert filled.meaning is not None
    embedder = filled.meaning._embedder
    assert isinstance(embedder, FakeEmbedder)
    if missing == "memory":
        filled.meaning.close()  # who would tell it again
        filled.write(lambda db: db.execute("delete from words_1 where seq = 1"))
    elif missing == "question":
        read = embedder.read
        monkeypatch.setattr(embedder, "read", lambda *a, **k: Reading(read(*a, **k).vectors))  # type: ignore[union-attr]
    else:
        embedder.space = "another"
        filled.meaning.close()
    without = filled.candidates(asked)
    assert all(one.by_meaning for one in without)
    assert [one.relevance for one in without] != with_words
    with filled.reading() as db:
        look = Recaller().look(db, Query(asked), filled.meaning)
    assert look is not None
    weights = recall_model.load().vectors
    scores = weights.ranker.scores(look.names, look.features)
    best = [int(place) for place in np.argsort(-scores, kind="stable")]
    odds = weights.judge.scores(*seen(look, scores, best))
    assert [one.relevance for one in without] == [pytest.approx(float(r)) for r in judge.relevance(odds)]


def test_relevance_does_not_depend_on_how_many_are_wanted(filled: SqliteMemory) -> None:
    asked = "what colour is the vehicle"
    every = {one.memory.id: one.relevance for one in filled.candidates(asked, limit=40)}
    for limit in (1, 2, 15):
        assert all(
            one.relevance == pytest.approx(every[one.memory.id]) for one in filled.candidates(asked, limit=limit)
        )


def test_a_question_for_what_was_never_said_is_turned_away(path: Path) -> None:
    """Nearly all words fit and the vectors come as near; the words tell that the one that counts is not there."""
    facts = (
        "My dentist is Dr Braun in Mill Lane",
        "I take the bus to work on Mondays",
        "The spare key is under the blue pot",
        "My sister lives in Hamburg",
        "The car stands in Bridge Street",
    )
    with SqliteMemory(path, embedder=FakeEmbedder()) as store:
        store.put([(Memory(f"m{n}", text, said_at=1e9 + n), None) for n, text in enumerate(facts)])
        settle(store)
        assert [one.memory.id for one in store.recall("where is the spare tyre")] == ["m2"], "without words"
    with opened(path) as store:
        settle(store)
        until_told(store)
        assert store.recall("where is the spare tyre") == []
        assert [one.memory.id for one in store.recall("where is the spare key")] == ["m2"]
