"""What the training data holds: enough of everything, and nothing asked in the words of its answer."""

from __future__ import annotations

import re
from collections import Counter
from statistics import mean

import pytest

from memory.training.data import ANSWERABLE, DATA, Category, Conversation, Probe, read_all, split

CONVERSATIONS = read_all()
PROBES = [probe for conversation in CONVERSATIONS for probe in conversation.probes]
WHEEL_LIMIT = 1_500_000
OVERLAP_OF_ONE, OVERLAP_OF_ALL = 0.7, 0.35
STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "are",
        "at",
        "be",
        "been",
        "can",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "i'm",
        "in",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "s",
        "she",
        "that",
        "the",
        "their",
        "they",
        "to",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
    ]
)


def content_words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9äöüéèñç']+", text.lower().replace("’", "'"))) - STOP_WORDS


def overlap(probe: Probe, conversation: Conversation) -> float:
    """The largest share of the question's content words that one turn of its evidence also has."""
    words = content_words(probe.text)
    said = {turn.id: content_words(turn.text) for turn in conversation.turns}
    return max(len(words & said[turn]) / max(len(words), 1) for turn in probe.evidence)


def of(*categories: Category) -> list[Probe]:
    return [probe for probe in PROBES if probe.category in categories]


def test_there_is_enough_of_everything() -> None:
    assert len(CONVERSATIONS) >= 40
    assert len(of(*ANSWERABLE)) >= 600
    assert len(of("unanswerable")) >= 150
    assert len(of("statement")) >= 300
    for category in ANSWERABLE:
        assert len(of(category)) >= 40, category
    assert sum(bool(probe.evidence) for probe in of("statement")) >= 60
    assert sum(bool(probe.near) for probe in of("unanswerable")) >= 75
    assert sum(bool(probe.before) for probe in PROBES) >= 30


def test_both_kinds_all_styles_and_noise_are_there() -> None:
    kinds = Counter(conversation.kind for conversation in CONVERSATIONS)
    styles = Counter(conversation.style for conversation in CONVERSATIONS)
    assert min(kinds["assistant"], kinds["people"]) >= 18
    assert all(styles[style] >= 4 for style in ("chatty", "terse", "formal", "neutral"))
    assert sum(conversation.noisy for conversation in CONVERSATIONS) >= 10
    assert len({topic for conversation in CONVERSATIONS for topic in conversation.topics}) >= 20
    assert all(len(conversation.sessions) >= 3 for conversation in CONVERSATIONS)


def test_nothing_is_there_twice() -> None:
    for conversation in CONVERSATIONS:
        texts = Counter(probe.text.lower() for probe in conversation.probes)
        assert max(texts.values()) == 1, (conversation.id, texts.most_common(1))
    questions = Counter(probe.text.lower() for probe in of(*ANSWERABLE))
    assert max(questions.values()) == 1, questions.most_common(3)
    turns = Counter(turn.text for conversation in CONVERSATIONS for turn in conversation.turns if len(turn.text) > 40)
    assert max(turns.values()) == 1, turns.most_common(3)


def test_questions_are_not_in_the_words_of_their_evidence() -> None:
    overlaps = {
        f"{probe.id} {probe.text}": overlap(probe, conversation)
        for conversation in CONVERSATIONS
        for probe in conversation.probes
        if probe.category in ANSWERABLE
    }
    assert {text: share for text, share in overlaps.items() if share > OVERLAP_OF_ONE} == {}
    assert mean(overlaps.values()) < OVERLAP_OF_ALL


def test_noisy_conversations_look_like_recognised_speech() -> None:
    for conversation in CONVERSATIONS:
        if not conversation.noisy:
            continue
        own = [turn.text for turn in conversation.turns if turn.speaker != "assistant"]
        asked = [probe.text for probe in conversation.probes]
        assert not [text for text in own + asked if re.search(r"[A-Z.,?!;:]", text)], conversation.id


@pytest.mark.parametrize("fold", range(5))
def test_a_conversation_is_in_one_part_only(fold: int) -> None:
    training, validation = split(CONVERSATIONS, fold)
    assert not {one.id for one in training} & {one.id for one in validation}
    assert len(training) + len(validation) == len(CONVERSATIONS)
    assert {one.kind for one in validation} == {"assistant", "people"}
    assert any(one.noisy for one in validation)
    assert split(tuple(reversed(CONVERSATIONS)), fold)[1] == tuple(reversed(validation))


def test_every_conversation_is_validated_once() -> None:
    held_out = Counter(one.id for fold in range(5) for one in split(CONVERSATIONS, fold)[1])
    assert held_out == Counter(one.id for one in CONVERSATIONS)
    with pytest.raises(ValueError, match="fold 5 of 5"):
        split(CONVERSATIONS, 5)


def test_the_data_is_small_enough_to_travel_in_the_wheel() -> None:
    assert sum(file.stat().st_size for file in DATA.iterdir()) < WHEEL_LIMIT
