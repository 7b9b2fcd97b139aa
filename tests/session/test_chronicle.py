"""Transcripts: every final turn reaches the store, the loop never waits, a failing disk is told once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from memory.conversations import Conversations
from memory.file.health import check
from memory.store import SqliteMemory
from memory.types import Turn
from voice_tui.events import (
    AnyEvent,
    ConversationStarted,
    Notice,
    Role,
    SessionStopped,
    TranscriptUpdated,
    TranscriptWithdrawn,
)
from voice_tui.session.chronicle import Chronicle

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


class Keeping:
    """A chronicle on a real store, and what it told."""

    def __init__(self, path: Path, size: int = 4096) -> None:
        self.store = SqliteMemory(path)
        self.talks = Conversations(self.store)
        self.notices: list[Notice] = []
        self.now = 1_700_000_000.0
        self.chronicle = Chronicle(self.talks, self.notices.append, clock=lambda: self.now, size=size)

    def note(self, *events: AnyEvent) -> None:
        for event in events:
            self.chronicle.note(event)

    def texts(self, conversation: str) -> list[tuple[int, str]]:
        return [(turn.number, turn.text) for turn in self.talks.latest(conversation, 100_000)]

    def close(self) -> None:
        self.chronicle.close(PATIENCE)
        self.store.close()


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(tmp_path / "memory.db")
    yield made
    made.close()


def said(turn: int, text: str, role: Role = "user", *, final: bool = True, **more: object) -> TranscriptUpdated:
    return TranscriptUpdated(turn=turn, role=role, text=text, final=final, **more)  # type: ignore[arg-type]


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def test_final_turns_are_kept_as_they_were(keeping: Keeping) -> None:
    keeping.note(
        ConversationStarted(conversation="c"),
        said(1, "rem", final=False),
        said(1, "remember the milk 🥛", at=2.5, confidence=0.7),
        said(2, "I will rem", "assistant", at=3.5, interrupted=True),
        said(3, "thanks", typed=True, at=4.0),
        said(4, "You are", "assistant", final=False),
        TranscriptWithdrawn(turn=4),
        SessionStopped(),
    )
    keeping.chronicle.close(PATIENCE)
    now = keeping.now
    assert keeping.talks.latest("c", 9) == [
        Turn(1, "user", "remember the milk 🥛", at=2.5, said_at=now, confidence=0.7),
        Turn(2, "assistant", "I will rem", at=3.5, said_at=now, interrupted=True),
        Turn(3, "user", "thanks", at=4.0, said_at=now, typed=True),
    ]
    assert keeping.notices == []


def test_a_joined_turn_replaces_itself_and_a_withdrawn_one_goes(keeping: Keeping) -> None:
    keeping.note(
        ConversationStarted(conversation="c"),
        said(1, "remember"),
        said(2, "What shall I remember?", "assistant"),
        TranscriptWithdrawn(turn=2),
        said(1, "remember the milk"),
        said(3, "I will", "assistant"),
    )
    keeping.chronicle.close(PATIENCE)
    assert keeping.texts("c") == [(1, "remember the milk"), (3, "I will")]


def test_each_conversation_counts_from_one_and_ends_when_the_next_begins(keeping: Keeping) -> None:
    keeping.note(ConversationStarted(conversation="a"), said(1, "one"), said(2, "two", "assistant"))
    keeping.now += 100
    keeping.note(ConversationStarted(conversation="b"), said(3, "All right, a fresh start.", "assistant"))
    keeping.note(ConversationStarted(conversation="nothing said"), ConversationStarted(conversation="c"), said(9, "x"))
    keeping.chronicle.close(PATIENCE)
    assert keeping.texts("a") == [(1, "one"), (2, "two")]
    assert keeping.texts("b") == [(1, "All right, a fresh start.")]
    assert keeping.talks.count() == 3
    first = keeping.talks.resolve("a")[0]
    assert first.ended_at - first.started_at == 100


def test_a_resumed_conversation_goes_on_counting(tmp_path: Path) -> None:
    first = Keeping(tmp_path / "memory.db")
    first.note(ConversationStarted(conversation="a"), said(1, "one"), said(2, "two", "assistant"))
    first.close()
    second = Keeping(tmp_path / "memory.db")  # a fresh process: turns begin with 1 again
    second.now += 1000
    second.note(
        ConversationStarted(conversation="b"),
        said(1, "elsewhere"),
    )
    second.now += 1000
    second.note(
        ConversationStarted(conversation="a", resumed=True),
    )
    second.now += 1000
    second.note(
        said(2, "three"),
        said(3, "four", "assistant"),
        TranscriptWithdrawn(turn=3),
        said(4, "five", "assistant"),
    )
    second.chronicle.close(PATIENCE)
    assert second.texts("a") == [(1, "one"), (2, "two"), (3, "three"), (5, "five")]
    assert second.texts("b") == [(1, "elsewhere")]
    resumed = second.talks.list()[0]
    assert (resumed.id, resumed.started_at) == ("a", first.now)
    second.close()


def test_a_disk_that_fails_is_told_once_and_what_waited_is_kept_later(keeping: Keeping, tmp_path: Path) -> None:
    file, away = tmp_path / "memory.db", tmp_path / "away.db"
    keeping.note(ConversationStarted(conversation="c"), said(1, "before"))
    until(lambda: keeping.texts("c") == [(1, "before")])
    file.rename(away)  # every write is now refused
    for turn in range(2, 7):
        keeping.note(said(turn, f"turn {turn}"))
    until(lambda: len(keeping.notices) == 1)
    keeping.note(said(7, "turn 7"))
    away.rename(file)
    keeping.note(said(8, "after"))
    keeping.chronicle.close(PATIENCE)
    assert [number for number, _ in keeping.texts("c")] == list(range(1, 9))
    (notice,) = keeping.notices
    assert notice.message.startswith("This conversation is not kept: The memory file was moved")
    assert notice.severity == "warning"
    assert notice.hint


def test_a_store_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "memory.db")
    keeping.store.close()
    keeping.note(ConversationStarted(conversation="c"), *[said(turn, "x") for turn in range(1, 50)])
    keeping.chronicle.close(PATIENCE)
    assert [notice.message for notice in keeping.notices] == ["This conversation is not kept: The memory is closed"]


@contextmanager
def hung(store: SqliteMemory) -> Iterator[None]:
    """No write goes through in the block."""
    hanging, go_on = threading.Event(), threading.Event()

    def hang(db: object) -> None:
        hanging.set()
        go_on.wait(PATIENCE)

    busy = threading.Thread(target=lambda: store.write(hang))
    busy.start()
    try:
        assert hanging.wait(PATIENCE)
        yield
    finally:
        go_on.set()
        busy.join(PATIENCE)


def test_the_loop_never_waits_and_the_oldest_goes_when_the_disk_hangs(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "memory.db", size=100)
    costs: list[float] = []
    with hung(keeping.store):
        keeping.note(ConversationStarted(conversation="c"))
        for turn in range(1, 1001):
            began = time.perf_counter()
            keeping.note(said(turn, f"turn {turn}"))
            costs.append(time.perf_counter() - began)
        assert keeping.chronicle.lost >= 850
    assert sorted(costs)[-20] < 0.02, "frames would have been late"
    keeping.chronicle.close(PATIENCE)
    kept = [number for number, _ in keeping.texts("c")]
    assert kept[-90:] == list(range(911, 1001)), "the newest are kept"
    assert kept == sorted(kept)
    keeping.store.close()


def test_ten_thousand_turns(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "memory.db", size=10_000)
    with hung(keeping.store):
        keeping.note(ConversationStarted(conversation="c"))
        for turn in range(1, 10_001):
            keeping.note(said(turn, f"turn {turn}", "user" if turn % 2 else "assistant"))
    keeping.chronicle.close(PATIENCE)
    assert keeping.texts("c") == [(turn, f"turn {turn}") for turn in range(1, 10_001)]
    assert keeping.chronicle.lost == 0
    keeping.store.close()


def test_nothing_is_kept_of_sound_without_words(keeping: Keeping) -> None:
    keeping.note(ConversationStarted(conversation="c"), said(1, "  "), SessionStopped())
    keeping.chronicle.close(PATIENCE)
    assert (keeping.talks.count(), keeping.notices) == (0, [])


def test_kill_9_loses_no_turn_that_was_kept(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    file = tmp_path / "memory.db"
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.session.test_chronicle import Keeping, said\n"
        "from voice_tui.events import ConversationStarted\n"
        "keeping = Keeping(Path(sys.argv[1]))\n"
        "keeping.note(ConversationStarted(conversation='c'))\n"
        "for turn in range(1, 100_000):\n"
        "    keeping.note(said(turn, f'turn {turn}'))\n"
        "    while keeping.chronicle._waiting and turn % 5 == 0: time.sleep(0.0005)\n"
        "    if turn % 5 == 0: print(turn, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program, file], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    kept = 0
    for _ in range(random.Random(seed).randrange(3, 20)):
        kept = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    child.communicate(timeout=PATIENCE)
    with SqliteMemory(file) as store:
        assert store.notices == ()
        numbers = [turn.number for turn in Conversations(store).latest("c", 100_000)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= kept
    assert check(file).ok
