"""Whether the words of a question come together in one place of a memory."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from memory.retrieval.cue import cue_of
from memory.retrieval.together import NAMES, together
from memory.retrieval.words import DIMENSION, asked_words
from memory.types import Query

QUESTION = "where is emils sister"


def word(spoken: str) -> np.ndarray:
    """Return numbers that are far from those of any other word."""
    return np.random.default_rng(zlib.crc32(spoken.encode())).integers(-127, 128, DIMENSION, dtype=np.int8)


def told_of(text: str) -> bytes:
    return b"".join(word(spoken).tobytes() for spoken in text.split())


def come_together(*texts: str, speakers: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    cue = cue_of(Query(QUESTION), 100, lambda _: 1)
    asked = asked_words(QUESTION, np.stack([word(spoken) for spoken in QUESTION.split()]), cue.terms)
    found = together(cue, asked, speakers or ("",) * len(texts), [told_of(text) for text in texts])
    return dict(zip(NAMES, found.T, strict=True))


def test_words_that_stand_together_are_told_from_those_that_stand_apart() -> None:
    between = "bakes bread every morning before anybody else gets out of bed and"
    columns = come_together(f"emils sister {between} is forty", f"emils cat {between} my sister is forty")
    for name in ("place_weighted", "pairs_weighted", "least_pair_said"):
        assert columns[name][0] > columns[name][1] + 0.1, name
    assert columns["apart_weighted"][0] < columns["apart_weighted"][1] - 0.1
    assert columns["least_pair_said"][0] == pytest.approx(1.0)


def test_what_a_memory_says_beside_the_words_of_the_question_is_seen() -> None:
    columns = come_together("where is emils sister", "where emils sister is she bakes bread in the town by the lake")
    assert columns["strange_count"][0] == 0 < columns["strange_count"][1]
    assert columns["back"][0] == pytest.approx(1.0)
    assert columns["back"][1] < 0.7


def test_no_place_reaches_from_one_memory_into_the_next() -> None:
    texts = ("she is the one with the sister", "", "emils cat", "how are you and where is emils dog " * 9)
    found = come_together(*texts)
    alone = [come_together(text) for text in texts]
    for name, values in found.items():
        assert values == pytest.approx([one[name][0] for one in alone], abs=1e-5), name
    assert not any(values[1] for values in found.values()), "of a memory without words nothing is known"


def test_a_name_is_everywhere_in_what_its_person_said() -> None:
    columns = come_together("my sister is forty", "my sister is forty", speakers=("emils", ""))
    assert columns["least_pair_said"][0] > columns["least_pair_said"][1]
    assert columns["strange"][0] == columns["strange"][1], "but says no less for that"
