"""A language model that notices what is worth suggesting: it never stands in the way, and hears no more than it may."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memory.store import SqliteMemory
from tests.engine.cascade.responder.fakes import FakeLlmServer, Peer, Script, answering
from tests.engine.cascade.responder.talking import wait_until
from voice_tui.events import AnyEvent, ConversationStarted, MemoryChanged, TranscriptUpdated
from voice_tui.schema import replaced
from voice_tui.session.listeners import Listeners
from voice_tui.session.live import Workshop
from voice_tui.settings import Settings

CAT = "the cat only eats the salmon from the red tin"
DOG = "the dog sleeps behind the old green sofa"


def pointing_at(text: str) -> Script:
    return answering(json.dumps([{"text": text, "kind": "fact"}]))


def silent(peer: Peer) -> None:
    peer.head()
    peer.wait_for_hang_up()


class Advised:
    """Listeners of a session whose language model does what the scripts say."""

    def __init__(self, folder: Path, server: FakeLlmServer) -> None:
        self.server = server
        self.settings = replaced(Settings(), {"llm.base_url": server.url, "memory.embedder": "none"})
        self.told: list[AnyEvent] = []
        self.memory = SqliteMemory(folder / "memory.db")
        self.listeners = Listeners(self.settings, self.memory, self.told.append)
        self.listeners.emit(ConversationStarted(conversation="c"))
        self._turn = 0

    def user(self, text: str, *, final: bool = True) -> None:
        self._turn += 1
        self.listeners.emit(TranscriptUpdated(turn=self._turn, role="user", text=text, final=final, typed=True))

    def say(self, text: str) -> None:
        """A turn whose answer is over."""
        self.user(text)
        for _ in range(2):
            self._turn += 1
            self.listeners.emit(TranscriptUpdated(turn=self._turn, role="assistant", text="I see.", final=True))

    def suggested(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, MemoryChanged)]


@contextmanager
def advised(folder: Path, *scripts: Script) -> Iterator[Advised]:
    with FakeLlmServer(*scripts) as server:
        one = Advised(folder, server)
        try:
            yield one
        finally:
            one.listeners.close()
            one.memory.close()


def test_what_it_notices_is_suggested_once_the_answer_is_over(tmp_path: Path) -> None:
    with advised(tmp_path, pointing_at(CAT)) as talk:
        talk.user(CAT)
        assert talk.server.requests == []
        talk.say("what time is it")
        wait_until(lambda: talk.suggested() == [CAT], 10)
        assert [one.text for one in talk.memory.suggestions()] == [CAT]


def test_a_word_of_the_person_ends_the_question_and_the_next_turn_is_learnt(tmp_path: Path) -> None:
    with advised(tmp_path, silent, pointing_at(DOG)) as talk:
        talk.say(CAT)
        wait_until(lambda: len(talk.server.requests) == 1, 10)
        talk.user("the", final=False)
        assert talk.server.requests[0].hung_up.wait(5)
        talk.say(DOG)
        wait_until(lambda: talk.suggested() == [DOG], 10)


def test_a_session_that_ends_does_not_wait_for_it(tmp_path: Path) -> None:
    with advised(tmp_path, silent) as talk:
        talk.say(CAT)
        wait_until(lambda: len(talk.server.requests) == 1, 10)
        began = time.monotonic()
        talk.listeners.close()
        assert time.monotonic() - began < 3.0
        assert talk.server.requests[0].hung_up.wait(5)


def test_a_model_that_was_switched_off_hears_nothing_more(tmp_path: Path) -> None:
    with advised(tmp_path, silent) as talk:
        workshop = Workshop(talk.memory, talk.listeners)
        talk.say(CAT)
        wait_until(lambda: len(talk.server.requests) == 1, 10)
        made = workshop.make(replaced(talk.settings, {"llm.base_url": "", "memory.bar": 0.5}), frozenset({"responder"}))
        made.close()
        assert talk.server.requests[0].hung_up.wait(5)
        talk.say(DOG)
        talk.say("remember that the bike is blue")
        wait_until(lambda: "the bike is blue" in talk.suggested(), 10)  # the turns before it have been looked at
        assert len(talk.server.requests) == 1
        assert workshop.bar() == 0.5
