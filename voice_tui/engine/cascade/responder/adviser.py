"""Short questions to the language model beside the conversation: which memories bear on it, what is worth noting.

It has connections of its own, so that no answer waits for it, and a limit of time. Where the model does not answer some
times in a row it is left alone for a while: what would be asked of it has an answer without it.
"""

from __future__ import annotations

import logging
import threading
import time
from threading import Event as CancelFlag

import msgspec

from voice_tui.engine.cascade.responder.endpoint import Endpoint
from voice_tui.engine.cascade.responder.failures import EndpointError
from voice_tui.engine.cascade.responder.thinking import ThinkFilter
from voice_tui.settings import LlmSettings

log = logging.getLogger(__name__)

MAX_TOKENS = 200
"""Of an answer: numbers, or two sentences."""

MAX_CHARS = 4_000
"""Of an answer; a model that goes on is cut off."""

MAX_FAILURES = 3
"""In a row; then the model is not asked for REST_SECONDS."""

REST_SECONDS = 60.0


class Adviser:
    """Asks one question at a time; `ask` meets `memory.llm.data.Ask`. Any thread.

    Args:
        llm: Address and model.
        seconds: How long an answer may take.
    """

    def __init__(self, llm: LlmSettings, seconds: float) -> None:
        limits = {"temperature": 0.0, "max_tokens": MAX_TOKENS, "timeout": max(1.0, seconds)}
        self._endpoint = Endpoint(msgspec.structs.replace(llm, **limits))
        self._seconds = seconds
        self._busy = threading.Lock()
        self._open = CancelFlag()
        self._closed = False
        self._failures = 0
        self._rests_until = 0.0

    def ask(self, rules: str, data: str) -> str | None:
        """Return the model's whole answer, None where there is none in time, or while another question is open."""
        if time.monotonic() < self._rests_until or not self._busy.acquire(blocking=False):
            return None
        self._open = CancelFlag()
        try:
            if self._closed:
                return None
            answer, given_up = self._asked(rules, data, self._open)
        except EndpointError as e:
            log.info("the language model gave no advice: %s", e.message)
            answer, given_up = None, self._closed
        finally:
            self._busy.release()
        if not given_up:
            self._note(answer is not None)
        return answer

    def give_way(self) -> None:
        """Give up the question that is open: somebody speaks, and many servers answer one request at a time."""
        self._open.set()

    def close(self) -> None:
        """Give up what is being asked and close the connection; within 1 s. Safe to call twice."""
        self._closed = True
        self._open.set()
        self._endpoint.close()

    def _asked(self, rules: str, data: str, flag: CancelFlag) -> tuple[str | None, bool]:
        """Return the answer or None, and whether it was given up rather than late."""
        messages = [{"role": "system", "content": rules}, {"role": "user", "content": data}]
        thinking, text, late = ThinkFilter(), "", time.monotonic() + self._seconds
        timer = threading.Timer(self._seconds, flag.set)
        timer.daemon = True
        timer.start()
        try:
            for piece in self._endpoint.attempt(messages, flag):
                text += thinking.feed(piece)
                if len(text) > MAX_CHARS:
                    break
        finally:
            timer.cancel()
        if flag.is_set():
            return None, time.monotonic() < late
        return text + thinking.flush(), False

    def _note(self, answered: bool) -> None:
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= MAX_FAILURES:
            log.warning("the language model gives no advice in time; it is not asked for %.0f s", REST_SECONDS)
            self._failures, self._rests_until = 0, time.monotonic() + REST_SECONDS
