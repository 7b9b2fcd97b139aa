"""What is forgotten also goes where an interrupted answer says only the beginning of it; nothing else goes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from memory.beginnings import Beginnings
from memory.conversations import Conversations
from memory.store import SqliteMemory
from memory.types import NewMemory, Turn
from tests.memory.test_forgetting import strings
from voice_tui.engine.cascade.responder.wording import sentence, turned

SISTER = "my sister Ottilie is allergic to hazelnuts and lives in Tromsø"


@pytest.mark.parametrize(
    ("memory", "text", "begins"),
    [
        (SISTER, "You told me that your sister Ottilie is allergic to haz", "your sister Ottilie is allergic to haz"),
        (SISTER, "On Monday you told me: Your sister Ottilie", "Your sister Ottilie"),
        (SISTER, "“Your sister Otti…", "Your sister Otti"),
        (SISTER, "Your sister, Ottilie, is a", "Your sister, Ottilie, is a"),
        (SISTER, "Forgotten: Your sister Ottilie is allergic. ", "Your sister Ottilie is allergic"),
        ("I'm married to young Tom", "You told me: You’re married to you", None),
        ("I'm married to young Tom", "You told me: You’re married to young T", "You’re married to young T"),
        ("my cousin Bea is young", "your cousin Bea is you", "your cousin Bea is you"),
        ("my locker is 21734", "Your locker is 21", "Your locker is 21"),
        ("my locker is 21734", "Your locker is 2", None),
        ("my locker is 21734", "Your locker is 21.", None),
        ("my locker is 21734", "Your locker is", None),
        (SISTER, "Your sister", None),
        (SISTER, "Your sister is all", None),
        (SISTER, "Your sister Ottilie is allergic to hazelnuts, but not you", None),
        (SISTER, "Your sister Olga is allergic to haz", None),
        (SISTER, "Your brother Ottilie is allergic to haz", None),
        (SISTER, "Ottilie is allergic to hazelnuts", None),
        (SISTER, "", None),
        ("tea", "tea", None),
        ("I like tea", "You like tea", None),
        ("…", "…", None),
    ],
)
def test_the_beginning_of_a_memory_at_the_end_of_a_text(memory: str, text: str, begins: str | None) -> None:
    spot = Beginnings(["the bicycle is green", memory]).spot(text)
    assert (text[slice(*spot)] if spot else None) == begins


def test_wherever_an_answer_is_cut_no_telling_word_is_left() -> None:
    """Cut at every letter: nothing of the third telling word and of what comes after it is left."""
    known = Beginnings([SISTER])
    answer = f"You told me: {sentence(turned(SISTER))}"
    for end in range(answer.index("allergic") + 3, len(answer) + 1):
        spot = known.spot(answer[:end])
        assert spot is not None, answer[:end]
        left = answer[: spot[0]] + answer[spot[1] : end]
        assert not re.search("sister|otti|aller|haz", left, re.IGNORECASE)


def test_a_memory_of_thousands_of_words_is_looked_for_quickly() -> None:
    words = "the key " * 20_000 + "fits"
    assert Beginnings([words]).spot(f"You said: {words[:100_000]}") == (10, 100_009)
    assert Beginnings([words]).spot(f"You said: {words[:300]} and more") is None


def cut_off(number: int, text: str) -> Turn:
    return Turn(number=number, role="assistant", text=text, interrupted=True)


def test_strings_finds_no_beginning_of_it(path: Path) -> None:
    """Of what is so now, and of what was so before it was corrected."""
    near = [
        Turn(4, "assistant", "You told me: Your sister Olga is allergic to", interrupted=True),
        Turn(5, "assistant", "Your sister", interrupted=True),
        Turn(6, "user", "well, my sister Ottilie", interrupted=True),
        Turn(7, "assistant", "You said: “my sister Ottilie”"),
        Turn(8, "assistant", "Your sister Ottilie is well, and", interrupted=True),
        Turn(9, "assistant", "Say hello to your sister Ottilie!"),
        Turn(10, "user", "your sister Ottilie is allergic"),
    ]
    with SqliteMemory(path) as store:
        talks = Conversations(store)
        old = store.add(NewMemory("my sister Ottilie is allergic to walnuts"))
        kept = store.correct(old.id, NewMemory("my sister Ottilie is allergic to hazelnuts"))
        spoken = [
            cut_off(1, "You told me that your sister Ottilie is allergic to hazel"),
            cut_off(2, "All right: your sister Ottilie is allergic to haz"),
            cut_off(3, "Before, it was: your sister Ottilie is allergic to waln"),
            Turn(11, "assistant", "The model died: your sister Ottilie is allergic to hazeln"),
        ]
        talks.append("c", [*spoken, *near])
        assert "hazel" in strings(path.parent) and "waln" in strings(path.parent), "or the check below could not fail"
        removed = store.forget([kept.id])
        left = strings(path.parent)
        for word in ("hazel", "haz", "waln"):
            assert word not in left
        texts = [turn.text for turn in talks.latest("c", 20)]
        assert texts.pop() == "The model died: [forgotten]"
        assert texts[:3] == ["You told me that [forgotten]", "All right: [forgotten]", "Before, it was: [forgotten]"]
        assert texts[3:] == [turn.text for turn in near], "what only looks like it stays"
        assert [found.conversation.id for found in talks.search("allergic")] == ["c"], "the near miss"
        store.restore(removed)
        assert {one.text for one in store.everything()} == {old.text, kept.text}, "undo brings back every version"
        assert store.get(kept.id) == kept
        assert talks.latest("c", 20)[0].text == "You told me that [forgotten]"


@pytest.mark.parametrize("text", ["my sister Ottilie likes chess", "We go to Tromsø"])
def test_forgetting_leaves_interrupted_answers_about_other_things(store: SqliteMemory, text: str) -> None:
    talks = Conversations(store)
    told = [cut_off(n, f"You told me: {turned(SISTER)[:n]}".strip()) for n in range(1, len(SISTER))]
    talks.append("c", told)
    if "Ottilie" in text:  # they begin alike
        told = [turn for turn in told if not re.search(r"Ott\w*$", turn.text)]
    store.forget([store.add(NewMemory(text)).id])
    after = {turn.text for turn in talks.latest("c", 100)}
    assert {turn.text for turn in told} <= after


def test_what_is_written_after_forgetting_goes_as_well(store: SqliteMemory, path: Path) -> None:
    """The answer that says what was forgotten, interrupted."""
    kept = store.add(NewMemory(SISTER))
    store.forget([kept.id])
    Conversations(store).append("c", [cut_off(1, "Forgotten: Your sister Ottilie is allergic to ha")])
    store.blank([SISTER])
    assert "ottilie" not in strings(path.parent)


def test_after_a_wipe_that_keeps_the_transcripts_no_beginning_is_left(store: SqliteMemory, path: Path) -> None:
    store.add(NewMemory(SISTER))
    Conversations(store).append("c", [cut_off(1, "You told me: Your sister Ottilie is allergic to ha")])
    store.wipe(conversations=False)
    assert "ottilie" not in strings(path.parent)


def test_a_summary_that_cut_the_words_off_goes(store: SqliteMemory, path: Path) -> None:
    long = f"{SISTER}, where the {'quite ' * 30}old harbour is"
    kept = store.add(NewMemory(long))
    summary = store.add(NewMemory(f"We talked about: the weather; {long[:100]}…", kind="summary"))
    other = store.add(NewMemory("We talked about: my sister Ottilie is well; Ottilie…", kind="summary"))
    store.forget([kept.id])
    assert store.get(summary.id) is None
    assert store.get(other.id) == other
    assert "hazel" not in strings(path.parent)


def test_a_summary_drops_a_sentence_that_was_too_long_for_it_when_that_is_corrected(store: SqliteMemory) -> None:
    long = f"{SISTER}, where the {'quite ' * 30}old harbour is"
    kept = store.add(NewMemory(long))
    summary = store.add(NewMemory(f"We talked about: the weather; {long[:100]}…", kind="summary"))
    store.correct(kept.id, NewMemory("my sister Ottilie eats everything"))
    now = store.get(summary.id)
    assert now is not None
    assert now.text == "We talked about: the weather"


def test_the_name_of_a_conversation_loses_the_words(store: SqliteMemory, path: Path) -> None:
    talks = Conversations(store)
    kept = store.add(NewMemory("my locker opens with quetzal"))
    talks.append("c", [Turn(1, "user", "hello there")])
    talks.append("d", [Turn(1, "user", "hello again")])
    talks.rename("c", "My locker opens with quetzal!")
    talks.rename("d", "About the locker")
    store.forget([kept.id])
    assert {one.title for one in talks.list()} == {"[forgotten]!", "About the locker"}
    assert "quetzal" not in strings(path.parent)
