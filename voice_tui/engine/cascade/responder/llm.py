"""The responder that asks a language model: history, recalled notes, retries, and text as it comes."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from threading import Event as CancelFlag

from memory.errors import MemoryStoreError
from memory.judge import BAR
from memory.llm.judging import LlmJudge
from memory.port import MemoryPort
from memory.types import Query, Recollection
from voice_tui.engine.cascade.ports import Part, Recalled, Text, UserTurn, Warned
from voice_tui.engine.cascade.responder.adviser import Adviser
from voice_tui.engine.cascade.responder.endpoint import Endpoint
from voice_tui.engine.cascade.responder.failures import EndpointError
from voice_tui.engine.cascade.responder.history import (
    Exchange,
    History,
    Message,
    as_messages,
    estimate_tokens,
    newest_that_fit,
)
from voice_tui.engine.cascade.responder.prompt import notes_block, system_message, that_fit, with_notes
from voice_tui.engine.cascade.responder.thinking import ThinkFilter
from voice_tui.engine.port import PastTurn
from voice_tui.errors import ProviderError
from voice_tui.settings import LlmSettings

log = logging.getLogger(__name__)

MAX_RECALLED = 3
"""Memories that go into a prompt."""

FLOOD_CHARS = 12
"""Characters per token of `max_tokens` after which an answer is cut; real text has about four."""

FLOOD_PIECES = 4
"""Events per token of `max_tokens` after which an answer is cut (some servers send more than one per token)."""

FLOOD_SLACK = 1_000
"""Events allowed beyond that, for keep-alives."""

FIRST_PAUSE = 0.5
"""Seconds before the first retry at most; doubled each time."""

LONGEST_PAUSE = 8.0
"""Seconds; an endpoint that asks to wait longer is not waited for."""


class LlmResponder:
    """Answers with a language model behind an OpenAI-compatible endpoint.

    Args:
        llm: Address, model, limits.
        memory: Where to recall from.
        clock: Returns the local time, aware.
        bar: Relevance from which a memory goes into the prompt.
        adviser: Judges what was recalled; None = the built-in judge. Closed with this.
        rng: For the jitter of pauses between retries.
    """

    def __init__(
        self,
        llm: LlmSettings,
        memory: MemoryPort,
        clock: Callable[[], datetime],
        *,
        bar: float = BAR,
        adviser: Adviser | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.name = llm.model or "language model"
        self._llm = llm
        self._memory = LlmJudge(memory, adviser.ask) if adviser is not None else memory
        self._adviser = adviser
        self._bar = bar
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  # jitter is no secret
        self._endpoint = Endpoint(llm)
        self._lock = threading.Lock()
        self._history = History(self._window("", ""))
        self._told: set[str] = set()

    def respond(self, turn: UserTurn, cancel: CancelFlag) -> Iterator[Part]:
        """Yield the answer as the model writes it; closes the connection soon after `cancel` is set.

        Raises:
            ProviderError: Nothing was answered; the history is as before.
        """
        with self._lock:
            before = self._history.begin(turn.text)
        if cancel.is_set():
            return
        try:
            notes = that_fit(self._recall(turn.text, before), self._clock().tzinfo)
        except MemoryStoreError as e:
            notes = []
            yield Warned(f"Nothing could be recalled: {e.message}", e.hint)
        if notes:
            self._told.update(note.memory.id for note in notes)
            yield _recalled(turn.text, notes, self._clock().tzinfo)
        try:
            yield from self._answer(self._messages(before, turn.text, notes), cancel)
        except ProviderError:
            with self._lock:
                self._history.drop_open()
            raise

    def spoken(self, text: str, interrupted: bool) -> None:
        """Put what was played into the history; an interrupted answer ends in an ellipsis there."""
        with self._lock:
            self._history.answered(_played(text, interrupted))

    def withdraw(self) -> None:
        """Take the last turn out of the history."""
        with self._lock:
            self._history.withdraw()

    def reset(self) -> None:
        """Forget the conversation."""
        with self._lock:
            self._history.clear()
            self._told.clear()

    def recount(self, turns: Sequence[PastTurn]) -> None:
        """Put an earlier conversation into the history, as far as the window holds it."""
        with self._lock:
            self._history.clear()
            self._told.clear()
            for turn in turns:
                if turn.role == "user":
                    self._history.begin(turn.text)
                elif turn.role == "assistant":
                    self._history.answered(_played(turn.text, turn.interrupted))

    def close(self) -> None:
        """Close the connections, also one that is being waited for; within 1 s each."""
        if self._adviser is not None:
            self._adviser.close()
        self._endpoint.close()

    def _recall(self, words: str, before: list[Exchange]) -> list[Recollection]:
        last = f"{before[-1].user} {before[-1].assistant}".strip() if before else ""
        now = self._clock().timestamp()
        query = Query(words, before=last, asked_at=now, told=frozenset(self._told), bar=self._bar)
        return self._memory.recall(query, limit=MAX_RECALLED)[:MAX_RECALLED]

    def _messages(self, before: list[Exchange], words: str, notes: list[Recollection]) -> list[Message]:
        now = self._clock()
        system = system_message(self._llm.system_prompt, now)
        last = with_notes(words, [note.memory for note in notes], now.tzinfo)
        return as_messages(system, newest_that_fit(before, self._window(system, last)), last)

    def _window(self, system: str, last: str) -> int:
        """Return the tokens left for history beside the answer, the system message and the last turn."""
        answer = min(self._llm.max_tokens, self._llm.context_tokens // 2)
        return self._llm.context_tokens - answer - estimate_tokens(system) - estimate_tokens(last)

    def _answer(self, messages: list[Message], cancel: CancelFlag) -> Iterator[Part]:
        """Yield text; a failure after the first word becomes a warning, as what came stands."""
        said = False
        try:
            for part in self._bounded(self._persistent(messages, cancel)):
                said = said or (isinstance(part, Text) and bool(part.text.strip()))
                yield part
        except EndpointError as e:
            if not said:
                raise
            log.warning("%s", e.message)
            yield Warned(e.message, e.hint)
        else:
            if not (said or cancel.is_set() or self._endpoint.closed):
                raise self._endpoint.explain.empty()

    def _persistent(self, messages: list[Message], cancel: CancelFlag) -> Iterator[str | Warned]:
        """Ask, and ask again while nothing was received and it may help."""
        for attempt in range(self._llm.retries + 1):
            received = False
            try:
                for piece in self._endpoint.attempt(messages, cancel):
                    received = received or bool(piece)
                    yield piece
                return
            except EndpointError as e:
                pause = self._pause(attempt, e)
                if received or not e.retry or attempt == self._llm.retries or pause > LONGEST_PAUSE:
                    raise
                log.info("attempt %d failed: %s; again in %.1f s", attempt + 1, e.message, pause)
                if attempt == 0 and pause > FIRST_PAUSE:  # a blink needs no words
                    yield Warned(e.message, "Trying again")
            if cancel.wait(pause):
                return

    def _pause(self, attempt: int, failure: EndpointError) -> float:
        """Return the seconds to wait: what the endpoint asks for, else doubling, with jitter."""
        if failure.retry_after is not None:
            return failure.retry_after
        return min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt) * self._rng.uniform(0.5, 1.0)

    def _bounded(self, pieces: Iterator[str | Warned]) -> Iterator[Part]:
        """Turn pieces into parts, without reasoning and control characters; stop a model that does not stop."""
        thinking = ThinkFilter()
        chars, events = FLOOD_CHARS * self._llm.max_tokens, FLOOD_PIECES * self._llm.max_tokens + FLOOD_SLACK
        for piece in pieces:
            if isinstance(piece, Warned):
                yield piece
                continue
            events -= 1
            text = _clean(thinking.feed(piece[: max(0, chars)]))
            chars -= len(piece)
            if text:
                yield Text(text)
            if chars < 0 or events < 0:
                raise self._endpoint.explain.flood()
        rest = _clean(thinking.flush())
        if rest:
            yield Text(rest)


def _played(text: str, interrupted: bool) -> str:
    return f"{text.rstrip()} …" if interrupted and text.strip() else text.strip()


def _recalled(query: str, notes: list[Recollection], zone: tzinfo | None) -> Recalled:
    return Recalled(
        query=query,
        ids=tuple(note.memory.id for note in notes),
        texts=tuple(note.memory.text for note in notes),
        scores=tuple(note.relevance for note in notes),
        strategy="prompt",
        why=tuple(note.why for note in notes),
        tokens=estimate_tokens(notes_block([note.memory for note in notes], zone)),
    )


def _clean(text: str) -> str:
    """Return text without control characters (a terminal would obey them) and broken surrogates."""
    if text.isprintable():
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char for char in whole if char in "\n\t" or char >= " ").replace("\x7f", "")
