"""What the settings of recall and of suggestions do where a language model is set; see `effects.py`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from memory.types import NewMemory
from tests.engine.cascade.responder.fakes import FakeLlmServer, Peer, answering
from tests.engine.cascade.responder.talking import NOW
from voice_tui.engine.cascade.ports import Recalled, UserTurn
from voice_tui.events import AnyEvent, ConversationStarted, MemoryChanged, TranscriptUpdated
from voice_tui.schema import replaced
from voice_tui.session.build import build_responder, open_memory
from voice_tui.session.listeners import Listeners
from voice_tui.settings import Settings

STORY = "could you explain what the spare key in the pot means"
"""The notebook has no answer to it, and a note bears on it with relevance 0.77."""


def remembered(settings: Settings, *scripts: Callable[[Peer], None]) -> tuple[list[str], list[Recalled]]:
    """Ask something that a note bears on; gives what the server was sent last, and what the prompt recalled."""
    with FakeLlmServer(*scripts) as server, open_memory(replaced(settings, {"memory.embedder": "none"})) as memory:
        memory.add(NewMemory("the spare key is under the blue pot"))
        responder = build_responder(replaced(settings, {"llm.base_url": server.url}), memory, lambda: NOW)
        try:
            parts = list(responder.respond(UserTurn(STORY, typed=True), threading.Event()))
        finally:
            responder.close()
        return [peer.path for peer in server.requests], [part for part in parts if isinstance(part, Recalled)]


def brought_up(settings: Settings, _: Path) -> object:
    return len(remembered(settings, answering("Yes."))[1])


def who_judges(settings: Settings, _: Path) -> object:
    requests, (recalled,) = remembered(settings, answering("[1]"), answering("Yes."))
    return len(requests), recalled.scores[0] == 1.0


def slow_judge(settings: Settings, _: Path) -> object:
    def late(peer: Peer) -> None:
        peer.stop.wait(1.0)
        answering("[1]")(peer)

    _, (recalled,) = remembered(settings, late, answering("Yes."))
    return recalled.scores[0] == 1.0


def noticed(settings: Settings, folder: Path) -> object:
    said = "the cat only eats the salmon from the red tin"
    answer = json.dumps([{"text": said, "kind": "preference"}])
    with FakeLlmServer(answering(answer)) as server:
        told: list[str] = []

        def tell(event: AnyEvent) -> None:
            if isinstance(event, MemoryChanged):
                told.append(event.text)

        with open_memory(settings) as memory:
            listeners = Listeners(replaced(settings, {"llm.base_url": server.url}), memory, tell)
            listeners.emit(ConversationStarted(conversation="c"))
            listeners.emit(TranscriptUpdated(turn=1, role="user", text=said, final=True, typed=True))
            listeners.emit(TranscriptUpdated(turn=2, role="assistant", text="I see.", final=True))
            listeners.emit(TranscriptUpdated(turn=3, role="assistant", text="I live in Oslo.", final=True))
            end = time.monotonic() + 10
            while settings.memory.suggest_by_llm and not told and time.monotonic() < end:
                time.sleep(0.01)
            listeners.close()
        return told
