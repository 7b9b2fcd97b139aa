"""Several machines and one server: what is told, changed and forgotten on one is so on all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.remote.exchange import Remote
from memory.remote.state import RemoteState
from memory.store import SqliteMemory
from memory.types import NewMemory, Turn
from tests.memory.servers import FakeServer, official_server


class Machine:
    """A store and its exchange, one step at a time."""

    def __init__(self, folder: Path, name: str, url: str) -> None:
        self.file = folder / name / "memory.db"
        self.store = SqliteMemory(self.file)
        self.forgotten: list[str] = []
        self.url = url
        self.remote = self._remote()

    def _remote(self) -> Remote:
        return Remote(self.store, self.url, lambda: "", forgotten=self.forgotten.extend, timeout=10)

    def sync(self) -> RemoteState:
        state = self.remote.exchange()
        assert (state.trouble, state.detail) == ("", "")
        assert state.waiting == 0
        return state

    def say(self, text: str, **more: object) -> str:
        return self.store.add(NewMemory(text, **more)).id  # type: ignore[arg-type]

    def texts(self) -> list[str]:
        return sorted(memory.text for memory in self.store.list(limit=1000))

    def reopen(self) -> None:
        self.store.close()
        self.store = SqliteMemory(self.file)
        self.remote = self._remote()

    def happened(self, memory_id: str, at: float) -> None:
        """Set when a memory was changed last, so that no test depends on the clock."""
        self.store.write(lambda db: db.execute("update change set at = ? where id = ?", (at, memory_id)))


@pytest.fixture(params=["fake", "official"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "official":
        with official_server(tmp_path) as url:
            yield url
        return
    server = FakeServer()
    yield server.url
    server.close()


@pytest.fixture
def machines(tmp_path: Path, url: str) -> Iterator[Callable[[str], Machine]]:
    made: dict[str, Machine] = {}

    def machine(name: str) -> Machine:
        return made.setdefault(name, Machine(tmp_path, name, url))

    yield machine
    for one in made.values():
        one.remote.close()
        one.store.close()


@pytest.fixture
def pair(machines: Callable[[str], Machine]) -> tuple[Machine, Machine]:
    return machines("desk"), machines("lap")


Pair = tuple[Machine, Machine]


def test_what_is_told_on_one_is_known_on_the_other(pair: Pair) -> None:
    desk, lap = pair
    key = desk.say("The key is under the pot 🔑 \u202ertl\u202c مرحبا", speaker="Ken", pinned=True)
    for n in range(120):
        lap.say(f"Fact number {n}")
    desk.sync()
    lap.sync()
    desk.sync()
    assert desk.texts() == lap.texts()
    assert len(desk.texts()) == 121
    assert lap.store.get(key) == desk.store.get(key)
    assert [one.memory.id for one in lap.store.recall("where is the key?")][:1] == [key]
    assert lap.store.search("key pot") != []


def test_changes_travel_and_the_last_one_wins(pair: Pair) -> None:
    desk, lap = pair
    key = desk.say("The key is under the pot")
    desk.sync()
    lap.sync()
    lap.store.edit(key, "The key is in the shed")
    desk.store.edit(key, "The key is in the car")
    lap.happened(key, 2_000_000_002.0)
    desk.happened(key, 2_000_000_001.0)
    lap.sync()
    desk.sync()
    lap.sync()
    assert desk.texts() == lap.texts() == ["The key is in the shed"]
    assert b"in the car" not in b"".join(file.read_bytes() for file in desk.file.parent.iterdir())
    desk.store.pin(key, True)  # a clock that is behind: what one has seen is always followed by what one does
    desk.sync()
    lap.sync()
    assert lap.store.get(key) == desk.store.get(key)


def test_forgetting_travels_and_beats_a_change_that_did_not_know(pair: Pair) -> None:
    desk, lap = pair
    key = desk.say("My locker opens with quetzal 88213")
    desk.sync()
    lap.sync()
    Conversations(lap.store).append("c", [Turn(1, "assistant", "Your locker opens with quetzal 88213.")])
    lap.store.pin(key, True)
    lap.happened(key, 3_000_000_000.0)
    desk.store.forget([key])
    desk.sync()
    lap.sync()
    desk.sync()
    assert desk.texts() == lap.texts() == []
    assert lap.forgotten == ["My locker opens with quetzal 88213"]
    for one in pair:
        assert b"88213" not in b"".join(file.read_bytes() for file in one.file.parent.iterdir())


def test_undo_travels_and_beats_the_forgetting(pair: Pair) -> None:
    desk, lap = pair
    key = desk.say("The key is under the pot")
    desk.sync()
    removed = desk.store.forget([key])
    desk.sync()
    desk.store.restore(removed)
    desk.happened(key, 5.0)  # even with a clock that is wrong
    desk.sync()
    lap.sync()
    assert lap.texts() == ["The key is under the pot"]


def test_a_wipe_travels(pair: Pair) -> None:
    desk, lap = pair
    for n in range(60):
        desk.say(f"Fact number {n}")
    desk.sync()
    lap.sync()
    lap.say("Said meanwhile")
    desk.store.wipe()
    desk.sync()
    lap.sync()
    assert lap.texts() == ["Said meanwhile"]
    desk.sync()
    assert desk.texts() == ["Said meanwhile"]


def test_the_same_words_on_two_machines_become_one(pair: Pair) -> None:
    desk, lap = pair
    first = desk.store.add(NewMemory("Anna likes tea.", clip=b"sound", clip_seconds=1.0)).id
    second = lap.say("anna likes tea", pinned=True)
    for one in (desk, lap, desk, lap):
        one.sync()
    (kept,) = lap.store.list()
    assert desk.store.list() != []
    assert kept.id == desk.store.list()[0].id == min(first, second)
    assert desk.texts() == lap.texts()
    assert desk.store.clip(kept.id) == b"sound", "its recording stays where it was made"
    assert lap.store.clip(kept.id) is None
    desk.sync()
    assert len(desk.store.list()) == 1


def test_two_values_of_one_thing_leave_the_later(pair: Pair) -> None:
    desk, lap = pair
    desk.say("my locker is 217", said_at=1_700_000_000.0)
    lap.say("my locker is 218", said_at=1_700_000_100.0)
    for one in (desk, lap, desk, lap):
        one.sync()
    assert desk.texts() == lap.texts() == ["my locker is 218"]
    assert [old.text for old in desk.store.history(desk.store.list()[0].id)] == ["my locker is 217"]


def test_a_correction_and_a_suggestion_travel(pair: Pair) -> None:
    desk, lap = pair
    old = desk.say("The dentist is on the thirteenth of May")
    new = desk.store.correct(old, NewMemory("The dentist is on the fourteenth of May")).id
    guess = desk.store.suggest(NewMemory("I like jazz"))
    assert guess is not None
    desk.sync()
    lap.sync()
    assert [memory.id for memory in lap.store.history(new)] == [old]
    assert [memory.id for memory in lap.store.suggestions()] == [guess.id]
    lap.store.dismiss(guess.id)
    lap.sync()
    desk.sync()
    assert desk.store.suggestions() == []


def test_what_waits_outlives_a_restart(pair: Pair) -> None:
    desk, lap = pair
    key = desk.say("The key is under the pot")
    other = desk.say("My locker opens with quetzal 88213")
    desk.store.forget([other])
    desk.reopen()
    state = desk.store.remote_state()
    assert state is not None
    assert state.waiting == 2
    with desk.store.reading() as db:
        assert "quetzal" not in repr(db.execute("select * from change").fetchall())
    desk.sync()
    lap.sync()
    assert [memory.id for memory in lap.store.list()] == [key]


def test_a_new_machine_gets_everything_and_a_salvaged_file_what_it_lost(pair: Pair) -> None:
    desk, lap = pair
    for n in range(70):
        desk.say(f"Fact number {n}")
    desk.sync()
    lap.sync()
    assert lap.texts() == desk.texts()
    lap.store.close()
    lap.file.write_bytes(b"damaged" * 2000)
    lap.reopen()
    assert lap.texts() == []
    lap.sync()
    assert lap.texts() == desk.texts()
