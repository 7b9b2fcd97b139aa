"""What every adapter of `memory.port.ConversationPort` must do."""

from __future__ import annotations

import random
import secrets
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory.conversations import Conversations
from memory.errors import MemoryStoreError
from memory.file.health import check
from memory.file.migrations import migrate
from memory.port import ConversationPort
from memory.store import SqliteMemory
from memory.text import clean
from memory.types import NewMemory, Transcript, Turn
from tests.memory.conftest import Clock, StartChild

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.fixture
def talks(store: SqliteMemory) -> Conversations:
    return Conversations(store)


def turn(number: int, text: str, **changes: object) -> Turn:
    return replace(Turn(number, "user" if number % 2 else "assistant", text, at=float(number)), **changes)


def file_bytes(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def test_meets_the_port(talks: Conversations) -> None:
    port: ConversationPort = talks
    for name in (name for name in vars(ConversationPort) if not name.startswith("_")):
        assert callable(getattr(port, name))


def test_what_was_said_can_be_read_back(talks: Conversations, clock: Clock) -> None:
    said = [
        Turn(1, "user", "remember the milk", "Ken", 1.5, clock.now + 2, typed=True),
        Turn(2, "assistant", "I will rem", "", 3.5, clock.now + 4, interrupted=True),
        Turn(4, "user", "thanks", "", 6.0, clock.now + 6, confidence=0.25),
    ]
    talks.append("c1", said[:1], started_at=clock.now)
    talks.append("c1", said[1:], started_at=1.0)
    loaded = talks.load("c1")
    assert loaded is not None
    assert loaded.turns == tuple(said)
    head = loaded.conversation
    assert (head.id, head.title, head.turns, head.named) == ("c1", "remember the milk", 3, False)
    assert (head.started_at, head.ended_at) == (clock.now, clock.now + 6)
    assert talks.latest("c1", 2) == said[1:]
    assert talks.latest("c1", 0) == [] == talks.latest("nothing", 9)
    assert talks.load("nothing") is None


def test_a_turn_that_comes_again_replaces_itself(talks: Conversations) -> None:
    talks.append("c", [turn(1, "remember"), turn(2, "What?")])
    talks.append("c", [turn(1, "remember the milk")])
    loaded = talks.load("c")
    assert loaded is not None
    assert [t.text for t in loaded.turns] == ["remember the milk", "What?"]
    assert [found.turn for found in talks.search("milk")] == [loaded.turns[0]]


def test_a_withdrawn_turn_leaves_nothing_nor_does_its_conversation(talks: Conversations, path: Path) -> None:
    talks.append("c", [turn(1, "swordfish99")])
    assert b"swordfish" in file_bytes(path)
    assert talks.withdraw("c", 1)
    assert not talks.withdraw("c", 1)
    assert not talks.withdraw("nothing", 1)
    assert (talks.count(), talks.list(), talks.load("c")) == (0, [], None)
    assert b"swordfish" not in file_bytes(path)


def test_a_named_conversation_stays_when_its_last_turn_goes(talks: Conversations) -> None:
    talks.append("c", [turn(1, "one")])
    talks.rename("c", "mine")
    talks.withdraw("c", 1)
    assert [(c.title, c.turns) for c in talks.list()] == [("mine", 0)]


def test_the_one_last_spoken_in_comes_first(talks: Conversations, clock: Clock) -> None:
    for name in "abc":
        clock.now += 10
        talks.append(name, [turn(1, f"about {name}")])
    clock.now += 10
    talks.append("a", [turn(2, "again")])
    assert [c.id for c in talks.list()] == ["a", "c", "b"]
    assert [c.id for c in talks.list(limit=1, offset=1)] == ["c"]
    assert talks.list(limit=0) == [] == talks.list(offset=9)
    talks.finish("b", clock.now + 99)
    talks.finish("b", 1.0)  # a clock that was set back does not make it older
    assert [c.id for c in talks.list()] == ["b", "a", "c"]
    assert talks.list()[0].ended_at == clock.now + 99
    talks.finish("nothing", 5.0)
    assert talks.count() == 3


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (["", "Good morning"], "Good morning"),
        (["what is\n  the time"], "what is the time"),
        (["word " * 100], "word " * 15 + "word…"),
        (["🎂" * 100], "🎂" * 79 + "…"),
        (["مرحبا بالعالم"], "مرحبا بالعالم"),
    ],
    ids=["assistant first", "one line", "long", "emoji", "arabic"],
)
def test_the_title_is_the_first_words_of_the_user(talks: Conversations, said: list[str], title: str) -> None:
    talks.append("c", [turn(number, text) for number, text in enumerate(said, 1)])
    assert talks.list()[0].title == title


def test_the_user_names_it_even_when_the_assistant_spoke_first(talks: Conversations) -> None:
    talks.append("c", [turn(2, "Your timer is due."), turn(3, "thank you")])
    assert talks.list()[0].title == "thank you"


def test_rename_and_back(talks: Conversations, path: Path) -> None:
    talks.append("c", [turn(1, "what is the time")])
    named = talks.rename("c", " the swordfish99 \n talk ")
    assert (named.title, named.named) == ("the swordfish99 talk", True)
    assert talks.list() == [named]
    back = talks.rename("c", "")
    assert (back.title, back.named) == ("what is the time", False)
    assert b"swordfish" not in file_bytes(path)
    with pytest.raises(MemoryStoreError, match="not there any more"):
        talks.rename("nothing", "x")


def test_search_needs_every_word_in_one_turn_or_the_title(talks: Conversations, clock: Clock) -> None:
    talks.append("old", [turn(1, "I like apple pie"), turn(2, "I note that"), turn(3, "and apple juice")])
    clock.now += 60
    talks.append("new", [turn(1, "my apple fell down"), turn(2, "the pie is fine")])
    assert [(f.conversation.id, f.turn and f.turn.number) for f in talks.search("appl")] == [("new", 1), ("old", 1)]
    assert [f.conversation.id for f in talks.search("apple pie")] == ["old"]
    assert [f.turn and f.turn.number for f in talks.search("apple jui")] == [3]
    assert talks.search("apple", limit=1)[0].conversation.id == "new"
    talks.rename("new", "Orchard 100% talk")
    assert [(f.conversation.id, f.turn) for f in talks.search("orchard")] == [("new", None)]
    assert [f.conversation.id for f in talks.search("100%")] == ["new"]
    assert talks.search("nowhere") == []
    assert [f.conversation.id for f in talks.search("  ")] == ["new", "old"]


def test_search_finds_signs_and_scripts_without_spaces(talks: Conversations) -> None:
    talks.append("c", [turn(1, "🎂 am 明日は会議です")])
    for words in ("🎂", "会議", "会議 🎂"):
        assert [f.conversation.id for f in talks.search(words)] == ["c"], words


def test_resolve_by_either_end(talks: Conversations) -> None:
    talks.append("abc1", [turn(1, "x")])
    talks.append("abc2", [turn(1, "x")])
    assert [c.id for c in talks.resolve("abc1")] == ["abc1"]
    assert [c.id for c in talks.resolve("2")] == ["abc2"]
    assert len(talks.resolve("abc")) == 2
    assert talks.resolve("") == [] == talks.resolve("%")


def test_delete_leaves_no_trace_and_restore_brings_it_back(talks: Conversations, path: Path) -> None:
    talks.append("other", [turn(1, "the weather")])
    talks.append("c", [turn(1, "swordfish99", speaker="spy007x"), turn(2, "noted swordfish99")])
    talks.rename("c", "secret7title")
    assert b"swordfish" in file_bytes(path)
    (gone,) = talks.delete(["c", "nothing", "c"])
    after = file_bytes(path)
    for word in (b"swordfish", b"spy007x", b"secret7title"):
        assert word not in after
    assert [c.id for c in talks.list()] == ["other"]
    assert talks.search("swordfish99") == []
    talks.restore([gone])
    talks.restore([Transcript(gone.conversation, ())])  # what is there is left alone
    assert talks.load("c") == gone
    assert [f.conversation.title for f in talks.search("swordfish99")] == ["secret7title"]


def test_deleting_a_conversation_keeps_its_memories(store: SqliteMemory, talks: Conversations) -> None:
    kept = store.add(NewMemory("the key is under the pot", conversation="c"))
    talks.append("c", [turn(1, "remember that the key is under the pot")])
    talks.delete(["c"])
    assert store.list() == [kept]


def test_a_conversation_deleted_while_it_goes_on_comes_back_with_what_is_said_next(talks: Conversations) -> None:
    talks.append("c", [turn(1, "before")], started_at=5.0)
    talks.delete(["c"])
    talks.append("c", [turn(3, "after")], started_at=5.0)
    loaded = talks.load("c")
    assert loaded is not None
    assert [t.text for t in loaded.turns] == ["after"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_TEXT)
def test_any_text_comes_back_clean_and_goes_without_a_trace(talks: Conversations, path: Path, text: str) -> None:
    secret = f"zq{secrets.token_hex(12)}"
    talks.append("any", [turn(1, f"{text} {secret}", speaker=text)])
    loaded = talks.load("any")
    assert loaded is not None
    assert loaded.turns[0].text == clean(f"{text} {secret}").strip()
    assert [f.conversation.id for f in talks.search(secret)] == ["any"]
    talks.delete(["any"])
    assert secret.encode() not in file_bytes(path)


def test_broken_numbers_do_no_harm(talks: Conversations, clock: Clock) -> None:
    nan = float("nan")
    talks.append("c", [turn(1, "x", at=nan, said_at=nan, confidence=nan), turn(2, " \0 ")], started_at=nan)
    talks.finish("c", nan)
    loaded = talks.load("c")
    assert loaded is not None
    (kept,) = loaded.turns
    assert (kept.at, kept.said_at, kept.confidence) == (0.0, clock.now, None)
    assert loaded.conversation.started_at == clock.now
    talks.append("empty", [turn(1, "")])
    assert talks.count() == 1
    with pytest.raises(MemoryStoreError, match="without an id"):
        talks.append(" \0", [turn(1, "x")])


def test_ten_thousand_turns(talks: Conversations) -> None:
    words = ["apple", "pear", "plum", "fig"]
    said = [turn(n, f"turn {n} about {words[n % 4]}") for n in range(1, 10_001)]
    began = time.perf_counter()
    for start in range(0, len(said), 500):
        talks.append("long", said[start : start + 500])
    for n in range(200):
        talks.append(f"short{n}", [turn(1, "hello")])
    written = time.perf_counter()
    loaded = talks.load("long")
    assert loaded is not None
    assert [t.text for t in loaded.turns] == [t.text for t in said]
    assert talks.latest("long", 200) == list(loaded.turns[-200:])
    assert talks.search("turn 9999")[0].turn == loaded.turns[9998]
    assert len(talks.list(limit=1000)) == 201
    read = time.perf_counter()
    assert len(talks.delete(["long"])[0].turns) == 10_000
    print(f"written {written - began:.2f} s, read {read - written:.2f} s, deleted {time.perf_counter() - read:.2f} s")
    assert read - written < 5, "reading must stay quick enough for a screen"


def test_memories_and_conversations_share_one_writer(store: SqliteMemory, talks: Conversations) -> None:
    def writers() -> int:
        return sum(thread.name == "memory-writer" for thread in threading.enumerate())

    before = writers()
    second = Conversations(store)

    def memories() -> None:
        for number in range(20):
            store.add(NewMemory(f"note {number}"))

    adding = threading.Thread(target=memories)
    adding.start()
    for number in range(1, 21):
        second.append("c", [turn(number, f"said {number}")])
    adding.join(30)
    assert (store.count(), talks.list()[0].turns, writers()) == (20, 20, before)


def test_an_older_file_gets_its_tables_and_keeps_its_memories(path: Path) -> None:
    db = sqlite3.connect(f"{path.as_uri()}?mode=rwc", uri=True, isolation_level=None)
    migrate(db, 1.0, until="m001_memories")
    db.close()
    with SqliteMemory(path) as store:
        store.add(NewMemory("the key"))
        Conversations(store).append("c", [turn(1, "hello")])
        assert (store.count(), Conversations(store).count()) == (1, 1)
    assert check(path).ok


class TestFaults:
    def test_kill_9_keeps_every_acknowledged_turn(self, path: Path, start_child: StartChild) -> None:
        seed = random.randrange(1 << 32)
        print("seed", seed)
        rng = random.Random(seed)
        acknowledged = 0
        for life in range(5):
            child = start_child("converse", path, f"life {life}", acknowledged + 1)
            assert child.stdout is not None
            for _ in range(rng.randrange(2, 60)):
                said = child.stdout.readline().split()
                acknowledged = int(said[1]) if said[0] == "said" else acknowledged
            child.kill()
            for line in child.stdout.read().splitlines():
                acknowledged = int(line.split()[1]) if line.startswith("said") and line[-1] == "." else acknowledged
            child.wait(10)
            with SqliteMemory(path) as store:
                loaded = Conversations(store).load("c")
                assert store.notices == ()
                assert loaded is not None
                numbers = [t.number for t in loaded.turns]
                assert numbers == list(range(1, len(numbers) + 1))
                assert len(numbers) - acknowledged in (0, 1)  # the last one may have been kept and not yet told
                acknowledged = len(numbers)
        assert check(path).ok

    def test_a_full_disk_is_told_and_nothing_before_is_lost(self, path: Path, start_child: StartChild) -> None:
        said = start_child("converse_until_full", path, 600_000).communicate(timeout=50)[0].splitlines()
        kept = sum(line.startswith("said") for line in said)
        assert any(line.startswith("refused The disk is full, so this was not saved") for line in said), said[-3:]
        assert f"readable {kept - 1}" in said
        with SqliteMemory(path) as store:
            assert Conversations(store).list()[0].turns == kept
        assert check(path).ok

    def test_damage_to_the_heads_loses_no_words_that_can_be_read(self, path: Path) -> None:
        with SqliteMemory(path) as store:
            for number in range(40):
                Conversations(store).append(f"c{number}", [turn(1, f"hello {number}")])
        page = self._page_of(path, "conversation")
        with path.open("r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
        with SqliteMemory(path) as store:
            assert "damaged" in store.notices[0].message
            heads = Conversations(store).list()
            assert {c.title for c in heads} == {f"hello {number}" for number in range(40)}
            assert all(c.turns == 1 for c in heads)
        assert check(path).ok

    def _page_of(self, path: Path, table: str) -> int:
        db = sqlite3.connect(path)
        try:
            found = db.execute("select pageno from dbstat where name = ? and pagetype = 'leaf'", (table,)).fetchone()
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat to find the pages of a table with")
        finally:
            db.close()
        return found[0]

    def test_use_after_close_is_told(self, path: Path) -> None:
        store = SqliteMemory(path)
        talks = Conversations(store)
        store.close()
        for use in (talks.list, lambda: talks.append("c", [turn(1, "late")]), lambda: talks.load("c")):
            with pytest.raises(MemoryStoreError, match="closed"):
                use()


def test_the_one_last_spoken_in_comes_first_also_when_the_clock_is_set_back(talks: Conversations, clock: Clock) -> None:
    clock.now = 1_800_000_000.0
    talks.append("before", [turn(1, "about before")])
    clock.now -= 3_600
    talks.append("after", [turn(1, "about after")])
    assert [c.id for c in talks.list()] == ["after", "before"]
    clock.now += 1
    talks.append("last", [turn(1, "about last")])
    assert [c.id for c in talks.list()] == ["last", "after", "before"]
    assert [found.conversation.id for found in talks.search("about")] == ["last", "after", "before"]
    talks.append("before", [turn(2, "again")])
    assert [c.id for c in talks.list()] == ["before", "last", "after"]
    assert talks.list()[2].ended_at == 1_800_000_000.0 - 3_600, "its time is what the clock said"
    clock.now += 7_200
    talks.append("now", [turn(1, "and now")])
    assert talks.list()[0].id == "now"
    old = Turn(1, "user", "about long ago", said_at=clock.now - 86_400)
    talks.append("imported", [old], started_at=old.said_at)
    assert talks.list()[-1].id == "imported", "what was said long before it is written stands at its time"
