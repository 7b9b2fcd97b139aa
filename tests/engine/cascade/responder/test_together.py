"""Notebook and language model together, as the factory wires them: who answers what."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memory.store import SqliteMemory
from tests.engine.cascade.responder.fakes import FakeLlmServer, Script, answering, failing
from voice_tui.audio.codec import decode, encode_flac
from voice_tui.engine.cascade.ports import Action, Part, Recalled, Text, UserTurn, Warned
from voice_tui.engine.cascade.responder.factory import make_responder
from voice_tui.errors import ProviderError
from voice_tui.settings import LlmSettings, Settings

NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)


class Pair:
    """An assistant with a language model, and the server it talks to."""

    def __init__(self, server: FakeLlmServer, memory: SqliteMemory) -> None:
        llm = LlmSettings(base_url=server.url, model="tiny", retries=0, timeout=5.0)
        self.server = server
        self.memory = memory
        self.responder = make_responder(Settings(llm=llm), memory, lambda: NOW, encode_flac, decode)
        self.cancel = threading.Event()

    def parts(self, text: str, **turn: Any) -> list[Part]:
        return list(self.responder.respond(UserTurn(text, **turn), self.cancel))

    def turn(self, text: str, **turn: Any) -> str:
        said = "".join(part.text for part in self.parts(text, **turn) if isinstance(part, Text))
        self.responder.spoken(said, False)
        return said

    @property
    def sent(self) -> list[str]:
        """What the model was asked last, without the system message."""
        return [message["content"] for message in self.server.requests[-1].body["messages"][1:]]


@contextmanager
def assistant(folder: Path, *scripts: Script) -> Iterator[Pair]:
    with SqliteMemory(folder / "memory.db") as memory, FakeLlmServer(*scripts) as server:
        pair = Pair(server, memory)
        try:
            yield pair
        finally:
            pair.responder.close()


def test_its_own_business_never_reaches_the_model(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("No.")) as pair:
        for text in (
            *(
                "what time is it",
                "what day is it",
                "set a timer for five minutes",
                "cancel the timer",
                "louder",
                "softer",
            ),
            *("remember that my sister likes tea", "what did I tell you today", "list my notes", "forget that", "stop"),
            *("say that again", "help", "remember that", "never mind", "start over", "forget everything"),
        ):
            pair.turn(text)
        assert pair.server.requests == []


@pytest.mark.parametrize(
    "text",
    ["hello", "yes", "thank you", "write a poem", "who is Anna?", "what is my name", "when is Easter", "ten minutes"],
)
def test_everything_else_does(tmp_path: Path, text: str) -> None:
    with assistant(tmp_path, answering("From the model.")) as pair:
        assert pair.turn(text) == "From the model."
        assert pair.sent == [text]


def test_a_remembered_fact_reaches_the_model_as_a_note(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("Your sister likes tea.")) as pair:
        assert pair.turn("remember that my sister likes tea") == "I'll remember: your sister likes tea."
        parts = pair.parts("what does my sister like?")
        assert isinstance(parts[0], Recalled) and parts[0].strategy == "prompt"
        assert "my sister likes tea" in pair.sent[0] and len(pair.sent) == 1


def test_turns_of_the_notebook_are_not_in_the_models_history(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("Hello.")) as pair:
        pair.turn("hello")
        pair.turn("remember that the code is 1234")
        pair.turn("goodbye")
        assert pair.sent == ["hello", "Hello.", "goodbye"]


def test_remember_that_keeps_what_was_said_to_the_model(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("How nice.")) as pair:
        pair.turn("my sister has a new cat")
        assert pair.turn("remember that") == "I'll remember: your sister has a new cat."


def test_say_that_again_repeats_the_models_answer_without_asking_it(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("It is ", "far.")) as pair:
        pair.turn("how far is the moon")
        assert pair.turn("say that again") == "It is far."
        assert len(pair.server.requests) == 1


def test_an_unsure_question_is_asked_back_before_it_is_sent(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("Far.")) as pair:
        assert pair.turn("how far is the moon", confidence=0.1) == "Did you say: how far is the moon?"
        assert pair.server.requests == []
        assert pair.turn("yes", confidence=0.9) == "Far."
        assert pair.sent == ["how far is the moon"]


def test_forgetting_asks_back_with_a_model_too(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("No.")) as pair:
        for fact in ("my sister likes tea", "my sister lives in Rome"):
            pair.turn(f"remember that {fact}")
        assert pair.turn("forget about my sister").endswith("Shall I forget both?")
        assert pair.turn("yes") == "2 notes forgotten."
        assert pair.server.requests == []


def test_withdraw_and_spoken_go_to_whom_they_concern(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("Yes.")) as pair:
        pair.turn("first")
        pair.parts("remember that half a")
        pair.responder.withdraw()
        assert pair.memory.count() == 0
        pair.turn("second")
        pair.parts("half a quest")
        pair.responder.withdraw()
        pair.turn("third")
        assert pair.sent == ["first", "Yes.", "second", "Yes.", "third"]


def test_a_new_conversation_is_new_for_the_model(tmp_path: Path) -> None:
    with assistant(tmp_path, answering("Yes.")) as pair:
        pair.turn("first")
        assert Action("new_conversation") in pair.parts("start over")
        pair.turn("second")
        assert pair.sent == ["second"]
        pair.responder.reset()
        pair.turn("third")
        assert pair.sent == ["third"]


def test_the_notebook_works_while_the_model_does_not(tmp_path: Path) -> None:
    with assistant(tmp_path, failing("500 Internal Server Error")) as pair:
        with pytest.raises(ProviderError):
            pair.turn("tell me a story")
        assert pair.turn("what time is it") == "It is 2:05 PM."


DEAD = LlmSettings(base_url="http://127.0.0.1:9/v1", model="tiny", retries=1, timeout=5.0)
NAMED = "The language model at http://127.0.0.1:9/v1 cannot be reached"


def test_out_of_reach_the_notebook_answers_what_it_can_and_says_once_why(tmp_path: Path) -> None:
    with SqliteMemory(tmp_path / "memory.db") as memory:
        responder = make_responder(Settings(llm=DEAD), memory, lambda: NOW, encode_flac, decode)

        def parts(text: str) -> list[Part]:
            return list(responder.respond(UserTurn(text), threading.Event()))

        assert parts("what time is it") == [Text("It is 2:05 PM.")]
        parts("remember that my sister likes tea")
        first = parts("what do you know about my sister")
        told = [part for part in first if isinstance(part, Warned)]
        assert [part.message for part in told] == [NAMED] and "llm.base_url" in told[0].hint
        said = "".join(part.text for part in first if isinstance(part, Text))
        assert said == f"{NAMED}, so I answer by myself. You told me: your sister likes tea."
        for text in ("what does my sister like?", "hello", "my name is Anna"):
            later = parts(text)
            assert later and not any(isinstance(part, Warned) for part in later)
        responder.withdraw()
        assert memory.count() == 1
        for text in ("write a poem", "yes"):
            with pytest.raises(ProviderError, match=NAMED):
                parts(text)
        responder.close()


def test_a_model_that_answers_again_and_fails_again_is_told_again(tmp_path: Path) -> None:
    scripts = failing("500 Broken"), failing("500 Broken"), answering("Hello."), failing("500 Broken")
    with assistant(tmp_path, *scripts) as pair:
        warned = [any(isinstance(part, Warned) for part in pair.parts("hello")) for _ in range(4)]
        assert warned == [True, False, False, True]
