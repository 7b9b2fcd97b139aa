"""The LLM responder against a real OpenAI-compatible server: mlx_lm.server with a tiny random model."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memory.store import SqliteMemory
from memory.types import NewMemory
from tests.llm_server.environment import UnavailableError, prepare
from tests.llm_server.server import LlmServer
from voice_tui.engine.cascade.ports import Recalled, Text, UserTurn
from voice_tui.engine.cascade.responder.llm import LlmResponder
from voice_tui.errors import ProviderError
from voice_tui.settings import LlmSettings

pytestmark = [pytest.mark.llm_server, pytest.mark.timeout(900)]  # the first run installs the server

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlmServer]:
    try:
        environment = prepare()
    except UnavailableError as e:
        pytest.skip(f"mlx_lm.server cannot be installed here: {e}")
    with LlmServer(environment, tmp_path_factory.mktemp("llm-server") / "log") as running:
        yield running


@contextmanager
def talking(server: LlmServer, folder: Path, **llm: Any) -> Iterator[tuple[LlmResponder, SqliteMemory]]:
    options = {"base_url": server.url, "model": server.model, "temperature": 0.0, "max_tokens": 40, "retries": 0}
    with SqliteMemory(folder / "memory.db") as memory:
        responder = LlmResponder(LlmSettings(**(options | llm)), memory, lambda: NOW)
        try:
            yield responder, memory
        finally:
            responder.close()


def ask(responder: LlmResponder, words: str) -> str:
    parts = responder.respond(UserTurn(words), threading.Event())
    return "".join(part.text for part in parts if isinstance(part, Text))


def ask_directly(server: LlmServer, messages: list[dict[str, str]], max_tokens: int = 40) -> str:
    """What the server answers to exactly these messages, without any of our code."""
    body = {"model": server.model, "messages": messages, "temperature": 0, "max_tokens": max_tokens}
    request = urllib.request.Request(
        f"{server.url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as reply:
        return str(json.load(reply)["choices"][0]["message"]["content"])


def test_it_streams(server: LlmServer, tmp_path: Path) -> None:
    with talking(server, tmp_path) as (responder, _):
        parts = list(responder.respond(UserTurn("Tell me something."), threading.Event()))
    assert len(parts) > 10  # token by token, not in one piece
    assert all(isinstance(part, Text) for part in parts)


def test_history_reaches_the_model(server: LlmServer, tmp_path: Path) -> None:
    with talking(server, tmp_path, system_prompt="Be brief.") as (responder, _):
        first = ask(responder, "Hello there.")
        responder.spoken(first, False)
        second = ask(responder, "And now?")
        system = {"role": "system", "content": responder._messages([], "", [])[0]["content"]}
        turns = [{"role": "user", "content": "Hello there."}, {"role": "assistant", "content": first.strip()}]
        last = {"role": "user", "content": "And now?"}
        assert second == ask_directly(server, [system, *turns, last])
        assert second != ask_directly(server, [system, last])


def test_memories_reach_the_model(server: LlmServer, tmp_path: Path) -> None:
    with talking(server, tmp_path) as (responder, memory):
        without = ask(responder, "What is the wifi password?")
        responder.reset()
        kept = memory.add(NewMemory("the wifi password is rosebud"))
        parts = list(responder.respond(UserTurn("What is the wifi password?"), threading.Event()))
        assert isinstance(parts[0], Recalled) and parts[0].ids == (kept.id,)
        assert "".join(part.text for part in parts if isinstance(part, Text)) != without


def test_cancel_stops_answer_and_server(server: LlmServer, tmp_path: Path) -> None:
    cancel = threading.Event()
    with talking(server, tmp_path, max_tokens=8000) as (responder, _):
        parts = responder.respond(UserTurn("Talk for a long time."), cancel)
        for _ in range(5):
            next(parts)
        began = time.monotonic()
        cancel.set()
        rest = list(parts)
        assert time.monotonic() - began < 0.3
        assert len(rest) < 300  # what was already under way; the whole answer has 8000
        assert_idle_soon(server)
        assert isinstance(next(responder.respond(UserTurn("Still there?"), threading.Event())), Text)


def assert_idle_soon(server: LlmServer) -> None:
    """The server stops computing well before the 10 s and more that the whole answer takes."""
    deadline = time.monotonic() + 3.0
    while time.monotonic() < deadline:
        before = server.cpu_seconds
        time.sleep(0.25)
        if server.cpu_seconds - before < 0.05:
            return
    pytest.fail("the server goes on generating")


def test_a_model_that_the_server_lacks_is_named(server: LlmServer, tmp_path: Path) -> None:
    with talking(server, tmp_path, model="no-such-model") as (responder, _), pytest.raises(ProviderError) as caught:
        ask(responder, "Hello?")
    assert "“no-such-model” (404)" in caught.value.message
    assert "llm.model" in caught.value.hint
