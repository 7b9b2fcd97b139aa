"""The worker thread: jobs in order, the newest of a kind, errors as messages, an end in time."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from textual.message import Message

from memory.errors import MemoryStoreError
from memory.store import SqliteMemory
from memory.types import NewMemory
from voice_tui.errors import DeviceError
from voice_tui.tui.desk import CAPACITY, Desk, Said
from voice_tui.tui.keeper import Keeper, MemoryDone


class Result(Message):
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


def started() -> tuple[Desk, list[Message]]:
    got: list[Message] = []
    desk = Desk("test", got.append)
    desk.start()
    return desk, got


def values(got: list[Message]) -> list[object]:
    return [message.value if isinstance(message, Result) else message for message in got]


def test_jobs_run_in_order_and_all_are_done_at_the_end() -> None:
    desk, got = started()
    for number in range(20):
        assert desk.submit(lambda number=number: Result(number))
    assert desk.close(5.0)
    assert values(got) == list(range(20))
    assert not desk.submit(lambda: None)


def test_of_the_same_tag_only_the_newest_waits() -> None:
    desk, got = started()
    began, go = Event(), Event()
    desk.submit(lambda: began.set() or (go.wait(5.0) and None))
    began.wait(5.0)
    for number in range(5):
        desk.submit(lambda number=number: Result(number), tag="search")
    desk.submit(lambda: Result("other"))
    go.set()
    assert desk.close(5.0)
    assert values(got) == [4, "other"]


def test_a_full_desk_refuses() -> None:
    got: list[Message] = []
    desk = Desk("test", got.append)
    taken = [desk.submit(lambda: None) for _ in range(CAPACITY + 5)]
    assert taken == [True] * CAPACITY + [False] * 5


def test_errors_become_messages_with_their_hint() -> None:
    desk, got = started()

    def device() -> None:
        raise DeviceError("gone", hint="plug it in")

    def store() -> None:
        raise MemoryStoreError("damaged", hint="repair it")

    def surprise() -> None:
        raise KeyError("x")

    for job in (device, store, surprise):
        desk.submit(job)
    assert desk.close(5.0)
    facts = [(m.title, m.message, m.hint) for m in got if isinstance(m, Said)]
    assert facts[:2] == [("Audio", "gone", "plug it in"), ("Memory", "damaged", "repair it")]
    assert facts[2][1] == "'x'"


def test_a_reply_goes_where_the_job_says() -> None:
    desk, got = started()
    elsewhere: list[Message] = []
    desk.submit(lambda: Result(1), reply=elsewhere.append)
    assert desk.close(5.0)
    assert got == []
    assert values(elsewhere) == [1]


def test_a_job_that_hangs_does_not_hold_up_the_end() -> None:
    desk, _ = started()
    go = Event()
    desk.submit(lambda: go.wait(30.0) and None)
    assert not desk.close(0.05)
    go.set()


def test_an_event_loop_that_has_ended_is_no_error() -> None:
    def closed(_message: Message) -> None:
        raise RuntimeError("Event loop is closed")

    desk = Desk("test", closed)
    desk.start()
    desk.submit(lambda: Result(1))
    desk.tell(Result(2))
    assert desk.close(5.0)


def test_what_is_deleted_in_the_pane_leaves_the_logs_in_all_its_words(tmp_path: Path) -> None:
    desk, got = started()
    out: list[str] = []
    with SqliteMemory(tmp_path / "memory.db") as store:
        old = store.add(NewMemory("my locker is 217", said="well, my locker is 217"))
        kept = store.correct(old.id, NewMemory("my locker is 218"))
        keeper = Keeper(lambda: store, desk, out.extend)
        keeper.forget(kept.id)
        assert desk.close(20.0)
    assert set(out) == {"my locker is 218", "my locker is 217", "well, my locker is 217"}
    (done,) = got
    assert isinstance(done, MemoryDone)
    assert len(done.before) == 2
