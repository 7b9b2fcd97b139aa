"""What is forgotten is gone: from the table, the indexes, the transcripts, the log of the database and the file."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.formats.markdown import from_markdown, to_markdown
from memory.store import SqliteMemory
from memory.traces import forgotten_words
from memory.types import Memory, NewMemory, Turn


def strings(folder: Path) -> str:
    """As the program `strings` does: every run of four or more printable characters of every file."""
    raw = b"\n".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
    return "\n".join(run.decode("ascii") for run in re.findall(rb"[ -~]{4,}", raw)).lower()


def turn(number: int, text: str, role: str = "user") -> Turn:
    return Turn(number=number, role=role, text=text)  # type: ignore[arg-type]


def a_store_that_was_used(path: Path) -> tuple[SqliteMemory, Memory]:
    store = SqliteMemory(path)
    talks = Conversations(store)
    old = store.add(NewMemory("My locker opens with 41172", conversation="c1", turn=1, clip=b"SOUND41172" * 9))
    kept = store.correct(old.id, NewMemory("My locker opens with quetzal 88213", conversation="c1", turn=5))
    talks.append(
        "c1",
        [
            turn(1, "remember that my locker opens with 41172"),
            turn(2, "I'll remember: your locker opens with 41172.", "assistant"),
            turn(5, "no, with quetzal 88213"),
            turn(6, "All right: your locker opens with quetzal 88213.", "assistant"),
            turn(7, "what a nice quetzal, and the locker room is warm"),
        ],
    )
    talks.append("c2", [turn(2, "You told me: your locker opens, with: Quetzal 88213!", "assistant")])
    store.add(NewMemory("We talked about: my locker opens with quetzal 88213; the weather", kind="summary"))
    store.add(NewMemory("The bicycle is green"))
    return store, kept


def test_strings_finds_nothing_of_it(path: Path) -> None:
    store, kept = a_store_that_was_used(path)
    before = strings(path.parent)
    assert "88213" in before and "41172" in before, "or the check below could not fail"
    store.forget([kept.id])
    while_open = strings(path.parent)
    assert "88213" not in while_open
    assert "41172" not in while_open
    assert [memory.text for memory in store.list()] == ["The bicycle is green"]
    talks = Conversations(store)
    texts = [one.text for one in talks.latest("c1", 9)]
    assert texts[0] == "remember that [forgotten]"
    assert texts[2] == "[forgotten]", "the turn it was made from, which says it in other words"
    assert texts[4] == "what a nice quetzal, and the locker room is warm", "other talk stays"
    assert talks.search("locker opens") == []
    store.close()
    assert "88213" not in strings(path.parent)


@pytest.mark.parametrize("conversations", [True, False])
def test_after_a_wipe_nothing_is_left(path: Path, conversations: bool) -> None:
    store, _ = a_store_that_was_used(path)
    guess = store.suggest(NewMemory("I like jazz from Azerbaijan"))
    assert guess is not None
    size = path.stat().st_size
    assert store.wipe(conversations=conversations) == 5
    left = strings(path.parent)
    for word in ("88213", "41172", "azerbaijan", "bicycle"):
        assert word not in left
    assert ("nice quetzal" in left) == (not conversations)
    assert list(store.everything()) == []
    assert path.stat().st_size <= size
    store.add(NewMemory("a fresh start"))
    assert store.search("fresh")
    store.close()


def test_undo_is_gone_after_a_wipe(store: SqliteMemory) -> None:
    kept = store.add(NewMemory("a note", clip=b"sound", clip_seconds=1.0))
    removed = store.forget([kept.id])
    store.wipe()
    store.restore(removed)
    assert store.clip(kept.id) is None


@pytest.mark.parametrize(
    ("memory", "text", "found"),
    [
        ("my sister likes tea", "You told me: your sister likes tea.", True),
        ("I am from Oslo", "you are from oslo", True),
        ("I'm from Oslo", "You're from Oslo", True),
        ("my sister likes tea", "my sister really likes tea", False),
        ("tea", "I like tea", False),
        ("4711", "the code is 4711, yes", True),
        ("4711", "the code is 47112", False),
        ("a (strange) memory.*", "a strange memory", True),
        ("...", "...", False),
    ],
)
def test_where_the_words_of_a_memory_are_found(memory: str, text: str, found: bool) -> None:
    pattern = forgotten_words(memory)
    assert bool(pattern and pattern.search(text)) == found


def test_a_long_memory_goes_out_of_a_transcript_as_a_whole(store: SqliteMemory) -> None:
    words = " ".join(f"word{n}," for n in range(20_000))
    talks = Conversations(store)
    talks.append("c", [turn(1, f"Listen: {words} and that was it."), turn(2, f"You said {words[:5000]}", "assistant")])
    kept = store.add(NewMemory(words))
    began = time.process_time()
    store.forget([kept.id])
    assert time.process_time() - began < 5.0, "a pattern of every word would take ten times as long"
    found = talks.load("c")
    assert found is not None
    assert [one.text for one in found.turns] == ["Listen: [forgotten], and that was it.", "You said [forgotten]"]


def test_markdown_goes_out_and_comes_back() -> None:
    memories = [
        Memory(id="1", text="The *key* is [under] the_pot", kind="fact", said_at=1_700_000_000.0, pinned=True),
        Memory(id="2", text="two\nlines", said_at=1_600_000_000.0, speaker="Ken (old)"),
        Memory(id="3", text="it ends (with brackets)", said_at=1.0, kind="event"),
        Memory(id="4", text="gone", status="superseded"),
    ]
    lines = list(to_markdown(memories))
    assert lines[0].startswith("# Memories")
    assert lines[1] == "- The \\*key\\* is \\[under\\] the\\_pot *(fact · 2023-11-14 22:13:20Z · pinned)*\n"
    back = [one for one in from_markdown(lines) if isinstance(one, Memory)]
    wanted = [replace(memory, id="") for memory in memories[:3]]
    wanted[1] = replace(wanted[1], speaker="Ken  old")
    assert back == wanted


def test_markdown_that_a_person_wrote() -> None:
    lines = ["# Mine", "", "- buy milk", "* Anna likes tea *(preference)*", "- x *(someday)*", "-", "text"]
    found = list(from_markdown(lines))
    assert [one.text for one in found if isinstance(one, Memory)] == ["buy milk", "Anna likes tea"]
    assert [one for one in found if isinstance(one, str)] == ["line 5: 'someday' is neither a kind nor a time"]
