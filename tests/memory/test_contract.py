"""What every adapter of `memory.port.MemoryPort` must do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from memory.errors import MemoryStoreError
from memory.port import MemoryPort
from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.memory.conftest import Clock


def test_meets_the_port(store: SqliteMemory) -> None:
    port: MemoryPort = store  # a type checker judges the signatures, this the names
    for name in (name for name in vars(MemoryPort) if not name.startswith("_")):
        assert callable(getattr(port, name))


def test_what_is_added_can_be_read_back(store: SqliteMemory, clock: Clock) -> None:
    new = NewMemory(
        "The key is under the blue pot",
        kind="fact",
        role="assistant",
        speaker="Ken",
        said_at=12.5,
        conversation="c1",
        explicit=False,
        pinned=True,
        confidence=0.25,
        importance=0.75,
        clip=b"fLaC...",
        clip_seconds=3.5,
    )
    kept = store.add(new)
    assert store.get(kept.id) == kept
    for name in ("text", "kind", "role", "speaker", "said_at", "conversation", "explicit", "pinned", "confidence"):
        assert getattr(kept, name) == getattr(new, name), name
    assert (kept.importance, kept.clip_seconds, kept.status) == (0.75, 3.5, "active")
    assert kept.created_at == kept.updated_at == clock.now
    assert store.clip(kept.id) == b"fLaC..."


def test_everything_is_there_after_a_restart(path: Path) -> None:
    with SqliteMemory(path) as first:
        kept = first.add(NewMemory("Anna is allergic to nuts", clip=b"sound", clip_seconds=1))
    with SqliteMemory(path) as second:
        assert second.list() == [kept]
        assert second.clip(kept.id) == b"sound"
        assert [r.memory for r in second.candidates("is anyone allergic?")] == [kept]


def test_an_unknown_id_is_none_not_an_error(store: SqliteMemory) -> None:
    assert store.get("nothing") is None
    assert store.clip("nothing") is None
    assert store.forget(["nothing"]) == []


def test_the_same_words_renew_what_is_there(store: SqliteMemory, clock: Clock) -> None:
    first = store.add(NewMemory("The bins go out on Friday"))
    other = store.add(NewMemory("Something else"))
    clock.now += 60
    again = store.add(NewMemory(" the BINS go  out on friday. ", clip=b"new sound", clip_seconds=2))
    assert again.id == first.id
    assert again.said_at == again.updated_at == clock.now
    assert (again.created_at, again.text) == (first.created_at, first.text)
    assert store.clip(first.id) == b"new sound"
    assert [m.id for m in store.list()] == [first.id, other.id]


def test_renewing_tells_itself_apart_even_when_the_clock_stands(store: SqliteMemory) -> None:
    fresh = store.add(NewMemory("once"))
    assert fresh.updated_at == fresh.created_at
    assert store.add(NewMemory("once")).updated_at > fresh.created_at


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (NewMemory("I like tea", speaker="Ken"), NewMemory("I like tea", speaker="Anna")),
        (NewMemory("I like tea", role="user"), NewMemory("I like tea", role="assistant")),
        (NewMemory("It is -5 degrees"), NewMemory("It is 5 degrees")),
        (NewMemory("🎂"), NewMemory("🎁")),
    ],
)
def test_other_words_or_another_person_are_another_memory(store: SqliteMemory, one: NewMemory, two: NewMemory) -> None:
    assert store.add(one).id != store.add(two).id
    assert store.count() == 2


def test_a_given_id_is_kept_and_cannot_be_taken_twice(store: SqliteMemory) -> None:
    assert store.add(NewMemory("one", id="a" * 32)).id == "a" * 32
    with pytest.raises(MemoryStoreError, match="Another memory has the id"):
        store.add(NewMemory("two", id="a" * 32))
    assert store.count() == 1


def test_list_is_pinned_first_then_newest(store: SqliteMemory, clock: Clock) -> None:
    ids: list[str] = []
    for number in range(5):
        clock.now += 1
        ids.append(store.add(NewMemory(f"number {number}")).id)
    store.pin(ids[1], True)
    assert [m.id for m in store.list()] == [ids[1], ids[4], ids[3], ids[2], ids[0]]
    assert [m.id for m in store.list(limit=2, offset=1)] == [ids[4], ids[3]]
    assert store.list(limit=0) == [] == store.list(offset=9)
    store.pin(ids[1], False)
    assert [m.id for m in store.list()][3] == ids[1]


def test_edit_replaces_the_words_and_keeps_the_clip(store: SqliteMemory, clock: Clock) -> None:
    kept = store.add(NewMemory("The dentist is on Tuesday", clip=b"sound", clip_seconds=1))
    clock.now += 5
    edited = store.edit(kept.id, "The dentist is on Wednesday")
    assert edited == store.get(kept.id)
    assert (edited.text, edited.updated_at) == ("The dentist is on Wednesday", clock.now)
    assert store.clip(kept.id) == b"sound"
    assert store.search("tuesday") == []
    assert store.search("wednesday") == [edited]
    assert [r.memory for r in store.candidates("what is on wednesday")] == [edited]


def test_edit_refuses_what_cannot_be(store: SqliteMemory) -> None:
    one, two = store.add(NewMemory("one")), store.add(NewMemory("two"))
    with pytest.raises(MemoryStoreError, match="remembered already"):
        store.edit(one.id, "Two.")
    with pytest.raises(MemoryStoreError, match="not there any more"):
        store.edit("nothing", "three")
    with pytest.raises(MemoryStoreError, match="no words"):
        store.edit(one.id, " \n\0 ")
    assert store.edit(one.id, "One!").text == "One!"
    assert {m.text for m in store.list()} == {"One!", two.text}


def test_forget_removes_it_everywhere_and_restore_brings_it_back(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("The safe code is 4711", clip=b"sound", clip_seconds=1, pinned=True))
    other = store.add(NewMemory("The weather was nice"))
    assert store.forget([kept.id, "nothing", kept.id]) == [kept]
    assert store.get(kept.id) is None
    assert store.clip(kept.id) is None
    assert store.search("safe") == []
    assert store.recall("what is the safe code") == []
    assert store.list() == [other]

    store.restore([kept])
    store.restore([kept])  # twice does no harm
    assert store.get(kept.id) == kept
    assert store.clip(kept.id) == b"sound"
    assert store.search("4711") == [kept]
    assert [r.memory for r in store.candidates("the safe code")] == [kept]
    assert store.count() == 2


def test_restore_after_the_words_were_said_again_makes_no_double(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("The safe code is 4711"))
    store.forget([kept.id])
    again = store.add(NewMemory("The safe code is 4711"))
    store.restore([kept])
    assert store.list() == [again]


def test_another_process_restores_without_the_clip(path: Path) -> None:
    with SqliteMemory(path) as first, SqliteMemory(path) as second:
        kept = first.add(NewMemory("a spoken note", clip=b"sound", clip_seconds=1))
        first.forget([kept.id])
        second.restore([kept])
        back = first.get(kept.id)
        assert back is not None
        assert back.clip_seconds == 0.0
        assert first.clip(kept.id) is None


def test_pin_of_nothing_is_told(store: SqliteMemory) -> None:
    with pytest.raises(MemoryStoreError, match="not there any more"):
        store.pin("nothing", True)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0\0", "\x1b"])
def test_no_words_are_refused(store: SqliteMemory, text: str) -> None:
    with pytest.raises(MemoryStoreError, match="no words"):
        store.add(NewMemory(text))
    assert store.count() == 0


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_time_must_be_a_number(store: SqliteMemory, wrong: float) -> None:
    with pytest.raises(MemoryStoreError, match="not a number"):
        store.add(NewMemory("words", said_at=wrong))


def test_shares_are_kept_between_0_and_1(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("words", confidence=float("nan"), importance=7.0, clip_seconds=5.0))
    assert (kept.confidence, kept.importance) == (0.0, 1.0)
    assert kept.clip_seconds == 0.0, "there is no clip, so it has no length"


def test_use_after_close_is_told_and_closing_twice_is_fine(path: Path) -> None:
    store = SqliteMemory(path)
    store.close()
    store.close()
    for use in (store.count, store.list, lambda: store.add(NewMemory("late")), lambda: store.forget(["x"])):
        with pytest.raises(MemoryStoreError, match="closed"):
            use()


def test_threads_write_and_read_at_the_same_time(store: SqliteMemory) -> None:
    writers, each = 6, 12
    done = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        before = 0
        while not done.is_set():
            count = store.count()
            if count < before or any(not m.text.startswith("note") for m in store.search("note")):
                wrong.append(f"{before} -> {count}")
            before = count

    def write(name: int) -> None:
        for number in range(each):
            assert store.get(store.add(NewMemory(f"note {name} {number}")).id) is not None

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    done.set()
    for reader in readers:
        reader.join(10)
    assert wrong == []
    assert store.count() == writers * each


def test_what_was_said_last_is_first_in_the_list_also_when_the_clock_is_set_back(
    store: SqliteMemory, clock: Clock
) -> None:
    clock.now = 1_800_000_000.0
    for text, step in (("one", 0), ("two", -3_600), ("three", 5), ("four", 9_000)):
        clock.now += step
        store.add(NewMemory(text=f"about {text}"))
    texts = [memory.text.split()[-1] for memory in store.list()]
    assert texts == ["four", "three", "two", "one"]
    assert [memory.text.split()[-1] for memory in store.search("about")] == texts
    assert store.list(limit=1, offset=2)[0].text == "about two"
    assert store.list()[2].said_at == 1_800_000_000.0 - 3_600, "its time is what the clock said"
    clock.now -= 86_400
    store.add(NewMemory(text="about five"))
    assert store.list()[0].text == "about five"
    store.add(NewMemory(text="about long ago", said_at=5.0))
    assert store.list()[-1].text == "about long ago", "what came from elsewhere stands at its time"


def test_one_that_is_said_again_comes_first_also_when_the_clock_was_set_back_meanwhile(
    store: SqliteMemory, clock: Clock
) -> None:
    clock.now = 1_800_000_000.0
    store.add(NewMemory(text="again"))
    clock.now += 3_600
    store.add(NewMemory(text="later"))
    clock.now -= 1_800
    store.add(NewMemory(text="again"))
    assert [memory.text for memory in store.list()] == ["again", "later"]
