"""Memories for an engine that does not recall by itself: before the first frame, and whenever the person has spoken.

Everything but the recall runs on the loop's thread. At most one question is being looked up and one waits; a newer one
takes the place of that which waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from memory.errors import MemoryStoreError
from memory.judge import BAR
from memory.port import MemoryPort
from memory.types import Memory, Query, Recollection
from voice_tui.engine.port import Context, Engine, Injection
from voice_tui.events import AnyEvent, MemoryRecalled, Notice, TranscriptUpdated

log = logging.getLogger(__name__)

MOST_AT_START = 24
"""Memories that are offered before the first frame: pinned ones first, then the newest."""

MOST_RECALLED = 3
"""Memories that are brought up by one thing said."""


class Reminder:
    """Recalls for an engine and hands over what was found.

    Args:
        memory: Returns the memory in use; None = there is none. `inline`: look up in the caller's thread, for files.
        bar: Returns the relevance from which a memory is brought up.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        memory: Callable[[], MemoryPort] | None,
        *,
        inline: bool,
        bar: Callable[[], float] = lambda: BAR,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._bar = bar
        self._clock = clock
        self._pool = None if inline else ThreadPoolExecutor(1, "reminder")
        self._wanted: Query | None = None
        self._looking: tuple[Query, Future[list[Recollection]]] | None = None
        self._before = ""
        self._told: set[str] = set()
        self._complained = ""

    def begin(self, engine: Engine) -> list[AnyEvent]:
        """A conversation is about to begin: tell the engine what it should know from the start, if it can take it."""
        self._wanted = self._looking = None
        self._before = ""
        self._told.clear()
        if self._memory is None or not engine.capabilities.persona:
            return []
        try:
            known = self._memory().list(limit=MOST_AT_START)
        except MemoryStoreError as e:
            return [_notice(e)]
        return self._report("", [Recollection(one, 1.0) for one in known], engine.prefill(_context(known)))

    def note(self, event: AnyEvent, engine: Engine) -> None:
        """Take an event of the engine: what the person said is looked up."""
        if not (isinstance(event, TranscriptUpdated) and event.final):
            return
        if event.role == "assistant":
            self._before = event.text
        elif event.role == "user" and self._memory is not None and engine.capabilities.inject:
            told = frozenset(self._told)
            self._wanted = Query(event.text, before=self._before, asked_at=self._clock(), told=told, bar=self._bar())

    def poll(self, engine: Engine) -> list[AnyEvent]:
        """Hand over what was found meanwhile, and look up what waits; returns at once unless inline."""
        if self._looking is None and self._wanted is not None and self._memory is not None:
            query, self._wanted = self._wanted, None
            self._looking = (query, self._look_up(self._memory(), query))
        if self._looking is None or not self._looking[1].done():
            return []
        (query, found), self._looking = self._looking, None
        return self._found(query, found, engine)

    def close(self) -> None:
        """End the thread; what it looks up is not waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _look_up(self, memory: MemoryPort, query: Query) -> Future[list[Recollection]]:
        if self._pool is not None:
            return self._pool.submit(memory.recall, query, limit=MOST_RECALLED)
        done: Future[list[Recollection]] = Future()
        try:
            done.set_result(memory.recall(query, limit=MOST_RECALLED))
        except MemoryStoreError as e:
            done.set_exception(e)
        return done

    def _found(self, query: Query, found: Future[list[Recollection]], engine: Engine) -> list[AnyEvent]:
        try:
            recollections = found.result()
        except MemoryStoreError as e:
            return [_notice(e)]
        if not recollections or not engine.capabilities.inject:  # it may be switched off by now
            return []
        return self._report(
            query.text, recollections, engine.inject(_context([found.memory for found in recollections]))
        )

    def _report(self, query: str, found: Sequence[Recollection], injection: Injection) -> list[AnyEvent]:
        """Tell what became of memories."""
        if injection.strategy == "unsupported":
            if injection.detail == self._complained:
                return []
            self._complained = injection.detail
            return [Notice(severity="warning", message=f"Memories do not reach the model: {injection.detail}")]
        log.info(
            "%s: %s tokens, %s frames %s", injection.strategy, injection.tokens, injection.frames, injection.detail
        )
        used = found[: injection.texts]
        if not used:
            return []
        self._told.update(one.memory.id for one in used)
        return [
            MemoryRecalled(
                query=query,
                ids=tuple(one.memory.id for one in used),
                texts=tuple(one.memory.text for one in used),
                scores=tuple(one.relevance for one in used),
                strategy=injection.strategy,
                why=tuple(one.why for one in used),
                tokens=injection.tokens,
                frames=injection.frames,
            )
        ]


def _context(memories: Sequence[Memory]) -> Context:
    lines = tuple(f"{one.speaker}: {one.text}" if one.speaker else one.text for one in memories)
    return Context(lines, tuple(one.id for one in memories))


def _notice(error: MemoryStoreError) -> Notice:
    return Notice(severity="warning", message=f"Nothing could be recalled: {error.message}", hint=error.hint)
