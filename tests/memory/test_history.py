"""Corrections keep the past; suggestions wait for a yes; what has one value has one value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memory.errors import MemoryStoreError
from memory.store import SqliteMemory
from memory.types import Memory, NewMemory
from memory.understanding.slots import slot_of
from tests.memory.conftest import Clock

SLOTS = {
    "My name is Anna": "me|name",
    "call me Ben": "me|name",
    "I live in Oslo": "me|home",
    "we've moved to Bergen": "me|home",
    "my dentist appointment is on the thirteenth": "my dentist appointment|day",
    "My dentist appointment is on March 14th.": "my dentist appointment|day",
    "my dentist appointment is at five": "my dentist appointment|clock",
    "that the wifi password is tulip seven": "the wifi password|is",
    "my lucky number is twelve": "my lucky number|is",
    "my locker is 217": "my locker|number",
    "my favourite colour is green": "my favourite colour|is",
    "my sister lives in Lisbon": "my sister|home",
    "my brother is called Tom": "my brother|name",
    "the spare key is under the blue pot": "the spare key|place",
    "my dentist is Dr. Weiss": "my dentist|name",
    "my dentist is Dr. Braun, not Dr. Weiss": "my dentist|name",
    "our vet is mrs lee": "our vet|name",
    "my girlfriend is Maria": "my girlfriend|name",
    # much else may be so besides
    "my dentist is nice": "",
    "my dentist is in Oslo street": "my dentist|place",
    "my friend is Dr. Weiss": "",
    "my sister is a doctor": "",
    "I like tea": "",
    "my lucky number is not twelve": "",
    "my locker is not 217": "",
    "buy milk": "",
    "": "",
}


@pytest.mark.parametrize("text", SLOTS)
def test_slots(text: str) -> None:
    assert slot_of(text) == SLOTS[text]


def test_another_value_supersedes_and_keeps_the_history(store: SqliteMemory, clock: Clock) -> None:
    kept: list[Memory] = []
    for day in ("twelfth", "thirteenth", "fourteenth"):
        clock.now += 60
        kept.append(store.add(NewMemory(f"my dentist appointment is on the {day}", conversation="c1", turn=3)))
    assert store.list() == [kept[2]]
    assert [memory.text[-10:] for memory in store.history(kept[2].id)] == ["thirteenth", "he twelfth"]
    before = store.get(kept[0].id)
    assert before is not None
    assert (before.status, before.superseded_by) == ("superseded", kept[1].id)
    assert [r.memory for r in store.candidates("when is my dentist appointment")] == [kept[2]]


def test_what_was_so_before_can_be_so_again(store: SqliteMemory) -> None:
    oslo = store.add(NewMemory("I live in Oslo"))
    bergen = store.add(NewMemory("I live in Bergen"))
    again = store.add(NewMemory("I live in Oslo"))
    assert again.id == oslo.id
    assert (again.status, again.superseded_by) == ("active", "")
    assert store.list() == [again]
    assert [memory.id for memory in store.history(oslo.id)] == [bergen.id]


def test_a_correction_without_a_slot_names_what_it_corrects(store: SqliteMemory) -> None:
    old = store.add(NewMemory("Anna likes tulips", pinned=True))
    new = store.correct(old.id, NewMemory("Anna likes roses"))
    assert new.pinned, "pins go over"
    assert store.list() == [new]
    assert [memory.id for memory in store.history(new.id)] == [old.id]
    with pytest.raises(MemoryStoreError, match="not there"):
        store.correct("nothing", NewMemory("x"))


def test_forgetting_a_fact_forgets_what_it_was_before_and_undo_brings_both_back(store: SqliteMemory) -> None:
    old = store.add(NewMemory("my locker is 217", clip=b"sound", clip_seconds=1.0))
    new = store.add(NewMemory("my locker is 218"))
    removed = store.forget([new.id])
    assert [memory.id for memory in removed] == [new.id, old.id]
    assert list(store.everything()) == []
    store.restore(removed)
    assert store.list() == [new]
    assert [memory.id for memory in store.history(new.id)] == [old.id]
    assert store.clip(old.id) == b"sound"


def test_an_undone_correction_leaves_what_was_there(store: SqliteMemory) -> None:
    old = store.add(NewMemory("my locker is 217"))
    new = store.add(NewMemory("my locker is 218"))
    assert store.take_back([new.id]) == [new]
    assert [(memory.id, memory.status) for memory in store.list()] == [(old.id, "active")]


def test_only_the_last_of_two_corrections_is_undone(store: SqliteMemory) -> None:
    first = store.add(NewMemory("my locker is 217"))
    second = store.add(NewMemory("my locker is 218"))
    third = store.add(NewMemory("my locker is 219"))
    store.take_back([third.id])
    assert [memory.id for memory in store.list()] == [second.id]
    assert [memory.id for memory in store.history(second.id)] == [first.id]
    gone = store.take_back([second.id, first.id, "not there"])
    assert [memory.id for memory in gone] == [second.id, first.id]
    assert list(store.everything()) == []
    store.restore(gone)
    assert [memory.id for memory in store.list()] == [second.id], "and back as it was, but for what was taken back"


def test_a_suggestion_is_not_recalled_until_it_is_approved(store: SqliteMemory) -> None:
    store.add(NewMemory("I live in Oslo"))
    guess = store.suggest(NewMemory("I live in Bergen"))
    assert guess is not None
    assert (guess.status, guess.explicit) == ("suggested", False)
    assert [memory.text for memory in store.list()] == ["I live in Oslo"]
    assert [r.memory.text for r in store.candidates("where do I live")] == ["I live in Oslo"]
    assert store.suggestions() == [guess]
    assert store.suggest(NewMemory("I live in Bergen")) is None, "not twice"
    approved = store.approve(guess.id)
    assert store.list() == [approved]
    assert [memory.text for memory in store.history(approved.id)] == ["I live in Oslo"]
    assert store.suggestions() == []


def test_a_dismissed_suggestion_is_not_made_again_but_can_be_said(store: SqliteMemory) -> None:
    guess = store.suggest(NewMemory("I like jazz"))
    assert guess is not None
    store.dismiss(guess.id)
    assert store.suggest(NewMemory("I like jazz!")) is None
    assert list(store.everything()) == []
    kept = store.add(NewMemory("I like jazz"))
    assert store.list() == [kept]
    with pytest.raises(MemoryStoreError, match="not a suggestion"):
        store.dismiss(kept.id)


def test_what_the_person_says_turns_a_suggestion_into_a_memory(store: SqliteMemory) -> None:
    guess = store.suggest(NewMemory("I like jazz"))
    kept = store.add(NewMemory("I like jazz"))
    assert guess is not None
    assert (kept.id, kept.status, kept.explicit) == (guess.id, "active", True)


def test_a_guess_about_what_is_known_changes_nothing(store: SqliteMemory, clock: Clock) -> None:
    kept = store.add(NewMemory("I like jazz"))
    clock.now += 60
    assert store.suggest(NewMemory("I like jazz")) is None
    assert store.list() == [kept]


def test_editing_understands_the_new_words(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("my exam is on Wednesday"))
    assert kept.meant_until - kept.meant_at == 86_400
    changed = store.edit(kept.id, "my exam is on Thursday")
    assert changed.meant_at == kept.meant_at + 86_400
    assert store.edit(kept.id, "my exam is over").meant_at == 0


def test_where_it_comes_from_is_noted_once(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("I like jazz"))
    store.annotate(kept.id, "c1", 7)
    store.annotate(kept.id, "c2", 9)
    found = store.get(kept.id)
    assert found is not None
    assert (found.conversation, found.turn) == ("c1", 7)
    assert store.annotate("nothing", "c1", 1) is None


def test_what_is_to_be_kept_for_a_time_is_forgotten_then(store: SqliteMemory, clock: Clock) -> None:
    kept = store.add(NewMemory("parking on level 3", expires_at=clock.now + 100))
    stays = store.add(NewMemory("I like jazz"))
    assert store.expire() == []
    clock.now += 100
    assert store.expire() == [kept]
    assert store.list() == [stays]


def test_a_ring_of_corrections_from_an_import_does_not_hang(store: SqliteMemory) -> None:
    blank = Memory(id="", text="", status="superseded")
    ring = [replace(blank, id=f"r{i}", text=f"ring {i}", superseded_by=f"r{(i + 1) % 3}") for i in range(3)]
    assert store.put([(memory, None) for memory in ring]) == 3
    assert {memory.id for memory in store.history("r0")} == {"r1", "r2"}
    assert len(store.forget(["r0"])) == 3
