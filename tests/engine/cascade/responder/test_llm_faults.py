"""The LLM responder against servers that refuse, stall, vanish, flood and talk nonsense."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from memory.store import SqliteMemory
from tests.engine.cascade.responder.fakes import Peer, Script, answering, failing
from tests.engine.cascade.responder.talking import KEY, NOW, said, talking, wait_until, warnings
from voice_tui.engine.cascade.ports import Part, Text, UserTurn, Warned
from voice_tui.engine.cascade.responder.llm import LlmResponder
from voice_tui.errors import ProviderError
from voice_tui.settings import LlmSettings


def hang(peer: Peer) -> None:
    peer.wait_for_hang_up()


def hang_after_head(peer: Peer) -> None:
    peer.head()
    peer.wait_for_hang_up()


# --- failures ---


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
@pytest.mark.parametrize("key", ["", KEY])
def test_a_refused_key_names_endpoint_and_variable_but_not_the_key(
    memory: SqliteMemory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: str,
    key: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TEST_LLM_KEY", key)
    body = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'
    with talking(memory, failing(status, body), retries=2) as talk:
        with pytest.raises(ProviderError) as caught:
            talk.ask()
        assert talk.server.url in caught.value.message
        assert "TEST_LLM_KEY" in caught.value.hint
        assert ("is not set" in caught.value.hint) is (not key)
        assert len(talk.server.requests) == 1
    assert KEY not in str(caught.value) + caplog.text


def test_no_key_in_any_message_or_log(
    memory: SqliteMemory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TEST_LLM_KEY", KEY)
    echo = f'{{"error": {{"message": "quota of {KEY} used up"}}}}'
    scripts = failing("429 Too Many Requests", echo, retry_after="0"), failing("400 Bad Request", echo)
    with talking(memory, *scripts, retries=1) as talk:
        parts: list[Part] = []
        with pytest.raises(ProviderError) as caught:
            parts.extend(talk.responder.respond(UserTurn("Hi"), talk.cancel))
        assert "quota of … used up" in caught.value.message
    assert KEY not in str(caught.value) + caplog.text + "".join(map(str, parts))


def test_a_password_in_the_address_is_not_shown(memory: SqliteMemory) -> None:
    llm = LlmSettings(base_url=f"http://user:{KEY}@127.0.0.1:9/v1?key={KEY}", retries=0)
    responder = LlmResponder(llm, memory, lambda: NOW)
    with pytest.raises(ProviderError) as caught:
        list(responder.respond(UserTurn("Hi"), threading.Event()))
    responder.close()
    assert KEY not in str(caught.value) and "http://127.0.0.1:9/v1" in caught.value.message


def test_a_key_with_impossible_characters_is_not_shown(memory: SqliteMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_LLM_KEY", "sk-schlüssel\n-geheim")
    with talking(memory, answering("Yes.")) as talk:
        with pytest.raises(ProviderError) as caught:
            talk.ask()
        assert "TEST_LLM_KEY" in caught.value.message and "geheim" not in str(caught.value)


def test_404_names_the_model(memory: SqliteMemory) -> None:
    with talking(memory, failing("404 Not Found", '{"error": "model not found"}')) as talk:
        with pytest.raises(ProviderError) as caught:
            talk.ask()
        assert "“tiny”" in caught.value.message and "model not found" in caught.value.message
        assert "llm.model" in caught.value.hint


def test_400_shows_the_endpoints_own_words_shortened(memory: SqliteMemory) -> None:
    with talking(
        memory, failing("400 Bad Request", '{"detail": "context\\u001b[31m too long ' + "x" * 900 + '"}')
    ) as talk:
        with pytest.raises(ProviderError) as caught:
            talk.ask()
        assert "context [31m too long" in caught.value.message and len(caught.value.message) < 320


@pytest.mark.parametrize("script", [hang, hang_after_head])
def test_a_stalled_endpoint(memory: SqliteMemory, script: Script) -> None:
    with talking(memory, script, timeout=1.0, retries=3) as talk:
        began = time.monotonic()
        with pytest.raises(ProviderError, match="sent nothing for 1 s"):
            talk.ask()
        assert 1.0 <= time.monotonic() - began < 5.0
        assert talk.server.requests[0].hung_up.wait(1.0)


def test_keep_alives_are_no_progress(memory: SqliteMemory) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        while not peer.stop.wait(0.05):
            peer.raw(b": keep-alive\n\n")

    with talking(memory, script, timeout=1.0) as talk, pytest.raises(ProviderError, match="sent nothing"):
        talk.ask()


def test_slow_reasoning_is_progress(memory: SqliteMemory) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        for _ in range(8):
            peer.event({"reasoning_content": "hm"})
            peer.stop.wait(0.25)
        peer.text("Yes.")
        peer.end()

    with talking(memory, script, timeout=1.5) as talk:
        assert said(talk.ask()) == "Yes."


@pytest.mark.parametrize("ending", ["reset", "close", "stall", "garbage", "error"])
def test_what_came_is_kept_when_it_dies_in_the_middle(memory: SqliteMemory, ending: str) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.text("The first sentence. ", "The sec")
        if ending == "reset":
            peer.stop.wait(0.2)  # a reset throws away what the client has not read yet
            peer.reset()
        elif ending == "stall":
            peer.wait_for_hang_up()
        elif ending == "garbage":
            peer.raw(b"data: {broken\n\n")
        elif ending == "error":
            peer.raw(b'data: {"error": {"message": "out of memory"}}\n\n')

    with talking(memory, script, timeout=3.0 if ending == "stall" else 20.0, retries=3) as talk:
        parts = talk.ask()
        assert said(parts) == "The first sentence. The sec"
        assert isinstance(parts[-1], Warned) and len(warnings(parts)) == 1
        assert len(talk.server.requests) == 1  # never again after something was spoken
        if ending == "error":
            assert "out of memory" in parts[-1].message


def test_an_end_without_the_mark_but_with_a_reason_is_an_end(memory: SqliteMemory) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.text("Yes.")
        peer.event({}, finish="length")

    with talking(memory, script) as talk:
        assert talk.ask() == [Text("Yes.")]


def test_an_end_with_the_mark_but_without_a_reason_is_an_end(memory: SqliteMemory) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.text("Yes.")
        peer.raw(b"data: [DONE]\n\n")

    with talking(memory, script) as talk:
        assert talk.ask() == [Text("Yes.")]


def test_the_answer_ends_with_its_last_word_and_not_with_the_connection(memory: SqliteMemory) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.text("Yes.")
        peer.event({}, finish="stop")
        peer.wait_for_hang_up()

    with talking(memory, script) as talk:
        began = time.monotonic()
        assert talk.ask() == [Text("Yes.")]
        assert time.monotonic() - began < 1.0 + 0.5  # the first request may import the library
        assert talk.server.requests[0].hung_up.wait(2.0)


def endless_tokens(peer: Peer) -> None:
    peer.head()
    while not peer.stop.is_set():
        peer.text("again ")


def endless_empty(peer: Peer) -> None:
    peer.head()
    while not peer.stop.is_set():
        peer.event({"content": ""})


def giant_delta(peer: Peer) -> None:
    peer.head()
    peer.text("big " * 200_000)
    peer.end()


def endless_line(peer: Peer) -> None:
    peer.head()
    peer.text("Begin. ")
    peer.raw(b"data: ")
    while not peer.stop.is_set():
        peer.raw(b"x" * 65536)


@pytest.mark.parametrize("script", [endless_tokens, giant_delta, endless_line])
def test_a_flood_is_cut(memory: SqliteMemory, script: Script) -> None:
    with talking(memory, script, max_tokens=100, timeout=10.0) as talk:
        parts = talk.ask()
        assert 5 < len(said(parts)) <= 100 * 12
        assert "cut" in warnings(parts)[0].message
        wait_until(lambda: talk.server.requests[0].hung_up.is_set() or script is giant_delta)


def test_a_flood_of_nothing_ends(memory: SqliteMemory) -> None:
    with (
        talking(memory, endless_empty, max_tokens=100, timeout=10.0) as talk,
        pytest.raises(ProviderError, match="cut"),
    ):
        talk.ask()


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Welcome</body></html>",
        b'{"choices": [{"message": {"content": "not a stream"}}]}',
        b"data: {broken json\n\n",
        b"data: \xff\xfe\n\n",
        b"data: 42\n\n",
        b'data: {"choices": "many"}\n\n',
        b"data: [1, 2]\n\ndata: [DONE]\n\n",
        b"",
    ],
)
def test_garbage_is_named(memory: SqliteMemory, body: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.raw(body)

    with talking(memory, script) as talk:
        with pytest.raises(ProviderError) as caught:
            talk.ask()
        assert "not the stream of a language model" in caught.value.message
        assert "/v1" in caught.value.hint


@pytest.mark.parametrize("delta", ['{"content": 5}', '{"content": null}', "null", "7", '{"content": ["a"]}'])
def test_odd_deltas_do_not_break_it(memory: SqliteMemory, delta: str) -> None:
    def script(peer: Peer) -> None:
        peer.head()
        peer.raw(b'data: {"choices": [{"index": 0, "delta": ' + delta.encode() + b"}]}\n\n")
        peer.raw(b'data: {"choices": []}\n\n')
        peer.text("Yes.")
        peer.end()

    with talking(memory, script) as talk:
        assert said(talk.ask()) == "Yes."


def test_an_empty_answer_is_an_error_and_the_history_stays(memory: SqliteMemory) -> None:
    with talking(memory, answering(" \n"), answering("Yes.")) as talk:
        with pytest.raises(ProviderError, match="empty answer"):
            talk.ask("Lost question")
        talk.responder.spoken("The language model gave an empty answer", False)  # the message was spoken
        assert said(talk.ask("Again")) == "Yes."
        assert [m["content"] for m in talk.messages()][1:] == ["Again"]
