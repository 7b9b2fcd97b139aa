"""The LLM responder is cancelled, closed, and tries again."""

from __future__ import annotations

import gc
import random
import threading
import time

import pytest

from memory.store import SqliteMemory
from tests.engine.cascade.responder.fakes import FakeLlmServer, Peer, Script, answering, failing
from tests.engine.cascade.responder.talking import NOW, said, talking, wait_until, warnings
from voice_tui.engine.cascade.ports import Part, Text, UserTurn, Warned
from voice_tui.engine.cascade.responder.endpoint import Endpoint
from voice_tui.engine.cascade.responder.llm import LlmResponder
from voice_tui.errors import ProviderError
from voice_tui.settings import LlmSettings

# --- cancelling ---


def hang(peer: Peer) -> None:
    peer.wait_for_hang_up()


def hang_after_head(peer: Peer) -> None:
    peer.head()
    peer.wait_for_hang_up()


def hang_after_text(peer: Peer) -> None:
    peer.head()
    peer.text("Once")
    peer.wait_for_hang_up()


@pytest.mark.parametrize("script", [hang, hang_after_head, hang_after_text])
def test_cancel_ends_at_once_and_the_server_notices(memory: SqliteMemory, script: Script) -> None:
    with talking(memory, script, timeout=60.0) as talk:
        ended: list[float] = []

        def ask() -> None:
            talk.ask()
            ended.append(time.monotonic())

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: bool(talk.server.requests))
        asked = time.monotonic()
        talk.cancel.set()
        thread.join(5)
        assert ended and ended[0] - asked < 0.5
        assert talk.server.requests[0].hung_up.wait(1.0)


def test_dropping_the_generator_ends_the_request(memory: SqliteMemory) -> None:
    with talking(memory, hang_after_text, timeout=60.0) as talk:
        parts = talk.responder.respond(UserTurn("Hi"), talk.cancel)
        assert next(parts) == Text("Once")
        parts.close()  # type: ignore[attr-defined]
        assert talk.server.requests[0].hung_up.wait(1.0)


def test_close_does_not_wait_for_a_stalled_server(memory: SqliteMemory) -> None:
    with talking(memory, hang, timeout=60.0) as talk:
        thread = threading.Thread(target=talk.ask)
        thread.start()
        wait_until(lambda: bool(talk.server.requests))
        began = time.monotonic()
        talk.responder.close()
        assert time.monotonic() - began < 1.0
        assert talk.server.requests[0].hung_up.wait(1.0)
        thread.join(2)
        assert not thread.is_alive()
        talk.responder.close()


def test_close_while_the_client_is_still_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = threading.Event()
    monkeypatch.setattr(Endpoint, "_connected", lambda _self: imported.wait(10))
    before = set(threading.enumerate())
    endpoint = Endpoint(LlmSettings())
    (thread,) = set(threading.enumerate()) - before
    begun = time.monotonic()
    endpoint.close()
    assert time.monotonic() - begun < 1.0
    assert thread.is_alive()
    imported.set()
    thread.join(5)
    assert not thread.is_alive()
    del endpoint
    gc.collect()  # a task that was left behind would say so here, and fail the test


def test_cancel_during_the_pause_before_a_retry(memory: SqliteMemory) -> None:
    with talking(memory, failing("429 Too Many Requests", retry_after="5"), retries=2) as talk:
        parts = talk.responder.respond(UserTurn("Hi"), talk.cancel)
        assert isinstance(next(parts), Warned)
        threading.Timer(0.1, talk.cancel.set).start()
        began = time.monotonic()
        assert list(parts) == []
        assert time.monotonic() - began < 2
        assert len(talk.server.requests) == 1


# --- retries ---


def test_500_then_fine(memory: SqliteMemory) -> None:
    with talking(memory, failing("500 Internal Server Error"), answering("Yes."), retries=2) as talk:
        parts = talk.ask()
        assert said(parts) == "Yes."
        assert not warnings(parts)  # it took no longer than a blink


def test_429_waits_as_long_as_it_is_told(memory: SqliteMemory) -> None:
    with talking(memory, failing("429 Too Many Requests", retry_after="1"), answering("Yes."), retries=1) as talk:
        began = time.monotonic()
        assert said(talk.ask()) == "Yes."
        assert 1.0 <= time.monotonic() - began < 4


def test_429_that_asks_for_too_long_is_told_at_once(memory: SqliteMemory) -> None:
    with talking(memory, failing("429 Too Many Requests", retry_after="3600"), retries=5) as talk:
        with pytest.raises(ProviderError) as caught:
            talk.ask()
        assert "429" in caught.value.message and "3600 seconds" in caught.value.hint
        assert len(talk.server.requests) == 1


def test_retries_end(memory: SqliteMemory) -> None:
    with talking(memory, failing("503 Service Unavailable", retry_after="0"), retries=2) as talk:
        with pytest.raises(ProviderError, match="503"):
            talk.ask()
        assert len(talk.server.requests) == 3


def test_a_connection_that_breaks_before_the_first_word_is_tried_again(memory: SqliteMemory) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.event({"role": "assistant", "content": ""})
        peer.reset()

    with talking(memory, script, answering("Yes."), retries=1) as talk:
        assert said(talk.ask()) == "Yes."


def test_nobody_listens(memory: SqliteMemory) -> None:
    with FakeLlmServer(answering()) as server:
        url = server.url
    llm = LlmSettings(base_url=url, model="tiny", retries=1)
    responder = LlmResponder(llm, memory, lambda: NOW, rng=random.Random(1))
    parts: list[Part] = []
    with pytest.raises(ProviderError) as caught:
        parts.extend(responder.respond(UserTurn("Hi"), threading.Event()))
    responder.close()
    assert url in caught.value.message and "llm.base_url" in caught.value.hint


def test_options_that_an_endpoint_does_not_take_are_left_out(memory: SqliteMemory) -> None:
    tokens = '{"error": {"message": "Unsupported parameter: \'max_tokens\'. Use \'max_completion_tokens\' instead."}}'
    warm = '{"error": {"message": "temperature does not support 0.7 with this model"}}'
    scripts = failing("400 Bad Request", tokens), failing("400 Bad Request", warm), answering("Yes.")
    with talking(memory, *scripts, retries=2, max_tokens=50) as talk:
        parts = talk.ask()
        assert said(parts) == "Yes." and not warnings(parts)
        body = talk.server.requests[-1].body
        assert body["max_completion_tokens"] == 50
        assert not {"max_tokens", "temperature"} & set(body)
