"""One direction of the codec: an instance at work, and the change to another before it fails or when it was lost."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

from voice_tui.engine.moshi.codec.fresh import Fresh, Run
from voice_tui.engine.moshi.codec.port import HandOver, Instance, LostError
from voice_tui.engine.moshi.codec.spares import Spares
from voice_tui.errors import EngineError

log = logging.getLogger(__name__)

MAX_FAILURES = 3
"""After so many spares in a row that could not be had, what needs one fails."""

REST = 60
"""Frames (5 s) before another spare is asked for, while there is no hurry."""


class Direction:
    """One direction. One thread at a time.

    Args:
        run: What an instance does. `active`: the one that begins, loaded. `spares`: shared between the directions.
        begin: Frames after which a change begins. `hand_over`: the other numbers.
        nothing: The result for a frame that is lost, because its instance was and the next one is not there yet.
        at_once: A change is completed before the next frame, however long that takes: for files.

    Attributes:
        changes: How often a change was completed, or an instance lost and replaced.
        lost: Frames that were answered with `nothing`.
    """

    def __init__(
        self,
        run: Run,
        active: Instance,
        spares: Spares,
        begin: int,
        hand_over: HandOver,
        nothing: Any,
        *,
        at_once: bool,
    ) -> None:
        self._run = run
        self._active: Instance | None = active
        self._spares = spares
        self._begin = begin
        self._numbers = hand_over
        self._nothing = nothing
        self._at_once = at_once
        self._taken: deque[Any] = deque(maxlen=hand_over.view)
        self._life = 0
        self._since = 0
        self._gap = 0
        self._fresh: Fresh | None = None
        self._failures = 0
        self._rest = 0
        self.changes = 0
        self.lost = 0

    @property
    def active(self) -> Instance | None:
        """The instance at work; None = it was lost."""
        return self._active

    def process(self, frame: Any) -> Any:
        """Return the result of a frame. Waits for it, and for the change at the end of an instance's life.

        Raises:
            EngineError: The instance refuses the frame, or there is none and none can be had.
        """
        self._change()
        result = self._nothing if self._active is None else self._ran(self._active, frame)
        self._taken.append(frame)
        if self._fresh is not None:
            self._fresh.put(frame)
        if self._active is None:
            self._miss()
        return result

    def reset(self, *, renew: bool) -> None:
        """Forget all sound.

        Args:
            renew: By an instance that is as good as new, where one is loaded; else the active one is told to forget.
        """
        self._abandon()
        self._taken.clear()
        self._failures = self._rest = 0
        spare = self._spare(wait=False) if renew and (self._life or self._active is None) else None
        if spare is not None:
            self._replace(spare, 0)
            self._spares.prepare()
        elif self._active is not None and self._life:
            try:
                self._active.reset()
            except LostError as e:
                self._lose(e)

    def close(self) -> None:
        """End the instances and wait until they are gone."""
        fresh = self._fresh
        self._abandon()
        active, self._active = self._active, None
        if active is not None:
            active.end()
            active.join()
        if fresh is not None:
            fresh.join()

    def _ran(self, active: Instance, frame: Any) -> Any:
        try:
            result = self._run(active, frame)
        except LostError as e:
            self._lose(e)
            return self._nothing
        self._life += 1
        self._since += 1
        return result

    def _miss(self) -> None:
        """A frame was lost. The longer that goes on, the less of the past is made up for."""
        self.lost += 1
        self._gap += 1
        if self._fresh is not None:
            self._fresh.hurry(max(1, self._numbers.rescue - self._gap))
        self._change()

    def _lose(self, error: LostError) -> None:
        log.warning("%s; another one takes its place", error.message)
        active, self._active = self._active, None
        if active is not None:
            active.end()
        self._gap = 0
        if self._fresh is not None:
            self._fresh.hurry(self._numbers.rescue)

    def _change(self) -> None:
        """Begin, or complete, a change of instance."""
        if self._fresh is None and self._due:
            self._start_fresh()
        late = self._active is None and self._gap > self._numbers.rescue
        if self._fresh is not None and (self._pressing or late or self._fresh.caught_up):
            self._complete(self._fresh)

    @property
    def _due(self) -> bool:
        """Whether a change is to begin."""
        latest = min(self._begin + self._numbers.view, self._numbers.limit)
        return self._active is None or self._since >= self._begin or self._life >= latest

    @property
    def _pressing(self) -> bool:
        """Whether the change is waited for."""
        return self._active is not None and (self._at_once or self._life >= self._numbers.limit)

    def _start_fresh(self) -> None:
        if self._rest and not (self._pressing or self._active is None):
            self._rest -= 1
            return
        spare = self._spare(wait=self._pressing)
        while spare is None and self._pressing:
            spare = self._spare(wait=True)
        if spare is not None:
            taken = list(self._taken)
            count = len(taken) if self._active is not None else self._numbers.rescue
            self._gap = 0
            self._fresh = Fresh(self._run, spare, taken[max(0, len(taken) - count) :])

    def _spare(self, *, wait: bool) -> Instance | None:
        """The spare, or None: it is not loaded yet, or cannot be had.

        Raises:
            EngineError: The latter too often, and it is needed now.
        """
        try:
            return self._spares.wait() if wait else self._spares.take()
        except LostError as e:
            self._fail(e)
            return None

    def _fail(self, error: EngineError) -> None:
        self._failures += 1
        self._rest = REST
        log.warning("no spare for the codec: %s", error.message)
        if self._failures >= MAX_FAILURES and (self._active is None or self._pressing):
            raise EngineError(f"The codec cannot go on: {error.message}", hint=error.hint) from error

    def _complete(self, fresh: Fresh) -> None:
        self._fresh = None
        if self._active is not None and not self._at_once:  # a machine too slow to catch up: rather a flaw than a pause
            fresh.hurry(self._numbers.rescue)
        try:
            fresh.finish()
        except EngineError as e:
            self._fail(e)
            return
        self._replace(fresh.instance, fresh.fed)
        self.changes += 1
        self._failures = self._rest = 0
        self._spares.prepare()

    def _replace(self, instance: Instance, life: int) -> None:
        old, self._active = self._active, instance
        self._life, self._since = life, 0
        if old is not None:
            old.end()

    def _abandon(self) -> None:
        if self._fresh is not None:
            self._fresh.abandon()
            self._fresh = None
