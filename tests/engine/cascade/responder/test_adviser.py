"""Short questions beside the conversation, to a real socket: answered, late, given up, refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.engine.cascade.responder.fakes import FakeLlmServer, Peer, Script, answering, failing
from tests.engine.cascade.responder.talking import wait_until
from voice_tui.engine.cascade.responder import adviser
from voice_tui.engine.cascade.responder.adviser import MAX_CHARS, MAX_FAILURES, Adviser
from voice_tui.settings import LlmSettings


@contextmanager
def advised(*scripts: Script, seconds: float = 10.0) -> Iterator[tuple[FakeLlmServer, Adviser]]:
    with FakeLlmServer(*scripts) as server:
        one = Adviser(LlmSettings(base_url=server.url, model="tiny", api_key_env="TEST_LLM_KEY"), seconds)
        try:
            yield server, one
        finally:
            one.close()


def silent(peer: Peer) -> None:
    peer.head()
    peer.wait_for_hang_up()


def test_rules_and_data_are_apart_and_the_answer_is_whole() -> None:
    with advised(answering("<think>hm, [0]</think>", "[0.5", ", 1]")) as (server, one):
        assert one.ask("Judge.", '{"said": "x"}') == "[0.5, 1]"
        body = server.requests[0].body
        assert [(message["role"], message["content"]) for message in body["messages"]] == [
            ("system", "Judge."),
            ("user", '{"said": "x"}'),
        ]
        assert body["temperature"] == 0.0


def test_a_late_answer_is_none_and_its_connection_is_closed() -> None:
    with advised(silent, answering("[1]"), seconds=3.0) as (server, one):
        assert one.ask("Judge.", "{}") is None
        assert server.requests[0].hung_up.wait(5)
        assert one.ask("Judge.", "{}") == "[1]"


@pytest.mark.parametrize(
    "script", [failing("500 Internal Server Error"), failing("401 Unauthorized", "{}"), Peer.reset, answering()]
)
def test_a_failing_model_gives_no_advice(script: Script) -> None:
    with advised(script) as (_, one):
        assert not one.ask("Judge.", "{}")


def test_a_model_that_does_not_stop_is_cut_off() -> None:
    def endless(peer: Peer) -> None:
        peer.head()
        while not peer.stop.is_set():
            peer.text("[1] " * 100)

    with advised(endless) as (_, one):
        answer = one.ask("Judge.", "{}")
        assert answer is not None
        assert len(answer) < MAX_CHARS + 1_000


@pytest.mark.parametrize("way", ["give_way", "close"])
def test_a_question_is_given_up_at_once(way: str) -> None:
    with advised(silent) as (server, one):
        answers: list[str | None] = []
        asking = threading.Thread(target=lambda: answers.append(one.ask("Judge.", "{}")))
        asking.start()
        wait_until(lambda: bool(server.requests))
        began = time.monotonic()
        getattr(one, way)()
        asking.join(5)
        assert answers == [None]
        assert time.monotonic() - began < 3.0


def test_one_question_at_a_time() -> None:
    with advised(silent) as (server, one):
        asking = threading.Thread(target=one.ask, args=("Judge.", "{}"))
        asking.start()
        wait_until(lambda: bool(server.requests))
        assert one.ask("Judge.", "{}") is None
        assert len(server.requests) == 1
        one.give_way()
        asking.join(5)


def test_after_failures_in_a_row_the_model_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    with advised(failing("500 Internal Server Error")) as (server, one):
        for _ in range(MAX_FAILURES + 2):
            assert one.ask("Judge.", "{}") is None
        assert len(server.requests) == MAX_FAILURES
        later = time.monotonic() + adviser.REST_SECONDS + 1
        monkeypatch.setattr(adviser.time, "monotonic", lambda: later)
        server.scripts[-1] = answering("[1]")
        assert one.ask("Judge.", "{}") == "[1]"


def test_being_given_up_is_no_failure() -> None:
    with advised(silent) as (server, one):
        for number in range(1, MAX_FAILURES + 1):
            asking = threading.Thread(target=one.ask, args=("Judge.", "{}"))
            asking.start()
            wait_until(lambda number=number: len(server.requests) == number)
            one.give_way()
            asking.join(5)
        server.scripts[-1] = answering("[1]")
        assert one.ask("Judge.", "{}") == "[1]"


def test_a_closed_adviser_asks_nobody() -> None:
    with advised(answering("[1]")) as (server, one):
        one.close()
        one.close()
        assert one.ask("Judge.", "{}") is None
        assert server.requests == []
