"""The sentence buffer: where it cuts, that it loses nothing, and that chunking changes nothing."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_tui.engine.cascade.sentences import LOOKAHEAD, Sentence, SentenceBuffer, SentenceSplitter

NARROW = {"min_chars": 1, "max_chars": 240, "first_clause": 1000}


def split(text: str, **limits: int) -> list[str]:
    buffer = SentenceBuffer(**(NARROW | limits))
    return buffer.push(text) + buffer.flush()


def sentences(pieces: list[str], **limits: int) -> list[Sentence]:
    splitter = SentenceSplitter(**limits)
    return [sentence for piece in pieces for sentence in splitter.push(piece)] + splitter.flush()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you?", ["Hello there.", "How are you?"]),
        ("Mr. Smith met Dr. Jones. They spoke.", ["Mr. Smith met Dr. Jones.", "They spoke."]),
        ("Take e.g. this one, i.e. the red one. Good.", ["Take e.g. this one, i.e. the red one.", "Good."]),
        ("He lives in the U.S. He works.", ["He lives in the U.S.", "He works."]),
        ("The U.S. Army came. It left.", ["The U.S. Army came.", "It left."]),
        ("J. R. R. Tolkien wrote it. Really.", ["J. R. R. Tolkien wrote it.", "Really."]),
        ("So did I. Then we left.", ["So did I.", "Then we left."]),
        ("Come at 5 p.m. tomorrow. Bye.", ["Come at 5 p.m. tomorrow.", "Bye."]),
        ("Come at 5 p.m. Your turn.", ["Come at 5 p.m.", "Your turn."]),
        ("Milk, eggs, etc. are here. Etc. Next.", ["Milk, eggs, etc. are here.", "Etc.", "Next."]),
        ("See No. 5 for it. No. I will not.", ["See No. 5 for it.", "No.", "I will not."]),
        ("Pi is 3.14. Version 2.0.1 is out.", ["Pi is 3.14.", "Version 2.0.1 is out."]),
        ("It is 10:30. At 7.45 we go.", ["It is 10:30.", "At 7.45 we go."]),
        ("Open https://example.com/a.b?c=d. Then stop.", ["Open example.com.", "Then stop."]),
        ("Look at example.com. Then stop.", ["Look at example.com.", "Then stop."]),
        ("Well... maybe so. Wait... What?", ["Well... maybe so.", "Wait...", "What?"]),
        ("Hm… let me see… Yes!", ["Hm… let me see…", "Yes!"]),
        ('"Really?" she asked. "Yes!" He left.', ['"Really?" she asked.', '"Yes!"', "He left."]),
        ("He smiled (a bit.) Then he left.", ["He smiled (a bit.)", "Then he left."]),
        ("He smiled (a bit.) and left.", ["He smiled (a bit.) and left."]),
        ("What?! No way!!! Yes.", ["What?!", "No way!!!", "Yes."]),
        ("Two lines\nand more\n\nparagraph", ["Two lines", "and more", "paragraph"]),
        ("1. Milk\n2. Eggs\n10) Bread", ["1: Milk", "2: Eggs", "10: Bread"]),
        ("**Bold one.** Next one.", ["Bold one.", "Next one."]),
        ("It was on Jan. 5 in 2026. Good.", ["It was on Jan. 5 in 2026.", "Good."]),
        ("你好。我很好！", ["你好。", "我很好！"]),
        ("no end", ["no end"]),
        ("", []),
        ("   \n \n", []),
        ("...", []),
    ],
)
def test_where_it_cuts(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_short_sentences_are_joined_but_never_the_first() -> None:
    assert split("Yes. No. I will not do that. Ok.", min_chars=12) == ["Yes.", "No. I will not do that.", "Ok."]


def test_first_sentence_comes_as_soon_as_it_is_certain() -> None:
    buffer = SentenceBuffer()
    assert buffer.push("Sure.") == []  # "Sure.com" is still possible
    assert buffer.push(" ") == ["Sure."]


def test_first_long_sentence_starts_at_a_clause_and_later_ones_do_not() -> None:
    buffer = SentenceBuffer(first_clause=30)
    assert buffer.push("I looked it up for you in the book, ") == ["I looked it up for you in the book,"]
    assert buffer.push("and then I looked it up in the other book, ") == []
    assert buffer.push("twice. ") == ["and then I looked it up in the other book, twice."]


def test_short_first_clause_waits() -> None:
    assert SentenceBuffer(first_clause=30).push("Well, yes, ") == []


def test_numbers_with_commas_are_no_clauses() -> None:
    assert SentenceBuffer(first_clause=5).push("There are 1,000,000 of ") == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_very_long_sentence_is_cut_at_clauses_then_at_spaces(seed: int) -> None:
    print("seed", seed)
    rng = random.Random(seed)
    words = ["word" * rng.randint(1, 3) + ("," if rng.random() < 0.1 else "") for _ in range(300)]
    spoken = split(" ".join(words), max_chars=100)
    assert " ".join(spoken) == " ".join(words)
    assert all(len(sentence) <= 100 for sentence in spoken)
    assert any(sentence.endswith(",") for sentence in spoken)


def test_text_without_any_space_is_cut_anyway() -> None:
    assert [len(piece) for piece in split("a" * 250, max_chars=100)] == [100, 100, 50]


def test_flush_begins_a_new_text() -> None:
    splitter = SentenceSplitter()
    assert next(s.speech for s in splitter.push("```\ncode\n") + splitter.flush()) == "The code is in the transcript."
    assert [s.speech for s in splitter.push("Words.") + splitter.flush()] == ["Words."]


def test_code_is_not_read_aloud_but_stays_in_the_text() -> None:
    text = "Here it is:\n```python\nprint('a. b. c.')\n```\nThat is all."
    got = sentences([text])
    assert [s.speech for s in got if s.speech] == ["Here it is:", "The code is in the transcript.", "That is all."]
    assert "".join(s.text for s in got) == text


WORDS = 'Hello world Mr e.g U.S p.m 3.14 No 5 I a J it Then www.x.org . ... … " ” ) ( * ** ` ``` 🎉 。 — é <br>'
TOKENS = [
    *WORDS.split(" "),
    *(". ", "! ", "? ", ", ", ": ", " — ", " ", "  ", "\n", "\n\n", "\r\n", "\t", "- ", "# ", "1. "),
]
PROSE = st.lists(st.sampled_from(TOKENS), max_size=80).map("".join)
TEXT = st.one_of(PROSE, st.text(max_size=400))


@st.composite
def chunked(draw: st.DrawFn) -> tuple[str, list[str]]:
    text = draw(TEXT)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=40)))
    edges = [0, *cuts, len(text)]
    return text, [text[a:b] for a, b in itertools.pairwise(edges)]


LIMITS = st.sampled_from([{}, NARROW, {"min_chars": 5, "max_chars": 40, "first_clause": 10}, {"max_chars": 7}])


@settings(max_examples=300, deadline=None)
@given(chunked(), LIMITS)
def test_chunking_changes_nothing_and_nothing_is_lost(case: tuple[str, list[str]], limits: dict[str, int]) -> None:
    text, pieces = case
    whole = sentences([text], **limits)
    assert sentences(pieces, **limits) == whole
    assert sentences(list(text), **limits) == whole
    assert "".join(sentence.text for sentence in whole) == text


@settings(max_examples=150, deadline=None)
@given(chunked(), LIMITS)
def test_it_holds_and_gives_no_more_than_its_limit(case: tuple[str, list[str]], limits: dict[str, int]) -> None:
    splitter = SentenceSplitter(**limits)
    most = limits.get("max_chars", 240) + LOOKAHEAD
    pushed = given_out = 0
    for piece in case[1]:
        got = splitter.push(piece)
        pushed += len(piece)
        given_out += sum(len(sentence.text) for sentence in got)
        assert pushed - given_out <= most
        assert all(0 < len(sentence.text) <= most for sentence in got)
    assert sum(len(sentence.text) for sentence in splitter.flush()) == pushed - given_out


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=8), min_size=1, max_size=60))
def test_every_word_is_spoken_once_and_in_order(words: list[str]) -> None:
    assert " ".join(split(" ".join(words), max_chars=50)).split() == words


def test_a_giant_piece_takes_linear_time() -> None:
    buffer = SentenceBuffer()
    assert len(buffer.push("word " * 200_000)) > 4000  # a quadratic buffer would need minutes: the timeout fails it
