"""The hand-over from the session's thread: nothing that matters is lost, nothing grows without bound."""

from __future__ import annotations

from threading import Thread

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes_session import stats
from tests.tui.driving import emit, make_app, running, session_of, settle
from voice_tui.events import AnyEvent, MuteChanged, Notice, Progressed, StateChanged, TranscriptUpdated
from voice_tui.tui.inbox import CAPACITY, Inbox


def said(turn: int, text: str, *, final: bool = True) -> TranscriptUpdated:
    return TranscriptUpdated(turn=turn, role="user", text=text, final=final)


def inbox(capacity: int = CAPACITY) -> tuple[Inbox, list[int]]:
    wakes: list[int] = []
    return Inbox(lambda: wakes.append(1), capacity), wakes


def test_one_wake_up_until_it_is_drained() -> None:
    box, wakes = inbox()
    for _ in range(5):
        box.put(StateChanged(state="thinking"))
    assert len(wakes) == 1
    assert len(box.drain()) == 5
    box.put(StateChanged(state="thinking"))
    assert len(wakes) == 2


def test_statistics_are_merged_and_their_peaks_kept() -> None:
    box, _ = inbox()
    box.put(stats(frames=1, input_peak=0.9, output_peak=0.1))
    box.put(stats(frames=2, input_peak=0.2, output_peak=0.7))
    assert box.drain() == [stats(frames=2, input_peak=0.9, output_peak=0.7)]
    assert box.empty


def test_statistics_never_overrule_an_event_that_may_be_newer() -> None:
    box, _ = inbox()
    box.put(stats(muted=False))
    box.put(MuteChanged(muted=True))
    assert [type(event).__name__ for event in box.drain()] == ["Stats", "MuteChanged"]


def test_the_text_of_a_turn_and_progress_supersede_what_waits_directly_before() -> None:
    box, _ = inbox()
    for event in (
        said(1, "a", final=False),
        said(1, "ab", final=False),
        said(1, "abc"),
        said(2, "x"),
        said(1, "abcd"),
        Progressed(phase="p", done=1),
        Progressed(phase="p", done=2),
    ):
        box.put(event)
    assert box.drain() == [said(1, "abc"), said(2, "x"), said(1, "abcd"), Progressed(phase="p", done=2)]


def test_when_full_partials_go_first_and_every_loss_is_counted() -> None:
    box, _ = inbox(capacity=3)
    box.put(Notice(severity="info", message="first"))
    box.put(said(1, "part", final=False))
    box.put(said(2, "done"))
    box.put(said(3, "next"))
    assert box.drain() == [Notice(severity="info", message="first"), said(2, "done"), said(3, "next")]
    assert box.dropped == 1
    for number in range(5):
        box.put(Notice(severity="info", message=str(number)))
    assert [event.message for event in box.drain() if isinstance(event, Notice)] == ["2", "3", "4"]
    assert box.dropped == 3


events: st.SearchStrategy[AnyEvent] = st.one_of(
    st.builds(said, st.integers(1, 3), st.text(max_size=3), final=st.booleans()),
    st.builds(Notice, severity=st.just("info"), message=st.text(max_size=3)),
    st.builds(lambda frames: stats(frames=frames), st.integers(0, 5)),
    st.builds(Progressed, phase=st.text(max_size=2)),
)


@given(st.lists(events, max_size=60), st.integers(1, 10))
def test_bounded_in_order_and_with_the_newest_of_everything(sent: list[AnyEvent], capacity: int) -> None:
    box, _ = inbox(capacity)
    for event in sent:
        box.put(event)
    got = box.drain()
    assert len(got) <= capacity + 1
    place = -1
    for event in [event for event in got if type(event).__name__ != "Stats"]:
        place = sent.index(event, place + 1)
    if sent and type(sent[-1]).__name__ != "Stats":
        assert got[-1] == sent[-1]


def test_many_threads_lose_nothing() -> None:
    box, _ = inbox(capacity=10_000)

    def put(name: int) -> None:
        for number in range(500):
            box.put(Notice(severity="info", message=f"{name} {number}"))

    threads = [Thread(target=put, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = [event.message for event in box.drain() if isinstance(event, Notice)]
    for name in range(4):
        assert [m for m in messages if m.startswith(f"{name} ")] == [f"{name} {number}" for number in range(500)]


async def test_a_flood_keeps_the_app_alive_and_is_told() -> None:
    app = make_app()
    async with running(app) as pilot:
        flood = [said(number, f"turn {number}") for number in range(3 * CAPACITY)]
        session_of(app).emit(*flood)
        await settle(pilot)
        assert app.inbox.dropped > 0
        assert any("left out" in record.message for record in app.state.notices)
        await emit(pilot, said(5_000, "after the flood"))
        assert app.state.conversation.last_text("user") == "after the flood"
