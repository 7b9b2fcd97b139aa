"""Words, hashes and FTS5 queries."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.errors import MemoryStoreError
from memory.text import (
    MAX_TERMS,
    MAX_TEXT_CHARS,
    clean,
    clean_name,
    clean_text,
    content_hash,
    content_words,
    like_pattern,
    match_all,
    match_any,
    words,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_clean_text_can_always_be_stored_and_shown(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not {c for c in cleaned if ord(c) < 32 or 127 <= ord(c) < 160} - {"\n", "\t"}
    assert clean(cleaned) == cleaned


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_clean_leaves_ordinary_text_alone(text: str) -> None:
    assert clean(text) == text


def test_length_limit() -> None:
    assert len(clean_text("x" * MAX_TEXT_CHARS)) == MAX_TEXT_CHARS
    with pytest.raises(MemoryStoreError, match="4,000,001 characters"):
        clean_text("x" * (MAX_TEXT_CHARS + 1))


def test_names_are_one_line() -> None:
    assert clean_name(" Ken\n\0 Müller ") == "Ken Müller"
    assert len(clean_name("x" * 999)) == 200


@pytest.mark.parametrize("same", ["I like tea", "i LIKE  tea.", " I like tea! ", "\uff29 like tea"])
def test_hash_of_the_same_words(same: str) -> None:
    assert content_hash(same, role="user", speaker="Ken") == content_hash("I like tea", role="user", speaker="KEN")


@pytest.mark.parametrize("other", ["I like teas", "I like tea?", "I like -tea", "Ilike tea", "."])
def test_hash_of_other_words(other: str) -> None:
    assert content_hash(other, role="user", speaker="") != content_hash("I like tea", role="user", speaker="")


def test_hash_does_not_mix_speaker_and_words() -> None:
    assert content_hash("b c", role="user", speaker="a") != content_hash("c", role="user", speaker="a b")
    assert content_hash("...", role="user", speaker="") != content_hash("!", role="user", speaker="")


def test_words() -> None:
    assert words("Don't PANIC, it\u2019s 4:30! café_bar") == ["don't", "panic", "it's", "4", "30", "café_bar"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did I tell you about Anna's birthday?", ["anna", "birthday"]),
        ("When is it?", []),
        ("the car, the CAR and the car's colour", ["car", "colour"]),
        ("who\u2019s there", []),
        ("", []),
    ],
)
def test_content_words(question: str, expected: list[str]) -> None:
    assert content_words(question) == expected


def test_content_words_are_bounded() -> None:
    assert len(content_words(" ".join(f"word{n}" for n in range(1000)))) == MAX_TERMS


@given(st.lists(ANY_TEXT.filter(lambda t: "\0" not in t), min_size=1, max_size=8))
def test_every_query_is_valid_fts5(terms: list[str]) -> None:
    terms = [clean(term) for term in terms]
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table t using fts5 (x)")
    for query in (match_any(terms), match_all(terms)):
        assert db.execute("select count(*) from t where t match ?", (query,)).fetchone() == (0,)
    db.close()


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_like_pattern_takes_every_sign_as_itself(chunk: str) -> None:
    db = sqlite3.connect(":memory:")
    query = "select ? like ? escape '\\', ? like ? escape '\\'"
    found = db.execute(query, (f"<{chunk}>", like_pattern(chunk), "§", like_pattern(chunk))).fetchone()
    assert found == (1, int(chunk == "§"))
    db.close()
