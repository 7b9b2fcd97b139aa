"""Looks for what bears on words that somebody types into the search line of the app, in a thread of its own.

One search is worked on and one waits; a newer one takes the place of that which waits, because nobody looks at the
results of words that were typed over. The loop has no part in it: it neither passes searches on nor their answers, so
neither is recorded or learnt from.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from memory.errors import MemoryStoreError
from memory.judge import BAR
from memory.store import SqliteMemory
from memory.types import Query, Recollection
from voice_tui.events import MOST_FOUND, MOST_SEARCHED, AnyEvent, MemoriesFound, SearchMemories

log = logging.getLogger(__name__)

SHOWN_FROM = 0.45
"""Relevance from which a search brings up a memory; lower than what is asked of one that is used without being asked
for. Measured (docs/benchmarks.md): what has nothing to do with any memory seldom reaches it, and a lower one shows
hardly more of what was meant."""

PATIENCE = 0.4
"""Seconds that a search waits for the vectors of what was written a moment ago, and then for that of its own words."""

LATER_SECONDS = 10.0
"""How long a search that went by words is kept, to be answered once more when vectors can be had: the model is still
loading when a session begins."""

LOOK_SECONDS = 0.25
"""Between two looks whether they are there."""


class Searcher:
    """Answers each `SearchMemories` with a `MemoriesFound`, and with another when it can soon do better.

    Args:
        memory: Returns the memory in use; called on the searcher's thread.
        tell: Takes the answers, on that thread.
        bar: Returns the relevance from which memories are used; what is used is found, however low that is set.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        memory: Callable[[], SqliteMemory],
        tell: Callable[[AnyEvent], object],
        *,
        bar: Callable[[], float] = lambda: BAR,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._memory = memory
        self._tell = tell
        self._bar = bar
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: SearchMemories | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    def ask(self, wanted: SearchMemories) -> bool:
        """Look for something as soon as what is looked for now is found; any thread, returns at once, always True."""
        with self._changed:
            self._waiting = wanted
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="searcher", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def close(self) -> None:
        """Answer nothing more; what is being looked for is not waited for. Safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # --- the searcher's thread ---

    def _run(self) -> None:
        while (wanted := self._next()) is not None:
            answer = self._answer(wanted)
            self._tell(answer)
            if not answer.by_meaning and self._can_do_better(wanted):
                self._tell(self._answer(wanted))

    def _next(self) -> SearchMemories | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._closed)
            wanted, self._waiting = self._waiting, None
            return None if self._closed else wanted

    def _can_do_better(self, wanted: SearchMemories) -> bool:
        """Wait until there are vectors, for a while, and while nothing newer is asked; returns whether there are."""
        words = wanted.query[:MOST_SEARCHED]
        meaning = self._memory().meaning
        until = time.monotonic() + LATER_SECONDS
        while meaning is not None and time.monotonic() < until:
            if meaning.wait(LOOK_SECONDS) and meaning.read(words, PATIENCE) is not None:
                return True
            with self._changed:
                if self._changed.wait_for(lambda: self._waiting is not None or self._closed, LOOK_SECONDS):
                    return False
        return False

    def _answer(self, wanted: SearchMemories) -> MemoriesFound:
        try:
            recalled = self._recalled(wanted.query[:MOST_SEARCHED])
        except MemoryStoreError as e:
            log.warning("nothing could be searched: %s", e)
            recalled = []
        except Exception:  # top of the thread; one odd search must not end it
            log.exception("nothing could be searched")
            recalled = []
        least = min(SHOWN_FROM, self._bar())
        shown = [(one.memory.id, round(one.relevance, 2)) for one in recalled if one.relevance >= least]
        return MemoriesFound(
            number=wanted.number,
            found=tuple(sorted(shown, key=lambda one: -one[1])),
            by_meaning=any(one.by_meaning for one in recalled),
        )

    def _recalled(self, words: str) -> list[Recollection]:
        memory = self._memory()
        if memory.meaning is not None:
            memory.meaning.wait(PATIENCE)
        query = Query(words, asked=True, asked_at=self._clock(), patience=PATIENCE)
        return memory.candidates(query, limit=MOST_FOUND)
