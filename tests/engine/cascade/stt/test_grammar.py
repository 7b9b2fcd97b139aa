"""The command grammar: what JSGF it becomes, which sentences and first words it holds."""

from __future__ import annotations

import pytest

from voice_tui.engine.cascade.phrases import COMMANDS, Command, is_open, match
from voice_tui.engine.cascade.stt.grammar import expand, jsgf, prefixes
from voice_tui.engine.cascade.stt.sphinx import Decoder


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(jsgf())


@pytest.mark.parametrize(
    ("pattern", "sentences"),
    [
        ("stop", ["stop"]),
        ("(a | b)", ["a", "b"]),
        ("[a] b", ["b", "a b"]),
        ("a [b | c d] e", ["a e", "a b e", "a c d e"]),
        ("(a [b] | c) d", ["a d", "a b d", "c d"]),
        ("(what is | what's) the time", ["what is the time", "what's the time"]),
        ("timer for {duration}", ["timer for {duration}"]),
    ],
)
def test_sentences_of_a_pattern(pattern: str, sentences: list[str]) -> None:
    assert [" ".join(words) for words in expand(pattern)] == sentences


def test_every_sentence_is_understood() -> None:
    for command in COMMANDS:
        for pattern in command.patterns:
            for words in expand(
                pattern.replace("{duration}", "five minutes")
                .replace("{percent}", "fifty")
                .replace("{rest}", "the green car")
            ):
                found = match(" ".join(words))
                assert found is not None, (pattern, words)


def test_the_dictionary_knows_every_word_of_every_command(decoder: Decoder) -> None:
    closed = [pattern for command in COMMANDS for pattern in command.patterns if not is_open(pattern)]
    words = {word for pattern in closed for sentence in expand(pattern) for word in sentence if word[0] != "{"}
    words |= {word for sentence in prefixes() for word in sentence}
    assert {word for word in words if not decoder.pronunciation(word)} == set()
    assert len(words) > 80


def test_first_words_of_open_commands_come_longest_first() -> None:
    found = prefixes()
    assert ("remember", "that") in found
    assert ("what", "do", "you", "know", "about") in found
    assert [len(words) for words in found] == sorted((len(words) for words in found), reverse=True)
    assert all(words for words in found)


def test_open_commands_stay_outside_and_more_can_be_added() -> None:
    text = jsgf((Command("order", ("launch (firefox | the browser)", "write {rest}")),))
    assert "{" not in text
    assert "launch (firefox | the browser)" in text
    assert "write" not in text
    Decoder(text)


def test_a_word_that_the_dictionary_lacks_has_no_phones(decoder: Decoder) -> None:
    assert decoder.pronunciation("time") == ("T", "AY", "M")
    assert decoder.pronunciation("xqzt") == ()
