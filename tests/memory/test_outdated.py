"""A summary does not go on saying what was corrected."""

from __future__ import annotations

from memory.conversations import Conversations
from memory.learn import sum_up
from memory.store import SqliteMemory
from memory.types import NewMemory, Turn
from tests.memory.conftest import Clock

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
