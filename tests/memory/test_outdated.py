"""A summary does not go on saying what was corrected, and says it again when the correction is undone."""

from __future__ import annotations

from pathlib import Path

from memory.conversations import Conversations
from memory.learn import sum_up
from memory.store import SqliteMemory
from memory.summaries.outdated import lines_of
from memory.types import Memory, NewMemory, Turn
from tests.memory.conftest import Clock
from tests.memory.test_forgetting import strings

SAID = (
    "I live in Oslo by the river",
    "My sister works at the harbour",
    "We grow tall sunflowers",
    "I paint with green",
)


def talk(store: SqliteMemory, clock: Clock, conversation: str) -> None:
    turns = [Turn(n, "user", text, said_at=clock.now) for n, text in enumerate(SAID, start=1)]
    Conversations(store).append(conversation, turns)


def test_what_is_corrected_later_leaves_the_summary_and_what_is_left_is_found(
    store: SqliteMemory, clock: Clock
) -> None:
    store.add(NewMemory("I live in Oslo", said="I live in Oslo by the river"))
    talk(store, clock, "over")
    (summary,) = sum_up(store, but="")
    assert "Oslo" in summary.text
    assert "harbour" in summary.text
    store.add(NewMemory("I live in Bergen"))
    now = store.get(summary.id)
    assert now is not None
    assert "Oslo" not in now.text
    assert now.text.startswith("We talked about: ")
    assert "harbour" in now.text
    assert now.updated_at > summary.updated_at, "or another machine would keep the old words"
    assert not [r for r in store.candidates("Oslo") if r.memory.kind == "summary"]
    assert [r for r in store.candidates("harbour") if r.memory.id == summary.id]


def test_a_summary_of_nothing_else_goes(store: SqliteMemory) -> None:
    old = store.add(NewMemory("my locker opens with quetzal"))
    summary = store.add(NewMemory("We talked about: my locker opens with quetzal", kind="summary", explicit=False))
    store.correct(old.id, NewMemory("my locker opens with heron"))
    assert store.get(summary.id) is None


def test_what_was_corrected_before_is_not_summed_up(store: SqliteMemory, clock: Clock) -> None:
    store.add(NewMemory("I live in Oslo", said="I live in Oslo by the river"))
    store.add(NewMemory("I live in Bergen"))
    talk(store, clock, "over")
    (summary,) = sum_up(store, but="")
    assert "Oslo" not in summary.text
    assert "harbour" in summary.text


def an_old_talk(store: SqliteMemory, clock: Clock, *, told: str = "I live in Oslo") -> tuple[Memory, Memory]:
    """A memory, and the summary of a conversation that is over and has its words."""
    old = store.add(NewMemory(told, said=SAID[0] if told == "I live in Oslo" else ""))
    talk(store, clock, "over")
    (summary,) = sum_up(store, but="")
    return old, summary


def test_the_summary_says_again_what_was_corrected_once_that_is_undone(store: SqliteMemory, clock: Clock) -> None:
    old, summary = an_old_talk(store, clock)
    new = store.add(NewMemory("I live in Bergen"))
    without = store.get(summary.id)
    assert without is not None
    assert "Oslo" not in without.text
    store.take_back([new.id])
    again = store.get(summary.id)
    assert again is not None
    assert again.text == summary.text
    assert again.updated_at > without.updated_at, "or another machine would keep it without"
    assert [r for r in store.candidates("Oslo") if r.memory.id == summary.id]
    now = store.get(old.id)
    assert now is not None
    assert now.status == "active"
    assert [turn.text for turn in Conversations(store).latest("over", 9)] == list(SAID), "no word of it was blanked"


def test_of_two_corrections_only_the_one_that_is_undone_comes_back(store: SqliteMemory, clock: Clock) -> None:
    _, summary = an_old_talk(store, clock)
    sister = store.add(NewMemory("my sister works at the harbour"))
    mill = store.correct(sister.id, NewMemory("my sister works at the mill"))
    bergen = store.add(NewMemory("I live in Bergen"))
    store.take_back([mill.id])
    now = store.get(summary.id)
    assert now is not None
    assert "harbour" in now.text
    assert "Oslo" not in now.text
    store.take_back([bergen.id])
    now = store.get(summary.id)
    assert now is not None
    assert sorted(lines_of(now.text)) == sorted(lines_of(summary.text))
    assert lines_of(now.text)[0] == SAID[0], "where it stood"


def test_what_the_person_wrote_into_a_summary_stays(store: SqliteMemory, clock: Clock) -> None:
    _, summary = an_old_talk(store, clock)
    bergen = store.add(NewMemory("I live in Bergen"))
    store.edit(summary.id, "We talked about: boats; and fish")
    store.take_back([bergen.id])
    now = store.get(summary.id)
    assert now is not None
    assert now.text == f"We talked about: boats; and fish; {SAID[0]}"


def test_a_summary_that_was_left_empty_comes_back(store: SqliteMemory, clock: Clock) -> None:
    olds = [store.add(NewMemory(text)) for text in SAID]
    talk(store, clock, "over")
    (summary,) = sum_up(store, but="")
    news = [store.correct(old.id, NewMemory(f"{number} is so now")) for number, old in enumerate(olds)]
    assert store.get(summary.id) is None
    store.take_back([news[1].id])
    (again,) = [memory for memory in store.list() if memory.kind == "summary"]
    assert again.text == f"We talked about: {SAID[1]}"
    assert (again.conversation, again.slot, again.said_at) == (summary.conversation, summary.slot, summary.said_at)
    store.take_back([news[0].id])
    (again,) = [memory for memory in store.list() if memory.kind == "summary"]
    assert again.text == f"We talked about: {SAID[0]}; {SAID[1]}"


def test_a_summary_that_the_person_forgot_does_not_come_back(store: SqliteMemory, clock: Clock) -> None:
    _, summary = an_old_talk(store, clock)
    bergen = store.add(NewMemory("I live in Bergen"))
    store.forget([summary.id])
    store.take_back([bergen.id])
    assert not [memory for memory in store.list() if memory.kind == "summary"]


def test_an_undone_correction_of_forgotten_words_brings_nothing_back(
    store: SqliteMemory, clock: Clock, path: Path
) -> None:
    """Forgetting takes the words out of the transcript, from which a summary would have them."""
    _, summary = an_old_talk(store, clock)
    bergen = store.add(NewMemory("I live in Bergen"))
    store.forget([bergen.id])
    assert "oslo" not in strings(path.parent)
    store.take_back([bergen.id])
    now = store.get(summary.id)
    assert now is not None
    assert "Oslo" not in now.text


def test_two_summaries_that_come_to_say_the_same_are_one(store: SqliteMemory) -> None:
    old = store.add(NewMemory("my locker opens with quetzal"))
    for text in ("my locker opens with quetzal; boats", "boats; my locker opens with quetzal"):
        store.add(NewMemory(f"We talked about: {text}", kind="summary"))
    store.correct(old.id, NewMemory("my locker opens with heron"))
    assert [memory.text for memory in store.list() if memory.kind == "summary"] == ["We talked about: boats"]
