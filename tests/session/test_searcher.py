"""Searches of the app: by meaning where that can be, the newest only, and never a matter of the loop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory.store import SqliteMemory
from memory.types import NewMemory, Query, Recollection
from tests.memory.models import FakeEmbedder
from tests.session.fakes import FakeAudio, FakeEngine, tone
from voice_tui.events import MOST_FOUND, MOST_SEARCHED, AnyEvent, MemoriesFound, SearchMemories
from voice_tui.session import searcher as searcher_module
from voice_tui.session.loop import Session
from voice_tui.session.searcher import SHOWN_FROM, Searcher
from voice_tui.session.start import Library

LIMIT = 20.0
NOTES = ("I parked the car on level three", "The puppy is called Rex", "Anna moved to Lisbon", "The key is in the pot")


class Desk:
    """A searcher, and what it tells."""

    def __init__(self, memory: object) -> None:
        self.told: queue.Queue[AnyEvent] = queue.Queue()
        self.searcher = Searcher(lambda: memory, self.told.put)  # type: ignore[arg-type, return-value]

    def answer(self) -> MemoriesFound:
        event = self.told.get(timeout=LIMIT)
        assert isinstance(event, MemoriesFound)
        return event

    def ask(self, words: str, number: int = 1) -> MemoriesFound:
        assert self.searcher.ask(SearchMemories(query=words, number=number))
        return self.answer()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with SqliteMemory(tmp_path / "memory.db") as store:
        for number, text in enumerate(NOTES):
            store.add(NewMemory(text, id=f"m{number}"))
    return tmp_path / "memory.db"


@pytest.fixture
def memory(path: Path) -> Iterator[SqliteMemory]:
    with SqliteMemory(path, embedder=FakeEmbedder()) as store:
        yield store


def test_what_means_the_same_is_found_and_nothing_else(memory: SqliteMemory) -> None:
    desk = Desk(memory)
    found = desk.ask("automobile", 7)
    assert (found.number, found.by_meaning) == (7, True)
    assert [name for name, _ in found.found] == ["m0"]
    assert all(SHOWN_FROM <= relevance <= 1 for _, relevance in found.found)
    assert desk.ask("quantum physics", 8) == MemoriesFound(number=8, by_meaning=True)


def test_without_a_model_it_goes_by_words_and_says_so(path: Path) -> None:
    with SqliteMemory(path) as store:
        desk = Desk(store)
        found = desk.ask("where is the key")
        assert ([name for name, _ in found.found], found.by_meaning) == (["m3"], False)
        assert desk.ask("automobile", 2) == MemoriesFound(number=2)


def test_what_another_process_wrote_a_moment_ago_is_found(memory: SqliteMemory, path: Path) -> None:
    desk = Desk(memory)
    desk.ask("automobile")
    with SqliteMemory(path) as other:
        other.add(NewMemory("A cup of coffee costs four euros", id="new"))
    assert [name for name, _ in desk.ask("tea").found] == ["new"]


@pytest.mark.parametrize("known", [False, True], ids=["of the memories", "of the words"])
def test_vectors_that_come_later_bring_a_second_answer(
    known: bool, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher_module, "PATIENCE", 0.01)
    monkeypatch.setattr(searcher_module, "LOOK_SECONDS", 0.01)
    embedder = FakeEmbedder()
    with SqliteMemory(path, embedder=embedder) as store:
        assert store.meaning is not None
        assert not known or store.meaning.wait(LIMIT)
        embedder.answers = 0
        desk = Desk(store)
        assert desk.ask("automobile", 3) == MemoriesFound(number=3)
        embedder.answers = 1_000
        better = desk.answer()
        assert (better.number, better.by_meaning, [name for name, _ in better.found]) == (3, True, ["m0"])


def test_what_waits_for_vectors_gives_way_to_a_newer_search(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searcher_module, "PATIENCE", 0.01)
    monkeypatch.setattr(searcher_module, "LATER_SECONDS", 1_000.0)
    embedder = FakeEmbedder()
    embedder.answers = 0
    with SqliteMemory(path, embedder=embedder) as store:
        desk = Desk(store)
        assert [desk.ask("automobile", number).number for number in (1, 2, 3)] == [1, 2, 3]
        desk.searcher.close()


def test_what_a_conversation_would_use_is_found(memory: SqliteMemory) -> None:
    desk = Desk(memory)
    assert len(desk.ask("automobile").found) == 1
    desk.searcher = Searcher(lambda: memory, desk.told.put, bar=lambda: 0.0)
    found = desk.ask("automobile", 2).found
    assert len(found) > 1, "with such a bar it would use them all"
    assert found[0][0] == "m0"
    assert [relevance for _, relevance in found] == sorted((relevance for _, relevance in found), reverse=True)


class SlowMemory:
    """Looks until it is let go; what it is asked is noted."""

    meaning = None

    def __init__(self) -> None:
        self.asked: list[Query] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def candidates(self, query: Query, *, limit: int) -> list[Recollection]:
        assert limit == MOST_FOUND
        self.asked.append(query)
        self.begun.set()
        assert self.go.wait(LIMIT)
        return []


def test_only_the_newest_waits() -> None:
    memory = SlowMemory()
    desk = Desk(memory)
    desk.searcher.ask(SearchMemories(query="den", number=1))
    assert memory.begun.wait(LIMIT)
    for number, words in enumerate(("dent", "denti", "dentist"), start=2):
        desk.searcher.ask(SearchMemories(query=words, number=number))
    memory.go.set()
    assert [desk.answer().number, desk.answer().number] == [1, 4]
    assert [query.text for query in memory.asked] == ["den", "dentist"]


def test_anything_may_be_searched(memory: SqliteMemory) -> None:
    desk = Desk(memory)
    for number, words in enumerate(("", "\x00\x1b[2J", '" OR * NEAR(', "🦷", "car " * 500_000)):
        assert desk.ask(words, number).number == number
    slow = SlowMemory()
    slow.go.set()
    Desk(slow).ask("x" * 1_000_000)
    assert len(slow.asked[0].text) == MOST_SEARCHED


def test_a_store_that_fails_gives_an_empty_answer_and_the_next_one_is_asked(memory: SqliteMemory) -> None:
    class Failing:
        meaning = None

        def candidates(self, query: Query, *, limit: int) -> list[Recollection]:
            if query.text == "odd":
                raise ZeroDivisionError
            return memory.candidates(query, limit=limit)

    desk = Desk(Failing())
    assert desk.ask("odd", 1) == MemoriesFound(number=1)
    assert desk.ask("where is the key", 2).found
    memory.close()
    assert desk.ask("where is the key", 3) == MemoriesFound(number=3)


def test_the_loop_has_no_part_in_it() -> None:
    """It is answered while the loop stands still, and whoever listens in on commands never hears of it."""
    commanded: list[object] = []
    searched: list[SearchMemories] = []

    class FakeTap:
        def heard(self, frame: object, played: object) -> None: ...

        def commanded(self, command: object) -> None:
            commanded.append(command)

    def search(wanted: SearchMemories) -> bool:
        searched.append(wanted)
        return True

    audio = FakeAudio([tone()])
    session = Session(FakeEngine(), audio, lambda event: None, library=Library(search=search), tap=FakeTap())
    wanted = SearchMemories(query="teeth", number=1)
    assert session.command(wanted)
    assert searched == [wanted]
    audio.at_end = session.stop
    assert session.run() == 0
    assert commanded == []
