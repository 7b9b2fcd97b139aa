"""An LLM responder in front of a scripted server."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from memory.store import SqliteMemory
from tests.engine.cascade.responder.fakes import FakeLlmServer, Script
from voice_tui.engine.cascade.ports import Part, Text, UserTurn, Warned
from voice_tui.engine.cascade.responder.llm import LlmResponder
from voice_tui.settings import LlmSettings

KEY = "sk-very-secret-0123456789"
NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


class Talk:
    """A responder in front of a scripted server."""

    def __init__(self, server: FakeLlmServer, responder: LlmResponder) -> None:
        self.server = server
        self.responder = responder
        self.cancel = threading.Event()

    def ask(self, words: str = "Hello?") -> list[Part]:
        return list(self.responder.respond(UserTurn(words), self.cancel))

    def turn(self, words: str, interrupted: bool = False) -> str:
        text = said(self.ask(words))
        self.responder.spoken(text, interrupted)
        return text

    def messages(self, request: int = -1) -> list[dict[str, str]]:
        return self.server.requests[request].body["messages"]


def said(parts: list[Part]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Text))


def warnings(parts: list[Part]) -> list[Warned]:
    return [part for part in parts if isinstance(part, Warned)]


@contextmanager
def talking(memory: SqliteMemory, *scripts: Script, **llm: Any) -> Iterator[Talk]:
    with FakeLlmServer(*scripts) as server:
        options = {
            "base_url": server.url,
            "model": "tiny",
            "timeout": 20.0,
            "retries": 0,
            "api_key_env": "TEST_LLM_KEY",
        }
        responder = LlmResponder(LlmSettings(**(options | llm)), memory, lambda: NOW, rng=random.Random(1))
        try:
            yield Talk(server, responder)
        finally:
            responder.close()


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)
